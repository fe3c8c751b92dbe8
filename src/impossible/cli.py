"""The command line: parse, call, print. The only place that catches ImpossibleError (exit code 2)."""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .errors import ImpossibleError

app = typer.Typer(
    name="impossible",
    help="Distil paraphrase and summary datasets from a small language model, without labels.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
critic_app = typer.Typer(help="Train and measure NLI critics.", no_args_is_help=True)
app.add_typer(critic_app, name="critic")

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="a recipe (TOML)", show_default=False)]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="the folder of a run", show_default=False)]


@app.command("run")
def run_command(
    recipe: RecipePath,
    out: Annotated[Path | None, typer.Option(help="folder of the run; default runs/NAME-OF-RECIPE")] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="override a setting: --set sampling.per_context=32"),
    ] = None,
    until: Annotated[str, typer.Option(help="last stage: contexts, generate, score or filter")] = "filter",
    fresh: Annotated[bool, typer.Option("--fresh", help="throw away what an earlier run finished")] = False,
) -> None:
    """Run a recipe, or go on where it was interrupted.

    Example: [bold]impossible run recipes/quickstart.toml --out runs/first[/bold]
    """
    from .execute import read_state, run
    from .progress import funnel_table, sample_table, watch_for
    from .recipe import load

    settings = load(recipe, sets or [])
    _quiet()
    folder = out or Path("runs") / recipe.stem
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends like Ctrl-C
    console = Console()
    state = run(settings, folder, until, fresh, watch_for(console))
    console.print(funnel_table(state))
    seconds = read_state(folder).seconds
    kept = sum(n for name, n in state.counts.items() if name.endswith(": kept"))
    if seconds and kept:
        spent = ", ".join(f"{stage} {s:.0f} s" for stage, s in seconds.items())
        console.print(f"{kept:,} kept; {kept / sum(seconds.values()) * 3600:,.0f} pairs an hour ({spent})")
    if (sample := sample_table(state, 10, settings.seed)) is not None:
        console.print(sample)
        console.print(f"dataset: {folder}/round-0/dataset/", markup=False, soft_wrap=True)
    if state.interrupted:
        again = f"interrupted after {state.done} of {state.shards} shards; the same command goes on from here"
        console.print(again, style="yellow")
        raise typer.Exit(130)


@app.command()
def status(run: RunPath) -> None:
    """Say how far a run is, also while another process works on it.

    Example: [bold]impossible status runs/first[/bold]
    """
    from .execute import read_state
    from .progress import funnel_table

    state = read_state(run)
    console = Console()
    console.print(f"{run}: {state.done} of {state.shards} shards of {state.contexts} contexts", markup=False)
    console.print(funnel_table(state))


@app.command()
def score(
    file: Annotated[Path, typer.Argument(help="pairs: .jsonl, .csv or .parquet with two text columns")],
    out: Annotated[
        Path | None, typer.Option(help="where to write; default FILE with .scored before its ending")
    ] = None,
    task: Annotated[str, typer.Option(help="paraphrase or summary")] = "paraphrase",
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
    task: Annotated[str | None, typer.Option(help="only this task: paraphrase or summary")] = None,
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
    task: Annotated[str, typer.Option(help="paraphrase or summary")] = "paraphrase",
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
    console = Console()
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


@critic_app.command("train")
def critic_train(
    data: Annotated[list[str], typer.Option(help="FILE, or FILE@N for N random examples; repeatable")],
    base: Annotated[str, typer.Option(help="encoder or causal LM: hub id, folder or embedded:NAME")],
    out: Annotated[Path, typer.Option(help="folder to write")],
    validation: Annotated[
        list[str] | None,
        typer.Option(help="FILE or FILE@N to fit the temperature and measure on; repeatable"),
    ] = None,
    epochs: Annotated[float, typer.Option(min=0.001)] = 1.0,
    batch_size: Annotated[int, typer.Option(min=1)] = 32,
    learning_rate: Annotated[float, typer.Option(min=1e-8)] = 1e-4,
    seed: Annotated[int, typer.Option(min=0)] = 7,
    max_tokens: Annotated[int, typer.Option(min=8, help="leave longer pairs out")] = 128,
    lora_rank: Annotated[int, typer.Option(min=0, help="above 0: adapters on a causal LM, bfloat16")] = 0,
    layers: Annotated[int, typer.Option(min=0, help="keep only the first so many layers")] = 0,
    frozen_layers: Annotated[int, typer.Option(min=0, help="of these, leave the first untrained")] = 0,
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
    console = Console()
    console.print(critic_table([measure_examples(nli, Path(f).name, read_all([f], seed)) for f in data]))


def _quiet() -> None:
    """Bars of our own only."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()


def main() -> None:
    """Entry point of the `impossible` command."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        app(standalone_mode=True)
    except ImpossibleError as error:
        # one line: what is wrong, where, how to mend it
        Console(stderr=True).print(
            f"error: {' '.join(str(error).split())}", markup=False, highlight=False, soft_wrap=True
        )
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
