"""Runs with a ledger made for the explorer: one with many pairs at random, one with what has to be escaped."""

import random
from pathlib import Path
from typing import Any

from tests.planted import GATES, UNUSED, plant, recipe, row

SCRIPT = "<script>document.title='planted'</script>"
BOUNDS = {
    "paraphrase": {
        **UNUSED, "rouge_l": {"max": 0.8}, "entailment": {"min": 0.6}, "judge": {"min": 0.4}, "duplicates": 0.8,
    },
    "summary": {
        **UNUSED, "rouge_l": {"min": 0.1, "max": 0.9}, "entailment": {"min": 0.5}, "duplicates": 0.9,
    },
}  # fmt: skip
WORDS = "my our old new phone laptop screen room food day cat dog is was has really".split()


def random_run(out: Path, contexts: int = 8, sentences: int = 8, **options: Any) -> Path:
    """A finished run of both tasks with scores at random; the judge saw what is inside the gate only."""
    draw = random.Random(3)
    rows = []
    for c in range(contexts):
        texts = [" ".join(draw.choices(WORDS, k=7)) + f" {c} {i}." for i in range(sentences)]
        for i, source in enumerate(texts):
            for target in texts[i + 1 :]:
                rows.append(_pair(draw, f"Context {c}.", source, target))
    return plant(out, rows, recipe(filter=BOUNDS, score=GATES), per_shard=3, **options)


def _pair(draw: random.Random, context: str, source: str, target: str) -> dict[str, Any]:
    scores = [round(draw.random() ** 0.5, 3) for _ in range(5)]
    pair = row(context, source, target, *scores[:3])
    pair["task"] = draw.choice(["paraphrase", "paraphrase", "summary", "equivalence"])
    if min(scores[1:3]) >= 0.5:
        pair["judge_forward"], pair["judge_backward"] = scores[3:]
    return pair


def wild_run(out: Path) -> Path:
    """A finished run with markup, control characters, a duplicate, and three pages of plain pairs."""
    rows = [
        row(f"A context {SCRIPT}.", f"I like {SCRIPT} tea.", "I love \x07 \u202e tea & milk.", 0.5, 0.9, 0.9),
        row("Cold.", "It is cold today.", "Today it is cold.", 0.6, 0.95, 0.8),
        row("Cold.", "It is cold today.", "It's cold today.", 0.7, 0.8, 0.8),
        row("Cold.", "It is cold.", "It was warm.", 0.5, 0.6, 0.55),
        row("Home.", "We went home.", "We went home then.", 0.85, 0.9, 0.9),
    ]
    rows += [
        row(f"Plain {i}.", f"Sentence {i} is plain.", f"It is plain, {i}.", 0.4, 0.76 + i / 1000, 0.9)
        for i in range(120)
    ]
    return plant(out, rows, recipe(), per_shard=50)
