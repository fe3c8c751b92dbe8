"""Bias and safety of a run's data: the teacher's sentences compared with those the critics kept.

A rate is the share of sentences with at least one hit: a word of a lexicon, regardless of context, or a
pattern.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..critics.personal_data import KINDS, holds
from ..critics.toxic import toxic
from ..data import dataset
from ..data.json_report import write_json
from ..data.run_folder import RunFolder
from ..errors import DataError
from ..metrics.models import Models
from ..metrics.statistics import Float64s, Interval, Statistic, bootstrap, mean, ratio
from ..text.words import words
from .lexicons import FEMININE, MASCULINE, NATIONALITIES

_PERSON = "PERSON"
MOST = 20_000  # sentences measured per set, enough for narrow intervals


def hits(texts: Sequence[str], lexicon: frozenset[str]) -> Float64s:
    """1 for each text that contains a word of the lexicon, else 0, (n,)."""
    return np.array([float(not lexicon.isdisjoint(words(text))) for text in texts])


def feminine_share(texts: Sequence[str]) -> Statistic:
    """Feminine / all gendered words, pooled over all texts; 0.5 is balanced."""
    gendered = [[(w in FEMININE, w in MASCULINE) for w in words(text)] for text in texts]
    feminine = [sum(f for f, _ in row) for row in gendered]
    masculine = [sum(m for _, m in row) for row in gendered]
    return ratio(feminine, np.add(feminine, masculine))


def nationalities(texts: Sequence[str]) -> Counter[str]:
    """Count the nationalities named in the texts, as lower-case adjectives."""
    return Counter(w for text in texts for w in words(text) if w in NATIONALITIES)


def named_persons(texts: Sequence[str], models: Models) -> Float64s:
    """1 for each text in which the parser finds a person's name, else 0, (n,): its claims may be untrue."""
    docs = models.parsed(texts)
    return np.array([float(any(e.label_ == _PERSON for e in doc.ents)) for doc in docs])


def _rate(matches: Callable[[str], bool]) -> Callable[[Sequence[str]], Statistic]:
    return lambda texts: mean([matches(text) for text in texts])


RATES: dict[str, Callable[[Sequence[str]], Statistic]] = {
    "toxic": _rate(toxic),
    **{kind: _rate(partial(holds, kind)) for kind in KINDS},
    "masculine": lambda texts: mean(hits(texts, MASCULINE)),
    "feminine": lambda texts: mean(hits(texts, FEMININE)),
    "feminine_share": feminine_share,
    "nationality": lambda texts: mean(hits(texts, NATIONALITIES)),
}


@dataclass(frozen=True, slots=True)
class Safety:
    """Figures of a set of sentences: rates with 95 % intervals, and the nationalities named most often."""

    name: str
    sentences: int
    rates: dict[str, Interval]
    nationalities: dict[str, int]


def safety(name: str, texts: Sequence[str], models: Models, seed: int, sample: int = 1000) -> Safety:
    """Measure distinct sentences; `named_person` only on `sample` of them, as it parses. Raises DataError."""
    if not texts:
        raise DataError(f"{name}: no sentences to measure")
    rates = {rate: bootstrap(of(texts), seed) for rate, of in RATES.items()}
    chosen = np.random.default_rng(seed).permutation(len(texts))[:sample]
    rates["named_person"] = bootstrap(mean(named_persons([texts[i] for i in chosen], models)), seed)
    return Safety(name, len(texts), rates, dict(nationalities(texts).most_common(10)))


def of_run(run: Path, models: Models, seed: int) -> list[Safety]:
    """Measure a run's candidates and the sentences of its kept pairs, at most MOST random ones of each.

    Raises StoreError; DataError if no pair was kept.
    """
    kept = dataset.read(run)
    sides = [*kept["source"].to_pylist(), *kept["target"].to_pylist()]
    sets = {"teacher": list(dict.fromkeys(candidates(run))), "kept": list(dict.fromkeys(sides))}
    chosen = {
        name: [texts[i] for i in np.random.default_rng(seed).permutation(len(texts))[:MOST]]
        for name, texts in sets.items()
    }
    return [safety(name, texts, models, seed) for name, texts in chosen.items()]


def candidates(run: Path) -> list[str]:
    """All candidates of a run's finished groups. Raises StoreError."""
    groups = RunFolder(run).rows("generate")["candidates"].to_pylist()
    return [candidate["text"] for group in groups for candidate in group]


def write_safety(results: Sequence[Safety], models: Models, seed: int, path: Path) -> None:
    """Write the rates as JSON. Raises StoreError."""
    report = {
        "seed": seed,
        "parser": models.parser,
        "sets": [asdict(one) for one in results],
    }
    write_json(path, report)
