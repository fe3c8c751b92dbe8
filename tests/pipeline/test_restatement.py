"""Whole runs that restate: the same bytes whatever the shards, the interruptions and the engine."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from impossible.data.run_folder import RunFolder
from impossible.data.state import State
from impossible.errors import RecipeError, StoreError
from impossible.pipeline.run import Watch, run
from impossible.pipeline.verify import verify
from impossible.recipe.layers import merge
from impossible.recipe.load import resolve
from impossible.recipe.recipe import Recipe
from tests import faults

WORDS = ("cat", "dog", "car", "house", "phone", "laptop", "room", "door")
DATASET = Path("round-0/dataset/pairs.parquet")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Eight sentences in waves of two, four and two."""
    folder = tmp_path_factory.mktemp("models")
    os.environ["IMPOSSIBLE_CACHE"] = str(folder / "cache")
    made = faults.recipe(folder).model_dump(mode="json")
    lines = [f"My old {w} was really small and the red food was not very big." for w in WORDS]
    (folder / "posts.txt").write_text("\n".join(lines))
    cues = {task: {"cue": "She has", "words": [5, 30], "bonus": 6.0} for task in ("paraphrase", "summary")}
    return merge(
        made,
        {
            "contexts": {"count": len(WORDS), "per_shard": 1},
            "sampling": {"max_tokens": 24, "temperature": 1.0},
            "restatement": {**cues, "per_cue": 40, "demonstrations": 1, "pool": 2, "first": 2},
        },
    )


def recipe(settings: dict[str, Any], **changes: Any) -> Recipe:
    return resolve(merge(settings, changes))


@pytest.fixture(scope="module")
def whole(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    state = run(recipe(settings), out)
    assert state.pairs is not None and state.pairs.num_rows > 10
    return out


def shown(out: Path) -> list[list[dict[str, str]]]:
    """The demonstrations that each context saw, in run order."""
    shards = RunFolder(out).shards("generate")
    return [row for shard in shards for row in shard.table()["demonstrations"].to_pylist()]


def test_later_waves_see_pairs_of_earlier_ones(whole: Path) -> None:
    found = shown(whole)
    assert found[:2] == [[], []] and all(found[2:])
    assert found[2] == found[5]
    folder = RunFolder(whole)
    early = [row for i in range(2) for row in folder.shard("score", i).table().to_pylist()]  # type: ignore[union-attr]
    scored = {(row["task"], row["source"], row["target"]) for row in early}
    assert {(one["task"], one["source"], one["target"]) for one in found[2]} <= scored


def test_another_bound_changes_no_text(whole: Path, settings: dict[str, Any], tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "run")
    before = len(RunFolder(whole).journal())
    run(recipe(settings, filter={"paraphrase": {"entailment": {"min": 0.4}}}), tmp_path / "run")
    new = RunFolder(tmp_path / "run").journal()[before:]
    assert {row["stage"] for row in new} == {"filter"}


def test_a_run_may_stop_at_its_contexts_but_not_before_the_scores_it_needs(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    run(recipe(settings), tmp_path, until="contexts")
    assert len(RunFolder(tmp_path).shards("contexts")) == len(WORDS)
    with pytest.raises(RecipeError, match="stop at score"):
        run(recipe(settings), tmp_path, until="generate")


def ledger(out: Path) -> list[dict[str, Any]]:
    return [row for shard in RunFolder(out).shards("filter") for row in shard.table().to_pylist()]


def test_the_sentence_of_the_corpus_anchors_pairs(
    whole: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    assert all(row["anchored"] for row in ledger(whole))
    run(recipe(settings, score={"pairs": "all"}), tmp_path)
    rows = ledger(tmp_path)
    anchored = [row for row in rows if row["anchored"]]
    assert anchored and len(anchored) < len(rows)
    assert all(any(f"My old {w} was" in row["source"] + row["target"] for w in WORDS) for row in anchored)
    free = [row for row in rows if not row["anchored"]]
    assert not any(row["source"].endswith("was not very big.") and "My old" in row["source"] for row in free)


@pytest.mark.parametrize("size", [2, 3, 8])
def test_the_bytes_do_not_depend_on_the_size_of_shards(
    whole: Path, settings: dict[str, Any], tmp_path: Path, size: int
) -> None:
    run(recipe(settings, contexts={"per_shard": size}), tmp_path)
    assert (tmp_path / DATASET).read_bytes() == (whole / DATASET).read_bytes()
    assert shown(tmp_path) == shown(whole)


class Interrupted(Watch):
    """Interrupts a run after some shards."""

    def __init__(self, after: int):
        self._left = after

    def shard(self, state: State, index: int) -> None:
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


@pytest.mark.parametrize("after", [1, 2, 4, 7])
def test_an_interrupted_run_goes_on_to_the_same_bytes(
    whole: Path, settings: dict[str, Any], tmp_path: Path, after: int
) -> None:
    assert run(recipe(settings), tmp_path, watch=Interrupted(after)).interrupted
    before = len(RunFolder(tmp_path).journal())
    run(recipe(settings), tmp_path)
    assert (tmp_path / DATASET).read_bytes() == (whole / DATASET).read_bytes()
    assert len(RunFolder(tmp_path).journal()) == len(RunFolder(whole).journal()) > before


def test_the_order_of_the_shards_does_not_matter(
    whole: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    run(recipe(settings, execution={"order": "reverse"}), tmp_path)
    assert (tmp_path / DATASET).read_bytes() == (whole / DATASET).read_bytes()


def test_workers_of_ray_make_the_same_bytes(whole: Path, settings: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("ray")
    workers = {"teachers": {"count": 2}, "critics": {"count": 1, "cpus": 0.5}}
    run(recipe(settings, execution={"engine": "ray", "threads": 1, "ray": workers}), tmp_path)
    assert shown(tmp_path) == shown(whole)


def test_a_run_can_be_verified(whole: Path) -> None:
    found = verify(whole, sample=2)
    assert not found.faults


def test_own_demonstrations_are_shown_from_the_start(settings: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(
        '{"task": "summary", "source": "The cat likes the old house.", "target": "The cat likes it."}\n'
    )
    run(recipe(settings, restatement={"examples": str(file)}), tmp_path / "run", until="generate")
    found = shown(tmp_path / "run")
    assert len(found) == len(WORDS)
    assert {one["target"] for row in found for one in row} == {"The cat likes it."}


def test_a_run_with_own_demonstrations_resumes_by_either_recipe(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.jsonl").write_text(
        '{"task": "summary", "source": "The old cat is here.", "target": "It is."}\n'
    )
    given = recipe(settings, restatement={"examples": "mine.jsonl"})
    run(given, Path("run"), until="generate")
    made = Path("run/round-0/groups/00000.parquet").stat().st_ino
    for again in (given, RunFolder(Path("run")).recipe()):
        run(again, Path("run"), until="generate")
        assert Path("run/round-0/groups/00000.parquet").stat().st_ino == made


def test_changed_examples_are_refused_and_cost_no_continuation(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    file, out = tmp_path / "mine.jsonl", tmp_path / "run"
    line = '{"task": "summary", "source": "The old cat is here.", "target": "It is."}\n'
    file.write_text(line)
    given = recipe(settings, restatement={"examples": str(file)})
    run(given, out, until="generate")
    made = faults.contents(out)
    file.write_text(line.replace("cat", "dog"))
    with pytest.raises(StoreError, match=r"mine.jsonl has changed since .*run showed its pairs.*--fresh"):
        run(given, out, until="generate")
    assert faults.contents(out) == made
    run(given, out, until="generate", fresh=True)
    assert shown(out)[0][0]["source"] == "The old dog is here."
