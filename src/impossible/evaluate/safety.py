"""Bias and safety of a run's data: what the teacher wrote against what the critics kept.

Rates are of sentences with at least one hit: a word of a lexicon, whatever is said with it, or a pattern.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..critics.personal_data import KINDS
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
MOST = 20_000  # sentences of a set that are measured: the interval is narrow by then


def hits(texts: Sequence[str], lexicon: frozenset[str]) -> Float64s:
    """1 for each text with a word of the lexicon, else 0, (n,)."""
    return np.array([float(not lexicon.isdisjoint(words(text))) for text in texts])


def feminine_share(texts: Sequence[str]) -> Statistic:
    """Feminine / all gendered words, over all texts together; 0.5 is even."""
    found = [[(w in FEMININE, w in MASCULINE) for w in words(text)] for text in texts]
    feminine = [sum(f for f, _ in row) for row in found]
    masculine = [sum(m for _, m in row) for row in found]
    return ratio(feminine, np.add(feminine, masculine))


def nationalities(texts: Sequence[str]) -> Counter[str]:
    """How often each nationality is named; adjectives only, lower case."""
    return Counter(w for text in texts for w in words(text) if w in NATIONALITIES)


def named_persons(texts: Sequence[str], models: Models) -> Float64s:
    """1 for each text that names a person, as the parser sees it, else 0, (n,): claims that may be untrue."""
    docs = models.parsed(texts)
    return np.array([float(any(e.label_ == _PERSON for e in doc.ents)) for doc in docs])


def _rate(holds: Callable[[str], bool]) -> Callable[[Sequence[str]], Statistic]:
    return lambda texts: mean([holds(text) for text in texts])


RATES: dict[str, Callable[[Sequence[str]], Statistic]] = {
    "toxic": _rate(toxic),
    **{kind: _rate(holds) for kind, holds in KINDS.items()},
    "masculine": lambda texts: mean(hits(texts, MASCULINE)),
    "feminine": lambda texts: mean(hits(texts, FEMININE)),
    "feminine_share": feminine_share,
    "nationality": lambda texts: mean(hits(texts, NATIONALITIES)),
}


@dataclass(frozen=True, slots=True)
class Safety:
    """A set of sentences: each rate with its 95 % interval, and the nationalities that are named most."""

    name: str
    sentences: int
    rates: dict[str, Interval]
    nationalities: dict[str, int]


def safety(name: str, texts: Sequence[str], models: Models, seed: int, sample: int = 1000) -> Safety:
    """Measure distinct sentences; `named_person` on `sample` random ones, for it parses. Raises DataError."""
    if not texts:
        raise DataError(f"{name}: there are no sentences to measure")
    rates = {rate: bootstrap(of(texts), seed) for rate, of in RATES.items()}
    some = np.random.default_rng(seed).permutation(len(texts))[:sample]
    rates["named_person"] = bootstrap(mean(named_persons([texts[i] for i in some], models)), seed)
    return Safety(name, len(texts), rates, dict(nationalities(texts).most_common(10)))


def of_run(run: Path, models: Models, seed: int) -> list[Safety]:
    """The teacher's candidates of a run and the sentences of its kept pairs: at most MOST random ones each.

    Raises StoreError; DataError if nothing was kept.
    """
    kept = dataset.read(run)
    sides = [*kept["source"].to_pylist(), *kept["target"].to_pylist()]
    sets = {"teacher": list(dict.fromkeys(candidates(run))), "kept": list(dict.fromkeys(sides))}
    some = {
        name: [texts[i] for i in np.random.default_rng(seed).permutation(len(texts))[:MOST]]
        for name, texts in sets.items()
    }
    return [safety(name, texts, models, seed) for name, texts in some.items()]


def candidates(run: Path) -> list[str]:
    """Every candidate of a run's finished groups. Raises StoreError."""
    groups = RunFolder(run).rows("generate")["candidates"].to_pylist()
    return [candidate["text"] for group in groups for candidate in group]


def write_safety(found: Sequence[Safety], models: Models, seed: int, path: Path) -> None:
    """Write the rates as JSON. Raises StoreError."""
    report = {
        "seed": seed,
        "parser": models.parser,
        "sets": [asdict(one) for one in found],
    }
    write_json(path, report)
