"""Presets: the defaults, which restate; those of continuation; the settings of the paper, and of its code."""

from typing import Any

# From Jung et al. (2024), section 3 and appendix, and their public code.
_PAPER_FILTER: dict[str, Any] = {
    "paraphrase": {
        "rouge_l": {"max": 0.75},
        "entailment": {"min": 0.75},
        "tree_distance": {"min": 12.0},
        "duplicates": 0.75,
    },
    "summary": {
        "length_ratio": {"max": 0.8},
        "rouge_l": {"max": 0.75},
        "entailment": {"min": 0.75},
        "duplicates": 0.75,
    },
}
PRESETS: dict[str, dict[str, Any]] = {
    "default": {
        "teacher": {"backend": "tree"},
        "sampling": {"min_logprob": -20.0, "max_tokens": 60},
        "restatement": {
            "paraphrase": {"cue": "In other words,", "words": [7, 24]},
            "summary": {"cue": "In short,", "words": [12, 45]},
        },
        "score": {
            "paraphrase": {
                "length_ratio": {"min": 0.6},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "rouge_l": {"max": 0.9},
                "similarity": {"min": 0.8},
                "grounded": {"min": 0.6},
                "well_formed": {"min": 1.0},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
            },
            "summary": {
                "length_ratio": {"max": 0.9},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "prefix": {"max": 0.99},
                "rouge_l": {"max": 0.92},
                "similarity": {"min": 0.6},
                "grounded": {"min": 0.6},
                "well_formed": {"min": 1.0},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
            },
        },
        "filter": {
            "template_share": 0.02,
            "paraphrase": {
                "length_ratio": {"min": 0.67},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "rouge_l": {"max": 0.82},
                "similarity": {"min": 0.88},
                "grounded": {"min": 0.8},
                "well_formed": {"min": 1.0},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "judge": {"min": 0.8},
                "duplicates": 0.95,
                "duplicate_rule": "several",
            },
            "summary": {
                "length_ratio": {"max": 0.85},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "prefix": {"max": 0.99},
                "rouge_l": {"max": 0.9},
                "similarity": {"min": 0.65},
                "grounded": {"min": 0.88},
                "well_formed": {"min": 1.0},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "judge": {"min": 0.88},
                "duplicates": 0.95,
                "duplicate_rule": "several",
            },
        },
    },
    "continuation": {
        "sampling": {"min_logprob": -16.0},
        "score": {
            "paraphrase": {
                "length_ratio": {"min": 0.5},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "rouge_l": {"max": 0.9},
                "similarity": {"min": 0.76},
                "well_formed": {"min": 1.0},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "entailment": {"min": 0.65},
            },
            "summary": {
                "length_ratio": {"max": 0.85},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "prefix": {"max": 0.99},
                "rouge_l": {"max": 0.9},
                "similarity": {"min": 0.78},
                "well_formed": {"min": 1.0},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "entailment": {"min": 0.75},
            },
        },
        "filter": {
            "template_share": 0.02,
            "paraphrase": {
                "length_ratio": {"min": 0.6},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "rouge_l": {"max": 0.8},
                "similarity": {"min": 0.8},
                "well_formed": {"min": 1.0},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "entailment": {"min": 0.65},
                "judge": {"min": 0.87},
                "duplicates": 0.95,
            },
            "summary": {
                "length_ratio": {"max": 0.8},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "prefix": {"max": 0.99},
                "rouge_l": {"min": 0.5, "max": 0.85},
                "similarity": {"min": 0.8},
                "well_formed": {"min": 1.0},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "entailment": {"min": 0.85},
                "judge": {"min": 0.9},
                "retention": {"min": 0.6},
                "duplicates": 0.95,
            },
        },
    },
    "paper": {
        "contexts": {
            "domains": ["news"],
            "count": 1000,
            "sentences": [1, 5],
            "temperature": 1.0,
            "top_p": 0.9,
            "top_k": 0,
        },
        "sampling": {"per_context": 100, "temperature": 0.7, "top_p": 0.9, "top_k": 0, "max_tokens": 100},
        "score": {
            "critics": ["length_ratio", "rouge_l", "entailment", "tree_distance"],
            "paraphrase": {"rouge_l": {"max": 0.75}, "entailment": {"min": 0.75}},
            "summary": {"length_ratio": {"max": 0.8}, "rouge_l": {"max": 0.75}, "entailment": {"min": 0.75}},
        },
        "filter": _PAPER_FILTER,
    },
    "code": {
        "contexts": {"domains": ["news"], "count": 1000, "sentences": [0, 0]},
        "sampling": {
            "per_context": 100,
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 0,
            "max_tokens": 100,
            "no_repeat_ngram": 3,
        },
        "score": {
            "critics": ["length_ratio", "numbers", "rouge_l", "entailment"],
            # no gates on numbers and ROUGE-L: this rule removes duplicates before it applies them
            "paraphrase": {"length_ratio": {"min": 0.667}, "entailment": {"min": 0.75}},
        },
        "filter": {
            "paraphrase": {
                "length_ratio": {"min": 0.667},  # 0.8 to 1.5, in either order of the sentences
                "numbers": {"min": 1.0},
                "rouge_l": {"max": 0.75},
                "entailment": {"min": 0.75},
                "duplicates": 0.75,
                "duplicate_rule": "code",
            }
        },
    },
}
