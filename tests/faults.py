"""A small run, a machine that fails at its writes one after the other, and faults that are planted in files.

`python -m tests.faults RECIPE OUT SEEN SIGNAL` makes the run in child after child, each ended by the signal at
the first write that no child before it has got past; prints how many there were.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from impossible.pipeline.run import run
from impossible.recipe.load import load, resolve
from impossible.recipe.recipe import Recipe
from tests import tiny

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
STAGES = ("contexts", "round-0/groups", "round-0/scores", "round-0/ledger")
DATASET = "round-0/dataset/pairs.parquet"


def recipe(folder: Path) -> Recipe:
    """Two contexts in two shards, on models of a moment."""
    bounds: dict[str, Any] = dict.fromkeys(
        [
            "similarity",
            "judge",
            "persons",
            "well_formed",
            "entities",
            "clause",
            "numbers",
            "rouge_l",
            "length_ratio",
        ],
        False,
    )
    posts = "\n".join(f"My old {w} was really small today." for w in ("cat", "dog"))
    (folder / "posts.txt").write_text(posts)
    return resolve(
        {
            "contexts": {
                "corpus": str(folder / "posts.txt"),
                "count": 2,
                "per_shard": 1,
                "sentences": [1, 1],
            },
            "teacher": {
                "backend": "transformers",
                "model": str(tiny.llama(folder / "llama")),
                "compute_type": "float32",
            },
            "sampling": {
                "per_context": 60,
                "max_tokens": 12,
                "min_words": 1,
                "temperature": 1.0,
                "min_logprob": False,
            },
            "score": {
                "nli": str(tiny.nli(folder / "nli")),
                "critics": ["length_ratio", "numbers", "rouge_l", "entailment"],
                "equivalence": 0.0,
                "paraphrase": {**bounds, "entailment": {"min": 0.0}},
            },
            "filter": {
                "summary": False,
                "paraphrase": {**bounds, "entailment": {"min": 0.0}, "duplicates": False},
            },
        }
    )


def contents(out: Path) -> dict[str, bytes]:
    """The bytes that a run is resumed to: every shard and the dataset, and nothing left lying about."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file()]
    litter = [path.name for path in files if path.suffix == ".part" or ".dataset-" in str(path)]
    assert not litter, litter
    return {str(path.relative_to(out)): path.read_bytes() for path in files if path.suffix == ".parquet"}


# --- failing writes -----------------------------------------------------------------------------------------

_failing: Callable[[str], None] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Python tells an audit hook of every file that it opens, makes or renames; the hook may refuse."""
    if _failing is None:
        return
    match event, arguments:
        case "open", (str() | os.PathLike() as path, _, int() as flags) if flags & _WRITING:
            _failing(f"open {path}")
        case "os.mkdir", (path, *_):
            _failing(f"mkdir {path}")
        case "os.rename", (_, target, *_):
            _failing(f"rename to {target}")


_hooked = False


@contextmanager
def failing(out: Path, seen: set[str], fail: Callable[[str], None]) -> Iterator[None]:
    """Within, the first write in `out` that is not in `seen` is put there, and then `fail` is called."""
    global _failing, _hooked

    def on_write(what: str) -> None:
        if str(out) not in what:
            return
        # scratch names are drawn by chance, and hold a process's number
        key = what.replace(str(out), "").replace(str(os.getpid()), "PID")
        parts = [part.rpartition("-")[0] if part.startswith(".dataset-") else part for part in key.split("/")]
        if (key := "/".join(parts)) not in seen:
            seen.add(key)
            fail(key)

    if not _hooked:  # there is no way to take one away again
        sys.addaudithook(_watch)
        _hooked = True
    fsync = os.fsync

    def synced(number: int) -> None:
        on_write(f"fsync {os.readlink(f'/proc/self/fd/{number}')}")
        fsync(number)

    _failing, os.fsync = on_write, synced
    try:
        yield
    finally:
        _failing, os.fsync = None, fsync


def _children(path: Path, out: Path, marks: Path, number: int) -> int:
    """Run in child after child until one gets through; how many did not."""
    settings = load(path)

    def end(key: str) -> None:
        with marks.open("a") as file:
            file.write(f"{key}\n")
        os.kill(os.getpid(), number)

    marks.touch()
    for times in range(1000):
        child = os.fork()
        if not child:
            with failing(out, set(marks.read_text().splitlines()), end):
                run(settings, out)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            return times
        assert os.WTERMSIG(status) == number
    raise AssertionError("no end")


if __name__ == "__main__":
    import torch
    import transformers  # noqa: F401  what is imported here need not be by every child

    import impossible.filtering.cascade
    import impossible.generation.groups
    import impossible.teachers.transformers  # noqa: F401

    torch.set_num_threads(1)
    print(_children(*map(Path, sys.argv[1:4]), int(getattr(signal, sys.argv[4]))))
