"""A run with a student and a round of self-distillation, on tiny models."""

import json
import shutil
import tomllib
from dataclasses import replace
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from impossible.data import dataset, store
from impossible.data.rounds import Round, best, read_rounds, write_rounds
from impossible.data.run_folder import Manifest, RunFolder
from impossible.data.schema import DATASET, GROUPS
from impossible.errors import StoreError
from impossible.models.progress import Progress
from impossible.recipe.critic_table import CRITICS
from impossible.recipe.load import load, resolve
from impossible.recipe.recipe import Recipe
from impossible.recipe.write import dump
from impossible.students import self_distillation
from impossible.students.control_accuracy import measure_control_accuracy
from impossible.students.self_distillation import run_rounds
from impossible.students.student import Student
from tests.students import models

CHEAP = {"rouge_l": {"max": 0.95}, "length_ratio": {"min": 0.1}}


def recipe(base: Path) -> Recipe:
    # the default bounds off, so that no critic with a model is needed
    off = dict.fromkeys(CRITICS, False)
    return resolve(
        {
            "filter": {task: {**off, **CHEAP, "duplicates": False} for task in ("paraphrase", "summary")},
            "score": {"paraphrase": False, "summary": False},
            "distil": {
                "base": str(base),
                "controls": ["length", "wording"],
                "epochs": 12,
                "batch": 8,
                "save_steps": 30,
                "learning_rate": 1e-2,
                "precision": "float32",
                "max_tokens": 64,
                "lora_rank": 0,
                "validation": 0.2,
                "rounds": 1,
                "sources": 6,
            },
        }
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recipe, pa.Table]:
    out = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPOSSIBLE_CACHE", str(out / "cache"))
        settings = recipe(models.llama(out / "base"))
        empty = dict.fromkeys(DATASET.names)
        rows = [{**empty, **row, "domain": "d"} for row in models.pairs(16).to_pylist()]
        (out / "round-0/dataset").mkdir(parents=True)
        dataset.write(pa.Table.from_pylist(rows, DATASET), out / "round-0/dataset")
        texts = [
            f"The {thing} is {w} and it is nice." for thing in ("cat", "dog") for w in ("red", "old", "new")
        ]
        found = [{"text": text, "count": 1, "logprob": 0.0} for text in texts]
        group = {"context_id": "c", "domain": "d", "context": "Hello", "origin": "o", "candidates": found}
        groups = pa.Table.from_pylist([group], GROUPS)
        run_rounds(out, settings, groups, dataset.duplicates([]))
        yield out, settings, groups


def test_each_round_leaves_its_dataset_its_student_and_its_figures(
    run: tuple[Path, Recipe, pa.Table],
) -> None:
    out = run[0]
    report = json.loads((out / "rounds.json").read_text())
    assert [r["number"] for r in report] == [0, 1]
    assert report[0]["kept"] == report[0]["pairs"] == 32 and report[1]["sources"] == 6
    assert report[1]["pairs"] == 32 + report[1]["kept"] and 0 <= report[1]["quality"] <= 1
    assert report[0]["pair_quality"] is None and 0 <= report[1]["pair_quality"] <= 1  # of stored scores
    new = pq.read_table(out / "round-1/dataset/pairs.parquet")
    assert new.schema.names == DATASET.names and new.num_rows == report[1]["kept"] > 0
    assert set(new["source"].to_pylist()) <= {c["text"] for c in run[2]["candidates"][0].as_py()}
    assert max(new["rouge_l"].to_pylist()) <= 0.95
    Student.load(out / "round-1/student")


def test_a_finished_run_is_not_made_again(run: tuple[Path, Recipe, pa.Table]) -> None:
    out, settings, groups = run
    files = [out / f"round-{r}/{name}" for r in (0, 1) for name in ("student/model.safetensors",)]
    before = [f.stat().st_mtime_ns for f in files]
    found = run_rounds(out, settings, groups, dataset.duplicates([]))
    assert [f.stat().st_mtime_ns for f in files] == before
    assert best(found) in found and best(found).quality == max(r.quality for r in found)


def test_a_round_that_is_killed_while_it_writes_goes_on_to_the_same_pairs(
    run: tuple[Path, Recipe, pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, settings, groups = run
    shutil.copytree(out / "round-0", tmp_path / "round-0")
    whole = pq.read_table(out / "round-1/dataset/pairs.parquet")
    fresh = self_distillation._shuffled_unused(
        self_distillation._group_sentences(groups), set(), settings.seed, "round-1"
    )
    told: list[Progress] = []
    asked: list[tuple[str, int]] = []
    rewritten = self_distillation._rewrite

    def cut(
        student: Student, task: str, where: list[self_distillation.SourceSentence], seed: int
    ) -> list[dict[str, object]]:
        asked.append((task, len(where)))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return rewritten(student, task, where, seed)

    monkeypatch.setattr(self_distillation, "_rewrite", cut)
    monkeypatch.setattr(self_distillation, "_PART", 4)
    with pytest.raises(KeyboardInterrupt):
        self_distillation._round_dataset(tmp_path, fresh, settings, 1, told.append)
    found = self_distillation._round_dataset(tmp_path, fresh, settings, 1, told.append)
    once = [("paraphrase", 4), ("paraphrase", 2), ("summary", 4), ("summary", 2)]
    assert asked == [once[0], once[1], *once[1:]]  # of what was finished nothing is drawn again
    assert [(p.step, p.steps) for p in told] == [(i, 4) for i in (1, 2, 3, 4)] and told[-1].left == 0
    assert found.equals(whole) and [p.name for p in (tmp_path / "round-1").iterdir()] == ["dataset"]


def test_a_round_keeps_to_the_share_of_a_template(
    run: tuple[Path, Recipe, pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, settings, groups = run
    shutil.copytree(out / "round-0", tmp_path / "round-0")
    fresh = self_distillation._group_sentences(groups)

    def alike(
        student: Student, task: str, where: list[self_distillation.SourceSentence], seed: int
    ) -> list[dict[str, object]]:
        empty = dict.fromkeys(DATASET.names)
        return [{**empty, "task": task, "source": text, "target": "It was nice."} for *_, text in where]

    monkeypatch.setattr(self_distillation, "_rewrite", alike)
    for share, kept in ((None, 6), (0.02, 2)):
        bounds = settings.filter.model_copy(update={"template_share": share})
        other = settings.model_copy(update={"filter": bounds})
        found = self_distillation._round_dataset(tmp_path, fresh, other, 1, lambda _: None)
        expected = [text for *_, text in fresh[:kept]]
        assert found["source"].to_pylist() == expected * 2
        assert found["task"].to_pylist() == ["paraphrase"] * kept + ["summary"] * kept


def test_a_round_may_rewrite_the_sentences_of_a_file(
    run: tuple[Path, Recipe, pa.Table], tmp_path: Path
) -> None:
    out, settings, groups = run
    (tmp_path / "own.txt").write_text(
        "The house is old and it is nice. no sentence\n\nThe door is very big.\n"
    )
    shutil.copytree(out / "round-0", tmp_path / "round-0")
    own = settings.distil.model_copy(
        update={"texts": str(tmp_path / "own.txt"), "sources": 9, "duplicates": "learn"}
    )
    rivals = dataset.read(out / "round-0/dataset/pairs.parquet").slice(0, 2).drop_columns(["context"])
    found = run_rounds(tmp_path, settings.model_copy(update={"distil": own}), groups, rivals)
    assert [r.sources for r in found] == [0, 2]
    sources = pq.read_table(tmp_path / "round-1/dataset/pairs.parquet")["source"].to_pylist()
    assert set(sources) <= {"The house is old and it is nice.", "The door is very big."}


def test_a_finished_run_is_recognised_and_a_part_of_it_that_was_changed_too(
    run: tuple[Path, Recipe, pa.Table], tmp_path: Path
) -> None:
    out, settings, groups = run

    def check() -> list[Round]:
        return run_rounds(tmp_path / "run", settings, groups, dataset.duplicates([]), frozen=True)

    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    shutil.copytree(out, tmp_path / "run")
    assert check()
    for part in ("round-0/student/model.safetensors", "round-1/dataset/pairs.parquet"):
        flip(tmp_path / "run" / part)
        with pytest.raises(StoreError, match=f"is damaged: {Path(part).name} is not as it was written"):
            check()
        shutil.copyfile(out / part, tmp_path / "run" / part)
    for name in ("round-0", "round-1"):
        (tmp_path / "run" / name / "student").rename(tmp_path / name)
    (tmp_path / "round-1").rename(tmp_path / "run/round-0/student")
    with pytest.raises(StoreError, match="student was made from other pairs"):
        check()
    (tmp_path / "run/round-0/student").rename(tmp_path / "round-1")
    with pytest.raises(StoreError, match="student is missing"):
        check()
    for name in ("round-0", "round-1"):
        (tmp_path / name).rename(tmp_path / "run" / name / "student")
    write_rounds(tmp_path / "run", [replace(r, quality=1.0) for r in read_rounds(out)])
    with pytest.raises(StoreError, match="rounds.json does not match"):
        check()


def test_a_round_may_rewrite_the_candidates_of_another_run(
    run: tuple[Path, Recipe, pa.Table], tmp_path: Path
) -> None:
    out, settings, groups = run
    shutil.copytree(out / "round-0", tmp_path / "round-0")
    other = tmp_path / "other"
    RunFolder(other).write_manifest(Manifest(contexts=2, shards=2, stages=("contexts", "generate")))
    text = {"text": "The door is very big.", "count": 1, "logprob": 0.0}
    group = {"context_id": "c", "domain": "news", "context": "LONDON --", "origin": "o", "candidates": [text]}
    shard = pa.Table.from_pylist([group], GROUPS)
    store.write_shard(other / "round-0/groups/00001.parquet", shard, "made for it")
    distil = settings.distil.model_copy(update={"texts": str(other)})
    found = run_rounds(
        tmp_path, settings.model_copy(update={"distil": distil}), groups, dataset.duplicates([])
    )
    assert [r.sources for r in found] == [0, 1]
    (pair, *_) = pq.read_table(tmp_path / "round-1/dataset/pairs.parquet").to_pylist()
    assert (pair["source"], pair["domain"], pair["context"]) == (text["text"], "news", "LONDON --")


def test_a_round_on_many_texts_keeps_some_to_measure_on_and_may_have_its_own_bounds(
    run: tuple[Path, Recipe, pa.Table], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, settings, groups = run
    shutil.copytree(out / "round-0", tmp_path / "round-0")
    words = product(("The", "My"), ("cat", "dog", "house"), ("red", "old", "new", "big", "nice"))
    texts = [f"{owner} {thing} is {word} and it is quite small." for owner, thing, word in words]
    (tmp_path / "own.txt").write_text("\n\n".join(texts))
    bounds = {"summary": {"rouge_l": {"max": 0.7}}, "paraphrase": False}
    given = {"distil": {"texts": str(tmp_path / "own.txt"), "sources": 99, "filter": bounds}}
    own = resolve(tomllib.loads(dump(settings)), "test", [given])
    assert own.filter == settings.filter and own.distil.filter.summary.length_ratio.min == 0.1
    (tmp_path / "r.toml").write_text(dump(own))
    assert load(tmp_path / "r.toml") == own
    asked: list[str] = []
    measure = self_distillation._measure
    monkeypatch.setattr(
        self_distillation,
        "_measure",
        lambda s, tests, *a: asked.extend(tests["summary"]) or measure(s, tests, *a),
    )
    made = store.folder_fingerprint(out / "round-0/student")
    found = run_rounds(tmp_path, own, groups, dataset.duplicates([]))
    assert store.folder_fingerprint(tmp_path / "round-0/student") == made  # it learns by no bounds
    new = pq.read_table(tmp_path / "round-1/dataset/pairs.parquet").to_pylist()
    assert new and all(row["task"] == "summary" and row["rouge_l"] <= 0.7 for row in new)
    assert found[1].sources == 27 and len(set(asked) & set(texts)) == 3
    assert {row["source"] for row in new} <= set(texts) - set(asked)


def test_control_accuracy_has_a_row_for_each_value(run: tuple[Path, Recipe, pa.Table]) -> None:
    out, settings, _ = run
    student = Student.load(out / "round-0/student", settings.filter)
    rows = list(measure_control_accuracy(student, "summary", ["The cat is new and it is quite big."] * 2))
    assert [(r.control, r.value) for r in rows] == [
        *(("length", v) for v in ("short", "medium", "long")),
        *(("wording", v) for v in ("near", "middle", "far")),
    ]
    # every output has one length, so that the shares of nobody asking add up
    assert sum(r.drawn_unasked for r in rows[:3]) == pytest.approx(1)
    assert all(r.texts == 2 and 0 <= r.accepted <= 1 for r in rows)
    for row in rows:
        assert len(row.shown) == row.answered == 2  # as many as are wanted by default
        for one in row.shown:
            shows = student.shown("summary", [one.source], [one.output])[0]
            assert one.has == (getattr(shows, row.control) == row.value)


def test_the_recipe_with_a_student_survives_its_file(tmp_path: Path) -> None:
    settings = recipe(tmp_path)
    (tmp_path / "r.toml").write_text(dump(settings))
    assert load(tmp_path / "r.toml") == settings
    assert resolve({}).distil is None
