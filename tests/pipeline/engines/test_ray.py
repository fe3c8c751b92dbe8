"""Runs on a real Ray cluster of this machine: the same bytes as without, whatever dies meanwhile."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from impossible.data import store
from impossible.data.run_folder import RunFolder
from impossible.errors import ModelError
from impossible.pipeline.engines import open_engine
from impossible.pipeline.engines.base import Callbacks, Done, run_shard
from impossible.pipeline.run import Watch, run
from impossible.pipeline.stages import MapStage
from impossible.recipe.execution import Execution, Ray
from impossible.recipe.layers import merge
from impossible.recipe.load import resolve
from impossible.recipe.recipe import Recipe
from impossible.recipe.write import dump
from tests import faults, tiny

ray = pytest.importorskip("ray")
from impossible.pipeline.engines.ray import Worker, pack, unpack, worker_execution  # noqa: E402

WORDS = ("cat", "dog", "car", "house", "phone", "laptop", "room", "door")
RAY = {"engine": "ray", "threads": 1, "ray": {"teachers": {"count": 2}, "critics": {"count": 1, "cpus": 0.5}}}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Eight contexts in as many shards."""
    folder = tmp_path_factory.mktemp("models")
    made = faults.recipe(folder).model_dump(mode="json")
    (folder / "posts.txt").write_text("\n".join(f"My old {w} was really small today." for w in WORDS))
    return merge(
        made, {"contexts": {"count": len(WORDS)}, "sampling": {"per_context": 100}, "preset": "default"}
    )


@pytest.fixture(scope="module")
def local(settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in one process."""
    out = tmp_path_factory.mktemp("local")
    assert run(of(settings, execution={"threads": 1}), out).file is not None
    return out


@pytest.fixture(scope="module")
def wanted(local: Path) -> dict[str, bytes]:
    """Its bytes."""
    return faults.contents(local)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """One cluster for all tests but those that end one."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}  # a test need not be polite
    ray.init(
        address="local", num_cpus=3, include_dashboard=False, log_to_driver=False, object_store_memory=10**8
    )
    yield
    ray.shutdown()


def of(settings: dict[str, Any], **changes: Any) -> Recipe:
    return resolve(merge(settings, changes))


def workers(out: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in store.read_lines(out / "journal.jsonl"):
        found.setdefault(row["stage"], set()).add(row["worker"])
    return found


def test_a_finished_run_starts_no_cluster(settings: dict[str, Any], local: Path, tmp_path: Path) -> None:
    shutil.copytree(local, tmp_path / "run")
    state = run(of(settings, execution=RAY), tmp_path / "run")
    assert state.done == len(WORDS) and not ray.is_initialized()


class Killer(Watch):
    """Kills the first worker that has made something, while it makes the next."""

    def __init__(self, out: Path) -> None:
        self._out, self.killed, self.notes = out, "", list[str]()

    def tick(self, count: int = 1) -> None:
        if not self.killed:
            self.killed = store.read_lines(self._out / "journal.jsonl")[0]["worker"]
            os.kill(int(self.killed.partition(":")[2]), signal.SIGKILL)

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_the_same_bytes_although_a_worker_is_killed(
    cluster: None, settings: dict[str, Any], wanted: dict[str, bytes], tmp_path: Path
) -> None:
    watch = Killer(tmp_path)
    state = run(of(settings, execution=RAY), tmp_path, watch=watch)
    assert state.done == len(WORDS) and not state.interrupted
    assert faults.contents(tmp_path) == wanted
    assert any("a worker died at shard" in note for note in watch.notes), watch.notes
    made_by = workers(tmp_path)
    assert len(made_by["generate"] | made_by["contexts"]) >= 2  # processes of their own, more than one
    assert not made_by["generate"] & made_by["score"] and str(os.getpid()) not in str(made_by)


def stage(work: Any) -> list[MapStage]:
    """A stage that does something else with its rows."""
    return [MapStage("generate", 1, "", (), lambda _: work)]


def through(stages: list[MapStage], out: Path) -> list[Done]:
    """Take three shards through stages, on Ray."""
    settings = Execution(engine="ray", ray=Ray.model_validate({"teachers": {"cpus": 0.5}}))
    callbacks = Callbacks(lambda _: None, lambda _: None)
    shard_runs = (
        run_shard(RunFolder(out), stages, {"generate": ()}, i, pa.table({"n": [i]}), callbacks)
        for i in range(3)
    )
    return list(open_engine(settings)(shard_runs, stages, settings, callbacks))


def fails(rows: pa.Table, tick: Any) -> Any:
    if rows["n"][0].as_py() == 1:
        raise MemoryError("no room\nfor this")
    return rows, Counter()


def dies(rows: pa.Table, tick: Any) -> Any:
    return os._exit(1) if rows["n"][0].as_py() == 1 else (rows, Counter())


@pytest.mark.parametrize(
    ("work", "says"),
    [
        (fails, "stage generate failed on shard 00001: MemoryError: no room; finished shards are kept"),
        (dies, "stage generate: 3 workers died at shard 00001, perhaps out of memory"),
    ],
)
def test_what_goes_wrong_on_a_worker_is_one_line_here(
    cluster: None, tmp_path: Path, work: Any, says: str
) -> None:
    with pytest.raises(ModelError) as caught:
        through(stage(work), tmp_path)
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_a_worker_with_other_model_files_says_so(tmp_path: Path) -> None:
    model = str(tiny.encoder(tmp_path / "model"))
    stages = [MapStage("score", 1, "", (model,), lambda _: fails)]
    with pytest.raises(
        ModelError, match=r"differs from the one on the driver; install the same files on both"
    ):
        Worker(stages, {"score": ["another"]}, Execution()).make("score", 0, pack(pa.table({"n": [0]})))


def test_rows_travel_alone() -> None:
    whole = pa.table({"text": ["x" * 1000] * 1000, "score": pa.array([None, 0.5] * 500, pa.float32())})
    assert len(pack(whole.slice(500, 1))) < 3000
    assert unpack(pack(whole.slice(500, 3))).equals(whole.slice(500, 3))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"ray": {"teachers": {"gpus": 0.5}}}, 'ray.teachers.gpus: needs execution.device = "cuda"'),
        ({"ray": {"critics": {"cpus": 1.5}}}, "cpus: 1.5 must be a whole number, or below 1"),
    ],
)
def test_impossible_settings(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Execution.model_validate(settings)


def test_a_worker_computes_with_what_it_was_given() -> None:
    given = {"device": "cuda", "ray": {"teachers": {"gpus": 0.5, "cpus": 4.0}, "critics": {"cpus": 0.5}}}
    settings = Execution.model_validate(given)
    at = [worker_execution(settings, workers) for workers in (settings.ray.teachers, settings.ray.critics)]
    assert [(e.device, e.threads) for e in at] == [("cuda", 4), ("cpu", 1)]


def alive(worker: str) -> bool:
    try:
        return Path(f"/proc/{worker.partition(':')[2]}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_a_killed_driver_takes_its_workers_along_and_the_run_goes_on_without_ray(
    settings: dict[str, Any], wanted: dict[str, bytes], tmp_path: Path
) -> None:
    slow = of(settings, execution=RAY)
    (tmp_path / "recipe.toml").write_text(dump(slow))
    out = tmp_path / "run"
    command = [sys.executable, "-m", "impossible", "run", str(tmp_path / "recipe.toml"), "--out", str(out)]
    with (tmp_path / "said").open("w") as said, subprocess.Popen(command, stdout=said, stderr=said) as driver:
        deadline = time.monotonic() + 240
        while not list(out.glob("round-0/groups/*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.02)
        made_by = workers(out)["contexts"]
        driver.kill()
    assert made_by, (tmp_path / "said").read_text()
    deadline = time.monotonic() + 60
    while any(alive(worker) for worker in made_by) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(alive(worker) for worker in made_by)
    run(of(settings, execution={"threads": 1}), out)
    assert faults.contents(out) == wanted
