"""The command line: parse, call, print. The only place that catches ImpossibleError (exit code 2)."""

import os
import shlex
import signal
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from typer.models import CommandInfo, TyperInfo

from . import run_commands, trust_commands
from .errors import ImpossibleError
from .plain import counted, plain
from .students import commands
from .terminal import complete_setting, complete_stage, complete_task, open_console, prepare

if TYPE_CHECKING:
    from rich.console import Console

    from .execute import State

app = typer.Typer(
    name="impossible",
    help="Distil paraphrase and summary datasets from a small language model, without labels.",
    epilog="Start: [bold]impossible run recipes/quickstart.toml --out runs/first[/bold]. "
    "Every command has --help with an example, and --json where a script would want it.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
critic_app = typer.Typer(help="Train and measure NLI critics.", no_args_is_help=True)
app.add_typer(critic_app, name="critic")
app.command()(commands.distil)
app.command()(commands.paraphrase)
app.command()(commands.summarize)
app.command()(commands.obedience)
for _command in (
    run_commands.plan,
    run_commands.settings,
    run_commands.report,
    run_commands.explore,
    run_commands.whatif,
    run_commands.why,
    run_commands.publish,
    trust_commands.verify,
    trust_commands.doctor,
):
    app.command()(_command)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"impossible {version('impossible-distillation')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="say which version this is", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="a recipe (TOML)", show_default=False)]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="the folder of a run", show_default=False)]


@app.command("run")
def run_command(
    recipe: RecipePath,
    out: Annotated[Path | None, typer.Option(help="folder of the run; default runs/NAME-OF-RECIPE")] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="override a setting: --set sampling.per_context=32; repeatable",
            autocompletion=complete_setting,
        ),
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            help="last stage: contexts, generate, score, filter or distil", autocompletion=complete_stage
        ),
    ] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help="throw away what an earlier run finished")] = False,
    target: Annotated[int, typer.Option(min=0, help="stop once each task has so many pairs; 0: never")] = 0,
    as_json: run_commands.AsJson = False,
) -> None:
    """Run a recipe, or go on where it was interrupted.

    With --json progress goes to standard error, and at the end what `status --json` says to standard output.

    Example: [bold]impossible run recipes/quickstart.toml --out runs/first[/bold]
    """
    from .answers import advice
    from .execute import read_state, run
    from .progress import funnel_table, rounds_table, sample_table, watch_for
    from .recipe import load

    settings = load(recipe, sets or [])
    _quiet()
    folder = out or Path("runs") / recipe.stem
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends like Ctrl-C
    console = open_console(stderr=as_json)
    state = run(settings, folder, until, fresh, watch_for(console), target)
    state.seconds = seconds = read_state(folder).seconds
    if as_json:
        run_commands.print_json(_state_json(state))
    if state.interrupted and not state.done:  # nothing to show
        _say_interrupted(console, state)
    console.print(funnel_table(state))
    kept = {name: n for name, n in state.counts.items() if name.endswith(": kept")}
    if seconds and (total := sum(kept.values())):
        each = " and ".join(f"{n:,} {name.removesuffix(': kept')}" for name, n in kept.items())
        spent = ", ".join(f"{stage} {s:.0f} s" for stage, s in seconds.items())
        made_in = sum(s for stage, s in seconds.items() if stage != "distil")
        console.print(f"kept {each} pairs; {total / made_in * 3600:,.0f} an hour ({spent})")
    if state.file is not None and not state.interrupted and (hint := advice(state.counts, settings)):
        console.print(hint, style="yellow", markup=False)
    if (sample := sample_table(state, 10, settings.seed)) is not None:
        console.print(sample)
        size = f"{_rows_of(state.file):,} pairs without repeats across contexts" if state.file else ""
        console.print(f"dataset: {folder}/round-0/dataset/ ({size})", markup=False, soft_wrap=True)
    elif state.file is not None and not state.interrupted:
        console.print("no pair was kept; the funnel shows where they were lost", style="yellow")
    if state.rounds:
        console.print(rounds_table(state))
        console.print(f"students: {folder}/round-*/student/", markup=False, soft_wrap=True)
    if target and not state.interrupted:
        run_commands.say_target(console, state)
    if state.file is not None and not state.interrupted:
        run_commands.try_report(console, folder)
    if state.interrupted:
        _say_interrupted(console, state)


def _say_interrupted(console: "Console", state: "State") -> NoReturn:
    where = f"{state.done} of {counted(state.shards, 'shard')}"
    again = f"interrupted after {where}; the same command goes on from here"
    console.print(again, style="yellow")
    raise typer.Exit(130)


@app.command()
def status(run: RunPath, as_json: run_commands.AsJson = False) -> None:
    """Say how far a run is, also while another process works on it.

    Example: [bold]impossible status runs/first[/bold]
    """
    from .execute import read_state
    from .progress import funnel_table, rounds_table

    state = read_state(run)
    if as_json:
        run_commands.print_json(_state_json(state))
        return
    console = open_console()
    done = f"{state.done} of {counted(state.shards, 'shard')} of {counted(state.contexts, 'context')}"
    spent = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in state.seconds.items())
    console.print(f"{run}: {done}{f' ({spent})' if spent else ''}", markup=False)
    if state.reached:
        console.print(f"stopped at its target of {state.target:,} pairs a task")
    console.print(funnel_table(state))
    if state.rounds:
        console.print(rounds_table(state))


def _rows_of(file: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(file).num_rows)


def _state_json(state: "State") -> dict[str, object]:
    return {
        "run": str(state.out),
        "contexts": state.contexts,
        "shards": state.shards,
        "done": state.done,
        "target": state.target,
        "reached": state.reached,
        "counts": dict(state.counts),
        "seconds": dict(state.seconds),
        "rounds": [asdict(r) for r in state.rounds],
    }


@app.command()
def score(
    file: Annotated[Path, typer.Argument(help="pairs: .jsonl, .csv or .parquet with two text columns")],
    out: Annotated[
        Path | None, typer.Option(help="where to write; default FILE with .scored before its ending")
    ] = None,
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    source: Annotated[str, typer.Option(help="column of the first sentence")] = "source",
    target: Annotated[str, typer.Option(help="column of the second sentence")] = "target",
) -> None:
    """Score pairs made elsewhere with all critics.

    Example: [bold]impossible score pairs.jsonl --task summary[/bold]
    """
    from .pairs import score_file

    _quiet()
    written, rows = score_file(file, out, task, source, target)
    print(f"{rows} pairs scored -> {written}")


@app.command()
def export(
    run: RunPath,
    out: Annotated[Path, typer.Argument(metavar="FILE", help=".jsonl, .csv or .parquet", show_default=False)],
    task: Annotated[
        str | None, typer.Option(help="only this task: paraphrase or summary", autocompletion=complete_task)
    ] = None,
) -> None:
    """Write a run's dataset as one file.

    Example: [bold]impossible export runs/first pairs.jsonl --task paraphrase[/bold]
    """
    import pyarrow.compute as pc

    from . import dataset

    table = dataset.read(run)
    if task is not None:
        table = table.filter(pc.equal(table["task"], task))
    print(f"{dataset.export(table, out)} pairs -> {out}")


@app.command()
def calibrate(
    run: RunPath,
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    critic: Annotated[str, typer.Option(help="whose bound: judge or entailment")] = "judge",
    pairs: Annotated[int, typer.Option(min=10, help="how many pairs to show")] = 100,
    precision: Annotated[float, typer.Option(min=0.01, max=1, help="share of kept pairs to be right")] = 0.9,
    write: Annotated[Path | None, typer.Option(help="recipe to write the bound into")] = None,
) -> None:
    """Judge some pairs of a run, one keypress each, and see which bound reaches a precision.

    Example: [bold]impossible calibrate runs/first --task summary --write recipes/mine.toml[/bold]
    """
    from .calibrate import population, reach, read_judgements, thresholds, write_bound
    from .screens import ask, thresholds_table

    people = population(run, task, critic, pairs)
    console = open_console()
    ask(console, run, people, read_judgements(run, task))
    found = thresholds(people, read_judgements(run, task))
    console.print(thresholds_table(found, len(people.score)))
    best = reach(found, precision)
    if best is None:
        console.print(f"no bound reaches {precision:.0%} on the pairs judged so far")
        return
    console.print(
        f"{critic} ≥ {best.bound:.3f}: {best.precision:.0%} right (95 % interval {best.low:.0%} to "
        f"{best.high:.0%}, {best.judged} judged), keeps {best.kept} of {len(people.score)} pairs, "
        "duplicates included"
    )
    if write is not None:
        write_bound(write, task, critic, round(best.bound, 3))
        console.print(f"written to {write}: filter.{task}.{critic}.min = {best.bound:.3f}", markup=False)


@app.command("evaluate")
def evaluate_command(
    systems: Annotated[
        list[str],
        typer.Argument(
            metavar="SYSTEM...",
            help="copy, reference, lead:N, teacher:zero-shot, teacher:few-shot (:2, :3: other prompts; +8: "
            "best of 8), prompt:FILE (your own, with {source} in it), a .jsonl with an 'output' a row, or a "
            "student's folder (+N: best of N; @exemplar or @reference: with the syntax of that); tested "
            "against the first",
            show_default=False,
        ),
    ],
    bench: Annotated[
        list[Path], typer.Option(help=".jsonl with source, references, perhaps id and exemplar; repeatable")
    ],
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    rows: Annotated[int | None, typer.Option(min=1, help="only the first so many rows of each file")] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="only this metric; repeatable; default all of the task")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="also write the results here, as JSON or, ending in .md, as Markdown")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="folder for each system's outputs")] = None,
    model: Annotated[
        str, typer.Option(help="what teacher:… and prompt:… ask: hub id, folder, embedded:NAME")
    ] = "embedded:smollm2-135m",
    backend: Annotated[str, typer.Option(help="ctranslate2, tree or transformers")] = "ctranslate2",
    url: Annotated[
        str | None, typer.Option(help="of an OpenAI-style server that runs --model: http://HOST:PORT/v1")
    ] = None,
    key_env: Annotated[str | None, typer.Option(help="environment variable with the server's key")] = None,
    encoder: Annotated[str, typer.Option(help="for similarity and BERTScore")] = "embedded:minilm-l6",
    layer: Annotated[
        int | None, typer.Option(min=1, help="layer for BERTScore; default the encoder's last")
    ] = None,
    nli: Annotated[str, typer.Option(help="for entailment")] = "embedded:nli",
    parser: Annotated[str, typer.Option(help="for tree distances")] = "embedded:en-core-web-sm",
    device: Annotated[str, typer.Option(help="cpu, cuda, …")] = "cpu",
    seed: Annotated[int, typer.Option(min=0, help="of intervals and tests")] = 7,
    as_json: run_commands.AsJson = False,
) -> None:
    """Score systems on benchmarks, side by side, with intervals and significance.

    Example: [bold]impossible evaluate copy outputs.jsonl --bench test.jsonl --out results.json[/bold]
    """
    from .evaluate.benchmark import evaluate, write_results
    from .evaluate.files import STDOUT
    from .evaluate.models import Models
    from .evaluate.systems import open_system, teacher_of
    from .evaluate.tables import result_markdown, result_table, settings_lines
    from .recipe import Execution
    from .store import write_text

    _quiet()
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


@app.command("dataset-report")
def dataset_report(
    datasets: Annotated[
        list[Path],
        typer.Argument(metavar="DATASET...", help="runs, or .jsonl, .csv or .parquet files of pairs"),
    ],
    task: Annotated[
        str | None, typer.Option(help="only this task: paraphrase or summary", autocompletion=complete_task)
    ] = None,
    size: Annotated[int | None, typer.Option(min=2, help="pairs at equal size; default the smallest")] = None,
    match_lengths: Annotated[
        bool, typer.Option("--match-lengths", help="equal size also in every bin of source lengths")
    ] = False,
    sample: Annotated[int, typer.Option(min=2, help="pairs for what reads pairs or a model")] = 1000,
    fidelity: Annotated[
        str | None, typer.Option(help="NLI model, not the filtering one, that accepts or rejects pairs")
    ] = None,
    source: Annotated[str, typer.Option(help="column of the first sentence")] = "source",
    target: Annotated[str, typer.Option(help="column of the second sentence")] = "target",
    encoder: Annotated[str, typer.Option(help="for similarity, distances, topics")] = "embedded:minilm-l6",
    out: Annotated[Path | None, typer.Option(help="also write the figures here, as JSON")] = None,
    seed: Annotated[int, typer.Option(min=0, help="draws the samples")] = 7,
    as_json: run_commands.AsJson = False,
) -> None:
    """Measure datasets of pairs, each whole and, side by side, at equal size.

    Example: [bold]impossible dataset-report runs/first theirs.jsonl --task paraphrase[/bold]
    """
    from .evaluate.dataset_quality import described, read_pairs, views, write_report
    from .evaluate.files import STDOUT
    from .evaluate.models import NLI, Models
    from .evaluate.tables import quality_table

    _quiet()
    models = Models(encoder, fidelity or NLI)
    pairs = [read_pairs(path, task, source, target) for path in datasets]
    found = views(pairs, models, task, seed, size, sample, match_lengths, fidelity is not None)
    console = open_console(stderr=as_json)
    for view, qualities in found.items():
        console.print(quality_table(view, qualities))
    measured = {name for of_view in found.values() for q in of_view for name in (*q.of_set, *q.of_pairs)}
    for name in [name for name in described(models) if name in measured]:
        console.print(f"{name}: {described(models)[name]}", style="dim", markup=False, highlight=False)
    if out is not None:
        write_report(found, models, seed, out)
        console.print(f"figures -> {out}", markup=False)
    if as_json:
        write_report(found, models, seed, STDOUT)


@app.command("safety")
def safety_command(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(help="also write the rates here, as JSON")] = None,
    parser: Annotated[str, typer.Option(help="finds persons' names")] = "embedded:en-core-web-sm",
    seed: Annotated[int, typer.Option(min=0, help="of intervals and samples")] = 7,
    as_json: run_commands.AsJson = False,
) -> None:
    """Count insults, personal data, gendered words and nationalities: what the teacher wrote, what was kept.

    Example: [bold]impossible safety runs/first[/bold]
    """
    from .evaluate.files import STDOUT
    from .evaluate.models import Models
    from .evaluate.safety import of_run, write_safety
    from .evaluate.tables import safety_table

    models = Models(parser=parser)
    found = of_run(run, models, seed)
    console = open_console(stderr=as_json)
    console.print(safety_table(found))
    if out is not None:
        write_safety(found, models, seed, out)
        console.print(f"rates -> {out}", markup=False)
    if as_json:
        write_safety(found, models, seed, STDOUT)


@app.command("proximity")
def proximity_command(
    recipe: RecipePath,
    contexts: Annotated[int, typer.Option(min=2, help="contexts a domain and length")] = 60,
    per_context: Annotated[int, typer.Option(min=2, help="continuations a context")] = 40,
    pairs: Annotated[int, typer.Option(min=1, help="pairs a context and kind")] = 40,
    temperatures: Annotated[str, typer.Option(help="separated by commas")] = "0.5,0.7,1.0",
    sentences: Annotated[str, typer.Option(help="sentences of a context behind its prefix")] = "0,1,3",
    samples: Annotated[
        str, typer.Option(help="numbers of continuations to compare; default a quarter, half and all")
    ] = "",
    sets: run_commands.Sets = None,
    out: Annotated[Path | None, typer.Option(help="also write the rates here, as JSON")] = None,
    picture: Annotated[Path | None, typer.Option(help="also draw them: .svg, .png or .pdf")] = None,
    as_json: run_commands.AsJson = False,
) -> None:
    """Measure how much likelier paraphrases are within a context than across contexts, or without any.

    Example: [bold]impossible proximity recipes/quickstart.toml --contexts 20 --picture proximity.svg[/bold]
    """
    from rich.progress import Progress

    from .evaluate.files import STDOUT
    from .evaluate.proximity import design_of, draw, proximity, write_proximity
    from .evaluate.tables import proximity_table, samples_table
    from .recipe import load

    settings = load(recipe, sets or [])
    design = design_of(contexts, per_context, pairs, temperatures, sentences, samples, picture)
    _quiet()
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


@app.command("compare")
def compare_command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="folders of runs")],
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    out: Annotated[Path | None, typer.Option(help="also write the figures here, as JSON")] = None,
    seed: Annotated[int, typer.Option(min=0, help="draws the samples")] = 7,
    as_json: run_commands.AsJson = False,
) -> None:
    """Set runs side by side: teacher, temperature, samples; yield, cost a pair, diversity at equal size.

    Example: [bold]impossible compare runs/small runs/large --task summary[/bold]
    """
    from .evaluate.compare import compare, write_comparison
    from .evaluate.files import STDOUT
    from .evaluate.tables import runs_table

    found = compare(runs, task, seed)
    console = open_console(stderr=as_json)
    console.print(runs_table(found))
    if out is not None:
        write_comparison(found, seed, out)
        console.print(f"figures -> {out}", markup=False)
    if as_json:
        write_comparison(found, seed, STDOUT)


@critic_app.command("train")
def critic_train(
    data: Annotated[list[str], typer.Option(help="FILE, or FILE@N for N random examples; repeatable")],
    base: Annotated[str, typer.Option(help="encoder or causal LM: hub id, folder or embedded:NAME")],
    out: Annotated[Path, typer.Option(help="folder to write")],
    validation: Annotated[
        list[str] | None,
        typer.Option(help="FILE or FILE@N to fit the temperature and measure on; repeatable"),
    ] = None,
    epochs: Annotated[float, typer.Option(min=0.001, help="passes over the data")] = 1.0,
    batch_size: Annotated[int, typer.Option(min=1, help="pairs a step")] = 32,
    learning_rate: Annotated[float, typer.Option(min=1e-8, help="the highest, after a warm-up")] = 1e-4,
    seed: Annotated[int, typer.Option(min=0, help="of all that is drawn")] = 7,
    max_tokens: Annotated[int, typer.Option(min=8, help="leave longer pairs out")] = 128,
    lora_rank: Annotated[int, typer.Option(min=0, help="above 0: adapters on a causal LM")] = 0,
    layers: Annotated[int, typer.Option(min=0, help="keep only the first so many layers")] = 0,
    frozen_layers: Annotated[int, typer.Option(min=0, help="of these, leave the first untrained")] = 0,
    adapter: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="go on from this adapter")
    ] = None,
) -> None:
    """Fine-tune an encoder or a causal LM into an NLI cross-encoder; goes on from its last checkpoint.

    Example: [bold]impossible critic train --data nli.jsonl --base embedded:minilm-l6 --out critic[/bold]
    """
    from .critics.card import write_card
    from .critics.export_onnx import export as export_onnx
    from .critics.measure_nli import calibrate as calibrate_nli
    from .critics.train_nli import TrainSettings, read_all, train
    from .weights import locate

    settings = TrainSettings(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        max_tokens=max_tokens,
        lora_rank=lora_rank,
        layers=layers,
        frozen_layers=frozen_layers,
        adapter=adapter,
    )
    examples = read_all(data, seed)
    print(f"{len(examples)} directed pairs")
    train(examples, str(locate(base)), out, settings)
    export_onnx(out)
    held_out = {Path(spec).name: read_all([spec], seed) for spec in validation or ()}
    temperature, measured = calibrate_nli(out, held_out) if held_out else (None, [])
    write_card(out, base, data, settings, temperature, measured)
    print(f"critic -> {out}")


@critic_app.command("test")
def critic_test(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="hub id, folder, embedded:nli or embedded:judge")
    ],
    data: Annotated[list[str], typer.Option(help="FILE, or FILE@N for N random rows; repeatable")],
    seed: Annotated[int, typer.Option(min=0, help="draws the N rows")] = 7,
    as_json: run_commands.AsJson = False,
) -> None:
    """Measure an NLI critic on labelled pairs.

    Example: [bold]impossible critic test embedded:nli --data nli.jsonl[/bold]
    """

    from .critics.measure_nli import measure_examples
    from .critics.nli import Nli
    from .critics.train_nli import read_all
    from .screens import critic_table
    from .weights import locate

    _quiet()
    nli = Nli(locate(model))
    found = [measure_examples(nli, Path(f).name, read_all([f], seed)) for f in data]
    if as_json:
        run_commands.print_json([asdict(one) for one in found])
        return
    open_console().print(critic_table(found))


def _quiet() -> None:
    """Bars of our own only."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()


# panel of --help → its commands, in the order in which somebody needs them
PANELS = {
    "Make a dataset": ("run", "status", "export", "plan", "settings", "doctor"),
    "Look into it": ("why", "whatif", "explore", "report", "calibrate"),
    "Trust it, and pass it on": ("verify", "safety", "publish"),
    "Train a student, and use it": ("distil", "paraphrase", "summarize", "obedience"),
    "Measure": ("evaluate", "dataset-report", "compare", "proximity"),
    "Critics": ("score", "critic"),
}


def _arrange() -> None:
    """Put each command into its panel of --help."""
    places = {name: (panel, i) for panel, names in PANELS.items() for i, name in enumerate(names)}
    panels = list(PANELS)
    infos: list[CommandInfo | TyperInfo] = [*app.registered_commands, *app.registered_groups]
    for info in infos:
        info.rich_help_panel = places[_name(info)][0]
    app.registered_commands.sort(
        key=lambda info: (panels.index(places[_name(info)][0]), places[_name(info)][1])
    )


def _name(info: CommandInfo | TyperInfo) -> str:
    return info.name or info.callback.__name__  # type: ignore[union-attr]  # a command has a callback


_arrange()


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
