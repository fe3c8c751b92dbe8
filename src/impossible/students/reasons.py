"""Why an output was rejected, in words: one phrase a critic."""

from .student import Output

REASONS = {
    "length_ratio": "too long or too short for its source",
    "numbers": "a number was lost or changed",
    "persons": "who speaks or is spoken of changed (I, you, she …)",
    "prefix": "it repeats how the source begins",
    "personal_data": "it seems to hold personal data",
    "toxic": "it has a crude word",
    "rouge_l": "its wording is too near to the source, or too far from it",
    "similarity": "it may be about something else",
    "grounded": "the source may not say this",
    "well_formed": "it is not a whole sentence",
    "entities": "a name was lost or changed",
    "clause": "time, modality or mood changed",
    "support": "who did what may have changed",
    "entailment": "it may not mean the same",
    "judge": "it may not mean the same",
    "retention": "it leaves out too much",
    "fluency": "it reads unlike English",
    "tree_distance": "its syntax is too near to the source, or too far from it",
    "correct": "it is probably not right",
}


def reason(output: Output) -> str:
    """The reason for a rejection in words; "" for an accepted output."""
    if output.lost:
        return f"it lost or changed {', '.join(output.lost)}"
    return "" if output.accepted else REASONS.get(output.verdict, f"rejected by {output.verdict}")
