"""Inject write failures and file corruptions into a small run.

`python -m tests.faults RECIPE OUT SEEN SIGNAL` repeats the run in child processes. Each child is ended by
SIGNAL at the first write that no earlier child got past. Prints the number of children that were ended.
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

# no bounds but those that a test sets
_CRITICS = "similarity judge persons well_formed entities clause numbers rouge_l length_ratio"
OFF: dict[str, Any] = dict.fromkeys(_CRITICS.split(), False)


def recipe(folder: Path) -> Recipe:
    """Return a recipe of two contexts in two shards, on tiny models."""
    bounds = OFF
    posts = "\n".join(f"My old {w} was really small today." for w in ("cat", "dog"))
    (folder / "posts.txt").write_text(posts)
    return resolve(
        {
            "preset": "continuation",
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
    """Return the bytes of every shard and the dataset; fail if the run left other files."""
    files = [path for path in sorted(out.rglob("*")) if path.is_file()]
    litter = [path.name for path in files if path.suffix == ".part" or ".dataset-" in str(path)]
    assert not litter, litter
    return {str(path.relative_to(out)): path.read_bytes() for path in files if path.suffix == ".parquet"}


# --- failing writes -----------------------------------------------------------------------------------------

_failing: Callable[[str], None] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook on every open, creation and rename of a file; it can raise to inject a failure."""
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
    """In this context, record the first write in `out` that is not in `seen`, then call `fail`."""
    global _failing, _hooked

    def on_write(what: str) -> None:
        if str(out) not in what:
            return
        # scratch names are random and contain a process id
        key = what.replace(str(out), "").replace(str(os.getpid()), "PID")
        parts = [part.rpartition("-")[0] if part.startswith(".dataset-") else part for part in key.split("/")]
        if (key := "/".join(parts)) not in seen:
            seen.add(key)
            fail(key)

    if not _hooked:  # audit hooks cannot be removed
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
    """Run in child processes until one succeeds; return the number of failures."""
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
    import transformers  # noqa: F401  # imported once, before the forks

    import impossible.filtering.cascade
    import impossible.generation.groups
    import impossible.teachers.transformers  # noqa: F401

    torch.set_num_threads(1)
    print(_children(*map(Path, sys.argv[1:4]), int(getattr(signal, sys.argv[4]))))
