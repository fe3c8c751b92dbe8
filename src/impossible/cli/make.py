"""Commands that make a run: run, plan, settings, status, export."""

import signal
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from ..errors import DataError
from ..models.progress_bars import hide_progress_bars
from ..text.escape import counted, plain
from .heartbeat import Heartbeat
from .options import AsJson, Force, RecipePath, RunPath, Sets, check_new, print_json
from .terminal import complete_setting, complete_stage, complete_task, open_console

if TYPE_CHECKING:
    from rich.console import Console

    from ..data.state import State
    from ..recipe.recipe import Recipe


def run_command(
    recipe: RecipePath,
    out: Annotated[Path | None, typer.Option(help="run folder; default: runs/NAME-OF-RECIPE")] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="override a setting: --set sampling.per_context=32; repeatable",
            autocompletion=complete_setting,
        ),
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            help="last stage: contexts, generate, score, filter or distil", autocompletion=complete_stage
        ),
    ] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="discard what an earlier run in this folder finished")
    ] = False,
    target: Annotated[
        int, typer.Option(min=0, help="stop when each task has this many pairs; 0: no target")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Run a recipe, or resume an interrupted run.

    With --json, progress goes to standard error, and the final `status --json` to standard output.

    Example: [bold]impossible run recipes/quickstart.toml --out runs/first[/bold]
    """
    folder = out or Path("runs") / recipe.stem
    console = open_console(stderr=as_json)
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    say(f"{plain(str(recipe))} -> {plain(str(folder))}")  # before the imports, which take seconds
    with Heartbeat(say) as heartbeat:
        from ..data.run_folder import read_recipe
        from ..data.state import read_state
        from ..pipeline.run import run
        from .progress import watch_for

        settings = read_recipe(recipe, sets or [])
        hide_progress_bars()
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # handle it like Ctrl-C
        heartbeat.doing("reading the texts and loading the models")
        state = run(settings, folder, until, fresh, watch_for(console, settings, heartbeat), target)
        state.seconds = read_state(folder).seconds
        if as_json:
            print_json(_state_json(state))
        if state.done or not state.interrupted:
            print_result(console, state, settings)
        if target and not state.interrupted:
            print_target(console, state)
        if state.file is not None and not state.interrupted:
            heartbeat.doing("writing the report")
            try_report(console, folder)
    if state.interrupted:
        _exit_interrupted(console, state)


def _exit_interrupted(console: "Console", state: "State") -> NoReturn:
    progress = f"{state.done} of {counted(state.shards, 'shard')}"
    message = f"interrupted after {progress}; run the same command to resume"
    console.print(message, style="yellow")
    raise typer.Exit(130)


def status(run: RunPath, as_json: AsJson = False) -> None:
    """Show the progress of a run, even while another process runs it.

    Example: [bold]impossible status runs/first[/bold]
    """
    from ..data.state import read_state
    from .tables.run import funnel_table, rounds_table

    state = read_state(run)
    if as_json:
        print_json(_state_json(state))
        return
    console = open_console()
    done = f"{state.done} of {counted(state.shards, 'shard')} of {counted(state.contexts, 'context')}"
    spent = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in state.seconds.items())
    console.print(f"{run}: {done}{f' ({spent})' if spent else ''}", markup=False)
    if state.reached:
        console.print(f"stopped at its target of {state.target:,} pairs per task")
    console.print(funnel_table(state))
    if state.rounds:
        console.print(rounds_table(state))


def _state_json(state: "State") -> dict[str, object]:
    return {
        "run": str(state.out),
        "contexts": state.contexts,
        "shards": state.shards,
        "done": state.done,
        "target": state.target,
        "reached": state.reached,
        "counts": dict(state.counts),
        "seconds": dict(state.seconds),
        "rounds": [asdict(r) for r in state.rounds],
    }


def export(
    run: RunPath,
    out: Annotated[
        Path, typer.Argument(metavar="FILE", help=".jsonl, .csv, .tsv or .parquet", show_default=False)
    ],
    task: Annotated[
        str | None, typer.Option(help="only this task: paraphrase or summary", autocompletion=complete_task)
    ] = None,
    force: Force = False,
) -> None:
    """Write a run's dataset as one file.

    Example: [bold]impossible export runs/first pairs.jsonl --task paraphrase[/bold]
    """
    import pyarrow.compute as pc

    from ..data import dataset
    from ..data.tables import check_writable
    from ..recipe.base import TASKS

    if task not in (None, *TASKS):
        raise DataError(f"task {task!r} is unknown; allowed are {', '.join(TASKS)}")
    check_writable(out)
    check_new(out, force, run)
    table = dataset.read(run)
    if task is not None:
        table = table.filter(pc.equal(table["task"], task))
    print(f"{dataset.export(table, out)} pairs -> {out}")


def plan(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="a recipe (TOML)", show_default=False)],
    target: Annotated[int, typer.Option(min=1, help="pairs to reach per task", show_default=False)],
    pilot: Annotated[int, typer.Option(min=1, help="contexts in the pilot")] = 8,
    out: Annotated[
        Path | None,
        typer.Option(help="run folder of the pilot, which `run` resumes; default: a temporary one"),
    ] = None,
    watts: Annotated[float, typer.Option(min=0, help="power draw of the machine")] = 65,
    price: Annotated[str | None, typer.Option(help="price, such as 0.30/kWh or 2.50/h")] = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Run a few contexts and forecast the cost of a number of pairs: contexts, hours, energy, money.

    Example: [bold]impossible plan recipes/quickstart.toml --target 10000 --price 0.30/kWh[/bold]
    """
    from ..data.run_folder import read_recipe
    from ..pipeline import forecast
    from .progress import watch_for
    from .tables.run import forecast_lines, forecast_table

    settings = read_recipe(recipe, sets or [])
    cost = None if price is None else forecast.Price.parse(price)
    hide_progress_bars()
    console = open_console(stderr=True)
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    with TemporaryDirectory() as scratch, Heartbeat(say) as heartbeat:
        trial = forecast.pilot(settings, out or Path(scratch), pilot, watch_for(console, settings, heartbeat))
    forecasts = forecast.forecast(trial, target, settings.seed, watts, cost)
    if as_json:
        print_json(
            {
                "target": target,
                "pilot_contexts": len(trial.seconds),
                "pilot_seconds": float(trial.seconds.sum()),
                "watts": watts,
                "price": None if cost is None else asdict(cost),
                "slowest": forecast.slowest(forecasts).task,
                "tasks": [asdict(one) for one in forecasts],
            }
        )
        return
    console = open_console()
    console.print(forecast_table(forecasts))
    for line in forecast_lines(forecasts, len(trial.seconds), target, settings.contexts.count):
        console.print(line)


def settings(
    word: Annotated[
        str,
        typer.Argument(
            metavar="[WORD]", help="only settings whose key or meaning contains it", show_default=False
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the settings of a recipe: key, default, meaning and allowed values.

    Example: [bold]impossible settings temperature[/bold]
    """
    from ..recipe.reference import find, nearest
    from .tables.run import settings_table

    found = find(word)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        raise DataError(f"no setting has {word!r} in its key or meaning; {nearest(word)}")
    open_console().print(settings_table(found))


def print_result(console: Console, state: "State", recipe: "Recipe") -> None:
    """Print what a run gave: yield, richness and precision first, then the funnel, pairs and students."""
    from ..analysis.outcome import outcome
    from ..data.run_folder import RunFolder
    from .tables.outcome import advice, outcome_lines
    from .tables.run import funnel_table, pairs_of_dataset, rounds_table, sample_table

    paths, sample = RunFolder(state.out), sample_table(state, 10, recipe.seed)
    if state.file is not None and sample is not None:
        made_in = sum(seconds for stage, seconds in state.seconds.items() if stage != "distil")
        found = outcome(state.file, state.counts, recipe.seed)
        for line in outcome_lines(found, recipe.restatement is not None, made_in / 3600):
            console.print(line, style="bold", markup=False, soft_wrap=True)
    elif state.file is not None and not state.interrupted:
        console.print("no pair was kept; the funnel shows where pairs were lost", style="yellow")
    if state.file is not None and not state.interrupted and (hint := advice(state.counts, recipe)):
        console.print(hint, style="yellow", markup=False, soft_wrap=True)
    console.print(funnel_table(state))
    if state.seconds:
        print(
            f"time: {', '.join(f'{stage} {s:.0f} s' for stage, s in state.seconds.items())}",
            file=console.file,
        )
    if state.file is not None and sample is not None:
        console.print(sample)
        size = pairs_of_dataset(state.file)
        console.print(f"dataset: {paths.dataset_folder()}/ ({size})", markup=False, soft_wrap=True)
    if state.rounds:
        console.print(rounds_table(state))
        console.print(f"students: {paths.student_folder('*')}/", markup=False, soft_wrap=True)


def print_target(console: Console, state: "State") -> None:
    """Print whether a run reached its target."""
    if state.reached:
        console.print(
            f"reached the target of {state.target:,} pairs per task after {state.contexts} contexts; "
            "to continue, run the same command without --target"
        )
    else:
        text = (
            f"target of {state.target:,} pairs per task not reached; raise contexts.count ({state.contexts})"
        )
        console.print(text, style="yellow")


def try_report(console: Console, run: Path) -> None:
    """Write the report at the end of a run; print an error instead of failing the run."""
    from ..report.page import write_report

    try:
        console.print(f"report: {write_report(run)}", markup=False, soft_wrap=True)
    except Exception as error:  # the dataset is complete: no error here may fail the run
        text = f"the report could not be written: {error}"
        console.print(text, style="yellow", markup=False, soft_wrap=True)


def export_preferences(
    run: RunPath,
    out: Annotated[Path, typer.Option(help="new folder to write")],
    per_sentence: Annotated[int, typer.Option(min=1, help="preferences of each sentence, at most")] = 2,
) -> None:
    """Export preferences: of one sentence a candidate that was kept, beside one that a critic rejected.

    Conversational, as TRL's preference trainers and `datasets` read it, with all scores and a dataset card.

    Example: [bold]impossible export-preferences runs/first --out preferences[/bold]
    """
    from ..publish.preferences import write_preferences

    counts = write_preferences(run, out, per_sentence)
    print(f"{', '.join(f'{n:,} {split}' for split, n in counts.items())} -> {out}")
