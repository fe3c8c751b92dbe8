"""The commands about students: parse, call, print. `impossible.cli` puts them into its app."""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..run_commands import AsJson, print_json
from ..terminal import complete_distil, complete_task, open_console

if TYPE_CHECKING:
    from .student import Answer, Student
    from .train import Progress

Given = Annotated[
    str | None,
    typer.Argument(metavar="[TEXT|FILE]", help="a text, or a file of texts; default: lines of stdin"),
]
StudentPath = Annotated[
    Path, typer.Option("--student", envvar="IMPOSSIBLE_STUDENT", help="a student's folder, or a run with one")
]
Column = Annotated[str, typer.Option(help="column of the texts in a .jsonl, .csv or .parquet")]
Length = Annotated[str | None, typer.Option(help="how long it is to be")]
Wording = Annotated[str | None, typer.Option(help="near, middle or far from the wording of the text")]
Syntax = Annotated[str | None, typer.Option(help="a template, such as 'nsubjpass auxpass root agent'")]
Like = Annotated[str | None, typer.Option(help="an example sentence: built as this one")]
Json = Annotated[bool, typer.Option("--json", help="a JSON object a text, with all outputs and scores")]
ByRecipe = Annotated[
    Path | None,
    typer.Option("--recipe", help="judge by this recipe's bounds and models, not the default ones"),
]
Seed = Annotated[int, typer.Option(min=0, help="all that is drawn follows from it")]
Draws = Annotated[int | None, typer.Option(help="outputs to draw of each text; default 4 for each wanted")]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="a setting of the table distil: --set epochs=5",
        autocompletion=complete_distil,
    ),
]


def distil(
    datasets: Annotated[
        list[Path],
        typer.Argument(metavar="DATASET...", help="runs, or .jsonl, .csv or .parquet files of pairs"),
    ],
    out: Annotated[Path, typer.Option(help="folder to write the student to")],
    base: Annotated[str | None, typer.Option(help="hub id, folder or embedded:NAME")] = None,
    sets: Sets = None,
    seed: Seed = 7,
) -> None:
    """Train a student on pairs; the same command goes on where it was interrupted.

    Example: [bold]impossible distil runs/first --out students/first[/bold]
    """
    from ..recipe import distil_settings
    from .make import make_student, read_pairs

    settings = distil_settings([*(sets or ()), *([f'base="{base}"'] if base else ())])
    pairs = read_pairs(datasets)
    _quiet()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends like Ctrl-C
    try:
        info = make_student(pairs, out, settings, seed, partial(say_training, "training"))
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        raise typer.Exit(130) from None
    counts = ", ".join(f"{n:,} of {task}" for task, n in info.pairs.items())
    loss = "" if info.validation_loss is None else f", validation loss {info.validation_loss:.3f}"
    print(f"student of {counts} pairs after {info.steps:,} steps{loss} -> {out}")


def say_training(what: str, progress: "Progress") -> None:
    """One line on standard error: how far a training is."""
    losses = [("loss", progress.loss), ("validation", progress.validation_loss)]
    said = ", ".join(f"{name} {loss:.3f}" for name, loss in losses if loss is not None)
    print(f"{what}: step {progress.step} of {progress.steps}, {said}", file=sys.stderr, flush=True)


def say_comparing(task: str) -> None:
    """One line on standard error: that teacher and student write answers now."""
    print(f"teacher against student: {task}", file=sys.stderr, flush=True)


def _rewriting(name: str, task: str, doc: str) -> Callable[..., None]:
    """The command that has a student do its task."""

    def command(
        student: StudentPath,
        given: Given = None,
        n: Annotated[int, typer.Option("-n", min=1, help="how many of each text, at most")] = 1,
        column: Column = "text",
        length: Length = None,
        wording: Wording = None,
        syntax: Syntax = None,
        like: Like = None,
        json: Json = False,
        seed: Seed = 7,
        draws: Draws = None,
        recipe: ByRecipe = None,
        show: Annotated[bool, typer.Option("--show", help="print each text before its outputs")] = False,
    ) -> None:
        from .use import read_texts

        texts = read_texts(given, column, sys.stdin)
        asked = {"length": length, "wording": wording, "syntax": syntax, "like": like}
        answers = _open(student, recipe).wished(task, texts, n, **asked, seed=seed, draws=draws)
        _print(answers, texts, given, json, show)

    command.__name__, command.__doc__ = name, doc
    return command


paraphrase = _rewriting(
    "paraphrase",
    "paraphrase",
    """Say texts in other words; --length is shorter, similar or longer.

    Prints a line a text, its outputs parted by tabs; an empty line where nothing is good enough. Of one text
    on the command line, a line an output.

    Example: [bold]impossible paraphrase "Thank you for your help." -n 3 --student students/first[/bold]
    """,
)
summarize = _rewriting(
    "summarize",
    "summary",
    """Say texts in fewer words; --length is short, medium or long. Prints as paraphrase does.

    Example: [bold]impossible summarize posts.csv --column body --length short --student students/first[/bold]
    """,
)


def _open(student: Path, recipe: Path | None) -> "Student":
    from ..recipe import load
    from .student import Student

    _quiet()
    if recipe is None:
        return Student.load(student)
    settings = load(recipe)
    return Student.load(student, settings.filter, settings.score, settings.execution)


def _print(answers: Iterator["Answer"], texts: list[str], given: str | None, json: bool, show: bool) -> None:
    from ..plain import plain
    from .use import as_json, as_text

    alone = texts == [given]
    refused = 0
    for answer in _with_bar(answers, len(texts)):
        text = as_json(answer) if json else as_text(answer, "\n" if alone else "\t")
        refused += answer.best is None
        if show:
            text = f"{plain(answer.source)}\n    {text or '(nothing good enough)'}"
        if text or not alone:
            print(text, flush=True)
        if alone and answer.best is None:
            print(f"nothing good enough{f': {answer.note}' if answer.note else ''}", file=sys.stderr)
    if not alone and refused:
        print(f"nothing good enough for {refused:,} of {len(texts):,} texts", file=sys.stderr)


def _with_bar(answers: Iterable["Answer"], total: int) -> Iterator["Answer"]:
    """Progress on standard error, if that is a terminal and standard output is not."""
    from rich.progress import track

    console = open_console(stderr=True)
    shown = console.is_terminal and total > 1 and not sys.stdout.isatty()
    yield from track(answers, "texts", total, console=console, disable=not shown)


def obedience(
    student: Annotated[Path, typer.Argument(metavar="STUDENT", help="the student's folder")],
    data: Annotated[Path, typer.Option(help=".txt, .jsonl, .csv or .parquet of texts")],
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    column: Column = "source",
    rows: Annotated[int, typer.Option(min=1, help="use the first so many")] = 100,
    seed: Seed = 7,
    recipe: ByRecipe = None,
    as_json: AsJson = False,
) -> None:
    """Say how often outputs have what was asked for, beside outputs where nothing was asked.

    Example: [bold]impossible obedience students/first --data pairs.jsonl[/bold]
    """
    from dataclasses import asdict

    from rich.table import Table

    from ..errors import DataError
    from .obedience import measure_obedience
    from .use import read_texts

    if not data.is_file():
        raise DataError(f"{data} does not exist")
    texts = read_texts(str(data), column, ())[:rows]
    opened = _open(student, recipe)
    measured = list(measure_obedience(opened, task, texts, seed=seed))
    if as_json:
        print_json([asdict(row) for row in measured])
        return
    table = Table(box=None, pad_edge=False)
    heads = ("control", "value", "answered", "drawn", "unasked", "first", "unasked", "accepted")
    for i, head in enumerate(heads):
        table.add_column(head, justify="left" if i < 2 else "right")
    for row in measured:
        shares = (row.drawn, row.drawn_unasked, row.first, row.first_unasked, row.accepted)
        table.add_row(
            row.control, row.value, f"{row.answered} of {row.texts}", *(f"{share:.2f}" for share in shares)
        )
    open_console().print(table)


def _quiet() -> None:
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
