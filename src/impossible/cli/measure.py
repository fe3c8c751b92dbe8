"""Commands that measure: evaluate, dataset-report, proximity, compare."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..models.progress_bars import hide_progress_bars
from .options import AsJson, Force, RecipePath, Sets, check_new
from .terminal import complete_task, open_console


def evaluate_command(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="SYSTEM...",
            help="copy, reference, lead:N, teacher:zero-shot, teacher:few-shot (:2, :3: other prompts; +8: "
            "best of 8), prompt:FILE (a prompt with {source} in it), a .jsonl with an 'output' per row, or "
            "a student's folder (+N: best of N; @exemplar or @reference: with its syntax); the others are "
            "tested against the first",
            show_default=False,
        ),
    ],
    bench: Annotated[
        list[Path],
        typer.Option(help=".jsonl with source, references, optionally id and exemplar; repeatable"),
    ],
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    rows: Annotated[int | None, typer.Option(min=1, help="use the first N rows of each file")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="metric to compute; repeatable; default: all of the task")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="write the results to this file: Markdown if it ends in .md, else JSON"),
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="folder to write each system's outputs to")] = None,
    model: Annotated[
        str, typer.Option(help="model of teacher:… and prompt:…: hub id, folder, embedded:NAME")
    ] = "embedded:smollm2-135m",
    backend: Annotated[str, typer.Option(help="ctranslate2, tree or transformers")] = "ctranslate2",
    url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible server that runs --model: http://HOST:PORT/v1")
    ] = None,
    key_env: Annotated[
        str | None, typer.Option(help="environment variable with the server's API key")
    ] = None,
    encoder: Annotated[str, typer.Option(help="encoder for similarity and BERTScore")] = "embedded:minilm-l6",
    layer: Annotated[
        int | None, typer.Option(min=1, help="layer for BERTScore; default: the encoder's last")
    ] = None,
    nli: Annotated[str, typer.Option(help="NLI model for entailment")] = "embedded:nli",
    parser: Annotated[str, typer.Option(help="parser for tree distances")] = "embedded:en-core-web-sm",
    device: Annotated[str, typer.Option(help="cpu, cuda, …")] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="seed for intervals and tests")] = 7,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Compare systems on benchmarks, with confidence intervals and significance tests.

    Example: [bold]impossible evaluate copy outputs.jsonl --bench test.jsonl --out results.json[/bold]
    """
    from ..data.json_report import STDOUT, check_report
    from ..data.store import write_text
    from ..evaluate.benchmark import evaluate, kept_files, write_results
    from ..evaluate.systems import open_system, teacher_of
    from ..metrics.models import Models
    from ..recipe.execution import Execution
    from .tables.evaluate import result_markdown, result_table, settings_lines

    check_report(out, (".json", ".md"))
    inputs = [*bench, *(Path(spec.removeprefix("prompt:")) for spec in systems)]
    for file in [out, *kept_files(keep, bench, systems)]:
        check_new(file, force, *inputs)
    hide_progress_bars()
    execution = Execution(device=device)
    teacher = teacher_of(model, backend, url, key_env)
    opened = {spec: open_system(spec, teacher, execution) for spec in systems}
    models = Models(encoder, nli, parser, layer, device)
    console = open_console(stderr=as_json)
    results = [evaluate(path, task, opened, models, metric or (), rows, seed, keep) for path in bench]
    for result in results:
        console.print(result_table(result))
    for line in settings_lines(results[0]):
        console.print(line, style="dim", markup=False, highlight=False)
    if out is not None and out.suffix == ".md":
        write_text(out, result_markdown(results, shlex.join(["impossible", *sys.argv[1:]])))
    elif out is not None:
        write_results(results, models, seed, out)
    if as_json:
        write_results(results, models, seed, STDOUT)


def dataset_report(
    datasets: Annotated[
        list[Path],
        typer.Argument(metavar="DATASET...", help="runs, or .jsonl, .csv, .tsv or .parquet files of pairs"),
    ],
    task: Annotated[
        str | None, typer.Option(help="only this task: paraphrase or summary", autocompletion=complete_task)
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(min=2, help="pairs per dataset at equal size; default: those of the smallest"),
    ] = None,
    match_lengths: Annotated[
        bool, typer.Option("--match-lengths", help="equal size in every bin of source lengths, too")
    ] = False,
    sample: Annotated[
        int, typer.Option(min=2, help="random pairs for measures that compare pairs or use a model")
    ] = 1000,
    fidelity: Annotated[
        str | None, typer.Option(help="NLI model to accept or reject pairs; use another than the filter's")
    ] = None,
    source: Annotated[str, typer.Option(help="column of the first sentence")] = "source",
    target: Annotated[str, typer.Option(help="column of the second sentence")] = "target",
    encoder: Annotated[
        str, typer.Option(help="encoder for similarity, distances and topics")
    ] = "embedded:minilm-l6",
    out: Annotated[Path | None, typer.Option(help="write the figures to this JSON file")] = None,
    seed: Annotated[int, typer.Option(min=0, help="seed for sampling")] = 7,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Measure datasets of pairs, each as a whole and compared at equal size.

    Example: [bold]impossible dataset-report runs/first theirs.jsonl --task paraphrase[/bold]
    """
    from ..data.json_report import STDOUT, check_report
    from ..evaluate.dataset_quality import described, read_pairs, views, write_report
    from ..metrics.models import NLI, Models
    from .tables.evaluate import quality_table

    check_report(out)
    check_new(out, force, *datasets)
    hide_progress_bars()
    models = Models(encoder, fidelity or NLI)
    pairs = [read_pairs(path, task, source, target) for path in datasets]
    by_view = views(pairs, models, task, seed, size, sample, match_lengths, fidelity is not None)
    console = open_console(stderr=as_json)
    for view, qualities in by_view.items():
        console.print(quality_table(view, qualities))
    measured = {
        name for qualities in by_view.values() for q in qualities for name in (*q.of_set, *q.of_pairs)
    }
    for name in [name for name in described(models) if name in measured]:
        console.print(f"{name}: {described(models)[name]}", style="dim", markup=False, highlight=False)
    if out is not None:
        write_report(by_view, models, seed, out)
        console.print(f"figures -> {out}", markup=False)
    if as_json:
        write_report(by_view, models, seed, STDOUT)


def proximity_command(
    recipe: RecipePath,
    contexts: Annotated[int, typer.Option(min=2, help="contexts per domain and length")] = 60,
    per_context: Annotated[int, typer.Option(min=2, help="continuations per context")] = 40,
    pairs: Annotated[int, typer.Option(min=1, help="pairs per context and kind")] = 40,
    temperatures: Annotated[str, typer.Option(help="temperatures, comma-separated")] = "0.5,0.7,1.0",
    sentences: Annotated[
        str, typer.Option(help="sentences of a context after its prefix, comma-separated")
    ] = "0,1,3",
    samples: Annotated[
        str, typer.Option(help="numbers of continuations to compare; default: a quarter, half and all")
    ] = "",
    sets: Sets = None,
    out: Annotated[Path | None, typer.Option(help="write the rates to this JSON file")] = None,
    picture: Annotated[Path | None, typer.Option(help="plot the rates to this .svg, .png or .pdf")] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Measure how much likelier paraphrases are within a context than across contexts or without one.

    Example: [bold]impossible proximity recipes/quickstart.toml --contexts 20 --picture proximity.svg[/bold]
    """
    from rich.progress import Progress

    from ..data.json_report import STDOUT, check_report
    from ..data.run_folder import read_recipe
    from ..evaluate.proximity import design_of, draw, proximity, write_proximity
    from .tables.evaluate import proximity_table, samples_table

    check_report(out)
    for file in (out, picture):
        check_new(file, force, recipe)
    settings = read_recipe(recipe, sets or [])
    design = design_of(contexts, per_context, pairs, temperatures, sentences, samples, picture)
    hide_progress_bars()
    console = open_console(stderr=as_json)
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("drawing", total=design.steps(settings))
        cells = proximity(settings, design, lambda: progress.advance(bar))
    console.print(proximity_table(cells))
    console.print(samples_table(cells))
    if out is not None:
        write_proximity(cells, settings, design, out)
        console.print(f"rates -> {out}", markup=False)
    if picture is not None:
        draw(cells, picture)
        console.print(f"picture -> {picture}", markup=False)
    if as_json:
        write_proximity(cells, settings, design, STDOUT)


def compare_command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="folders of runs")],
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    out: Annotated[Path | None, typer.Option(help="write the figures to this JSON file")] = None,
    seed: Annotated[int, typer.Option(min=0, help="seed for sampling")] = 7,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Compare runs: teacher, settings, yield, cost per pair, diversity and richness at equal size.

    Example: [bold]impossible compare runs/small runs/large --task summary[/bold]
    """
    from ..data.json_report import STDOUT, check_report
    from ..evaluate.compare_runs import compare, write_comparison
    from .tables.evaluate import runs_table

    check_report(out)
    check_new(out, force, *runs)
    figures = compare(runs, task, seed)
    console = open_console(stderr=as_json)
    console.print(runs_table(figures))
    if out is not None:
        write_comparison(figures, seed, out)
        console.print(f"figures -> {out}", markup=False)
    if as_json:
        write_comparison(figures, seed, STDOUT)
