"""Measure how often judge and NLI model accept pairs of a teacher's groups that a rule marks as different.

python benchmarks/hard_negatives.py RUN [--every 3] [--sample 150]

Such pairs are candidates for hard negatives: as similar as paraphrases for the encoder (cosine from 0.85),
but with different numbers, grammatical persons, named entities, or tense and mood of the main clause. A pair
is accepted if both directions are within the default bound. The pairs accepted with the highest scores are
printed.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from impossible.critics import LazyCritics
from impossible.critics.base import Critic
from impossible.data.run_folder import RunFolder
from impossible.filtering.cascade import oriented
from impossible.filtering.verdict import shortfall
from impossible.models.progress_bars import hide_progress_bars
from impossible.recipe.critics import Score
from impossible.recipe.execution import Execution
from impossible.recipe.load import resolve

RULES = ("numbers", "persons", "entities", "clause")  # by cost: a pair counts for the first rule that matches
ALIKE = 0.85
Pair = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--every", type=int, default=3, help="only every so many shards")
    parser.add_argument("--sample", type=int, default=150, help="pairs a rule")
    options = parser.parse_args()
    hide_progress_bars()
    critics = LazyCritics(Score(), Execution())
    draw = random.Random(7)
    mined: dict[str, list[Pair]] = defaultdict(list)
    for shard in RunFolder(options.run).shards("generate")[:: options.every]:
        for group in shard.table().to_pylist():
            for rule, pairs in _differing([c["text"] for c in group["candidates"]], critics, draw).items():
                mined[rule] += pairs
    bounds = resolve({}).filter.paraphrase
    assert bounds is not None
    print("| differ in | pairs | judge accepts | NLI model accepts | both |")
    print("|---|---|---|---|---|")
    shown = []
    for rule in RULES:
        pairs = draw.sample(mined[rule], min(options.sample, len(mined[rule])))
        low = {name: _lower(critics[name], pairs) for name in ("judge", "entailment")}
        inside = [
            shortfall(n, bound, "paraphrase", {f"{n}_forward": p, f"{n}_backward": p}) == 0
            for n, p in low.items()
            if (bound := bounds.of(n)) is not None
        ]
        shares = [float(x.mean()) for x in (*inside, inside[0] & inside[1])]
        print(f"| {rule} | {len(pairs)} | {' | '.join(f'{share:.1%}' for share in shares)} |")
        shown += [
            f"{rule} {low['judge'][i]:.2f}: {' / '.join(pairs[i])}" for i in np.argsort(-low["judge"])[:8]
        ]
    print("\n" + "\n".join(shown))


def _differing(texts: Sequence[str], critics: LazyCritics, draw: random.Random) -> dict[str, list[Pair]]:
    """Return at most 60 similar pairs of a group per rule, by the first rule that separates them."""
    s, t = oriented(texts)
    if not len(s):
        return {}
    alike = np.flatnonzero(critics["similarity"].read(texts)(s, t) >= ALIKE)  # type: ignore[attr-defined]
    left = [(texts[s[i]], texts[t[i]]) for i in alike]
    draw.shuffle(left)
    found = {}
    for rule in RULES:
        left = left[:600]  # limit the cost of parsing
        parted = _lower(critics[rule], left) < 1
        found[rule] = [pair for pair, away in zip(left, parted, strict=True) if away][:60]
        left = [pair for pair, away in zip(left, parted, strict=True) if not away]
    return found


def _lower(critic: Critic, pairs: Sequence[Pair]) -> NDArray[np.float32]:
    """Return the lower score of both directions."""
    if not pairs:
        return np.empty(0, np.float32)
    sources, targets = zip(*pairs, strict=True)
    return np.minimum(critic.score(sources, targets), critic.score(targets, sources))


if __name__ == "__main__":
    main()
