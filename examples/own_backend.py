"""Implement a teacher as a custom Sampler: word trigrams of a text. python examples/own_backend.py"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from impossible import load_recipe, run
from impossible.generation.corpus import CorpusReport, read_documents
from impossible.teachers.base import Continuation, Decoding

HERE = Path(__file__).parent


class Trigrams:
    """Continues a text word by word, with probabilities from trigram counts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._after: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for words in map(str.split, texts):
            for i, word in enumerate(words):
                for back in (2, 1, 0):  # count trigrams, bigrams, unigrams
                    self._after[tuple(words[max(0, i - back) : i])][word] += 1

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """Yield `n` continuations of each prompt, deterministic for a seed."""
        for prompt, seed in zip(prompts, seeds, strict=True):
            rng = random.Random(seed)
            yield [self._one(prompt.split(), rng, decoding) for _ in range(n)]

    def _one(self, prompt: list[str], rng: random.Random, decoding: Decoding) -> Continuation:
        words, logprob = list(prompt), 0.0
        while len(words) < len(prompt) + decoding.max_tokens:
            found = self._options(words)
            weights = [count ** (1 / decoding.temperature) for count in found.values()]
            [word] = rng.choices(list(found), weights)
            words.append(word)
            logprob += math.log(found[word] / found.total())
            if word[-1] in ".?!":
                break
        return Continuation(" " + " ".join(words[len(prompt) :]), logprob)

    def _options(self, words: list[str]) -> Counter[str]:
        keys = (tuple(words[-2:]), tuple(words[-1:]), ())
        return next(self._after[key] for key in keys if key in self._after)

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """Return log-probabilities of texts as continuations; -inf for an unseen transition."""
        return [self._logprob(prompt.split(), text.split()) for text in texts]

    def _logprob(self, before: list[str], words: list[str]) -> float:
        total = 0.0
        for i, word in enumerate(words):
            found = self._options([*before, *words[:i]])
            total += math.log(found[word] / found.total()) if found[word] else -math.inf
        return total


def main(out: Path = Path("runs/trigrams")) -> None:
    """Distil from support tickets with a trigram teacher."""
    recipe = load_recipe(HERE / "own_backend.toml")
    texts = [row.text for row in read_documents(HERE / "tickets.csv", "body", CorpusReport())]
    state = run(recipe, out, sampler=Trigrams(texts))
    assert state.pairs is not None
    print(f"{state.counts['candidates']} sentences, {state.pairs.num_rows} pairs -> {state.file}")


if __name__ == "__main__":
    main()
