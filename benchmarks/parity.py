"""Check parity of ROUGE-L with rouge-score, and of two teacher backends on the same text (float32).

python benchmarks/parity.py [--pairs 10000] [--contexts 4]
"""

import argparse
import random

import numpy as np
from rouge_score.rouge_scorer import RougeScorer

from impossible.critics.rouge_l import RougeL
from impossible.generation.prefixes import prefixes
from impossible.recipe.contexts import DOMAINS
from impossible.recipe.execution import Execution
from impossible.recipe.teacher import Teacher
from impossible.teachers import open_teacher
from impossible.teachers.base import Decoding

WORDS = "the a cat Dog's runs to no. 25 2.5% café naïve U.S. it's – well-known, (and) , ? Don't".split()


def rouge(count: int) -> float:
    """Return the largest difference to rouge-score's F1 over random pairs."""
    rng = random.Random(7)

    def sentence() -> str:
        return " ".join(rng.choices(WORDS, k=rng.randrange(0, 30)))

    sources, targets = [sentence() for _ in range(count)], [sentence() for _ in range(count)]
    reference = RougeScorer(["rougeL"])
    theirs = [reference.score(s, t)["rougeL"].fmeasure for s, t in zip(sources, targets, strict=True)]
    return float(np.abs(RougeL().score(sources, targets) - np.array(theirs)).max())


def backends(contexts: int) -> tuple[float, int]:
    """Return the largest difference in candidate probabilities between the backends, and their number."""
    one, other = (
        open_teacher(Teacher.model_validate({"backend": b, "compute_type": "float32"}), Execution())
        for b in ("ctranslate2", "transformers")
    )
    worst, seen = 0.0, 0
    prompts = [p for domain in DOMAINS for p in prefixes(domain, contexts, 7)][:contexts]
    for prompt, drawn in zip(
        prompts, one.sample(prompts, 20, range(contexts), Decoding(0.7, 0.9, 50, 30)), strict=True
    ):
        texts = [c.text for c in drawn if c.text]
        ours, theirs = (np.exp(s.logprobs(prompt, texts)) for s in (one, other))
        worst, seen = max(worst, float(np.abs(ours - theirs).max())), seen + len(texts)
    return worst, seen


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--contexts", type=int, default=4)
    options = parser.parse_args()
    print(f"ROUGE-L: largest difference over {options.pairs} pairs: {rouge(options.pairs):.1e}")
    difference, texts = backends(options.contexts)
    print(f"backends: largest difference of a probability over {texts} candidates: {difference:.1e}")
