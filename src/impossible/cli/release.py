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
from .options import AsJson, Force, RunPath, check_new, print_json
from .terminal import open_console

if TYPE_CHECKING:
    from ..publish.gate import Finding


def safety_command(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(help="write the rates to this JSON file")] = None,
    parser: Annotated[
        str, typer.Option(help="parser that finds names of persons")
    ] = "embedded:en-core-web-sm",
    seed: Annotated[int, typer.Option(min=0, help="seed for intervals and samples")] = 7,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Count insults, personal data, gendered words and nationalities in generated and in kept sentences.

    Example: [bold]impossible safety runs/first[/bold]
    """
    from ..data.json_report import STDOUT, check_report
    from ..evaluate.safety import of_run, write_safety
    from ..metrics.models import Models
    from .tables.evaluate import safety_table

    check_report(out)
    check_new(out, force, run)
    models = Models(parser=parser)
    measured = of_run(run, models, seed)
    console = open_console(stderr=as_json)
    console.print(safety_table(measured))
    if out is not None:
        write_safety(measured, models, seed, out)
        console.print(f"rates -> {out}", markup=False)
    if as_json:
        write_safety(measured, models, seed, STDOUT)


def publish(
    run: RunPath,
    to: Annotated[
        str, typer.Option(help="new folder to write, or hub:OWNER/NAME to upload to", show_default=False)
    ],
    against: Annotated[
        list[Path] | None, typer.Option(help="benchmark that pairs must not overlap with; repeatable")
    ] = None,
    corpus: Annotated[
        list[Path] | None, typer.Option(help="texts that must not appear verbatim; repeatable")
    ] = None,
    licences: Annotated[
        list[str] | None,
        typer.Option(
            "--licence", metavar="OF=NAME", help="licence of the dataset, corpus or a model; repeatable"
        ),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="kind of finding to allow; repeatable"),
    ] = None,
    contexts: Annotated[
        bool, typer.Option("--contexts/--no-contexts", help="fill the column of contexts, or leave it empty")
    ] = True,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="publish despite all findings of the release gate")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a run's dataset, with splits and card, in the format of the Hugging Face Hub, or upload it.

    A release gate first checks for overlap with benchmarks, memorised text, your own documents among the
    contexts, personal data, unknown licences, and files that do not match the recipe. It lists its findings
    and refuses to publish unless all of them are allowed.

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
                _licences(licences or ()),
                allowed,
                name,
                home,
                contexts,
            )
        except Refused as refused:
            if not as_json:
                _list_findings(refused.findings, "found")
            raise
        targets = upload(folder, name) if name else [to]
    if as_json:
        found = [asdict(finding) for finding in made.findings]
        print_json(
            {"to": targets, "splits": dict(made.splits), "student": made.student, "published_although": found}
        )
        return
    _list_findings(made.findings, "published although")
    counts = ", ".join(f"{n:,} {split}" for split, n in made.splits.items())
    print(f"{counts}{', and the student' if made.student else ''} -> {', '.join(targets)}")


def _list_findings(findings: Sequence["Finding"], how: str) -> None:
    """Print one line per finding, with its examples below it."""
    for finding in findings:
        print(f"{how}: {finding.kind}: {finding.text}")
        for example in finding.examples:
            print(f"    {plain(example)}")


def _licences(given: Sequence[str]) -> dict[str, str]:
    licences = {}
    for one in given:
        name, equals, licence = one.partition("=")
        if not (equals and name and licence):
            raise DataError(f"--licence {one}: give OF=NAME, such as dataset=cc-by-4.0")
        licences[name] = licence
    return licences


def verify(
    run: RunPath,
    sample: Annotated[int, typer.Option(min=0, help="groups to regenerate and score again")] = 3,
    seed: Annotated[
        int | None, typer.Option(min=0, help="seed for drawing the groups; default: a new one")
    ] = None,
    ask: Annotated[
        bool, typer.Option("--ask-endpoint", help="let the server of the recipe make groups again")
    ] = False,
    key: Annotated[
        Path | None,
        typer.Option("--sign", metavar="KEY", help="sign the run if all is well: your ssh or minisign key"),
    ] = None,
    signed_by: Annotated[
        Path | None,
        typer.Option("--signed-by", metavar="KEY", help="public key that must have signed the run"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that a run is what its recipe makes: all files and some regenerated groups. Exit code 1 if not.

    A signature says who made the run: docs/trust.md.

    Example: [bold]impossible verify runs/first --sample 10[/bold]
    """
    from dataclasses import asdict

    from ..pipeline.signature import SIGNATURE, sign
    from ..pipeline.verify import verify as check

    hide_progress_bars()
    with open_console(stderr=True).status("") as status:
        result = check(run, sample, seed, ask, signed_by, status.update)
    if key is not None and result.same:
        sign(run, key)
        result.notes.append(f"signed: {run / SIGNATURE}")
    if as_json:
        print_json(asdict(result) | {"same": result.same})
    else:
        for what, n in result.checked.items():
            print(f"{n:>9,} {what}")
        print(f"{result.seed:>9} is the seed that drew the groups")
        for part in result.unchecked:
            print(plain(f"not checked: {part}"))
        for note in result.notes:
            print(plain(f"note: {note}"))
        for fault in result.faults:
            print(plain(f"fault: {fault}"))
        wrong = f"{len(result.faults)} faults, {len(result.unchecked)} not checked"
        print("everything matches the recipe" if result.same else wrong)
    if not result.same:
        raise typer.Exit(1)
