"""Commands for critics: score, critic train, critic test."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..models.extras import require_extra
from ..models.progress_bars import hide_progress_bars
from .lines import print_training
from .options import AsJson, Force, check_new, print_json
from .terminal import complete_task, open_console


def score(
    file: Annotated[Path, typer.Argument(help="pairs: .jsonl, .csv, .tsv or .parquet with two text columns")],
    out: Annotated[
        Path | None, typer.Option(help="output file; default: FILE with .scored before its suffix")
    ] = None,
    task: Annotated[
        str, typer.Option(help="paraphrase or summary", autocompletion=complete_task)
    ] = "paraphrase",
    source: Annotated[str, typer.Option(help="column of the first sentence")] = "source",
    target: Annotated[str, typer.Option(help="column of the second sentence")] = "target",
    force: Force = False,
) -> None:
    """Score the pairs of a file with all critics.

    Example: [bold]impossible score pairs.jsonl --task summary[/bold]
    """
    from ..filtering.score_pairs import score_file

    hide_progress_bars()
    suffixes = "".join(file.suffixes[-2:] if file.suffix.lower() == ".gz" else file.suffixes[-1:])
    out = out or file.with_name(f"{file.name.removesuffix(suffixes)}.scored{suffixes}")
    check_new(out, force, file)
    print(f"{score_file(file, out, task, source, target)} pairs scored -> {out}")


def critic_train(
    data: Annotated[list[str], typer.Option(help="FILE, or FILE@N for N random examples; repeatable")],
    base: Annotated[str, typer.Option(help="encoder or causal LM: hub id, folder or embedded:NAME")],
    out: Annotated[Path, typer.Option(help="folder to write")],
    validation: Annotated[
        list[str] | None,
        typer.Option(help="FILE or FILE@N to fit the temperature and measure on; repeatable"),
    ] = None,
    epochs: Annotated[float, typer.Option(min=0.001, help="passes over the data")] = 1.0,
    batch_size: Annotated[int, typer.Option(min=1, help="pairs per step")] = 32,
    learning_rate: Annotated[float, typer.Option(min=1e-8, help="peak, after the warm-up")] = 1e-4,
    seed: Annotated[int, typer.Option(min=0, help="random seed")] = 7,
    max_tokens: Annotated[int, typer.Option(min=8, help="skip longer pairs")] = 128,
    lora_rank: Annotated[
        int, typer.Option(min=0, help="rank of the LoRA adapters on a causal LM; 0: train all weights")
    ] = 0,
    layers: Annotated[int, typer.Option(min=0, help="keep only the first N layers; 0: all")] = 0,
    frozen_layers: Annotated[int, typer.Option(min=0, help="freeze the first N layers")] = 0,
    adapter: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="continue training this adapter")
    ] = None,
) -> None:
    """Fine-tune an encoder or a causal LM into an NLI cross-encoder; resumes from the last checkpoint.

    Example: [bold]impossible critic train --data nli.jsonl --base embedded:minilm-l6 --out critic[/bold]
    """
    require_extra("train", "impossible critic train")  # for the export: fail before the training
    from ..critic_training.card import write_card
    from ..critic_training.export_onnx import export as export_onnx
    from ..critic_training.measure import calibrate as calibrate_nli
    from ..critic_training.train import TrainSettings, read_all, train
    from ..models.locate import locate

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
    hide_progress_bars()
    train(examples, str(locate(base)), out, settings, lambda step: print_training("critic", step))
    export_onnx(out)
    held_out = {Path(spec).name: read_all([spec], seed) for spec in validation or ()}
    temperature, measured = calibrate_nli(out, held_out) if held_out else (None, [])
    write_card(out, base, data, settings, temperature, measured)
    print(f"critic -> {out}")


def critic_test(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="hub id, folder, embedded:nli or embedded:judge")
    ],
    data: Annotated[list[str], typer.Option(help="FILE, or FILE@N for N random rows; repeatable")],
    seed: Annotated[int, typer.Option(min=0, help="seed for drawing the N rows")] = 7,
    as_json: AsJson = False,
) -> None:
    """Measure an NLI critic on labelled pairs.

    Example: [bold]impossible critic test embedded:nli --data nli.jsonl[/bold]
    """

    from ..critic_training.measure import measure_examples
    from ..critic_training.train import read_all
    from ..critics.nli import Nli
    from ..models.locate import locate
    from .tables.critic import critic_table

    hide_progress_bars()
    nli = Nli(locate(model))
    results = [measure_examples(nli, Path(f).name, read_all([f], seed)) for f in data]
    if as_json:
        print_json([asdict(result) for result in results])
        return
    open_console().print(critic_table(results))
