"""Commands for students: distil, serve, export-student, augment, control-accuracy."""

import signal
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..models.extras import require_extra
from ..models.progress_bars import hide_progress_bars
from .lines import print_training
from .options import AsJson, Force, check_new, print_json
from .student_options import EMBEDDED, AnswerCounter, ByRecipe, Draws, Seed, StudentPath, TextColumn, open_at
from .terminal import complete_distil, complete_task, open_console

if TYPE_CHECKING:
    pass


DistilSets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="override a setting of the distil table: --set epochs=5; repeatable",
        autocompletion=complete_distil,
    ),
]


def distil(
    datasets: Annotated[
        list[Path],
        typer.Argument(metavar="DATASET...", help="runs, or .jsonl, .csv, .tsv or .parquet files of pairs"),
    ],
    out: Annotated[Path, typer.Option(help="folder to write the student to")],
    base: Annotated[str | None, typer.Option(help="hub id, folder or embedded:NAME")] = None,
    sets: DistilSets = None,
    seed: Seed = 7,
) -> None:
    """Train a student on pairs; run the same command again to resume.

    On several GPUs: accelerate launch -m impossible distil …

    Example: [bold]impossible distil runs/first --out students/first[/bold]
    """
    from ..data.pairs import pair_table
    from ..recipe.load import distil_settings
    from ..students.distil import make_student
    from ..students.train import process_state

    settings = distil_settings([*(sets or ()), *([f'base="{base}"'] if base else ())])
    pairs = pair_table(datasets)
    hide_progress_bars()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # handle it like Ctrl-C
    try:
        info = make_student(pairs, out, settings, seed, partial(print_training, "training"))
    except KeyboardInterrupt:
        print("interrupted; run the same command to resume from the last checkpoint", file=sys.stderr)
        raise typer.Exit(130) from None
    if not process_state().is_main_process:
        return
    counts = ", ".join(f"{n:,} {task}" for task, n in info.pairs.items())
    loss = "" if info.validation_loss is None else f", validation loss {info.validation_loss:.3f}"
    print(f"student of {counts} pairs after {info.steps:,} steps{loss} -> {out}")


def serve(
    student: StudentPath = EMBEDDED,
    host: Annotated[
        str, typer.Option(help="address to listen on; any but loopback needs a token")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="port; 0: any free one")] = 8000,
    queue: Annotated[
        int, typer.Option(min=1, help="sentences that may wait; a request beyond gets 429")
    ] = 512,
    recipe: ByRecipe = None,
) -> None:
    """Serve a student to programs that speak OpenAI's API: /v1/chat/completions, /v1/completions, /v1/models.

    The model's name is the task: paraphrase or summary. Sentences of all requests are answered together.
    IMPOSSIBLE_SERVE_TOKEN sets the token. Stop it with Ctrl-C; it ends what was asked.

    Example: [bold]impossible serve[/bold]
    """
    require_extra("explore", "impossible serve")
    from ..serving.serve import serve as listen

    def told(address: str, token: str) -> None:
        print(f"{address}{f'  token {token}' if token else ''}  (stop with Ctrl-C)", flush=True)

    listen(lambda: open_at(student, recipe), host, port, queue, told)


def export_student(
    to: Annotated[str, typer.Option(help="gguf (llama.cpp, Ollama) or onnx (onnxruntime, transformers.js)")],
    out: Annotated[Path, typer.Option(help="new folder to write")],
    student: StudentPath = EMBEDDED,
    precision: Annotated[
        str | None,
        typer.Option(
            help="gguf: f32, f16 or q8_0; onnx: f32 or int8; default: q8_0 and int8", show_default=False
        ),
    ] = None,
) -> None:
    """Write a student for other programs; no critic checks what it writes there.

    Example: [bold]impossible export-student --student students/first --to gguf --out first-gguf[/bold]
    """
    from ..students.export import export_student as export

    hide_progress_bars()
    weights = export(student, out, to, precision)
    print(f"{weights} ({weights.stat().st_size / 1e6:,.1f} MB), with a card in {out}")


def augment(
    data: Annotated[Path, typer.Argument(metavar="FILE", help="labelled .jsonl, .csv, .tsv or .parquet")],
    out: Annotated[Path, typer.Option(help="file for the rows of FILE and the new ones behind them")],
    student: StudentPath = EMBEDDED,
    text: Annotated[str, typer.Option(help="column of the texts")] = "text",
    label: Annotated[str, typer.Option(help="column of the labels")] = "label",
    per_row: Annotated[int, typer.Option(min=1, max=20, help="new rows of each row, at most")] = 2,
    test: Annotated[
        list[Path] | None, typer.Option(help="test file whose texts must not come in; repeatable")
    ] = None,
    draws: Draws = None,
    seed: Seed = 7,
    recipe: ByRecipe = None,
    force: Force = False,
) -> None:
    """Augment a labelled table with paraphrases that the critics accept; labels are kept.

    New rows repeat no text of FILE and have no text of a test file, exact or nearly. Their column
    augmented_from is the number of the row that was rewritten.

    Example: [bold]impossible augment train.csv --test test.csv --out more.csv[/bold]
    """
    from ..data.tables import ENDINGS, check_readable, check_writable, read_rows, write_rows
    from ..students.augmented import augmented, check_columns, texts_of

    check_new(out, force, data, *(test or ()))
    check_writable(out)
    rows = read_rows(data)
    check_columns(rows, data, text, label)
    for path in test or ():
        check_readable(path, (".txt", *ENDINGS))
    kept_out = [one for path in test or () for one in texts_of(path, text)]
    answers = open_at(student, recipe).request(
        "paraphrase", [row[text] for row in rows], draws or 4 * per_row, seed=seed, draws=draws
    )
    counter = AnswerCounter(len(rows))
    made = augmented(rows, counter.each(answers, True), text, per_row, kept_out)
    write_rows(out, [*rows, *made.rows])
    print(
        f"{len(rows):,} rows and {len(made.rows):,} new ones -> {out}; left out: {made.repeated:,} repeats, "
        f"{made.leaked:,} with a text of a test; {made.unanswered:,} rows got nothing good enough"
    )


def control_accuracy(
    student: Annotated[Path, typer.Argument(metavar="STUDENT", help="a student's folder, or a run with one")],
    data: Annotated[Path, typer.Option(help=".txt, .jsonl, .csv, .tsv or .parquet of texts")],
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    column: TextColumn = "source",
    rows: Annotated[int, typer.Option(min=1, help="use the first N texts")] = 100,
    examples: Annotated[int, typer.Option(min=0, help="example texts to show per value")] = 2,
    seed: Seed = 7,
    recipe: ByRecipe = None,
    as_json: AsJson = False,
) -> None:
    """Measure how often outputs obey each control, compared with outputs without it.

    Example: [bold]impossible control-accuracy students/first --data pairs.jsonl[/bold]
    """
    from ..data.tables import ENDINGS, check_readable
    from ..students.control_accuracy import measure_control_accuracy
    from .tables.student import control_accuracy_table, shown_lines
    from .texts import read_texts

    check_readable(data, (".txt", *ENDINGS))
    texts = list(dict.fromkeys(read_texts(str(data), column, sys.stdin)[0]))[:rows]
    measured = list(
        measure_control_accuracy(open_at(student, recipe, 0), task, texts, seed=seed, show=examples)
    )
    if as_json:
        print_json([asdict(row) for row in measured])
        return
    console = open_console()
    console.print(control_accuracy_table(measured))
    for line in shown_lines(measured):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
