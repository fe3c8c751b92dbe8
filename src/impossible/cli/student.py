"""Commands of students: distil, paraphrase, summarize, control-accuracy."""

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..models.progress_bars import hide_progress_bars
from .options import AsJson, print_json
from .progress import say_training
from .terminal import complete_distil, complete_task, open_console

if TYPE_CHECKING:
    from ..students.student import Answer, Student


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
SyntaxTemplate = Annotated[
    str | None, typer.Option(help="a template, such as 'nsubjpass auxpass root agent'")
]
LikeSentence = Annotated[str | None, typer.Option(help="an example sentence: built as this one")]
Json = Annotated[bool, typer.Option("--json", help="a JSON object a text, with all outputs and scores")]
ByRecipe = Annotated[
    Path | None,
    typer.Option("--recipe", help="judge by this recipe's bounds and models, not the default ones"),
]
Seed = Annotated[int, typer.Option(min=0, help="all that is drawn follows from it")]
Out = Annotated[
    Path | None,
    typer.Option(help="write a row a text to this .jsonl, .csv or .parquet, behind the columns of FILE"),
]
Draws = Annotated[int | None, typer.Option(help="outputs to draw of each text; default 4 for each wanted")]
DistilSets = Annotated[
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
    sets: DistilSets = None,
    seed: Seed = 7,
) -> None:
    """Train a student on pairs; the same command goes on where it was interrupted.

    Several GPUs: accelerate launch -m impossible distil …

    Example: [bold]impossible distil runs/first --out students/first[/bold]
    """
    from ..data.pairs import pair_table
    from ..recipe.load import distil_settings
    from ..students.distil import make_student
    from ..students.train import process_state

    settings = distil_settings([*(sets or ()), *([f'base="{base}"'] if base else ())])
    pairs = pair_table(datasets)
    hide_progress_bars()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends like Ctrl-C
    try:
        info = make_student(pairs, out, settings, seed, partial(say_training, "training"))
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        raise typer.Exit(130) from None
    if not process_state().is_main_process:
        return
    counts = ", ".join(f"{n:,} {task}" for task, n in info.pairs.items())
    loss = "" if info.validation_loss is None else f", validation loss {info.validation_loss:.3f}"
    print(f"student of {counts} pairs after {info.steps:,} steps{loss} -> {out}")


def _rewriting(name: str, task: str, doc: str) -> Callable[..., None]:
    """The command that has a student do its task."""

    def command(
        student: StudentPath,
        given: Given = None,
        n: Annotated[int, typer.Option("-n", min=1, help="how many of each text, at most")] = 1,
        column: Column = "text",
        length: Length = None,
        wording: Wording = None,
        syntax: SyntaxTemplate = None,
        like: LikeSentence = None,
        json: Json = False,
        seed: Seed = 7,
        draws: Draws = None,
        recipe: ByRecipe = None,
        show: Annotated[bool, typer.Option("--show", help="print each text before its outputs")] = False,
        out: Out = None,
    ) -> None:
        from ..data.tabular import check_writable
        from .texts import read_texts

        if out is not None:
            check_writable(out)
        texts = read_texts(given, column, sys.stdin)
        asked = {"length": length, "wording": wording, "syntax": syntax, "like": like}
        answers = _open(student, recipe).request(task, texts, n, **asked, seed=seed, draws=draws)
        seen = _Seen(len(texts))
        try:
            if out is None:
                alone = texts == [given]
                _print(seen.each(answers, not sys.stdout.isatty()), alone, json, show)
            else:
                _write(seen.each(answers, True), out, given, task, n)
        except KeyboardInterrupt:
            print(f"interrupted after {seen.done:,} of {seen.total:,} texts", file=sys.stderr)
            raise typer.Exit(130) from None
        if seen.refused and texts != [given]:
            print(f"nothing good enough for {seen.refused:,} of {seen.total:,} texts", file=sys.stderr)

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
    from ..data.run_folder import read_recipe
    from ..students.student import Student

    hide_progress_bars()
    if recipe is None:
        return Student.load(student)
    settings = read_recipe(recipe)
    return Student.load(student, settings.filter, settings.score, settings.execution)


class _Seen:
    """Counts answers on their way to a screen or a file."""

    def __init__(self, total: int):
        self.total, self.done, self.refused = total, 0, 0

    def each(self, answers: Iterable["Answer"], bar: bool) -> Iterator["Answer"]:
        """The answers, with progress on standard error if that is a terminal and a `bar` is wanted."""
        from rich.progress import track

        console = open_console(stderr=True)
        shown = bar and console.is_terminal and self.total > 1
        for answer in track(answers, "texts", self.total, console=console, disable=not shown):
            yield answer
            self.done += 1
            self.refused += answer.best is None


def _print(answers: Iterable["Answer"], alone: bool, json: bool, show: bool) -> None:
    from ..text.escape import plain
    from .texts import as_json, as_text

    for answer in answers:
        text = as_json(answer) if json else as_text(answer, "\n" if alone else "\t")
        if show:
            text = f"{plain(answer.source)}\n    {text or '(nothing good enough)'}"
        if text or not alone:
            print(text, flush=True)
        if alone and answer.best is None:
            print(f"nothing good enough{f': {answer.note}' if answer.note else ''}", file=sys.stderr)


def _write(answers: Iterable["Answer"], out: Path, given: str | None, task: str, n: int) -> None:
    """Write answers to a file when all are there, or what there is when it is interrupted."""
    from .texts import write_answers

    found: list[Answer] = []
    try:
        for answer in answers:
            found.append(answer)
    finally:
        write_answers(out, found, given, task, n)
        print(f"{len(found):,} texts -> {out}")


def control_accuracy(
    student: Annotated[Path, typer.Argument(metavar="STUDENT", help="a student's folder, or a run with one")],
    data: Annotated[Path, typer.Option(help=".txt, .jsonl, .csv or .parquet of texts")],
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    column: Column = "source",
    rows: Annotated[int, typer.Option(min=1, help="use the first so many")] = 100,
    examples: Annotated[int, typer.Option(min=0, help="texts with outputs to show of each value")] = 2,
    seed: Seed = 7,
    recipe: ByRecipe = None,
    as_json: AsJson = False,
) -> None:
    """Say how often outputs have what was asked for, beside outputs where nothing was asked.

    Example: [bold]impossible control-accuracy students/first --data pairs.jsonl[/bold]
    """
    from ..errors import DataError
    from ..students.control_accuracy import measure_control_accuracy
    from .tables.student import control_accuracy_table, shown_lines
    from .texts import read_texts

    if not data.is_file():
        raise DataError(f"{data} does not exist")
    texts = list(dict.fromkeys(read_texts(str(data), column, sys.stdin)))[:rows]
    found = list(measure_control_accuracy(_open(student, recipe), task, texts, seed=seed, show=examples))
    if as_json:
        print_json([asdict(row) for row in found])
        return
    console = open_console()
    console.print(control_accuracy_table(found))
    for line in shown_lines(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
