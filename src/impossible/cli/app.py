"""The command line: parse, call, print. The only place that catches ImpossibleError (exit code 2)."""

import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Annotated

import typer

from ..errors import ImpossibleError
from ..text.escape import plain
from . import critic, look, make, measure, release, student
from .terminal import open_console, prepare

Command = Callable[..., None]
# panel of --help → its commands, in the order in which a user needs them; `critic` has commands of its own
PANELS: Mapping[str, Mapping[str, Command | Mapping[str, Command]]] = {
    "Make a dataset": {
        "run": make.run_command,
        "status": make.status,
        "export": make.export,
        "plan": make.plan,
        "settings": make.settings,
        "doctor": make.doctor,
    },
    "Look into it": {
        "why": look.why,
        "whatif": look.whatif,
        "explore": look.explore,
        "report": look.report,
        "calibrate": look.calibrate,
    },
    "Trust it, and pass it on": {
        "verify": release.verify,
        "safety": release.safety_command,
        "publish": release.publish,
    },
    "Train a student, and use it": {
        "distil": student.distil,
        "paraphrase": student.paraphrase,
        "summarize": student.summarize,
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
        bool, typer.Option("--version", help="say which version this is", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def _application() -> typer.Typer:
    made = typer.Typer(
        name="impossible",
        help="Distil paraphrase and summary datasets from a small language model, without labels.",
        epilog="Start: [bold]impossible run recipes/quickstart.toml --out runs/first[/bold]. "
        "Every command has --help with an example, and --json where a script would want it.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_main)
    for panel, commands in PANELS.items():
        for name, command in commands.items():
            if isinstance(command, Mapping):
                made.add_typer(_group(name, command), name=name, rich_help_panel=panel)
            else:
                made.command(name, rich_help_panel=panel)(command)
    return made


def _group(name: str, commands: Mapping[str, Command]) -> typer.Typer:
    made = typer.Typer(help=_GROUPS[name], no_args_is_help=True)
    for name, command in commands.items():
        made.command(name)(command)
    return made


app = _application()


def main() -> None:
    """Entry point of the `impossible` command."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    prepare()
    try:
        app(prog_name="impossible")
    except ImpossibleError as error:
        # one line: what is wrong, where, how to mend it
        open_console(stderr=True).print(
            f"error: {plain(' '.join(str(error).split()))}", markup=False, highlight=False, soft_wrap=True
        )
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
