import numpy as np
import pytest

from impossible.critics.nli import Nli
from impossible.critics.parser import load_parser
from impossible.critics.similarity import Similarity
from impossible.critics.tree_distance import TreeDistance
from impossible.errors import DataError
from impossible.metrics.models import Models
from impossible.metrics.table import METRICS, BenchmarkRow, Rows, choose, settings
from impossible.models.locate import locate

EXAMPLES = [
    BenchmarkRow(
        "1", "The cat likes the old house .", ("The old house is liked .", "A cat likes it ."), "It is red ."
    ),
    BenchmarkRow(
        "2", "She has a new phone and a big car .", ("She has a phone and a car .",), "We see the dog ."
    ),
    BenchmarkRow(
        "3", "They sat in the small room on that day .", ("They were in the room .",), "He had food ."
    ),
]
OUTPUTS = ["The house is old .", "She has a new phone .", "They sat in the room ."]


def rows(models: Models, outputs: list[str] = OUTPUTS) -> Rows:
    return Rows(EXAMPLES, outputs, models)


def test_every_metric_gives_a_number_and_says_with_what(models: Models) -> None:
    columns = rows(models)
    for name, metric in METRICS.items():
        score = metric.score(columns)
        assert len(score.rows) == 3 and np.isfinite(score.value), name
        assert "{" not in settings(name, models)
    assert models.encoder in settings("bertscore", models)
    assert models.nli in settings("entailment", models)
    assert set(models.digests()) == {models.encoder, models.nli, models.parser}


def test_a_copy(models: Models) -> None:
    copy = rows(models, [e.source for e in EXAMPLES])
    expected = {
        "self_bleu": 100,
        "bert_ibleu": 5e-5,
        "bertscore_source": 1,
        "similarity": 1,
        "compression": 1,
        "novel_1": 0,
        "coverage": 1,
        "jaccard": 1,
        "tree_source": 0,
        "tree_source_share": 0,
    }
    found = {name: METRICS[name].score(copy).value for name in expected}
    assert found == pytest.approx(expected, abs=1e-6)


def test_the_published_bounds_keep_a_short_true_summary_and_no_copy(models: Models) -> None:
    source = "The dog of my neighbour barks at everyone who comes near the garden in the evening."
    short, false = (
        "My neighbour's dog barks in the evening.",
        "My neighbour's dog never barks in the evening.",
    )
    examples = [BenchmarkRow(name, source) for name in "abcd"]
    found = Rows(examples, [source, short, false, ""], models, "summary").accepted("paper")
    assert found.tolist() == [0, 1, 0, 0]


def test_meaning_is_that_of_the_critics(models: Models) -> None:
    columns = rows(models)
    sources = [e.source for e in EXAMPLES]
    nli = Nli(locate(models.nli))
    forward, backward = nli.score(sources, OUTPUTS), nli.score(OUTPUTS, sources)
    assert METRICS["entails"].score(columns).value == pytest.approx(float(forward.mean()))
    assert METRICS["entailment"].score(columns).value == pytest.approx(
        float(np.minimum(forward, backward).mean())
    )
    cosines = Similarity(locate(models.encoder)).score(sources, OUTPUTS)
    assert METRICS["similarity"].score(columns).value == pytest.approx(float(cosines.mean()), abs=1e-6)


def test_trees_are_those_of_the_critic(models: Models) -> None:
    columns = rows(models)
    nlp = load_parser(models.parser)
    for layers, suffix in ((None, ""), (3, "_top")):
        critic = TreeDistance(nlp, layers)
        exemplar = critic.score(OUTPUTS, [e.exemplar or "" for e in EXAMPLES])
        assert METRICS[f"tree_exemplar{suffix}"].score(columns).value == pytest.approx(float(exemplar.mean()))
        nearest = [
            critic.score([o] * len(e.references), e.references).min()
            for o, e in zip(OUTPUTS, EXAMPLES, strict=True)
        ]
        assert METRICS[f"tree_reference{suffix}"].score(columns).value == pytest.approx(np.mean(nearest))


def test_divided_by_the_nodes_of_both(models: Models) -> None:
    edits = rows(models).tree("source", None)
    # a node a token: 7 + 5, 10 + 6, 10 + 6
    assert edits[:, 1].tolist() == [12, 16, 16]
    share = METRICS["tree_source_share"].score(rows(models)).value
    assert share == pytest.approx(edits[:, 0].sum() / 44)


def test_only_what_the_rows_allow(models: Models) -> None:
    bare = Rows([BenchmarkRow("", "A cat .")], ["The cat ."], models)
    chosen = choose([], "paraphrase", bare)
    assert "bert_ibleu" in chosen and "tree_source" in chosen
    assert not {"bleu", "ibleu", "tree_exemplar", "coverage"} & set(chosen)
    assert "coverage" in choose([], "summary", bare)
    assert choose(["words", "similarity"], "summary", bare) == ["similarity", "words"]


def test_what_the_rows_lack_is_named(models: Models) -> None:
    bare = Rows([BenchmarkRow("", "A cat .")], ["The cat ."], models)
    with pytest.raises(DataError, match="metric bleu needs references"):
        choose(["bleu"], "paraphrase", bare)
    with pytest.raises(DataError, match="'blue' is unknown; allowed are accepted, accepted_paper, bleu"):
        choose(["blue"], "paraphrase", bare)


def test_empty_outputs_are_scored(models: Models) -> None:
    empty = rows(models, ["", "", ""])
    for name, metric in METRICS.items():
        value = metric.score(empty).value
        assert np.isfinite(value) or name in ("novel_1", "novel_2", "novel_3", "coverage", "density"), name
    assert METRICS["rouge1"].score(empty).value == 0
