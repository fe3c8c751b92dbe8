"""The outcome of a run in words: yield, richness and precision first, then what to do about a small yield."""

from collections import Counter
from collections.abc import Iterator

from ...analysis.outcome import Outcome
from ...recipe.base import TASKS
from ...recipe.critic_table import CRITICS
from ...recipe.recipe import Recipe
from ...text.escape import counted

_NO_CRITICS = ("scored", "kept", "duplicate", "unknown")
# lost before pairs are made: count → how to say it
_LOST = {"improbable": "improbable", "malformed": "no well-formed sentences", "repeated": "repetitions"}
_MANY = 30  # pairs from which the share of a template means something
_FEWEST = 1.0  # pairs a context, continued
_FEWEST_RESTATED = 0.2  # pairs a sentence, restated


def outcome_lines(found: Outcome, restated: bool, hours: float) -> Iterator[str]:
    """Say what a run gave in three lines; `hours` that its pairs took, 0 if unknown."""
    total = sum(found.pairs.values())
    each = ", ".join(f"{n:,} {task}" for task, n in found.pairs.items())
    unit = "sentence" if restated else "context"
    pace = f", {total / hours:,.0f} an hour" if hours else ""
    yield (
        f"yield      {total:,} pairs ({each}) of {counted(found.contexts, unit)}: "
        f"{found.per_context:.2g} each{pace}"
    )
    rich = found.richness
    alike = f", {rich.largest_template:.0%} follow one template" if rich.pairs >= _MANY else ""
    yield (
        f"richness   {rich.content_words:.1f} content words a sentence; "
        f"{rich.with_name_or_number:.0%} of the pairs have a name or number{alike}"
    )
    if not found.precision:
        yield "precision  not estimated: the critic correct was not run"
        return
    tasks = ", ".join(f"{task} {share:.2f}" for task, share in found.precision.items() if task != "all")
    yield (
        f"precision  about {found.precision['all']:.2f} ({tasks}), the mean of the critic correct: "
        "an estimate; read some pairs"
    )


def advice(counts: Counter[str], recipe: Recipe) -> str | None:
    """Say that a run keeps too little, why, and what to try; None if it keeps enough."""
    kept = sum(counts[f"{task}: kept"] for task in TASKS)
    per_context = kept / max(counts["contexts"], 1)
    restated = recipe.restatement is not None
    if per_context >= (_FEWEST_RESTATED if restated else _FEWEST):
        return None
    unit = "sentence" if restated else "context"
    return f"only {per_context:.2g} pairs a {unit}; {_why(counts)}; {_remedy(counts, recipe)}"


def _why(counts: Counter[str]) -> str:
    """Say where most was lost: among the continuations, or at a critic."""
    for name, words in _LOST.items():
        if counts[name] > counts["continuations"] / 2:
            return f"{counts[name] / counts['continuations']:.0%} of the continuations are {words}"
    if (most := _most_rejecting(counts)) is None:
        return "there were hardly any pairs to judge"
    task, critic, share = most
    return f"{critic} rejected most, {share:.0%} of the {task} pairs"


def _most_rejecting(counts: Counter[str]) -> tuple[str, str, float] | None:
    """The task, critic and share of the most rejections; None if nothing was rejected."""
    rejected = {
        (task, name): n
        for key, n in counts.items()
        for task, _, name in [key.partition(": ")]
        if n and task in TASKS and name not in _NO_CRITICS
    }
    if not rejected:
        return None
    task, critic = max(rejected, key=rejected.__getitem__)
    scored = counts[f"{task}: scored"] or sum(n for (of, _), n in rejected.items() if of == task)
    return task, critic, rejected[task, critic] / scored


def _remedy(counts: Counter[str], recipe: Recipe) -> str:
    sampling, most = recipe.sampling, _most_rejecting(counts)
    if sampling.min_logprob is not None and counts["improbable"] > counts["continuations"] / 2:
        return f"try sampling.min_logprob={sampling.min_logprob * 1.25:g}"
    if recipe.restatement is not None:
        more = f"try shorter, plainer sentences, or restatement.per_cue={2 * recipe.restatement.per_cue}"
    elif sampling.per_context < 400:
        return "pairs grow with the square of the continuations: try sampling.per_context=400"
    else:
        more = "try to restate sentences instead of continuing them: leave out preset"
    if most is None or most[1] not in CRITICS:
        return more
    return f"{more}; impossible whatif shows what a looser filter.{most[0]}.{most[1]} would keep"
