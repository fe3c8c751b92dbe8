"""The commands on what a run left behind: report, whatif, why, publish."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console

from .errors import DataError

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="the folder of a run", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON, for scripts")]


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


def whatif(
    run: RunPath,
    sets: Annotated[
        list[str],
        typer.Option("--set", metavar="KEY=VALUE", help="another bound, KEY as in the recipe; repeatable"),
    ],
    examples: Annotated[int, typer.Option(min=0, help="pairs gained and lost to show, a task")] = 5,
    as_json: AsJson = False,
) -> None:
    """Say what a run would have kept with other bounds, from its stored scores: no model runs.

    Example: [bold]impossible whatif runs/first --set filter.paraphrase.judge.min=0.9[/bold]
    """
    from .answers import change_table, example_lines
    from .whatif import what_if

    changes = what_if(run, sets, examples)
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    console = Console()
    console.print(change_table(changes))
    for line in example_lines(changes):
        console.print(line)
    again = " ".join(f"--set {one}" for one in sets)
    console.print(f"\nto keep it so: impossible run {run / 'recipe.toml'} --out {run} {again}", markup=False)


def why(
    run: RunPath,
    pair: Annotated[
        str, typer.Argument(metavar="PAIR", help="its id, or text of a sentence", show_default=False)
    ],
    limit: Annotated[int, typer.Option(min=1, help="how many pairs to tell of")] = 3,
    as_json: AsJson = False,
) -> None:
    """Tell the story of a pair: context, how often it was written, all scores against all bounds, verdict.

    Example: [bold]impossible why runs/first "I have a Mac"[/bold]
    """
    from .answers import story
    from .ledger import why as stories

    told, total = stories(run, pair, limit)
    if as_json:
        print_json([asdict(one) for one in told])
        return
    console = Console()
    for one in told:
        for line in story(one):
            console.print(line)
        console.print()
    if total > len(told):
        console.print(f"{total - len(told):,} more pairs hold this text: --limit shows more")


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
    anyway: Annotated[bool, typer.Option("--anyway", help="publish whatever the release gate finds")] = False,
) -> None:
    """Write a run's dataset, with splits and card, as the Hugging Face Hub has it, or send it there.

    A release gate looks first for overlap, personal data, licence gaps and damaged files.

    Example: [bold]impossible publish runs/first --to release --licence dataset=cc-by-4.0[/bold]
    """
    from .hub import upload
    from .publish import publish as release

    with TemporaryDirectory() as scratch:
        name = to.removeprefix("hub:") if to.startswith("hub:") else None
        folder = Path(scratch) / "release" if name else Path(to)
        made = release(run, folder, against or (), corpus or (), _pairs(licences or ()), anyway)
        places = upload(folder, name) if name else [to]
    for finding in made.findings:
        print(f"published although: {finding.kind}: {finding.text}")
    counts = ", ".join(f"{n:,} {split}" for split, n in made.splits.items())
    print(f"{counts}{', and the student' if made.student else ''} -> {', '.join(places)}")


def _pairs(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, said = one.partition("=")
        if not (equals and name and said):
            raise DataError(f"--licence {one}: give OF=NAME, such as dataset=cc-by-4.0")
        found[name] = said
    return found


def print_json(value: object) -> None:
    """Print a value as JSON; settings inside it as their fields, NaN as null."""
    print(json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def _plain(value: object) -> object:
    match value:
        case float() if math.isnan(value):
            return None
        case BaseModel():
            return value.model_dump(mode="json")
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case _:
            return value
