"""Where everything of a run lies, and what its small files hold: names and bytes are a format that stays."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from impossible.data import store
from impossible.data.run_folder import Manifest, RunFolder, shard_name
from impossible.errors import StoreError
from impossible.recipe.load import resolve


def test_everything_lies_where_earlier_versions_put_it(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    found = [
        run.recipe_file, run.manifest_file, run.journal_file, run.report_file, run.rounds_file,
        run.answers_file, run.judgements_file("summary"), run.dataset_file(), run.dataset_file(2),
        run.student_folder(1), run.student_folder("*"), run.measured_file(1), run.drawn_file(1, "summary", 32),
        *(run.shard_file(stage, 7) for stage in ("contexts", "generate", "score", "filter")),
    ]  # fmt: skip
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "recipe.toml", "manifest.json", "journal.jsonl", "report.html", "rounds.json",
        "evaluation/held-out/outputs.jsonl", "judgements/summary.jsonl", "round-0/dataset/pairs.parquet",
        "round-2/dataset/pairs.parquet", "round-1/student", "round-*/student", "round-1/measured.json",
        "round-1/drawn/summary-0000032.parquet", "contexts/00007.parquet", "round-0/groups/00007.parquet",
        "round-0/scores/00007.parquet", "round-0/ledger/00007.parquet",
    ]  # fmt: skip


def test_a_manifest_reads_back_and_its_bytes_are_json_with_sorted_keys(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    made = Manifest(contexts=3, shards=2, stages=("contexts", "generate"), models={"m": "0"}, machine="x")
    run.write_manifest(made)
    assert run.manifest() == made
    said = {
        "contexts": 3, "shards": 2, "target": 0, "reached": False, "stages": ["contexts", "generate"],
        "models": {"m": "0"}, "execution": {}, "versions": {}, "machine": "x",
    }  # fmt: skip
    assert run.manifest_file.read_text() == json.dumps(said, indent=2, sort_keys=True) + "\n"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"contexts": "many", "shards": 1, "stages": []}'])
def test_a_broken_manifest_is_no_run(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match=r"has no run \(no manifest.json\); start one"):
        RunFolder(tmp_path).manifest()


def test_the_nearest_run_is_suggested(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "manifest.json").write_text("{}")
    with pytest.raises(StoreError, match="did you mean .*/first\\? or start one"):
        RunFolder(tmp_path / "frist").manifest()


def test_the_journal_names_shards_and_workers(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.log("score", 1.5, 4, 12, "host:1")
    run.log("distil", 2.0)
    assert run.journal_file.read_text().splitlines() == [
        '{"stage": "score", "shard": "00012", "seconds": 1.5, "rows": 4, "worker": "host:1"}',
        '{"stage": "distil", "shard": "", "seconds": 2.0, "rows": 0}',
    ]
    assert [row["shard"] for row in run.journal()] == [shard_name(12), ""]


def test_finished_shards_come_in_the_order_of_the_plan(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.write_manifest(Manifest(contexts=4, shards=4, stages=("contexts",)))
    assert not run.has_shards("contexts")
    with pytest.raises(StoreError, match="has no finished shard of stage 'contexts'"):
        run.some_shards("contexts")
    for index in (2, 0, 9):  # 9 is beyond the plan
        store.write_shard(run.shard_file("contexts", index), pa.table({"a": [index]}), "here")
    assert [shard.path.stem for shard in run.shards("contexts")] == ["00000", "00002"]
    assert run.has_shards("contexts") and run.shard("contexts", 1) is None


def test_a_recipe_is_written_with_its_corpus_as_seen_from_the_run(tmp_path: Path) -> None:
    corpus = tmp_path / "posts.txt"
    corpus.write_text("One post.\n")
    run = RunFolder(tmp_path / "run")
    run.write_recipe(resolve({"contexts": {"corpus": str(corpus)}}))
    assert 'corpus = "../posts.txt"' in run.recipe_file.read_text()
    assert Path(run.recipe().contexts.corpus or "").resolve() == corpus.resolve()
    assert run.recipe(["seed=3"]).seed == 3


def test_clearing_leaves_what_people_made(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    made = [run.shard_file("contexts", 0), run.dataset_file(), run.answers_file, run.rounds_file,
            run.journal_file, run.student_folder(1) / "student.json"]  # fmt: skip
    kept = [
        run.manifest_file,
        run.judgements_file("summary"),
        run.evaluation_folder / "mine.json",
        run.path / "notes.txt",
    ]
    for path in (*made, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert run.round_numbers() == [0, 1]
    run.clear()
    assert sorted(path for path in run.path.rglob("*") if path.is_file()) == sorted(kept)


def test_a_folder_with_files_of_the_user_is_no_place_for_a_run(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "of another program"}')
    (tmp_path / "recipe.toml").write_text("# mine")
    with pytest.raises(StoreError, match="not empty and has no run"):
        RunFolder(tmp_path).check_own()
    assert not RunFolder(tmp_path).is_run()


def test_what_a_killed_run_leaves_before_its_manifest_is_no_users(tmp_path: Path) -> None:
    for name in (".lock", ".holder", ".manifest.json.123.part"):
        (tmp_path / name).touch()
    RunFolder(tmp_path).check_own()
    RunFolder(tmp_path / "new").check_own()


def test_sweep_and_clear_leave_files_of_the_user(tmp_path: Path) -> None:
    mine = [tmp_path / name for name in (".download.part", "contexts/mine.txt", "round-table/notes.txt")]
    ours = [tmp_path / name for name in (".rounds.json.77.part", "contexts/00000.parquet", "round-1/x")]
    for path in (*mine, *ours):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    RunFolder(tmp_path).sweep()
    RunFolder(tmp_path).clear()
    assert all(path.exists() for path in mine) and not any(path.exists() for path in ours)
