"""Whole runs on tiny real models: resuming, interrupting, and what must not change the bytes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.data import dataset
from impossible.data.run_folder import RunFolder
from impossible.data.state import State, read_state
from impossible.errors import RecipeError, StoreError
from impossible.pipeline.forecast import pilot
from impossible.pipeline.run import Watch, run
from impossible.pipeline.verify import verify
from impossible.recipe.layers import merge
from impossible.recipe.load import load, resolve
from impossible.recipe.recipe import Recipe
from impossible.recipe.write import dump
from tests import faults, planted, tiny

DATASET = Path("round-0/dataset/pairs.parquet")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A recipe that keeps pairs of random models: six contexts in three shards."""
    folder = tmp_path_factory.mktemp("models")
    os.environ["IMPOSSIBLE_CACHE"] = str(folder / "cache")
    (folder / "posts.txt").write_text(
        "\n".join(
            f"My old {w} was really small today." for w in ["cat", "dog", "car", "phone", "laptop", "house"]
        )
    )
    anything = {
        "similarity": {"min": -1.0},
        "entailment": {"min": 0.0},
        "judge": {"min": 0.0},
        "retention": False,
        "persons": False,
        "entities": False,
        "well_formed": False,
        "clause": False,
    }
    gates = {
        "similarity": {"min": -1.0},
        "entailment": {"min": 0.0},
        "persons": False,
        "entities": False,
        "well_formed": False,
        "clause": False,
    }
    return {
        "preset": "continuation",
        "contexts": {"corpus": str(folder / "posts.txt"), "count": 6, "per_shard": 2, "sentences": [1, 1]},
        "teacher": {"model": str(tiny.llama(folder / "llama")), "compute_type": "float32"},
        "sampling": {
            "per_context": 500,
            "max_tokens": 14,
            "top_k": 0,
            "temperature": 1.0,
            "min_logprob": False,
        },
        "score": {
            "nli": str(tiny.nli(folder / "nli")),
            "judge": str(tiny.nli(folder / "judge")),
            "similarity": str(tiny.encoder(folder / "encoder")),
            "critics": [
                "length_ratio",
                "numbers",
                "persons",
                "prefix",
                "rouge_l",
                "similarity",
                "entailment",
                "judge",
            ],
            "equivalence": 0.0,
            "paraphrase": gates,
            "summary": gates,
        },
        "filter": {
            "paraphrase": {**anything, "duplicates": False},
            "summary": {**anything, "duplicates": False},
        },
    }


def recipe(settings: dict[str, Any], **changes: Any) -> Recipe:
    return resolve(merge(settings, changes))


@pytest.fixture(scope="module")
def undisturbed(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    state = run(recipe(settings), out)
    assert state.pairs is not None and state.pairs.num_rows > 20
    assert set(state.pairs["task"].to_pylist()) == {"paraphrase", "summary"}
    return out


def stages_made(out: Path) -> list[str]:
    return [json.loads(line)["stage"] for line in (out / "journal.jsonl").read_text().splitlines()]


def test_the_funnel_adds_up(undisturbed: Path) -> None:
    counts = read_state(undisturbed).counts
    assert counts["continuations"] == counts["malformed"] + counts["repeated"] + counts["candidates"] == 3000
    assert counts["improbable"] == 0
    for task in ("paraphrase", "summary"):
        of_task = [
            n for name, n in counts.items() if name.startswith(f"{task}: ") and not name.endswith("scored")
        ]
        assert sum(of_task) == counts["pairs"]


def test_a_finished_run_is_not_repeated(undisturbed: Path, settings: dict[str, Any]) -> None:
    before = stages_made(undisturbed)
    run(recipe(settings), undisturbed)
    assert stages_made(undisturbed) == before


def test_only_the_filter_runs_again_for_another_bound(settings: dict[str, Any], tmp_path: Path) -> None:
    loose = run(recipe(settings), tmp_path).pairs
    before = len(stages_made(tmp_path))
    strict = run(recipe(settings, filter={"paraphrase": {"rouge_l": {"max": 0.2}}}), tmp_path).pairs
    assert stages_made(tmp_path)[before:] == ["filter"] * 3
    assert loose is not None and strict is not None
    assert 0 < strict.num_rows < loose.num_rows


def test_another_share_of_templates_makes_only_the_dataset_again(tmp_path: Path) -> None:
    rows = [
        planted.row(f"Text {i}.", f"I'm not sure how to fix {i}.", f"I do not know about {i}.", 0.5, 0.9, 0.9)
        for i in range(6)
    ]
    rows.append(planted.row("Text 5.", "Police arrested him.", "Police have arrested him.", 0.5, 0.9, 0.9))

    def share(value: float | bool) -> Recipe:
        contexts = {"domains": ["support"], "count": 6, "per_shard": 2}
        return planted.recipe(contexts=contexts, filter=planted.BOUNDS | {"template_share": value})

    planted.plant(tmp_path, rows, share(False), per_shard=2)
    before = stages_made(tmp_path)
    for value, left in ((False, 7), (0.1, 3), (0.75, 4)):
        state = run(share(value), tmp_path)
        assert state.pairs is not None and state.pairs.num_rows == left
        assert dataset.left_out(tmp_path / DATASET) == (
            {"paraphrase": 7 - left, "summary": 0} if value else {}
        )
        assert not verify(tmp_path, sample=0).faults
    assert stages_made(tmp_path) == before
    reached = run(share(0.1), tmp_path, target=3)
    assert reached.reached and reached.distinct == {"paraphrase": 3} and reached.shards == 3
    (tmp_path / "recipe.toml").write_text(dump(share(False)))
    assert "does not match the kept pairs" in verify(tmp_path, sample=0).faults[0]


def test_continuations_are_not_written_over_by_those_of_other_settings(
    undisturbed: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(undisturbed, tmp_path / "run")
    other = recipe(settings, seed=8, sampling={"temperature": 0.9})
    with pytest.raises(
        StoreError, match="another sampling.temperature, seed; give another --out, or --fresh"
    ):
        run(other, tmp_path / "run")
    assert load(tmp_path / "run" / "recipe.toml").seed != 8
    with pytest.raises(StoreError, match="another contexts.count"):  # another sample of the corpus
        run(recipe(settings, contexts={"count": 4}), tmp_path / "run")
    assert run(other, tmp_path / "run", fresh=True).done == 3


def test_what_was_finished_before_says_nothing_of_the_time_left() -> None:
    assert State(Path(), contexts=8, shards=4, done=3, found=0.5).left(10) == pytest.approx(10)


def test_the_recipe_of_a_run_finds_its_corpus_from_anywhere(
    undisturbed: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    again = load(undisturbed / "recipe.toml")
    assert again.contexts.corpus is not None and Path(again.contexts.corpus).is_file()
    assert again.contexts.canonical() == recipe(settings).contexts.canonical()


def test_a_shard_that_was_made_twice_counts_its_time_once(
    undisturbed: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(undisturbed, tmp_path / "run")
    journal = tmp_path / "run" / "journal.jsonl"
    rows = [{"stage": "score", "shard": "00001", "seconds": s, "rows": 2} for s in (1000.0, 2000.0)]
    before = read_state(tmp_path / "run").seconds["score"]
    with journal.open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    assert 2000 < read_state(tmp_path / "run").seconds["score"] < 2000 + before


@pytest.mark.parametrize("execution", [{"batch_size": 3}, {"order": "reverse"}, {"threads": 1}])
def test_execution_does_not_change_the_dataset(
    undisturbed: Path, settings: dict[str, Any], tmp_path: Path, execution: dict[str, Any]
) -> None:
    run(recipe(settings, execution=execution), tmp_path)
    assert (tmp_path / DATASET).read_bytes() == (undisturbed / DATASET).read_bytes()


def test_shards_of_another_size_give_the_same_dataset(
    undisturbed: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    run(recipe(settings, contexts={"per_shard": 4}), tmp_path)  # so many contexts are sampled at once
    assert (tmp_path / DATASET).read_bytes() == (undisturbed / DATASET).read_bytes()


def test_a_run_that_shrank_eats_no_stale_shards(settings: dict[str, Any], tmp_path: Path) -> None:
    domains = {"domains": ["support"], "per_shard": 2, "sentences": [0, 0]}
    large, small = (resolve({**settings, "contexts": {**domains, "count": n}}) for n in (6, 2))
    run(large, tmp_path)
    pairs = run(small, tmp_path).pairs
    assert pairs is not None and 1 <= len(set(pairs["context_id"].to_pylist())) <= 2


class Interrupt(Watch):
    """Presses Ctrl-C when the first shard is through."""

    def shard(self, state: State, index: int) -> None:
        raise KeyboardInterrupt


def test_an_interrupted_run_leaves_what_was_made_usable(
    undisturbed: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    state = run(recipe(settings), tmp_path, watch=Interrupt())
    assert state.interrupted and state.pairs is not None and state.pairs.num_rows > 0
    run(recipe(settings), tmp_path)
    assert (tmp_path / DATASET).read_bytes() == (undisturbed / DATASET).read_bytes()
    assert stages_made(tmp_path) == stages_made(undisturbed)  # nothing was made twice


def pairs_of(state: State) -> Counter[str]:
    assert state.pairs is not None
    return Counter(state.pairs["task"].to_pylist())


def test_a_target_ends_the_run_early_and_without_it_the_run_goes_on(
    undisturbed: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    state = run(recipe(settings), tmp_path, target=1)
    assert state.reached and not state.interrupted and 0 < state.done < 3 and state.contexts == 2 * state.done
    assert state.distinct == pairs_of(state) and min(state.distinct.values()) >= 1
    assert (read_state(tmp_path).reached, read_state(tmp_path).shards) == (True, state.done)
    before, small = stages_made(tmp_path), (tmp_path / DATASET).read_bytes()
    assert len(before) == 4 * state.done
    run(recipe(settings, execution={"order": "reverse"}), tmp_path, target=1)
    assert stages_made(tmp_path) == before and (tmp_path / DATASET).read_bytes() == small
    state = run(recipe(settings), tmp_path)
    assert not state.reached and state.shards == 3
    assert (tmp_path / DATASET).read_bytes() == (undisturbed / DATASET).read_bytes()


def test_a_target_out_of_reach_ends_with_the_contexts(
    undisturbed: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(undisturbed, tmp_path / "run")
    (tmp_path / "recipe.toml").write_text(dump(recipe(settings)))
    arguments = ["run", str(tmp_path / "recipe.toml"), "--out", str(tmp_path / "run"), "--target", "100000"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0 and "not reached; raise contexts.count (6)" in done.output
    assert (tmp_path / "run" / DATASET).read_bytes() == (undisturbed / DATASET).read_bytes()
    with pytest.raises(RecipeError, match="leave out --until score"):
        run(recipe(settings), tmp_path / "run", until="score", target=3)


def test_a_pilot_is_the_beginning_of_the_run(
    undisturbed: Path, settings: dict[str, Any], tmp_path: Path
) -> None:
    seen = pilot(recipe(settings), tmp_path, contexts=3)
    assert seen.seconds.shape == (4,) and (seen.seconds > 0).all()
    first = len(stages_made(tmp_path))
    assert first == 8
    assert not (tmp_path / DATASET).exists()  # nor is an earlier run's touched
    whole = run(recipe(settings), tmp_path).pairs
    assert whole is not None
    of_pilot = list(dict.fromkeys(RunFolder(tmp_path).rows("generate")["context_id"].to_pylist()))[:4]
    found = Counter((r["task"], r["context_id"]) for r in whole.to_pylist())
    for task, kept in seen.kept.items():
        assert kept.tolist() == [found[task, context] for context in of_pilot]
    assert stages_made(tmp_path)[first:] == ["contexts", "generate", "score", "filter"]
    assert (tmp_path / DATASET).read_bytes() == (undisturbed / DATASET).read_bytes()


def test_the_command_plan_forecasts_without_leaving_anything(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text(dump(recipe(settings)))
    options = ["--target", "1000", "--pilot", "4", "--price", "0.5/kWh", "--watts", "100"]
    shown = CliRunner().invoke(app, ["plan", str(tmp_path / "recipe.toml"), *options], catch_exceptions=False)
    assert "pairs per hour" in shown.output and "contexts.count = 6 is too few" in shown.output
    told = CliRunner().invoke(app, ["plan", str(tmp_path / "recipe.toml"), *options, "--json"])
    answer = json.loads(told.stdout)
    assert answer["pilot_contexts"] == 4
    for task in answer["tasks"]:
        assert task["contexts"]["value"] == pytest.approx(1000 / task["pairs_per_context"]["value"])
        assert task["money"]["value"] == pytest.approx(task["hours"]["value"] * 0.1 * 0.5)
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.toml"]


def test_a_damaged_shard_is_made_anew(undisturbed: Path, settings: dict[str, Any], tmp_path: Path) -> None:
    run(recipe(settings), tmp_path)
    path = tmp_path / "round-0" / "groups" / "00001.parquet"
    data = bytearray(path.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 64] = bytes(64)
    path.write_bytes(data)
    before = len(stages_made(tmp_path))
    run(recipe(settings), tmp_path)
    assert stages_made(tmp_path)[before:] == ["generate"]  # the same bytes came out, so the rest still fits
    assert (tmp_path / DATASET).read_bytes() == (undisturbed / DATASET).read_bytes()


def test_kill_9_and_resume(undisturbed: Path, settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text(dump(recipe(settings)))
    out = tmp_path / "run"
    command = [sys.executable, "-m", "impossible", "run", str(tmp_path / "recipe.toml"), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    journal, deadline = out / "journal.jsonl", time.monotonic() + 120
    # a shard's line follows its file: killed in between, the shard is there, and its line never
    while not (journal.exists() and "generate" in journal.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert read_state(out).done < 3
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert (out / DATASET).read_bytes() == (undisturbed / DATASET).read_bytes()
    assert stages_made(out) == stages_made(undisturbed)


def test_calibrate_goes_on_where_it_stopped_and_writes_the_bound(undisturbed: Path, tmp_path: Path) -> None:
    out, mine = tmp_path / "run", tmp_path / "mine.toml"
    shutil.copytree(undisturbed, out)
    mine.write_text("seed = 3\n")

    def calibrate(keys: str, *more: str) -> str:
        arguments = ["calibrate", str(out), "--critic", "judge", "--pairs", "10", *more]
        done = CliRunner().invoke(app, arguments, input=keys)
        assert done.exit_code == 0, done.output
        return done.output

    assert "1 of 10" in calibrate("r\nx\nw\nq\n")  # x is no key, and is asked again
    judged = [json.loads(line) for line in (out / "judgements" / "paraphrase.jsonl").read_text().splitlines()]
    assert [row["right"] for row in judged] == [True, False]
    assert "1 of 8" in calibrate("r\n" * 8, "--precision", "0.5", "--write", str(mine))
    bound = load(mine).filter.paraphrase
    assert bound is not None and bound.judge is not None
    assert "1 of" not in calibrate("")  # all are judged
    assert "summary" in str(CliRunner().invoke(app, ["calibrate", str(out), "--task", "haiku"]).exception)


def test_a_changed_corpus_is_refused_and_costs_no_continuation(tmp_path: Path) -> None:
    settings, out = faults.recipe(tmp_path), tmp_path / "run"
    run(settings, out)
    made = faults.contents(out)
    posts = tmp_path / "posts.txt"
    whole = posts.read_text()
    posts.write_text(whole.replace("cat", "hat"))
    with pytest.raises(StoreError, match=r"posts.txt has changed since .*run continued its texts.*--fresh"):
        run(settings, out)
    assert faults.contents(out) == made
    posts.write_text(whole)
    run(settings, out)
    assert faults.contents(out) == made
    posts.write_text(whole.replace("cat", "hat"))
    run(settings, out, fresh=True)
    assert faults.contents(out) != made
