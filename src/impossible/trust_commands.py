"""The commands that say whether to trust a run, and whether a machine is up to one: verify, doctor."""

from pathlib import Path
from typing import Annotated

import typer

from .plain import plain
from .run_commands import AsJson, RunPath, Sets, print_json
from .terminal import open_console


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

    from transformers.utils.logging import disable_progress_bar

    from .verify import verify as check

    disable_progress_bar()
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


def doctor(
    recipe: Annotated[
        Path | None, typer.Argument(metavar="[RECIPE]", help="a recipe (TOML)", show_default=False)
    ] = None,
    sets: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Say what this machine has, what a recipe lacks on it, and what it would take.

    Needs no network. Without a recipe it looks at the embedded models and the extras only.

    Example: [bold]impossible doctor recipes/paper-news.toml[/bold]
    """
    from dataclasses import asdict

    from .doctor import examine
    from .recipe import load

    found = examine(load(recipe, sets or []) if recipe is not None else None)
    if as_json:
        print_json(asdict(found))
        return
    machine = found.machine
    gpus = ", ".join(f"{name} ({size:.0f} GiB)" for name, size in machine.gpus) or "none"
    rows = {
        "system": machine.system,
        "cores": f"{machine.cores} ({' '.join(machine.instruction_sets) or 'instruction sets unknown'})",
        "memory": f"{machine.memory_free:.1f} of {machine.memory:.1f} GiB free",
        "disk": f"{machine.disk_free:.1f} GiB free in {machine.cache}",
        "GPU": gpus,
        "model hub": "answers"
        if machine.hub
        else "does not answer (only models that are not embedded come from it)",
        "cached": ", ".join(machine.cached) or "no model of the hub",
        "embedded": _there(machine.embedded),
        "extras": _there(machine.extras),
        "versions": ", ".join(f"{name} {number}" for name, number in machine.versions.items()),
    }
    for name, value in rows.items():
        print(f"{name:<10} {value}")
    for need in found.needs:
        size = f"{need.parameters / 1e6:,.0f} million parameters" if need.parameters else "size unknown"
        print(f"{need.role:<10} {need.model}: {need.place}, {size}, licence {need.licence or 'unknown'}")
    for line in found.takes:
        print(f"takes      {line}")
    for line in found.lacks:
        print(f"lacks      {line}")
    if not found.lacks:
        print("lacks      nothing")
    if recipe is None and not found.lacks:
        print("\nready for impossible run recipes/quickstart.toml (another recipe: impossible doctor RECIPE)")


def _there(found: dict[str, str]) -> str:
    return ", ".join(f"{name} (missing: {install})" if install else name for name, install in found.items())
