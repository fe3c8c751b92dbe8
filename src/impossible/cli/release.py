"""Commands that check and publish: verify, safety, publish."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import DataError
from ..models.progress_bars import hide_progress_bars
from ..text.escape import plain
from .options import AsJson, RunPath, print_json
from .terminal import open_console

if TYPE_CHECKING:
    from ..publish.gate import Finding


def safety_command(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(help="also write the rates here, as JSON")] = None,
    parser: Annotated[str, typer.Option(help="finds persons' names")] = "embedded:en-core-web-sm",
    seed: Annotated[int, typer.Option(min=0, help="of intervals and samples")] = 7,
    as_json: AsJson = False,
) -> None:
    """Count insults, personal data, gendered words and nationalities: what the teacher wrote, what was kept.

    Example: [bold]impossible safety runs/first[/bold]
    """
    from ..data.json_report import STDOUT
    from ..evaluate.safety import of_run, write_safety
    from ..metrics.models import Models
    from .tables.evaluate import safety_table

    models = Models(parser=parser)
    found = of_run(run, models, seed)
    console = open_console(stderr=as_json)
    console.print(safety_table(found))
    if out is not None:
        write_safety(found, models, seed, out)
        console.print(f"rates -> {out}", markup=False)
    if as_json:
        write_safety(found, models, seed, STDOUT)


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
    from ..publish.folder import CHOICES, Refused
    from ..publish.folder import publish as release
    from ..publish.hub import address, upload

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


def verify(
    run: RunPath,
    sample: Annotated[int, typer.Option(min=0, help="groups to make again, with their scores")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="draws the groups")] = 7,
    as_json: AsJson = False,
) -> None:
    """Check that a run is what its recipe makes: every file, and some groups made again. Exit code 1 if not.

    Example: [bold]impossible verify runs/first --sample 10[/bold]
    """
    from dataclasses import asdict

    from ..pipeline.verify import verify as check

    hide_progress_bars()
    with open_console(stderr=True).status("") as shown:
        found = check(run, sample, seed, shown.update)
    if as_json:
        print_json(asdict(found) | {"same": not found.differs})
    else:
        for what, n in found.checked.items():
            print(f"{n:>9,} {what}")
        for part in found.unchecked:
            print(f"not checked: {part}")
        for note in found.notes:
            print(plain(f"note: {note}"))
        for fault in found.differs:
            print(plain(f"differs: {fault}"))
        print(f"{len(found.differs)} differ" if found.differs else "all is as the recipe makes it")
    if found.differs:
        raise typer.Exit(1)
