import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from impossible.critic_training.train import NliExample, TrainSettings, read_all, read_examples, train
from impossible.critics.nli import Nli
from impossible.errors import DataError, ModelError
from impossible.models.adapter import merge
from tests import tiny

SETTINGS = TrainSettings(epochs=2, batch_size=4, learning_rate=5e-3, save_steps=3, warmup=0)
# a colour kept is entailed, a colour dropped in the premise is neutral, a negation contradicts
EXAMPLES = [
    example
    for thing in ("cat", "dog", "house", "car", "phone", "door", "room", "food")
    for example in (
        NliExample(f" The {thing} is red .", f" The {thing} is red .", "entailment"),
        NliExample(f" The {thing} is new .", f" The {thing} is red .", "neutral"),
        NliExample(f" The {thing} is not red .", f" The {thing} is red .", "contradiction"),
    )
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.encoder(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(EXAMPLES, str(base), tmp_path_factory.mktemp("runs") / "trained", SETTINGS)


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def _equal(a: Path, b: Path) -> bool:
    x, y = _weights(a), _weights(b)
    return x.keys() == y.keys() and all(torch.equal(x[k], y[k]) for k in x)


def test_the_same_seed_gives_the_same_weights(base: Path, trained: Path, tmp_path: Path) -> None:
    assert _equal(trained, train(EXAMPLES, str(base), tmp_path / "again", SETTINGS))


@pytest.mark.parametrize(("epochs", "step"), [(1, 3), (2, 6), (2, 9)])
def test_killed_training_goes_on_to_the_same_weights(
    base: Path, tmp_path: Path, epochs: int, step: int
) -> None:
    settings = replace(SETTINGS, epochs=epochs, save_steps=step)
    undisturbed = train(EXAMPLES, str(base), tmp_path / "undisturbed", settings)
    # what a run killed right after this checkpoint leaves
    checkpoint = Path("checkpoints") / f"checkpoint-{step}"
    shutil.copytree(undisturbed / checkpoint, tmp_path / "killed" / checkpoint)
    assert _equal(undisturbed, train(EXAMPLES, str(base), tmp_path / "killed", settings))


def test_frozen_embeddings_stay(base: Path, trained: Path) -> None:
    name = "embeddings.word_embeddings.weight"
    assert torch.equal(_weights(trained)[f"bert.{name}"], _weights(base)[name])


def test_training_learns(base: Path, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=12, batch_size=8, learning_rate=1e-2, label_smoothing=0, save_steps=1000)
    folder = train(EXAMPLES, str(base), tmp_path / "out", settings)
    p = Nli(folder).probabilities([e.premise for e in EXAMPLES], [e.hypothesis for e in EXAMPLES])
    labels = ("entailment", "neutral", "contradiction")
    right = [labels[row.argmax()] == e.label for row, e in zip(p, EXAMPLES, strict=True)]
    assert sum(right) / len(right) > 0.9


def test_not_entailed_pushes_entailment_down_only(base: Path, tmp_path: Path) -> None:
    examples = [NliExample(e.premise, e.hypothesis, "not_entailment") for e in EXAMPLES]
    folder = train(examples, str(base), tmp_path / "out", SETTINGS)
    p = Nli(folder).probabilities([e.premise for e in EXAMPLES], [e.hypothesis for e in EXAMPLES])
    assert p[:, 0].max() < 0.2


def test_of_two_directions_that_do_not_both_hold_one_may(base: Path, tmp_path: Path) -> None:
    drops = [
        (f" The {thing} is red and {more} .", f" The {thing} is red .")
        for thing in ("cat", "dog", "house", "car")
        for more in ("new", "old")
    ]
    examples = [NliExample(a, b, "entailment") for a, b in drops]
    examples += [NliExample(p, h, "not_both_entailed") for a, b in drops for p, h in ((a, b), (b, a))]
    settings = replace(SETTINGS, epochs=15, learning_rate=1e-2, save_steps=1000)
    nli = Nli(train(examples, str(base), tmp_path / "out", settings))
    long, short = [a for a, _ in drops], [b for _, b in drops]
    forward, backward = nli.score(long, short), nli.score(short, long)
    assert forward.min() > 0.7 and backward.max() < 0.3


LORA = replace(SETTINGS, lora_rank=4, layers=1, learning_rate=2e-2, epochs=12, save_steps=1000)


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A causal LM, and the classifier that LoRA made of its first layer."""
    folder = tmp_path_factory.mktemp("lora")
    return tiny.llama(folder / "base"), train(
        EXAMPLES, str(tiny.llama(folder / "base")), folder / "out", LORA
    )


def test_a_causal_lm_learns_by_adapters(adapted: tuple[Path, Path]) -> None:
    p = Nli(adapted[1]).probabilities([e.premise for e in EXAMPLES], [e.hypothesis for e in EXAMPLES])
    labels = ("entailment", "neutral", "contradiction")
    right = [labels[row.argmax()] == e.label for row, e in zip(p, EXAMPLES, strict=True)]
    assert sum(right) / len(right) > 0.9
    assert not any("layers.1." in name for name in _weights(adapted[1]))


def test_an_adapter_alone_makes_the_same_classifier_again(adapted: tuple[Path, Path], tmp_path: Path) -> None:
    base, trained = adapted
    adapter = tmp_path / "adapter"
    shutil.copytree(trained / "adapter", adapter)
    (adapter / "calibration.json").write_text('{"temperature": 2.0}')
    merge(base, adapter, tmp_path / "merged")
    ours, theirs = _weights(tmp_path / "merged"), _weights(trained)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert (tmp_path / "merged" / "calibration.json").exists()


def test_training_goes_on_from_an_adapter(adapted: tuple[Path, Path], tmp_path: Path) -> None:
    base, trained = adapted
    still = replace(SETTINGS, adapter=trained / "adapter", epochs=0.1, learning_rate=1e-9)
    weights, before = _weights(train(EXAMPLES, str(base), tmp_path / "still", still)), _weights(trained)
    assert all(torch.allclose(weights[name], before[name], atol=1e-3) for name in before)
    moving = replace(still, learning_rate=1e-2)
    assert not _equal(tmp_path / "still", train(EXAMPLES, str(base), tmp_path / "moving", moving))


def test_a_pair_is_two_lines(adapted: tuple[Path, Path]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(adapted[1])
    line_break = tokenizer.encode("\n", add_special_tokens=False)
    one, two = (tokenizer.encode(x, add_special_tokens=False) for x in (" The cat .", " A dog ."))
    assert tokenizer(" The cat .", " A dog .")["input_ids"] == one + line_break + two + line_break


def test_longer_pairs_are_left_out(base: Path, tmp_path: Path) -> None:
    long = NliExample(" The cat is red ." * 20, " The cat is red .", "entailment")
    settings = replace(SETTINGS, max_tokens=32)
    with_long = train([*EXAMPLES, long], str(base), tmp_path / "a", settings)
    assert _equal(with_long, train(EXAMPLES, str(base), tmp_path / "b", settings))


def test_no_base(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        train(EXAMPLES, str(tmp_path), tmp_path / "out", SETTINGS)


ROWS = [
    {"premise": "a", "hypothesis": "b", "label": "neutral"},
    {"premise": "c", "hypothesis": "d", "label": "not_entailment"},
]


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.parquet"])
def test_every_format_reads_the_same(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    text = "".join(json.dumps(row) + "\n" for row in ROWS)
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    assert read_examples(path) == [NliExample("a", "b", "neutral"), NliExample("c", "d", "not_entailment")]


def test_paraphrases_count_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [
        {"source": "a", "target": "b", "label": "paraphrase"},
        {"source": "c", "target": "d", "label": "not_paraphrase"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_examples(path) == [
        NliExample("a", "b", "entailment"),
        NliExample("b", "a", "entailment"),
        NliExample("c", "d", "not_both_entailed"),
        NliExample("d", "c", "not_both_entailed"),
    ]


def test_a_share_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("".join(json.dumps(ROWS[0] | {"premise": str(i)}) + "\n" for i in range(50)))
    some = read_all([f"{path}@10"], seed=1)
    assert len(set(some)) == 10 and some == read_all([f"{path}@10"], seed=1) != read_all(
        [f"{path}@10"], seed=2
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"premise": "a", "hypothesis": "b", "label": "maybe"}', "row 1: 'maybe'"),
        ('{"premise": "a", "label": "neutral"}', "row 1: 'hypothesis'"),
        ("not json", "cannot be read"),
        ("", "no rows"),
    ],
)
def test_unusable_data_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_examples(path)
