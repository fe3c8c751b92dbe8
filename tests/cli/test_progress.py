from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from impossible.cli.heartbeat import Heartbeat
from impossible.cli.progress import watch_for
from impossible.data.state import State
from impossible.generation.corpus import CorpusReport
from impossible.recipe.load import resolve


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(("kept", "warned"), [(0, True), (3, False)])
def test_a_run_that_gives_little_says_so_after_its_first_shard(
    kept: int, warned: bool, terminal: bool
) -> None:
    written = StringIO()
    console = Console(file=written, width=120, force_terminal=terminal)
    watch = watch_for(console, resolve({}), Heartbeat(lambda line: None))
    watch.corpus(CorpusReport(documents=3, fit=2, unfit=Counter({"too long": 4})))
    state = State(Path("runs/x"), 8, 2)
    watch.begin(state, 16)
    for done in (1, 2):
        state.done = done
        state.counts.update({"contexts": 4, "continuations": 80, "paraphrase: kept": kept})
        state.counts.update({"paraphrase: scored": 10, "paraphrase: judge": 7})
        watch.tick(4)
        watch.shard(state, done - 1)
    watch.end(state)
    said = written.getvalue()
    assert "corpus: 3 documents; 2 of 6 sentences can be restated (not: 4 too long)" in said
    assert said.count("so far, after 4 contexts: only 0 pairs a sentence") == warned
    assert ("judge rejected most" in said) == warned
