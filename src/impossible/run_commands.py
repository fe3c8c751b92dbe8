"""The commands before a run and on what it left behind: plan, report, whatif, why, publish."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel
from rich.console import Console

from .errors import DataError, ModelError
from .plain import plain, plain_json
from .terminal import complete_bound, complete_setting, open_console

if TYPE_CHECKING:
    from .execute import State
    from .release import Finding

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="the folder of a run", show_default=False)]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="override a setting of the recipe",
        autocompletion=complete_setting,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON, for scripts")]


def plan(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="a recipe (TOML)", show_default=False)],
    target: Annotated[int, typer.Option(min=1, help="pairs wanted of each task", show_default=False)],
    pilot: Annotated[int, typer.Option(min=1, help="contexts to try")] = 8,
    out: Annotated[
        Path | None, typer.Option(help="folder of the run, which then goes on from the pilot; default: none")
    ] = None,
    watts: Annotated[float, typer.Option(min=0, help="what the machine draws")] = 65,
    price: Annotated[str | None, typer.Option(help="such as 0.30/kWh or 2.50/h")] = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Try a few contexts and say what a number of pairs will take: contexts, hours, energy, money.

    Example: [bold]impossible plan recipes/quickstart.toml --target 10000 --price 0.30/kWh[/bold]
    """
    from transformers.utils.logging import disable_progress_bar

    from . import forecast
    from .answers import forecast_lines, forecast_table
    from .progress import watch_for
    from .recipe import load

    settings = load(recipe, sets or [])
    cost = None if price is None else forecast.Price.parse(price)
    disable_progress_bar()
    with TemporaryDirectory() as scratch:
        seen = forecast.pilot(settings, out or Path(scratch), pilot, watch_for(open_console(stderr=True)))
    found = forecast.forecast(seen, target, settings.seed, watts, cost)
    if as_json:
        print_json(
            {
                "target": target,
                "pilot_contexts": len(seen.seconds),
                "pilot_seconds": float(seen.seconds.sum()),
                "watts": watts,
                "price": None if cost is None else asdict(cost),
                "slowest": forecast.slowest(found).task,
                "tasks": [asdict(one) for one in found],
            }
        )
        return
    console = open_console()
    console.print(forecast_table(found))
    for line in forecast_lines(found, len(seen.seconds), target, settings.contexts.count):
        console.print(line)


def settings(
    word: Annotated[
        str,
        typer.Argument(metavar="[WORD]", help="only those whose key or meaning holds it", show_default=False),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List every setting of a recipe: its key, what it takes, its default, what it means.

    Example: [bold]impossible settings temperature[/bold]
    """
    from .answers import settings_table
    from .catalogue import find, nearest

    found = find(word)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    if not found:
        raise DataError(f"no setting has {word!r} in its key or meaning; {nearest(word)}")
    open_console().print(settings_table(found))


def say_target(console: Console, state: "State") -> None:
    """Say at the end of a run whether it reached its target."""
    if state.reached:
        console.print(
            f"target of {state.target:,} pairs a task reached after {state.contexts} contexts; "
            "without --target the same command goes on"
        )
    else:
        text = f"target of {state.target:,} pairs a task not reached; raise contexts.count ({state.contexts})"
        console.print(text, style="yellow")


def report(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(help="file to write; default report.html in the run")] = None,
) -> None:
    """Write a run's report: one HTML file with funnel, scores, pairs and what became of them.

    Example: [bold]impossible report runs/first[/bold]
    """
    from .report.page import write_report

    print(f"report -> {write_report(run, out)}")


def try_report(console: Console, run: Path) -> None:
    """Write the report at the end of a run, which it must not spoil: what goes wrong is said, no more."""
    from .report.page import write_report

    try:
        console.print(f"report: {write_report(run)}", markup=False, soft_wrap=True)
    except Exception as error:  # the dataset is there, whatever becomes of its picture
        text = f"the report could not be written: {error}"
        console.print(text, style="yellow", markup=False, soft_wrap=True)


def explore(
    run: RunPath,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one")] = 0,
    host: Annotated[
        str, typer.Option(help="address to listen on; beware: whoever reaches it may ask")
    ] = "127.0.0.1",
    student: Annotated[Path | None, typer.Option(help="student to play with; default the run's best")] = None,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="open it in a browser window")] = True,
) -> None:
    """Look at a run in a browser: search its pairs, move its bounds, label, play with its student.

    Ctrl-C ends it.

    Example: [bold]impossible explore runs/first[/bold]
    """
    try:
        from .explore.serve import serve
    except ModuleNotFoundError as error:
        if error.name not in ("starlette", "uvicorn"):
            raise
        raise ModelError(
            f"explore needs {error.name}: pip install 'impossible-distillation[explore]'"
        ) from error
    console = open_console()
    console.print(f"reading {run} …", markup=False, soft_wrap=True)
    serve(
        run, host, port, student, browser, lambda address: print(f"{address}  (Ctrl-C ends it)", flush=True)
    )


def whatif(
    run: RunPath,
    sets: Annotated[
        list[str],
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="another bound, KEY as in the recipe; repeatable",
            autocompletion=complete_bound,
        ),
    ],
    examples: Annotated[int, typer.Option(min=0, help="pairs gained and lost to show, a task")] = 5,
    as_json: AsJson = False,
) -> None:
    """Say what a run would have kept with other bounds, from its stored scores: no model runs.

    Example: [bold]impossible whatif runs/first --set filter.paraphrase.judge.min=0.9[/bold]
    """
    from .answers import change_table, example_lines
    from .whatif import to_keep, what_if

    changes = what_if(run, sets, examples)
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    console = open_console()
    console.print(change_table(changes))
    for line in example_lines(changes):
        console.print(line)
    again = to_keep(run, sets)
    command = f"impossible run {run / 'recipe.toml'} --out {run} {' '.join(f'--set {one}' for one in again)}"
    anew = (
        "verdicts, dataset and report" if len(again) == len(sets) else "scores, verdicts, dataset and report"
    )
    console.print(
        f"\nto keep it so: {command}\n(makes {anew} in that folder anew; copy it first to keep both)",
        markup=False,
        soft_wrap=True,
    )


def why(
    run: RunPath,
    pair: Annotated[
        str, typer.Argument(metavar="PAIR", help="its id, or text of a sentence", show_default=False)
    ],
    other: Annotated[
        str, typer.Argument(metavar="[OTHER]", help="text of its other sentence", show_default=False)
    ] = "",
    rejected: Annotated[bool, typer.Option("--rejected", help="leave out the kept ones")] = False,
    limit: Annotated[int, typer.Option(min=1, help="how many pairs to tell of")] = 3,
    as_json: AsJson = False,
) -> None:
    """Tell the story of a pair: context, how often it was written, all scores against all bounds, verdict.

    Example: [bold]impossible why runs/first "I have a Mac" "my Mac is"[/bold]
    """
    from .answers import story
    from .ledger import why as stories

    if other:  # which may load a model
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
    told, total = stories(run, pair, limit, other, rejected)
    if as_json:
        print_json([asdict(one) for one in told])
        return
    console = open_console()
    for one in told:
        for line in story(one):
            console.print(line)
        console.print()
    if total > len(told):
        more = "--limit shows more" + ("" if rejected else ", --rejected only those that were not kept")
        console.print(f"{total - len(told):,} more pairs hold this text: {more}")


def publish(
    run: RunPath,
    to: Annotated[
        str, typer.Option(help="new folder to write, or hub:OWNER/NAME to upload it", show_default=False)
    ],
    against: Annotated[
        list[Path] | None, typer.Option(help="benchmark that no pair may overlap with; repeatable")
    ] = None,
    corpus: Annotated[
        list[Path] | None, typer.Option(help="texts that must not come out word by word; repeatable")
    ] = None,
    licences: Annotated[
        list[str] | None,
        typer.Option("--licence", metavar="OF=NAME", help="of dataset, corpus or a model; repeatable"),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="kind of finding that is no reason to refuse; repeatable"),
    ] = None,
    contexts: Annotated[
        bool, typer.Option("--contexts/--no-contexts", help="with the column of contexts, or with it empty")
    ] = True,
    anyway: Annotated[bool, typer.Option("--anyway", help="publish whatever the release gate finds")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a run's dataset, with splits and card, as the Hugging Face Hub has it, or send it there.

    A release gate looks first for overlap with benchmarks, texts known by heart, your own documents among the
    contexts, personal data, licence gaps, and files that are not as the recipe makes them. It lists what it
    finds, and refuses unless told else.

    Example: [bold]impossible publish runs/first --to release --licence dataset=cc-by-4.0[/bold]
    """
    from .hub import address, upload
    from .publish import CHOICES, Refused
    from .publish import publish as release

    allowed = CHOICES if anyway else tuple(allow or ())
    with TemporaryDirectory() as scratch:
        name = to.removeprefix("hub:") if to.startswith("hub:") else ""
        folder = Path(scratch) / "release" if name else Path(to)
        home = address(name) if name else ""
        try:
            made = release(
                run,
                folder,
                against or (),
                corpus or (),
                _pairs(licences or ()),
                allowed,
                name,
                home,
                contexts,
            )
        except Refused as refused:
            if not as_json:
                _list_findings(refused.findings, "found")
            raise
        places = upload(folder, name) if name else [to]
    if as_json:
        found = [asdict(finding) for finding in made.findings]
        print_json(
            {"to": places, "splits": dict(made.splits), "student": made.student, "published_although": found}
        )
        return
    _list_findings(made.findings, "published although")
    counts = ", ".join(f"{n:,} {split}" for split, n in made.splits.items())
    print(f"{counts}{', and the student' if made.student else ''} -> {', '.join(places)}")


def _list_findings(findings: Sequence["Finding"], how: str) -> None:
    """A line a finding, with its examples below it."""
    for finding in findings:
        print(f"{how}: {finding.kind}: {finding.text}")
        for example in finding.examples:
            print(f"    {plain(example)}")


def _pairs(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, said = one.partition("=")
        if not (equals and name and said):
            raise DataError(f"--licence {one}: give OF=NAME, such as dataset=cc-by-4.0")
        found[name] = said
    return found


def print_json(value: object) -> None:
    """Print a value as JSON; settings inside it as their fields, NaN and infinity as null."""
    print(plain_json(_plain(value), 2))


def _plain(value: object) -> object:
    match value:
        case float() if not math.isfinite(value):
            return None
        case BaseModel():
            return value.model_dump(mode="json")
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value
