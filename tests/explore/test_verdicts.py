"""The explorer's what-if against `whatif`, pair by pair."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impossible.analysis.whatif import decide, wanted_filter, what_if
from impossible.errors import RecipeError
from impossible.explore.index import Index, open_index
from impossible.explore.whatif import WhatIf, changed, overrides
from impossible.filtering.verdict import VERDICTS
from impossible.recipe.load import load
from tests.explore.ledgers import random_run


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with open_index(random_run(tmp_path_factory.mktemp("fates") / "run")) as found:
        yield found


SHARE = st.floats(0, 1).map(lambda x: round(x, 3))


@settings(max_examples=25)
@given(
    task=st.sampled_from(["paraphrase", "summary"]),
    entailment=SHARE,
    rouge=st.floats(0.5, 1),
    judge=st.one_of(st.none(), SHARE),
    duplicates=st.one_of(st.just("false"), st.floats(0.75, 1)),
    rule=st.sampled_from(["paper", "code"]),
)
def test_every_pair_gets_the_verdict_of_a_what_if(
    index: Index,
    task: str,
    entailment: float,
    rouge: float,
    judge: float | None,
    duplicates: object,
    rule: str,
) -> None:
    sets = [
        f"filter.{task}.entailment.min={entailment}",
        f"filter.{task}.rouge_l={{max={rouge}}}",
        f"filter.{task}.duplicates={duplicates}",
        f'filter.{task}.duplicate_rule="{rule}"',
    ]
    sets += [] if judge is None else [f"filter.{task}.judge.min={judge}"]
    recipe = load(index.run / "recipe.toml")
    table = decide(index.run, recipe, wanted_filter(index.run, recipe, sets))
    wanted = table.filter(pc.equal(table["task"], task)).to_pylist()
    fates = WhatIf(index, task).fates(sets)
    ids = [
        r["pair_id"] for r in index.rows(f"SELECT pair_id FROM ledger WHERE task = '{task}' ORDER BY rowid")
    ]
    found = [
        (pair, VERDICTS[code], ids[best] if VERDICTS[code] == "duplicate" else None)
        for pair, code, best in zip(ids, fates.codes, fates.best, strict=True)
    ]
    # whatever is unknown now may still name the pair that it would lose to
    assert found == [
        (r["pair_id"], r["verdict"], r["duplicate_of"] if r["verdict"] == "duplicate" else None)
        for r in wanted
    ]


@settings(max_examples=6)
@given(judge=SHARE, entailment=SHARE)
def test_the_answer_is_that_of_what_if(index: Index, judge: float, entailment: float) -> None:
    sets = [f"filter.paraphrase.judge.min={judge}", f"filter.summary.entailment.min={entailment}"]
    for change in what_if(index.run, sets, examples=3):
        mine = WhatIf(index, change.task).outcome([s for s in sets if change.task in s], examples=3)
        assert repr(mine.change) == repr(change)  # in words: NaN is not itself
        before, after = mine.verdicts["kept"] if change.after or change.before else (0, 0)
        assert (before, after) == (change.before, change.after)
        assert mine.alone_after >= change.after and mine.alone_before >= change.before


def test_the_ledger_has_something_of_everything(index: Index) -> None:
    """Else the tests above would show little."""
    sets = [f"filter.paraphrase.{s}" for s in ("entailment.min=0.4", "judge.min=0.3", "rouge_l.max=0.95")]
    (change, _) = what_if(index.run, sets)
    assert min(change.before, change.gained, change.unknown, change.unscored) > 0
    kinds = {r["verdict"] for r in index.rows("SELECT DISTINCT verdict FROM ledger")}
    assert {"kept", "duplicate", "entailment", "judge", "rouge_l"} <= kinds


def test_a_context_that_came_twice_counts_its_pairs_once(tmp_path: Path) -> None:
    run = random_run(tmp_path / "run", contexts=2)
    for folder in ("round-0/scores", "round-0/ledger", "round-0/groups", "contexts"):
        (run / folder / "00001.parquet").write_bytes((run / folder / "00000.parquet").read_bytes())
    manifest = run / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"shards": 1', '"shards": 2'))
    sets = ["filter.paraphrase.entailment.min=0.5"]
    with open_index(run) as twice:
        [mine, _] = [
            WhatIf(twice, task).outcome(sets[:1] if task == "paraphrase" else [], 0) for task in twice.tasks
        ]
    [theirs, _] = what_if(run, sets, 0)
    change = mine.change
    assert repr(change) == repr(theirs)
    assert change.before - change.after == 2 * (change.lost - change.gained) > 0


def test_fields_of_a_form_become_settings(index: Index) -> None:
    fields = {
        "judge.min": "0.4",
        "rouge_l.max": " 0.75 ",
        "entailment.max": "",
        "duplicates": "0.9",
        "x": "1",
    }
    assert overrides("paraphrase", fields) == [
        "filter.paraphrase.rouge_l.max=0.75",
        "filter.paraphrase.judge.min=0.4",
        "filter.paraphrase.duplicates=0.9",
    ]
    bounds = WhatIf(index, "paraphrase").bounds(())
    assert changed("paraphrase", bounds, fields) == {
        "filter.paraphrase.rouge_l.max": 0.75,
        "filter.paraphrase.duplicates": 0.9,
    }
    for wrong in ("many", "nan", "1e999"):
        with pytest.raises(RecipeError, match="judge.min"):
            overrides("paraphrase", {"judge.min": wrong})
