"""How a source, a task and its controls are written for a student, and its target: pure text."""

from .controls import Controls


def prompt(task: str, source: str, controls: Controls, causal: bool) -> str:
    """What the student reads: `paraphrase (length: shorter; wording: far): The source.`

    A causal student goes on in the next line; one whose base has a chat template answers it as a message,
    since a model that was taught to answer keeps closer to a source so. White space in the source becomes
    single spaces, so that the line break can only be ours.
    """
    asked = "; ".join(f"{name}: {value}" for name, value in controls.given())
    head = f"{task} ({asked})" if asked else task
    return f"{head}: {one_line(source)}" + ("\n" if causal else "")


def one_line(text: str) -> str:
    """A text with every run of white space as one space, and none at its ends."""
    return " ".join(text.split())
