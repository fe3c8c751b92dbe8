"""A run against its recipe: whole, then damaged, changed and forged in every way."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.data import store
from impossible.errors import DataError, ImpossibleError
from impossible.pipeline.run import run
from impossible.pipeline.signature import sign
from impossible.pipeline.verify import verify
from impossible.recipe.load import resolve
from tests import tiny
from tests.faults import OFF
from tests.teachers.misbehaving import serving, well


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
    assert not found.faults
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
    told = CliRunner().invoke(app, ["verify", str(run), "--sample", "4", "--json"])
    assert told.exit_code == 1, told.output
    found = json.loads(told.stdout)
    assert not found["same"] and any(says in fault for fault in found["faults"]), found["faults"]


def _missing_shard(run: Path) -> None:
    (run / "round-0/ledger/00001.parquet").unlink()


def _no_dataset(run: Path) -> None:
    shutil.rmtree(run / "round-0/dataset")


def _fewer_stages(run: Path) -> None:
    """What must be there follows from the recipe: a manifest that asks for less hides nothing."""
    _manifest(run, stages=["contexts", "generate"])
    shutil.rmtree(run / "round-0/scores")
    shutil.rmtree(run / "round-0/ledger")


def _fewer_shards(run: Path) -> None:
    _manifest(run, shards=1, contexts=2)
    (run / "round-0/ledger/00001.parquet").unlink()


def _target_not_reached(run: Path) -> None:
    _manifest(run, shards=1, contexts=2, target=10_000, reached=True)


def _manifest(run: Path, **changes: object) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | changes))


def _round_of_nobody(run: Path) -> None:
    shutil.copytree(run / "round-0/dataset", run / "round-7/dataset")


def _stray_file(run: Path) -> None:
    (run / "round-0/dataset/more.parquet").write_bytes(b"")


def _link(run: Path) -> None:
    (run / "contexts/00000.parquet").rename(run.parent / "elsewhere")
    (run / "contexts/00000.parquet").symlink_to(run.parent / "elsewhere")


def _no_columns(run: Path) -> None:
    rewrite(run / "round-0/scores/00000.parquet", lambda t: t.select(["task"]))


def _dataset_flipped(run: Path) -> None:
    path = run / "round-0/dataset/pairs.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)


def _other_counts(run: Path) -> None:
    shard = store.read_shard(run / "round-0/ledger/00000.parquet")
    assert shard is not None
    store.write_shard(shard.path, shard.table(), shard.fingerprint, {"paraphrase: kept": 999})


ATTACKS = [
    (_missing_shard, "1 of 2 shards are missing"),
    (_no_dataset, "there is no dataset"),
    (_fewer_stages, "2 of 2 shards are missing"),
    (_fewer_shards, "1 of 2 shards are missing"),
    (_target_not_reached, "before its target"),
    (_round_of_nobody, "round-7 is not of this run"),
    (_stray_file, "more.parquet is not of this run"),
    (_link, "contexts/00000.parquet is not of this run"),
    (_no_columns, "shard 0 cannot be checked"),
    (_dataset_flipped, "pairs.parquet"),
    (_other_counts, "ledger/00000.parquet does not follow from the scores"),
]


@pytest.mark.parametrize(("attack", "says"), ATTACKS, ids=[a.__name__[1:] for a, _ in ATTACKS])
def test_what_is_missing_foreign_or_swapped_is_a_fault(
    made: Path, tmp_path: Path, attack: Callable[[Path], None], says: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(made, run)
    attack(run)
    told = CliRunner().invoke(app, ["verify", str(run), "--sample", "0"])
    assert told.exit_code == 1 and says in told.output, told.output
    assert "everything matches" not in told.output


def test_no_file_makes_a_traceback(made: Path, tmp_path: Path) -> None:
    files = [path.relative_to(made) for path in made.rglob("*") if path.is_file()]
    assert len(files) > 10
    for number, name in enumerate(files):
        for content in (b"", b"\xff\x00{[", b'{"shards": -1, "stages": 7}'):
            run = tmp_path / f"{number}-{len(content)}"
            shutil.copytree(made, run)
            (run / name).write_bytes(content)
            told = CliRunner().invoke(app, ["verify", str(run), "--sample", "0"])
            clean = told.exception is None or isinstance(told.exception, SystemExit | ImpossibleError)
            assert clean, (name, content, told.exception)
            harmless = name.name in ("journal.jsonl", ".lock", ".holder", ".sums.json")
            assert told.exit_code == 1 or harmless, (name, content, told.output)
            shutil.rmtree(run)


def test_groups_are_drawn_by_a_new_seed_that_is_told(made: Path, tmp_path: Path) -> None:
    seeds = {verify(made, sample=0).seed for _ in range(3)}
    assert len(seeds) == 3
    told = CliRunner().invoke(app, ["verify", str(made), "--sample", "1", "--seed", "11"])
    assert told.exit_code == 0 and "11 is the seed that drew the groups" in told.output
    run = tmp_path / "run"
    shutil.copytree(made, run)
    _manifest(run, versions={"torch": "0.1"})
    assert any("made with torch 0.1" in note for note in verify(run, sample=0).notes)


def test_a_model_that_is_gone_is_not_checked_and_no_success(made: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(made, run)
    text = (run / "recipe.toml").read_text()
    (run / "recipe.toml").write_text(text.replace(str(made.parent / "gpt2"), str(tmp_path / "gone")))
    told = CliRunner().invoke(app, ["verify", str(run), "--sample", "1"])
    assert told.exit_code == 1 and "not checked: stage generate" in told.output


def test_no_server_is_asked_unless_told(tmp_path: Path) -> None:
    (tmp_path / "posts.txt").write_text("My old cat was small today.\nMy new dog was big today.\n")
    bounds = {**OFF, "entailment": False, "rouge_l": {"max": 0.99}, "duplicates": False}
    with serving(well) as server:
        recipe = resolve(
            {
                "preset": "continuation",
                "contexts": {"corpus": str(tmp_path / "posts.txt"), "sentences": [1, 1]},
                "teacher": {"backend": "endpoint", "model": "m", "endpoint": {"url": server.url}},
                "sampling": {"per_context": 8, "min_words": 1, "min_logprob": False},
                "score": {"critics": ["length_ratio", "numbers", "rouge_l"], "paraphrase": False, "summary": False},
                "filter": {"summary": False, "paraphrase": bounds},
            }
        )  # fmt: skip
        run(recipe, tmp_path / "run")
        asked = len(server.requests)
        found = verify(tmp_path / "run")
        assert found.same and len(server.requests) == asked
        assert "generate is not repeated: no server is asked without --ask-endpoint" in found.notes
        found = verify(tmp_path / "run", ask=True)
        assert found.same and len(server.requests) > asked and found.checked["groups made again"] == 2


def _keys(folder: Path, tool: str) -> tuple[Path, Path]:
    """A private and a public key of a tool."""
    if shutil.which("ssh-keygen" if tool == "ssh" else tool) is None:
        pytest.skip(f"no {tool}")
    key = folder / f"{tool}.key"
    public = key.with_name(key.name + ".pub")
    made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    if tool == "minisign":
        made = ["minisign", "-G", "-W", "-p", str(public), "-s", str(key)]
    subprocess.run(made, check=True, capture_output=True)
    return key, public


@pytest.mark.parametrize("tool", ["ssh", "minisign"])
def test_a_signed_run_cannot_be_forged_and_restamped(made: Path, tmp_path: Path, tool: str) -> None:
    run = tmp_path / "run"
    shutil.copytree(made, run)
    key, public = _keys(tmp_path, tool)
    (tmp_path / "other").mkdir()
    other, stranger = _keys(tmp_path / "other", tool)
    assert verify(run, sample=0, signed_by=public).faults == [f"{run} is not signed"]
    told = CliRunner().invoke(app, ["verify", str(run), "--sample", "0", "--sign", str(key)])
    assert told.exit_code == 0 and "signed: " in told.output, told.output
    found = verify(run, sample=0, signed_by=public)
    assert found.same and found.checked["signatures"] == 1 and found.checked["signed files"] >= 11
    assert verify(run, sample=0, signed_by=stranger).faults == [f"{run} is not signed by {stranger}"]
    # whoever can write to a run can make its scores, verdicts, dataset and checksums fit each other
    _other_scores(run)
    forged = verify(run, sample=0, signed_by=public).faults
    assert any("scores/00000.parquet is not what was signed" in fault for fault in forged)
    sign(run, other)
    assert f"{run} is not signed by {public}" in verify(run, sample=0, signed_by=public).faults


def test_a_run_with_faults_is_not_signed(made: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(made, run)
    key, _ = _keys(tmp_path, "ssh")
    _other_pairs(run)
    told = CliRunner().invoke(app, ["verify", str(run), "--sample", "0", "--sign", str(key)])
    assert told.exit_code == 1 and not (run / "signed.sig").exists()
    with pytest.raises(DataError, match="cannot be read"):
        sign(run, tmp_path / "no-key")
    (tmp_path / "no.key").write_text("no key")
    with pytest.raises(DataError, match="ssh-keygen cannot sign with that key"):
        sign(run, tmp_path / "no.key")
