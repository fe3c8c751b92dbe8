"""The commands paraphrase and summarize."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..students import EDITS
from .options import Force, check_new
from .student_options import EMBEDDED, AnswerCounter, ByRecipe, Draws, Seed, StudentPath, TextColumn, open_at

if TYPE_CHECKING:
    from ..data.tables import Row
    from ..students.student import Answer

Given = Annotated[
    str | None,
    typer.Argument(metavar="[TEXT|FILE]", help="text, or file of texts; default: lines of standard input"),
]
Length = Annotated[str | None, typer.Option(help="length of the output")]
Wording = Annotated[
    str | None, typer.Option(help="distance from the wording of the text: near, middle or far")
]
SyntaxTemplate = Annotated[
    str | None, typer.Option(help="syntax template, such as 'nsubjpass auxpass root agent'")
]
LikeSentence = Annotated[str | None, typer.Option(help="example sentence whose syntax to follow")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object per text, with all outputs and scores")]
Strict = Annotated[
    bool, typer.Option("--strict", help="on a terminal too, print accepted outputs only, as into a pipe")
]
Protect = Annotated[
    list[str] | None,
    typer.Option("--protect", metavar="TERM", help="keep this term as it is written; repeatable"),
]
ProtectFile = Annotated[
    Path | None,
    typer.Option(help="keep the terms of a file: a line each, or the column 'term' of a table"),
]
NoProtect = Annotated[bool, typer.Option("--no-protect", help="let slots such as {name} and markup go too")]
Out = Annotated[
    Path | None,
    typer.Option(
        help="write one row per text to this .jsonl, .csv, .tsv or .parquet, after the columns of FILE"
    ),
]
Edits = Annotated[
    int, typer.Option(min=0, max=100, help="edits by grammar to judge beside the drafts, at most")
]


def _rewrite_command(name: str, task: str, doc: str) -> Callable[..., None]:
    """Make the command that runs a student on its task."""

    def command(
        student: StudentPath = EMBEDDED,
        given: Given = None,
        n: Annotated[int, typer.Option("-n", min=1, help="outputs per text, at most")] = 1,
        column: TextColumn = "text",
        length: Length = None,
        wording: Wording = None,
        syntax: SyntaxTemplate = None,
        like: LikeSentence = None,
        json: Json = False,
        seed: Seed = 7,
        draws: Draws = None,
        edits: Edits = EDITS,
        recipe: ByRecipe = None,
        show: Annotated[bool, typer.Option("--show", help="print each text before its outputs")] = False,
        strict: Strict = False,
        protect: Protect = None,
        protect_file: ProtectFile = None,
        no_protect: NoProtect = False,
        out: Out = None,
        force: Force = False,
    ) -> None:
        from .texts import read_terms, read_texts

        _check_out(out, force, given)
        terms = read_terms(protect, protect_file, no_protect)
        texts, rows = read_texts(given, column, sys.stdin)
        controls = {"length": length, "wording": wording, "syntax": syntax, "like": like}
        opened = open_at(student, recipe, edits)
        answers = opened.request(task, texts, n, **controls, seed=seed, draws=draws, protect=terms)
        counter = AnswerCounter(len(texts))
        with _interruptible(counter):
            if out is None:
                alone = texts == [given]
                seen = sys.stdout.isatty()
                _print(counter.each(answers, not seen), alone, json, show, drafts=seen and not strict)
            else:
                _write(counter.each(answers, True), out, rows, task, n)
        if counter.refused and texts != [given]:
            print(f"nothing good enough for {counter.refused:,} of {counter.total:,} texts", file=sys.stderr)

    command.__name__, command.__doc__ = name, doc
    return command


paraphrase = _rewrite_command(
    "paraphrase",
    "paraphrase",
    """Paraphrase texts; --length is shorter, similar or longer.

    Prints one line per text, with its outputs separated by tabs; an empty line if none is accepted. For a
    single text on the command line, prints one line per output. On a terminal a text without an accepted
    output gets the best draft, marked as rejected with the reason; --strict leaves it out.

    Example: [bold]impossible paraphrase "Thank you for your help." -n 3[/bold]
    """,
)
summarize = _rewrite_command(
    "summarize",
    "summary",
    """Summarize texts; --length is short, medium or long. Prints like paraphrase.

    Example: [bold]impossible summarize posts.csv --column body --length short[/bold]
    """,
)


def _check_out(out: Path | None, force: bool, given: str | None) -> None:
    from ..data.tables import check_writable

    if out is not None:
        check_writable(out)
        check_new(out, force, *([Path(given)] if given and os.path.isfile(given) else []))


@contextlib.contextmanager
def _interruptible(counter: AnswerCounter) -> Iterator[None]:
    """Ctrl-C ends with how much is finished and exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"interrupted after {counter.done:,} of {counter.total:,} texts", file=sys.stderr)
        raise typer.Exit(130) from None


def _print(answers: Iterable["Answer"], alone: bool, json: bool, show: bool, drafts: bool) -> None:
    """Print answers; with `drafts`, the best rejected output of a text that got no accepted one."""
    from ..text.escape import plain
    from .texts import as_draft, as_json, as_text

    for answer in answers:
        text = as_json(answer) if json else as_text(answer, "\n" if alone else "\t")
        text = text or (as_draft(answer) if drafts else "")
        if show:
            text = f"{plain(answer.source)}\n    {text or '(nothing good enough)'}"
        if text or not alone:
            print(text, flush=True)
        if alone and answer.best is None:
            print(f"nothing good enough{f': {answer.note}' if answer.note else ''}", file=sys.stderr)


def _write(answers: Iterable["Answer"], out: Path, rows: "list[Row]", task: str, n: int) -> None:
    """Write the answers to a file at the end, also when interrupted."""
    from .texts import write_answers

    finished: list[Answer] = []
    try:
        for answer in answers:
            finished.append(answer)
    finally:
        write_answers(out, finished, rows, task, n)
        print(f"{len(finished):,} texts -> {out}")
