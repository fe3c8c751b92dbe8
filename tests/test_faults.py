"""Faults in a run: each gets a clear message, loses nothing, and the run goes on to the same bytes.

`FAULT_TABLE=docs/faults.md pytest tests/test_faults.py` writes down what was tried, and how often.
"""

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from impossible.critics.nli import Nli
from impossible.data import store
from impossible.data.run_folder import RunFolder
from impossible.errors import ImpossibleError, ModelError, StoreError
from impossible.pipeline.run import run
from impossible.recipe.execution import Execution
from impossible.recipe.recipe import Recipe
from impossible.recipe.teacher import Teacher
from impossible.recipe.write import dump
from impossible.teachers import open_teacher
from impossible.teachers.base import Decoding
from impossible.teachers.transformers import TransformersSampler
from tests import tiny
from tests.faults import DATASET, STAGES, contents, failing, recipe

Made = tuple[Recipe, Path, dict[str, bytes]]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As the processes that are killed have: the same bytes are promised at as many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A recipe, and a run of it that nothing disturbed."""
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # it writes, also where a test lets every write fail
    folder = tmp_path_factory.mktemp("undisturbed")
    settings = recipe(folder)
    state = run(settings, folder / "run")
    assert state.pairs is not None and state.pairs.num_rows > 5
    return settings, folder / "run", contents(folder / "run")


Tried = Callable[[str, int, str], None]
SAME = "the same command goes on to the same bytes"


@pytest.fixture(scope="module")
def tried() -> Iterator[Tried]:
    """Takes down a fault, how often it was tried and what came of it."""
    rows: dict[str, tuple[int, str]] = {}

    def take(fault: str, times: int, outcome: str) -> None:
        rows[fault] = (rows.get(fault, (0, ""))[0] + times, outcome)

    yield take
    lines = [f"| {fault} | {times} | {outcome} |" for fault, (times, outcome) in rows.items()]
    print("\n" + "\n".join(lines))
    if path := os.environ.get("FAULT_TABLE"):
        head, _, _ = Path(path).read_text().partition("| fault |")
        Path(path).write_text("\n".join([f"{head}| fault | times | outcome |", "|---|---|---|", *lines, ""]))


def one_line(error: BaseException) -> str:
    said = str(error)
    assert isinstance(error, ImpossibleError) and "\n" not in said and len(said) < 1000
    return said


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "the disk is full; free space and run again"),
        (errno.EROFS, "read-only; choose another --out"),
        (errno.EACCES, "no permission; choose another --out"),
    ],
)
def test_every_write_fails_once(made: Made, tmp_path: Path, number: int, says: str, tried: Tried) -> None:
    settings, _, wanted = made
    seen: set[str] = set()
    failures = 0

    def fail(key: str) -> None:
        raise OSError(number, os.strerror(number), key)

    while True:
        try:
            with failing(tmp_path / "run", seen, fail):
                run(settings, tmp_path / "run")
            break
        except ImpossibleError as error:
            assert says in one_line(error)
            failures += 1
    assert contents(tmp_path / "run") == wanted
    # 8 shards are opened, synced and renamed, and the rest: recipe, manifest, journal, lock, dataset
    assert failures == len(seen) >= 3 * 8 + 12
    print(f"{failures} writes failed")
    tried(f"{os.strerror(number)}, at every write in turn", failures, f"one line, exit code 2; {SAME}")


@pytest.mark.parametrize("size", [0, 40, 700, 3000])
def test_a_file_that_cannot_grow(made: Made, tmp_path: Path, size: int, tried: Tried) -> None:
    """A limit of the kernel's: writes are cut short within a file, as on a disk that fills up."""
    settings, _, wanted = made
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        with pytest.raises(StoreError) as caught:
            run(settings, tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "File too large" in one_line(caught.value)
    run(settings, tmp_path / "run")
    assert contents(tmp_path / "run") == wanted
    tried("a file is cut short within", 1, f"one line, exit code 2; {SAME}")


@pytest.mark.parametrize("name", ["SIGKILL"])
def test_killed_at_every_write(made: Made, tmp_path: Path, name: str, tried: Tried) -> None:
    settings, _, wanted = made
    (tmp_path / "recipe.toml").write_text(dump(settings))
    arguments = [str(tmp_path / "recipe.toml"), str(tmp_path / "run"), str(tmp_path / "seen"), name]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *arguments],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 3 * 8 + 12
    assert contents(tmp_path / "run") == wanted
    tried("kill -9, at every write in turn", int(done.stdout), SAME)


def test_a_second_process_is_told_who_holds_the_run_and_sigterm_ends_the_first_politely(
    made: Made,
    tmp_path: Path,
    tried: Tried,
) -> None:
    settings, _, wanted = made
    (tmp_path / "recipe.toml").write_text(dump(settings))
    command = ["run", str(tmp_path / "recipe.toml"), "--out", str(tmp_path / "run")]
    with subprocess.Popen(
        # slow enough to be met at work
        [sys.executable, "-m", "impossible", *command, "--set", "sampling.per_context=9000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as first:
        deadline = time.monotonic() + 120
        while not (tmp_path / "run" / "contexts").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        with pytest.raises(StoreError, match=f"locked by another process \\(pid {first.pid}\\)"):
            run(settings, tmp_path / "run")
        first.send_signal(signal.SIGTERM)
        said, _ = first.communicate()
    assert first.returncode == 130, said
    assert "run the same command to resume" in said and "Traceback" not in said
    run(settings, tmp_path / "run")
    assert contents(tmp_path / "run") == wanted
    tried("a second process on a run", 1, "is told the process that holds it; exit code 2")
    tried("SIGTERM", 1, f"ends as Ctrl-C does, exit code 130; {SAME}")


def _rows(path: Path) -> str:
    return store.checksum(pq.read_table(path))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 4] ^= 0x40
    path.write_bytes(data)


def _garbage(path: Path) -> None:
    path.write_bytes(b"PAR1" + bytes(range(256)) * 4 + b"PAR1")


def _swapped(path: Path) -> None:
    shutil.copyfile(path.with_name("00001.parquet"), path)


def _a_folder(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


@pytest.mark.parametrize("damage", [_empty, _truncated, _flipped, _garbage, _swapped, _a_folder])
def test_a_damaged_shard_of_any_stage_is_made_anew(
    made: Made,
    tmp_path: Path,
    damage: Callable[[Path], None],
    tried: Tried,
) -> None:
    settings, undisturbed, wanted = made
    for number, stage in enumerate(STAGES):
        shutil.copytree(undisturbed, out := tmp_path / str(number))
        damage(out / stage / "00000.parquet")
        run(settings, out)
        # a flipped bit that touches no row may stay
        assert {name: _rows(out / name) for name in contents(out)} == {
            n: _rows(undisturbed / n) for n in wanted
        }
    what = damage.__name__[1:].replace("_", " ")
    tried(f"a shard {what}, in each stage", len(STAGES), "made anew; the same bytes")


@pytest.fixture
def teacher_of_ctranslate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    monkeypatch.setenv("IMPOSSIBLE_CACHE", str(tmp_path / "cache"))
    settings = Teacher(model=str(tiny.llama(tmp_path / "model")), compute_type="float32")

    def draw() -> Any:
        sampler = open_teacher(settings, Execution(threads=1))
        return list(sampler.sample(["My cat"], 3, [1], Decoding(1.0, 1.0, 0, 5)))

    return draw


def test_a_damaged_dataset_is_made_anew(made: Made, tmp_path: Path, tried: Tried) -> None:
    settings, finished, wanted = made
    out = tmp_path / "run"
    shutil.copytree(finished, out)
    for damage in (_empty, _truncated, _flipped, _garbage):
        damage(out / DATASET)
        run(settings, out)
        assert contents(out) == wanted
    tried("the dataset empty, truncated, flipped, garbage", 4, f"made anew; {SAME}")


def test_a_damaged_cache(teacher_of_ctranslate: Callable[[], Any], tmp_path: Path, tried: Tried) -> None:
    first = teacher_of_ctranslate()
    [cached] = (tmp_path / "cache").glob("ctranslate2-*-float32")
    (tmp_path / "cache" / "making-killed" / "new").mkdir(parents=True)  # what a kill leaves does no harm
    whole = (cached / "model.bin").read_bytes()
    for damage in (_truncated, _flipped):
        damage(cached / "model.bin")
        assert teacher_of_ctranslate() == first
        assert (cached / "model.bin").read_bytes() == whole
    tried("a converted teacher cut short or flipped in the cache", 2, "converted anew; the same output")


MISSING = ["config.json", "model.safetensors", "tokenizer.json"]


@pytest.mark.parametrize("name", MISSING)
@pytest.mark.parametrize("cut", [False, True])
def test_a_teacher_without_one_of_its_files(
    teacher_of_ctranslate: Callable[[], Any],
    tmp_path: Path,
    name: str,
    cut: bool,
    tried: Tried,
) -> None:
    path = tmp_path / "model" / name
    whole = path.read_bytes()
    path.unlink()
    if cut:
        path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError) as caught:
        teacher_of_ctranslate()
    one_line(caught.value)
    path.write_bytes(whole)
    assert len(teacher_of_ctranslate()[0]) == 3
    tried(f"a teacher's file {'cut in half' if cut else 'missing'}", 1, "one line, exit code 2")


@pytest.mark.parametrize("name", MISSING)
def test_models_of_a_run_without_one_of_their_files(
    made: Made, tmp_path: Path, name: str, tried: Tried
) -> None:
    settings, undisturbed, wanted = made
    for number, model in enumerate((settings.teacher.model, settings.score.nli)):
        shutil.copytree(undisturbed, out := tmp_path / str(number))
        store_hidden = Path(model) / f"{name}.hidden"
        (Path(model) / name).rename(store_hidden)
        _forget()
        try:
            with pytest.raises(ModelError) as caught:
                run(settings, out)
        finally:
            store_hidden.rename(Path(model) / name)
            _forget()
        one_line(caught.value)
        run(settings, out)
        assert contents(out) == wanted
    tried("a model's file gone from a finished run", 2, f"one line, exit code 2; {SAME}")


def _forget() -> None:
    from impossible.models.locate import digest

    digest.cache_clear()


class _Critic:
    """The real critic, which on its second batch does something else."""

    def __init__(self, then: Callable[[int], Any]):
        self._then, self._calls, self._score = then, 0, Nli.score

    def __call__(self, nli: Nli, sources: list[str], targets: list[str]) -> Any:
        self._calls += 1
        return self._then(len(sources)) if self._calls == 2 else self._score(nli, sources, targets)


def _out_of_memory(n: int) -> Any:
    raise RuntimeError("CUDA out of memory.\nTried to allocate 2 GiB")


def _nothing(*_: Any) -> Iterator[Any]:
    yield from ([] for _ in range(1))


MODELS = [
    ("critic raises", Nli, "score", _Critic(_out_of_memory), "stage score failed on shard 00001: RuntimeError: CUDA out of memory.; finished shards are kept"),
    ("critic gives NaN", Nli, "score", _Critic(lambda n: np.full(n, np.nan)), "critic entailment returns NaN for"),
    ("critic gives too few scores", Nli, "score", _Critic(lambda n: np.zeros(n + 1)), "stage score failed on shard 00001: ValueError"),
    ("teacher gives nothing", TransformersSampler, "sample", _nothing, "the teacher returned no continuation"),
    ("teacher ends early", TransformersSampler, "sample", lambda *_: iter(()), "stage generate failed on shard 00000"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "owner", "name", "does", "says"), MODELS, ids=[m[0] for m in MODELS])
def test_models_that_fail(
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    owner: type,
    name: str,
    does: Any,
    says: str,
    tried: Tried,
) -> None:
    settings, _, wanted = made
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, lambda *arguments: does(*arguments))
        with pytest.raises(ModelError) as caught:
            run(settings, tmp_path)
        assert says in one_line(caught.value)
        assert RunFolder(tmp_path).shard("contexts", 0) is not None
    run(settings, tmp_path)
    assert contents(tmp_path) == wanted
    tried(what, 1, f"one line with stage and shard or pair, exit code 2; {SAME}")


def test_the_clock_jumps_backwards(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tried: Tried
) -> None:
    settings, _, wanted = made
    now = iter(range(2_000_000_000, 0, -100_000))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    run(settings, tmp_path)
    assert contents(tmp_path) == wanted
    assert all(row["seconds"] >= 0 for row in store.read_lines(tmp_path / "journal.jsonl"))
    tried("the clock jumps backwards", 1, "nothing; the same bytes")


def test_a_file_in_the_place_of_a_folder(made: Made, tmp_path: Path, tried: Tried) -> None:
    settings, undisturbed, wanted = made
    for number, stage in enumerate(STAGES):
        shutil.copytree(undisturbed, out := tmp_path / str(number))
        shutil.rmtree(out / stage)
        (out / stage).write_text("in the way")
        with pytest.raises(StoreError) as caught:
            run(settings, out)
        assert stage in one_line(caught.value)
        (out / stage).unlink()
        run(settings, out)
        assert contents(out) == wanted
    tried("a file in the place of a stage's folder", len(STAGES), f"one line, exit code 2; {SAME}")


def test_a_journal_line_cut_short_by_a_full_disk_costs_that_line_only(tmp_path: Path, tried: Tried) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps({"a": 1}) + '\n{"a": 2')
    store.append_line(path, {"a": 3})
    assert store.read_lines(path) == [{"a": 1}, {"a": 3}]
    tried("a journal's last line cut short", 1, "costs that line")


def test_a_folder_whole_but_not_yet_in_its_place_is_put_there(tmp_path: Path, tried: Tried) -> None:
    """Killed between the two renames of `make_folder`."""
    for name, content in (("old", "one"), ("new", "two")):
        store.make_folder(tmp_path / "round-0" / ".student-x1" / name, content, lambda new: None)
    RunFolder(tmp_path).sweep()
    assert store.folder_fingerprint(tmp_path / "round-0" / "student") == "two"
    assert [p.name for p in (tmp_path / "round-0").iterdir()] == ["student"]
    tried("killed between the renames of a folder", 1, "the new folder is put in its place")


def test_the_dataset_folder_is_made_again(made: Made, tmp_path: Path, tried: Tried) -> None:
    settings, undisturbed, wanted = made
    shutil.copytree(undisturbed, out := tmp_path / "run")
    (out / DATASET).write_bytes(b"")
    run(settings, out)
    assert contents(out) == wanted
    tried("an empty dataset file", 1, "made anew; the same bytes")
