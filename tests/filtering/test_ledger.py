import pyarrow as pa

from impossible.data.schema import LEDGER, SCORES
from impossible.filtering.ledger import filter_scores
from impossible.recipe.critics import Filter

SETTINGS = Filter.model_validate(
    {
        "paraphrase": {"rouge_l": {"max": 0.8}, "entailment": {"min": 0.75}, "duplicates": 0.75},
        "summary": {"length_ratio": {"max": 0.8}, "entailment": {"min": 0.75}, "duplicates": None},
    }
)


def row(
    task: str, source: str, target: str, forward: float | None, backward: float | None, rouge: float = 0.5
) -> dict[str, object]:
    return {
        **dict.fromkeys(SCORES.names),
        "context_id": "c1",
        "domain": "news",
        "task": task,
        "source": source,
        "target": target,
        "length_ratio": 0.7,
        "rouge_l": rouge,
        "entailment_forward": forward,
        "entailment_backward": backward,
    }


def decide(rows: list[dict[str, object]], settings: Filter = SETTINGS) -> list[dict[str, object]]:
    table, _ = filter_scores(pa.Table.from_pylist(rows, SCORES), settings)
    assert table.schema.equals(LEDGER)
    return table.to_pylist()


def test_each_task_has_its_own_bounds() -> None:
    rows = decide([row("paraphrase", "a", "b", 0.9, 0.5), row("summary", "a", "b", 0.9, 0.5)])
    assert [(r["task"], r["verdict"]) for r in rows] == [("paraphrase", "entailment"), ("summary", "kept")]


def test_a_duplicate_says_what_it_lost_to() -> None:
    rows = decide([row("paraphrase", "a", "b", 0.8, 0.8), row("paraphrase", "a", "c", 0.9, 0.9)])
    assert [r["verdict"] for r in rows] == ["duplicate", "kept"]
    assert rows[0]["duplicate_of"] == rows[1]["pair_id"]


def test_equivalence_rows_are_edges_and_not_pairs() -> None:
    pairs = [row("paraphrase", "a", "b", 0.8, 0.8), row("paraphrase", "c", "d", 0.9, 0.9)]
    assert [r["verdict"] for r in decide(pairs)] == ["kept", "kept"]
    joined = decide([*pairs, row("equivalence", "b", "d", 0.9, 0.8, rouge=0.95)])
    assert [r["verdict"] for r in joined] == ["duplicate", "kept"]


def test_a_summary_without_duplicates_bound_keeps_all() -> None:
    rows = decide([row("summary", "a", "b", 0.8, 0.1), row("summary", "a", "c", 0.9, 0.1)])
    assert [r["verdict"] for r in rows] == ["kept", "kept"]


def test_a_missing_score_is_unknown_and_a_rejection_says_by_how_much() -> None:
    rows = decide(
        [row("paraphrase", "a", "b", None, None), row("paraphrase", "a", "c", 0.9, 0.9, rouge=0.95)]
    )
    assert [r["verdict"] for r in rows] == ["unknown", "rouge_l"]
    assert abs(float(str(rows[1]["margin"])) - 0.15) < 1e-6


def test_by_the_rule_of_the_code_a_component_can_vanish() -> None:
    bounds = {"rouge_l": {"max": 0.8}, "entailment": {"min": 0.75}, "duplicates": 0.75}
    pairs = [row("paraphrase", "a", "b", 0.9, 0.9), row("paraphrase", "a", "c", 0.9, 0.8, rouge=0.95)]
    paper = decide(pairs, Filter.model_validate({"paraphrase": bounds}))
    assert [r["verdict"] for r in paper] == ["kept", "rouge_l"]
    code = decide(pairs, Filter.model_validate({"paraphrase": {**bounds, "duplicate_rule": "code"}}))
    # the pair least entailed backwards stays, and then its ROUGE-L is too high
    assert [r["verdict"] for r in code] == ["duplicate", "rouge_l"]
    assert code[0]["duplicate_of"] == code[1]["pair_id"]


def test_a_run_made_before_a_critic_was_added_is_decided_as_it_was() -> None:
    table = pa.Table.from_pylist([row("paraphrase", "a", "b", 0.9, 0.9)], SCORES)
    [now], [then] = (
        filter_scores(t, SETTINGS)[0].to_pylist() for t in (table, table.drop_columns(["toxic"]))
    )
    assert now == then and then["verdict"] == "kept" and then["toxic"] is None
