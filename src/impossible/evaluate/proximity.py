"""The proximity hypothesis: continuations of one context are likelier to be paraphrases than others.

Sentences are drawn from the recipe's teacher at several temperatures and context lengths, and paired in
three ways: within a context, across two contexts of the same domain, and without any context. A pair is
equivalent if the recipe's NLI model finds entailment of at least `score.equivalence` both ways.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..contexts import grow, prompts
from ..critics.nli import Nli
from ..errors import RecipeError
from ..generate import contexts_from_table, generate
from ..recipe import Contexts, Recipe
from ..records import Context, Group, text_id
from ..teachers import Sampler, open_teacher
from ..weights import digest, locate
from .files import write_json
from .statistics import DRAWS, Floats, Interval, Score, bootstrap, ratio

# The least that every tokenizer can read: what "no context" stands for.
NO_CONTEXT = "\n"
_PICTURES = (".svg", ".png", ".pdf")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Design:
    """How much to draw: contexts a domain, continuations and pairs a context, and what is varied.

    `sentences` is the length of a context behind its prefix (of a corpus: of its opening).
    """

    contexts: int = 60
    per_context: int = 40
    pairs: int = 40
    temperatures: tuple[float, ...] = (0.5, 0.7, 1.0)
    sentences: tuple[int, ...] = (0, 1, 3)

    def steps(self, recipe: Recipe) -> int:
        """How many contexts will be continued, if no two are equal."""
        cells = len(_domains(recipe)) * len(self.sentences)
        return len(self.temperatures) * (cells * self.contexts + self.blocks())

    def blocks(self) -> int:
        """How many times continuations are drawn without a context: they serve all cells of a temperature."""
        return max(2, self.contexts // 4)


def design_of(
    contexts: int, per_context: int, pairs: int, temperatures: str, sentences: str, picture: Path | None
) -> Design:
    """A design as the command line gives it. Raises RecipeError."""
    if picture is not None and picture.suffix not in _PICTURES:
        raise RecipeError(f"--picture {picture}: the name must end in {', '.join(_PICTURES)}")
    try:
        warm = tuple(float(x) for x in temperatures.split(","))
        long = tuple(int(x) for x in sentences.split(","))
    except ValueError as error:
        raise RecipeError(f"--temperatures and --sentences: numbers separated by commas; {error}") from error
    if not all(0 < t <= 5 for t in warm) or not all(0 <= n <= 20 for n in long):
        raise RecipeError("--temperatures must be above 0 and at most 5, --sentences 0 to 20")
    return Design(contexts, per_context, pairs, warm, long)


@dataclass(frozen=True, slots=True)
class Cell:
    """What was seen at one domain, temperature and context length.

    Rates are shares of pairs that are equivalent, with intervals over contexts; `gain` is within - across.
    `candidates` is how many distinct sentences a context gave on average, and `yield_a_context` how many
    equivalent pairs that makes: within · candidates · (candidates - 1) / 2.
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
    yield_a_context: float


def proximity(recipe: Recipe, design: Design, tick: Callable[[], None] = lambda: None) -> list[Cell]:
    """Draw, pair and score; `tick` is called after each context. Raises RecipeError, ModelError."""
    _check(recipe, design)
    sampler = open_teacher(recipe.teacher, recipe.execution)
    execution = recipe.execution
    nli = Nli(locate(recipe.score.nli), execution.threads, execution.batch_size, execution.device)
    kinds = [(domain, n) for domain in _domains(recipe) for n in design.sentences]
    grown = {(domain, n): _contexts(recipe, sampler, domain, n, design) for domain, n in kinds}
    cells = []
    for temperature in design.temperatures:
        alone = _draw(_empty(design), sampler, recipe, temperature, design, tick)
        none = _scored(across(alone, design.pairs, recipe.seed), nli, recipe.score.equivalence)
        for (domain, sentences), contexts in grown.items():
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
    """No context, several times under different seeds."""
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
    inside = _scored(within(groups, design.pairs, seed), nli, bound)
    outside = _scored(across(groups, design.pairs, seed), nli, bound)
    candidates = float(np.mean([len(g.candidates) for g in groups]))
    rate = bootstrap(inside, seed)
    return Cell(
        domain,
        temperature,
        sentences,
        len(groups),
        candidates,
        rate,
        bootstrap(outside, seed),
        none,
        bootstrap(difference(inside, outside), seed),
        rate.value * float(np.mean([len(g.candidates) * (len(g.candidates) - 1) / 2 for g in groups])),
    )


def within(groups: Sequence[Group], pairs: int, seed: int) -> list[list[Pair]]:
    """For each group up to `pairs` random pairs of its distinct candidates."""
    random = np.random.default_rng(seed)
    found = []
    for group in groups:
        texts = [c.text for c in group.candidates]
        a, b = np.triu_indices(len(texts), k=1)
        some = random.permutation(len(a))[:pairs]
        found.append([(texts[i], texts[j]) for i, j in zip(a[some], b[some], strict=True)])
    return found


def across(groups: Sequence[Group], pairs: int, seed: int) -> list[list[Pair]]:
    """For each group up to `pairs` pairs of one of its candidates with one of another group.

    Equal sentences are left out, as they are within a group.
    """
    random = np.random.default_rng(seed)
    found = []
    for k, group in enumerate(groups):
        others = [c.text for i, other in enumerate(groups) if i != k for c in other.candidates]
        own = [c.text for c in group.candidates]
        some = random.permutation(len(own) * len(others))[:pairs].tolist()
        made = [(own[n // len(others)], others[n % len(others)]) for n in some]
        found.append([pair for pair in made if pair[0] != pair[1]])
    return found


def _scored(pairs: Sequence[Sequence[Pair]], nli: Nli, bound: float) -> Score:
    """The share of equivalent pairs: a row a context, so that intervals know what belongs together."""
    flat = [pair for of_context in pairs for pair in of_context]
    a, b = [x for x, _ in flat], [y for _, y in flat]
    equivalent = nli.score(a, b) >= np.float32(bound)
    likely = np.flatnonzero(equivalent)  # what is not entailed one way need not be asked the other way
    equivalent[likely] = nli.score([b[i] for i in likely], [a[i] for i in likely]) >= np.float32(bound)
    edges = np.cumsum([len(of_context) for of_context in pairs])[:-1]
    return ratio([part.sum() for part in np.split(equivalent, edges)], [len(p) for p in pairs])


def difference(a: Score, b: Score) -> Score:
    """The rate of `a` less that of `b`, over the same contexts."""

    def total(sums: Floats) -> Floats:
        return a.total(sums[:, :2]) - b.total(sums[:, 2:])

    return Score(np.hstack([a.rows, b.rows]), total)


def write_proximity(cells: Sequence[Cell], recipe: Recipe, design: Design, path: Path) -> None:
    """Write the cells as JSON, with all that is needed to compute them again. Raises StoreError."""
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
    """The rates over the temperature as a picture, a panel a domain; the file's ending says which kind."""
    from matplotlib.figure import Figure

    domains = list(dict.fromkeys(cell.domain for cell in cells))
    figure = Figure(figsize=(5 * len(domains), 4), layout="constrained")
    panels = figure.subplots(1, len(domains), sharey=True, squeeze=False)[0]
    for panel, domain in zip(panels, domains, strict=True):
        of_domain = [cell for cell in cells if cell.domain == domain]
        lengths = list(dict.fromkeys(cell.sentences for cell in of_domain))
        for k, sentences in enumerate(lengths):
            some = [cell for cell in of_domain if cell.sentences == sentences]
            name = f"prefix + {sentences} sentences" if domain != "corpus" else f"{sentences} sentences"
            _line(panel, some, "within", f"within, {name}", f"C{k}", "-")
            _line(panel, some, "across", f"across, {name}", f"C{k}", "--")
        _line(panel, [c for c in of_domain if c.sentences == lengths[0]], "none", "no context", "0.5", ":")
        panel.set(title=domain, xlabel="temperature")
    panels[0].set_ylabel("equivalent pairs")
    panels[0].set_ylim(bottom=0)
    panels[-1].legend(frameon=False, fontsize=8)
    figure.savefig(path)


def _line(panel: object, cells: Sequence[Cell], kind: str, label: str, colour: str, style: str) -> None:
    from matplotlib.axes import Axes

    assert isinstance(panel, Axes)
    rates: list[Interval] = [getattr(cell, kind) for cell in cells]
    values = [rate.value for rate in rates]
    bars = [[r.value - r.low for r in rates], [r.high - r.value for r in rates]]
    x = [cell.temperature for cell in cells]
    panel.errorbar(x, values, np.maximum(bars, 0), label=label, color=colour, linestyle=style, capsize=2)
