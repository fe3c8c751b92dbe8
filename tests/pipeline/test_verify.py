"""A run against its recipe: whole, then damaged, changed and forged in every way."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.data import store
from impossible.pipeline.run import run
from impossible.pipeline.verify import verify
from impossible.recipe.load import resolve
from tests import tiny
from tests.faults import OFF


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a growing teacher: two shards of two contexts."""
    folder = tmp_path_factory.mktemp("models")
    bounds = OFF
    recipe = resolve(
        {
            "preset": "continuation",
            "contexts": {"count": 4, "per_shard": 2, "sentences": [0, 1], "domains": ["news"]},
            "teacher": {"backend": "transformers", "model": str(tiny.gpt2(folder / "gpt2")), "compute_type": "float32"},
            "sampling": {"per_context": 150, "min_words": 1, "max_tokens": 14, "top_k": 0, "temperature": 1.0, "min_logprob": False},
            "score": {
                "nli": str(tiny.nli(folder / "nli")),
                "critics": ["length_ratio", "numbers", "rouge_l", "entailment"],
                "equivalence": 0.0,
                "paraphrase": {**bounds, "entailment": {"min": 0.0}},
            },
            "filter": {"summary": False, "paraphrase": {**bounds, "entailment": {"min": 0.0}, "duplicates": False}},
        }
    )  # fmt: skip
    out = folder / "run"
    state = run(recipe, out)
    assert state.pairs is not None and state.pairs.num_rows > 20
    return out


def test_a_run_is_what_its_recipe_makes(made: Path) -> None:
    found = verify(made, sample=4)
    assert not found.differs
    assert found.checked["shards"] == found.checked["fingerprints"] == 8
    assert found.checked["contexts made again"] == found.checked["groups made again"] == 4
    assert found.checked["pairs scored again"] > 20 and found.checked["models"] > 2


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Forge a shard: other rows under a checksum that fits them."""
    shard = store.read_shard(path)
    assert shard is not None
    store.write_shard(path, change(shard.table()), shard.fingerprint, shard.counts)


def _truncate(run: Path) -> None:
    path = run / "round-0/scores/00001.parquet"
    path.write_bytes(path.read_bytes()[:-9])


def _flip(run: Path) -> None:
    path = run / "round-0/groups/00000.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)


def _other_text(run: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        rows = table.to_pylist()
        for row in rows:
            for candidate in row["candidates"]:
                candidate["text"] += " Really."
        return pa.Table.from_pylist(rows, table.schema)

    for index in range(2):
        rewrite(run / f"round-0/groups/0000{index}.parquet", change)


def _other_scores(run: Path) -> None:
    """Scores, ledger and dataset forged together: only a new reading by the critic can tell."""
    for index in range(2):
        for stage in ("scores", "ledger"):
            path = run / f"round-0/{stage}/0000{index}.parquet"
            rewrite(path, lambda t: t.set_column(
                t.schema.get_field_index("entailment_forward"), t.schema.field("entailment_forward"),
                pc.multiply(t["entailment_forward"], pa.scalar(0.5, pa.float32())).cast(pa.float32())))  # fmt: skip


def _other_verdict(run: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        rejected = pa.array(["rouge_l"] * table.num_rows)
        return table.set_column(
            table.schema.get_field_index("verdict"), table.schema.field("verdict"), rejected
        )

    rewrite(run / "round-0/ledger/00000.parquet", change)


def _other_pairs(run: Path) -> None:
    path = run / "round-0/dataset/pairs.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)


def _other_recipe(run: Path) -> None:
    path = run / "recipe.toml"
    path.write_text(path.read_text().replace("temperature = 1.0", "temperature = 0.9"))


def _other_model(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["models"] = dict.fromkeys(manifest["models"], "f00")
    (run / "manifest.json").write_text(json.dumps(manifest))


FORGED = [
    (_truncate, "scores/00001.parquet is damaged: it cannot be read"),
    (_flip, "groups/00000.parquet is damaged"),
    (_other_text, "groups: "),
    (_other_scores, "scores of groups: "),
    (_other_verdict, "ledger/00000.parquet does not follow from the scores and the bounds of the recipe"),
    (_other_pairs, "pairs.parquet does not match the kept pairs of the ledger"),
    (_other_recipe, "00000.parquet was made with other settings, models or input"),
    (_other_model, "differs from the one that the run used"),
]


@pytest.mark.parametrize(("forge", "says"), FORGED, ids=[f.__name__[1:] for f, _ in FORGED])
def test_what_was_changed_is_found(
    made: Path, tmp_path: Path, forge: Callable[[Path], None], says: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(made, run)
    forge(run)
    told = CliRunner().invoke(app, ["verify", str(run), "--sample", "2", "--json"])
    assert told.exit_code == 1, told.output
    found = json.loads(told.stdout)
    assert not found["same"] and any(says in fault for fault in found["differs"]), found["differs"]


def test_what_is_missing_is_a_note(made: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(made, run)
    (run / "round-0/ledger/00001.parquet").unlink()
    shutil.rmtree(run / "round-0/dataset")
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["versions"]["torch"] = "0.1"
    (run / "manifest.json").write_text(json.dumps(manifest))
    told = CliRunner().invoke(app, ["verify", str(run), "--sample", "0"])
    assert told.exit_code == 0, told.output
    for note in ("1 shards are not finished", "no dataset yet", "made with torch 0.1"):
        assert note in told.output
