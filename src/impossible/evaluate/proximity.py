"""Test of the proximity hypothesis: continuations of one context are likelier to be paraphrases than others.

Sentences are drawn from the recipe's teacher at several temperatures and context lengths, and paired in
three ways: within a context, across two contexts of the same domain, and without any context. A pair is
equivalent if the recipe's NLI model gives an entailment of at least `score.equivalence` in both directions.
The yield of fewer continuations is computed from those drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import comb
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..critics.nli import Nli
from ..data.json_report import write_json
from ..data.schema import Context, Group, text_id
from ..errors import RecipeError
from ..generation.contexts import grow, prompts
from ..generation.groups import contexts_from_table, generate
from ..metrics.statistics import DRAWS, Float64s, Interval, Statistic, bootstrap, mean, ratio
from ..models.locate import digest, locate
from ..recipe.contexts import Contexts
from ..recipe.recipe import Recipe
from ..teachers import open_teacher
from ..teachers.base import Sampler

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


# The shortest prompt that every tokenizer accepts; it stands for "no context".
NO_CONTEXT = "\n"
_PICTURES = (".svg", ".png", ".pdf")
SentencePair = tuple[str, str]
Flags = list[NDArray[np.bool_]]  # for each context, which of its pairs are equivalent


@dataclass(frozen=True, slots=True)
class Design:
    """The design: contexts per domain, continuations and pairs per context, and the factors to vary.

    `sentences`: the length of a context after its prefix (with a corpus: of the opening of a document).
    `samples`: the numbers of continuations to compare, at most `per_context`; default: a quarter, half and
    all of it.
    """

    contexts: int = 60
    per_context: int = 40
    pairs: int = 40
    temperatures: tuple[float, ...] = (0.5, 0.7, 1.0)
    sentences: tuple[int, ...] = (0, 1, 3)
    samples: tuple[int, ...] = ()

    def sizes(self) -> tuple[int, ...]:
        """The numbers of continuations to compare, ascending."""
        n = self.per_context
        return tuple(sorted({max(2, size) for size in self.samples or (n // 4, n // 2, n)}))

    def steps(self, recipe: Recipe) -> int:
        """The number of contexts to continue, if all are distinct."""
        cells = len(_domains(recipe)) * len(self.sentences)
        return len(self.temperatures) * (cells * self.contexts + self.blocks())

    def blocks(self) -> int:
        """The number of draws without a context, shared by all cells of a temperature."""
        return max(2, self.contexts // 4)


def design_of(
    contexts: int,
    per_context: int,
    pairs: int,
    temperatures: str,
    sentences: str,
    samples: str,
    picture: Path | None,
) -> Design:
    """Parse a design from command-line options. Raises RecipeError."""
    if picture is not None and picture.suffix not in _PICTURES:
        raise RecipeError(f"--picture {picture}: the name must end in {', '.join(_PICTURES)}")
    try:
        temperature_values = tuple(float(x) for x in temperatures.split(","))
        lengths = tuple(int(x) for x in sentences.split(","))
        sizes = tuple(int(x) for x in samples.split(",")) if samples else ()
    except ValueError as error:
        raise RecipeError(
            f"--temperatures, --sentences and --samples: numbers separated by commas; {error}"
        ) from error
    if not all(2 <= n <= per_context for n in sizes):
        raise RecipeError(f"--samples must be 2 to {per_context} (--per-context)")
    if not all(0 < t <= 5 for t in temperature_values) or not all(0 <= n <= 20 for n in lengths):
        raise RecipeError("--temperatures must be above 0 and at most 5, --sentences 0 to 20")
    return Design(contexts, per_context, pairs, temperature_values, lengths, sizes)


@dataclass(frozen=True, slots=True)
class Sampled:
    """The expected yield per context of `continuations` continuations, subsampled from those drawn.

    `candidates`: distinct candidates; `within`: the share of their pairs that are equivalent; `pairs`: the
    number of equivalent pairs.
    """

    continuations: int
    candidates: float
    within: Interval
    pairs: Interval


@dataclass(frozen=True, slots=True)
class Cell:
    """The results for one domain, temperature and context length.

    Rates are shares of equivalent pairs, with intervals over contexts; `gain` is within - across.
    `candidates` is the mean number of distinct sentences per context.
    """

    domain: str
    temperature: float
    sentences: int
    contexts: int
    candidates: float
    within: Interval
    across: Interval
    none: Interval
    gain: Interval
    samples: tuple[Sampled, ...]


def proximity(recipe: Recipe, design: Design, tick: Callable[[], None] = lambda: None) -> list[Cell]:
    """Draw, pair and score; `tick` is called after each context. Raises RecipeError, ModelError."""
    _check(recipe, design)
    sampler = open_teacher(recipe.teacher, recipe.execution)
    execution = recipe.execution
    nli = Nli(locate(recipe.score.nli), execution.threads, execution.batch_size, execution.device)
    conditions = [(domain, n) for domain in _domains(recipe) for n in design.sentences]
    contexts_of = {(domain, n): _contexts(recipe, sampler, domain, n, design) for domain, n in conditions}
    cells = []
    for temperature in design.temperatures:
        no_context = _draw(_empty(design), sampler, recipe, temperature, design, tick)
        none = _rate(
            _equivalent(across(no_context, design.pairs, recipe.seed), nli, recipe.score.equivalence)
        )
        for (domain, sentences), contexts in contexts_of.items():
            groups = _draw(contexts, sampler, recipe, temperature, design, tick)
            cells.append(
                _cell(
                    domain, temperature, sentences, groups, bootstrap(none, recipe.seed), nli, recipe, design
                )
            )
    return cells


def _domains(recipe: Recipe) -> tuple[str, ...]:
    return recipe.contexts.domains if recipe.contexts.corpus is None else ("corpus",)


def _check(recipe: Recipe, design: Design) -> None:
    if design.contexts < 2:
        raise RecipeError(f"proximity: {design.contexts} contexts; two are needed to pair across contexts")
    if recipe.contexts.corpus is not None and min(design.sentences) < 1:
        raise RecipeError(
            "proximity: a context of a corpus has at least one sentence; give --sentences 1 or more"
        )


def _contexts(recipe: Recipe, sampler: Sampler, domain: str, sentences: int, design: Design) -> list[Context]:
    """Contexts of one domain and length."""
    change: dict[str, object] = {"count": design.contexts, "sentences": (sentences, sentences)}
    if recipe.contexts.corpus is None:
        change["domains"] = (domain,)
    settings = Contexts.model_validate(recipe.contexts.model_dump() | change)
    rows, _ = prompts(settings, recipe.seed)
    return contexts_from_table(grow(rows, sampler, settings, recipe.seed))


def _empty(design: Design) -> list[Context]:
    """Empty contexts, which differ in their seeds."""
    return [Context(text_id("none", str(k)), "none", NO_CONTEXT, "none") for k in range(design.blocks())]


def _draw(
    contexts: Sequence[Context],
    sampler: Sampler,
    recipe: Recipe,
    temperature: float,
    design: Design,
    tick: Callable[[], None],
) -> list[Group]:
    change = {"temperature": temperature, "per_context": design.per_context}
    groups, _ = generate(contexts, sampler, recipe.sampling.model_copy(update=change), recipe.seed, 0, tick)
    return groups


def _cell(
    domain: str,
    temperature: float,
    sentences: int,
    groups: Sequence[Group],
    none: Interval,
    nli: Nli,
    recipe: Recipe,
    design: Design,
) -> Cell:
    bound, seed = recipe.score.equivalence, recipe.seed
    pairs = within(groups, design.pairs, seed)
    flags = _equivalent(pairs, nli, bound)
    inside, outside = _rate(flags), _rate(_equivalent(across(groups, design.pairs, seed), nli, bound))
    return Cell(
        domain,
        temperature,
        sentences,
        len(groups),
        float(np.mean([len(g.candidates) for g in groups])),
        bootstrap(inside, seed),
        bootstrap(outside, seed),
        none,
        bootstrap(difference(inside, outside), seed),
        tuple(sampled(groups, pairs, flags, design.per_context, n, seed) for n in design.sizes()),
    )


def sampled(
    groups: Sequence[Group],
    pairs: Sequence[Sequence[SentencePair]],
    flags: Flags,
    drawn: int,
    n: int,
    seed: int,
) -> Sampled:
    """The expected yield of `n` of the `drawn` continuations; `flags` marks the equivalent `pairs`.

    Rarefaction (Hurlbert 1971): a pair is weighted by the probability that both its sentences are among `n`
    continuations drawn without replacement.
    """
    equivalent_pairs, possible_pairs, yields, candidates = [], [], [], []
    for group, context_pairs, equivalent in zip(groups, pairs, flags, strict=True):
        times = {c.text: c.count for c in group.candidates}
        a, b = ([times[pair[side]] for pair in context_pairs] for side in (0, 1))
        together = [x + y for x, y in zip(a, b, strict=True)]
        both = 1 - absent(a, drawn, n) - absent(b, drawn, n) + absent(together, drawn, n)
        all_pairs = len(times) * (len(times) - 1) / 2
        equivalent_pairs.append(float(both[equivalent].sum()))
        possible_pairs.append(float(both.sum()))
        yields.append(equivalent_pairs[-1] * all_pairs / max(1, len(context_pairs)))
        candidates.append(float((1 - absent(list(times.values()), drawn, n)).sum()))
    return Sampled(
        n,
        float(np.mean(candidates)),
        bootstrap(ratio(equivalent_pairs, possible_pairs), seed),
        bootstrap(mean(yields), seed),
    )


def absent(counts: Sequence[int], drawn: int, n: int) -> Float64s:
    """P(an item with `count` copies is not among `n` of `drawn`) = C(drawn - count, n) / C(drawn, n)."""
    return np.array([comb(drawn - count, n) / comb(drawn, n) for count in counts], np.float64)


def within(groups: Sequence[Group], pairs: int, seed: int) -> list[list[SentencePair]]:
    """For each group, up to `pairs` random pairs of its distinct candidates."""
    random = np.random.default_rng(seed)
    pairs_of_groups = []
    for group in groups:
        texts = [c.text for c in group.candidates]
        a, b = np.triu_indices(len(texts), k=1)
        chosen = random.permutation(len(a))[:pairs]
        pairs_of_groups.append([(texts[i], texts[j]) for i, j in zip(a[chosen], b[chosen], strict=True)])
    return pairs_of_groups


def across(groups: Sequence[Group], pairs: int, seed: int) -> list[list[SentencePair]]:
    """For each group, up to `pairs` random pairs of one of its candidates and one of another group.

    Leaves out pairs of equal sentences, which cannot occur within a group either.
    """
    random = np.random.default_rng(seed)
    pairs_of_groups = []
    for k, group in enumerate(groups):
        others = [c.text for i, other in enumerate(groups) if i != k for c in other.candidates]
        own = [c.text for c in group.candidates]
        chosen = random.permutation(len(own) * len(others))[:pairs].tolist()
        candidates = [(own[n // len(others)], others[n % len(others)]) for n in chosen]
        pairs_of_groups.append([pair for pair in candidates if pair[0] != pair[1]])
    return pairs_of_groups


def _equivalent(pairs: Sequence[Sequence[SentencePair]], nli: Nli, bound: float) -> Flags:
    """Which pairs entail each other, per context."""
    flat = [pair for context_pairs in pairs for pair in context_pairs]
    a, b = [x for x, _ in flat], [y for _, y in flat]
    equivalent = nli.score(a, b) >= np.float32(bound)
    forward = np.flatnonzero(equivalent)  # score the other direction only where the first is entailed
    equivalent[forward] = nli.score([b[i] for i in forward], [a[i] for i in forward]) >= np.float32(bound)
    return np.split(equivalent, np.cumsum([len(context_pairs) for context_pairs in pairs])[:-1])


def _rate(flags: Flags) -> Statistic:
    """The share of equivalent pairs, one row per context, so that the bootstrap resamples contexts."""
    return ratio([part.sum() for part in flags], [len(part) for part in flags])


def difference(a: Statistic, b: Statistic) -> Statistic:
    """The rate of `a` minus that of `b`, over the same contexts."""

    def total(sums: Float64s) -> Float64s:
        return a.total(sums[:, :2]) - b.total(sums[:, 2:])

    return Statistic(np.hstack([a.rows, b.rows]), total)


def write_proximity(cells: Sequence[Cell], recipe: Recipe, design: Design, path: Path) -> None:
    """Write the cells as JSON, with all that is needed to reproduce them. Raises StoreError."""
    report = {
        "seed": recipe.seed,
        "teacher": recipe.teacher.model_dump() | {"digest": digest(recipe.teacher.weights)},
        "nli": {
            "model": recipe.score.nli,
            "digest": digest(recipe.score.nli),
            "bound": recipe.score.equivalence,
        },
        "no_context": NO_CONTEXT,
        "interval": f"95 %, percentile bootstrap over contexts, {DRAWS} draws",
        "design": asdict(design),
        "cells": [asdict(cell) for cell in cells],
    }
    write_json(path, report)


def draw(cells: Sequence[Cell], path: Path) -> None:
    """Plot the cells, one column per domain: rates by temperature (top), yield by continuations (bottom).

    The suffix of `path` selects the image format.
    """
    from matplotlib.figure import Figure

    domains = list(dict.fromkeys(cell.domain for cell in cells))
    figure = Figure(figsize=(5 * len(domains), 7.5), layout="constrained")
    panels = figure.subplots(2, len(domains), sharey="row", squeeze=False)
    for column, domain in enumerate(domains):
        of_domain = [cell for cell in cells if cell.domain == domain]
        _rates(panels[0, column], of_domain)
        _yields(panels[1, column], of_domain)
        panels[0, column].set(title=domain, xlabel="temperature")
        panels[1, column].set(xlabel="continuations a context", xscale="log", yscale="log")
    panels[0, 0].set_ylabel("equivalent pairs, share")
    panels[0, 0].set_ylim(bottom=0)
    panels[1, 0].set_ylabel("equivalent pairs a context")
    for row in (0, 1):
        panels[row, -1].legend(frameon=False, fontsize=8)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _name(cell: Cell) -> str:
    length = f"{cell.sentences} sentence" + ("s" if cell.sentences != 1 else "")
    return length if cell.domain == "corpus" else f"prefix + {length}" if cell.sentences else "prefix"


def _rates(panel: "Axes", cells: Sequence[Cell]) -> None:
    """Plot rates, one colour per context length: within solid, across dashed, no context dotted."""
    lengths = list(dict.fromkeys(cell.sentences for cell in cells))
    for k, sentences in enumerate(lengths):
        of_length = [cell for cell in cells if cell.sentences == sentences]
        x = [cell.temperature for cell in of_length]
        _line(panel, x, [c.within for c in of_length], f"within, {_name(of_length[0])}", f"C{k}", "-")
        _line(panel, x, [c.across for c in of_length], f"across, {_name(of_length[0])}", f"C{k}", "--")
    of_length = [cell for cell in cells if cell.sentences == lengths[0]]
    _line(panel, [c.temperature for c in of_length], [c.none for c in of_length], "no context", "0.5", ":")


def _yields(panel: "Axes", cells: Sequence[Cell]) -> None:
    """Plot yields, one colour per context length, one line per temperature: the lower, the thicker."""
    lengths = list(dict.fromkeys(cell.sentences for cell in cells))
    temperatures = sorted({cell.temperature for cell in cells}, reverse=True)
    for cell in cells:
        x = [float(s.continuations) for s in cell.samples]
        label = f"{_name(cell)}, temperature {cell.temperature:g}"
        line = _line(
            panel, x, [s.pairs for s in cell.samples], label, f"C{lengths.index(cell.sentences)}", "-"
        )
        line.set_linewidth(1 + temperatures.index(cell.temperature))


def _line(
    panel: "Axes", x: Sequence[float], rates: Sequence[Interval], label: str, colour: str, style: str
) -> "Line2D":
    values = [rate.value for rate in rates]
    bars = [[r.value - r.low for r in rates], [r.high - r.value for r in rates]]
    drawn = panel.errorbar(
        x, values, np.maximum(bars, 0), label=label, color=colour, linestyle=style, capsize=2
    )
    line: Line2D = drawn.lines[0]
    return line
