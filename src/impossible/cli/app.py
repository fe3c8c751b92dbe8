"""The command line: parse, call, print; the only place that catches ImpossibleError (exit code 2)."""

import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Annotated

import typer

from ..errors import ImpossibleError
from ..text.escape import plain
from . import begin, critic, look, make, measure, release, rewrite, student
from .terminal import open_console, prepare

Command = Callable[..., None]
# panel of --help → its commands, in the order of use; `critic` is a group with its own commands
PANELS: Mapping[str, Mapping[str, Command | Mapping[str, Command]]] = {
    "Begin": {
        "setup": begin.setup,
        "init": begin.init,
        "doctor": begin.doctor,
    },
    "Make a dataset": {
        "run": make.run_command,
        "status": make.status,
        "export": make.export,
        "export-preferences": make.export_preferences,
        "plan": make.plan,
        "settings": make.settings,
    },
    "Inspect a run": {
        "why": look.why,
        "whatif": look.whatif,
        "explore": look.explore,
        "report": look.report,
        "calibrate": look.calibrate,
    },
    "Check and publish": {
        "verify": release.verify,
        "safety": release.safety_command,
        "publish": release.publish,
    },
    "Train and use a student": {
        "distil": student.distil,
        "paraphrase": rewrite.paraphrase,
        "summarize": rewrite.summarize,
        "serve": student.serve,
        "export-student": student.export_student,
        "augment": student.augment,
        "control-accuracy": student.control_accuracy,
    },
    "Measure": {
        "evaluate": measure.evaluate_command,
        "dataset-report": measure.dataset_report,
        "compare": measure.compare_command,
        "proximity": measure.proximity_command,
    },
    "Critics": {
        "score": critic.score,
        "critic": {"train": critic.critic_train, "test": critic.critic_test},
    },
}
_GROUPS = {"critic": "Train and measure NLI critics."}


def _version(wanted: bool) -> None:
    if wanted:
        print(f"impossible {version('impossible-distillation')}")
        raise typer.Exit


def _main(
    version: Annotated[
        bool, typer.Option("--version", help="print the version and exit", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def _application() -> typer.Typer:
    application = typer.Typer(
        name="impossible",
        help="Distil paraphrase and summary datasets from a small language model, without labels.",
        epilog="Start: [bold]impossible init CORPUS[/bold], then [bold]impossible run recipe.toml[/bold]. "
        "Every command has --help with an example; many have --json for scripts.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    application.callback()(_main)
    for panel, commands in PANELS.items():
        for name, command in commands.items():
            if isinstance(command, Mapping):
                application.add_typer(_group(name, command), name=name, rich_help_panel=panel)
            else:
                application.command(name, rich_help_panel=panel)(command)
    return application


def _group(name: str, commands: Mapping[str, Command]) -> typer.Typer:
    group = typer.Typer(help=_GROUPS[name], no_args_is_help=True)
    for name, command in commands.items():
        group.command(name)(command)
    return group


app = _application()


def main() -> None:
    """Parse and run a command; an error of the user's ends in one line and exit code 2."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    prepare()
    try:
        app(prog_name="impossible")
    except ImpossibleError as error:
        # one line: what is wrong, where, how to fix it
        open_console(stderr=True).print(
            f"error: {plain(' '.join(str(error).split()))}", markup=False, highlight=False, soft_wrap=True
        )
        sys.exit(2)
    except MemoryError:
        print("error: too little memory; close other programs, or use smaller models", file=sys.stderr)
        sys.exit(2)
