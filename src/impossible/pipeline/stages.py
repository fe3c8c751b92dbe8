"""plan(recipe) → the stages of a run in order: contexts, generate, score, filter."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from ..data import store
from ..recipe.execution import Execution
from ..recipe.recipe import Recipe
from ..recipe.teacher import Teacher

if TYPE_CHECKING:
    from ..teachers.base import Sampler


Tick = Callable[[], None]
# Shard of the previous stage → shard of this stage, and its funnel counts.
Work = Callable[[pa.Table, Tick], tuple[pa.Table, Counter[str]]]


@dataclass(frozen=True, slots=True)
class MapStage:
    """A stage that maps a shard to a shard. Its output depends only on `settings`, `models` and the input.

    `open` loads the models. Until then a stage holds no model, so that it can be sent to another machine.
    """

    name: str
    version: int
    settings: str
    models: tuple[str, ...]
    open: Callable[[Execution], Work]

    def fingerprint(self, digests: Sequence[str], content: str) -> str:
        """The fingerprint of a shard, from the digests of its models and the checksum of its input."""
        return store.fingerprint(self.name, str(self.version), self.settings, *digests, content)


@dataclass(slots=True)
class _Teacher:
    """The teacher that two stages share, loaded once; `own` is the caller's sampler, if any."""

    settings: Teacher
    own: "Sampler | None" = None
    opened: "dict[Execution, Sampler]" = field(default_factory=dict)

    def open(self, execution: Execution) -> "Sampler":
        from ..teachers import open_teacher

        if self.own is not None:
            return self.own
        if execution not in self.opened:
            self.opened[execution] = open_teacher(self.settings, execution)
        return self.opened[execution]


def plan(recipe: Recipe, own: "Sampler | None" = None) -> list[MapStage]:
    """The stages of a run, in order; `own` is the caller's sampler for `teacher.backend = "own"`."""
    teacher, shared = recipe.teacher.canonical(), _Teacher(recipe.teacher, own)
    needs_teacher = recipe.contexts.corpus is None and recipe.contexts.sentences[1] > 0
    restated = recipe.restatement.canonical() if recipe.restatement else ""
    edits = (recipe.score.parser,) if recipe.restatement and recipe.restatement.edits else ()
    return [
        MapStage(
            "contexts",
            2,
            f"{recipe.contexts.canonical()}{restated}{teacher if needs_teacher else ''}{recipe.seed}",
            (recipe.teacher.weights,) if needs_teacher else (),
            lambda execution: _contexts(recipe, shared.open(execution) if needs_teacher else None),
        ),
        MapStage(
            "generate",
            8,
            f"{recipe.sampling.canonical()}{restated}{teacher}{recipe.seed}",
            (recipe.teacher.weights, *edits),
            lambda execution: _generate(recipe, shared.open(execution)),
        ),
        MapStage(
            "score",
            9,
            f"{recipe.score.canonical()}{[task for task, _ in recipe.filter.tasks()]}",
            _critic_models(recipe),
            lambda execution: _score(recipe, execution),
        ),
        MapStage("filter", 3, recipe.filter.canonical(), (), lambda _: _filter(recipe)),
    ]


def _critic_models(recipe: Recipe) -> tuple[str, ...]:
    """The models of all critics without repeats: two critics may share one."""
    return tuple(dict.fromkeys(recipe.score.models(recipe.score.critics).values()))


def _contexts(recipe: Recipe, sampler: "Sampler | None") -> Work:
    from ..generation.contexts import grow

    def work(prompts: pa.Table, tick: Tick) -> tuple[pa.Table, Counter[str]]:
        return grow(prompts, sampler, recipe.contexts, recipe.seed, recipe.restatement), Counter()

    return work


def _generate(recipe: Recipe, sampler: "Sampler") -> Work:
    from ..generation.groups import contexts_from_table, generate, groups_to_table
    from ..generation.restatement import restate

    settings, backend, editor = recipe.restatement, recipe.teacher.backend, None
    if settings is not None and settings.edits:
        from ..critics.parser import ParsedSentences, load_parser
        from ..generation.edited import Editor

        parser = load_parser(recipe.score.parser, lemmas=True)
        scorer = None if backend == "endpoint" else sampler
        editor = Editor(ParsedSentences(parser), scorer, settings.edits)

    def work(rows: pa.Table, tick: Tick) -> tuple[pa.Table, Counter[str]]:
        contexts = contexts_from_table(rows)
        if settings is None:
            groups, counts = generate(contexts, sampler, recipe.sampling, recipe.seed, 0, tick)
        else:
            groups, counts = restate(
                contexts, sampler, settings, backend, recipe.sampling, recipe.seed, tick, editor
            )
        return groups_to_table(groups), counts

    return work


def _score(recipe: Recipe, execution: Execution) -> Work:
    from ..critics import open_critics
    from ..filtering.cascade import score
    from ..generation.groups import groups_from_table

    critics = open_critics(recipe.score, execution)
    tasks = [task for task, _ in recipe.filter.tasks()]

    def work(groups: pa.Table, tick: Tick) -> tuple[pa.Table, Counter[str]]:
        return score(groups_from_table(groups), critics, recipe.score, tasks, tick)

    return work


def _filter(recipe: Recipe) -> Work:
    from ..filtering.ledger import filter_scores

    def work(scores: pa.Table, tick: Tick) -> tuple[pa.Table, Counter[str]]:
        return filter_scores(scores, recipe.filter)

    return work
