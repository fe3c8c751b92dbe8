"""The real embedded models, small enough for CI: a few contexts of the user's own corpus."""

from pathlib import Path

from impossible import load_recipe, run


def test_continuations_of_a_corpus_become_pairs(tmp_path: Path) -> None:
    posts = [
        "My printer stopped working this morning. I have tried everything, and I am not sure how to fix it.",
        "My laptop is very slow. I do not know what to do, and I hope that someone can help me.",
    ]
    (tmp_path / "posts.txt").write_text("\n".join(posts))
    (tmp_path / "mine.toml").write_text(
        'preset = "continuation"\n[contexts]\ncorpus = "posts.txt"\ncount = 2\nsentences = [2, 2]\n[sampling]\nper_context = 120\n'
    )
    state = run(load_recipe(tmp_path / "mine.toml"), tmp_path / "run")
    assert state.counts["contexts"] == 2 and state.counts["candidates"] > 25
    assert state.pairs is not None and state.pairs.num_rows > 0
    for row in state.pairs.to_pylist():
        assert row["context"] in posts
        assert row["judge_forward"] >= 0.85 and row["entailment_forward"] >= 0.65
        assert row["source"] != row["target"]


def test_sentences_of_a_corpus_are_restated(tmp_path: Path) -> None:
    news = [
        "A natural gas pipeline near the port of Calder was closed on Monday after a leak, the operator said.",
        "The town council of Brill, which met on Friday, approved a plan to build a new library near the station.",
        "After two years of talks, the museum bought forty paintings from a private collector in Lyon.",
    ]
    (tmp_path / "news.txt").write_text("\n".join(news))
    (tmp_path / "mine.toml").write_text(
        '[contexts]\ncorpus = "news.txt"\ncount = 3\n[restatement]\nfirst = 2\n'
    )
    state = run(load_recipe(tmp_path / "mine.toml"), tmp_path / "run")
    assert state.counts["contexts"] == 3 and state.counts["candidates"] > 10
    assert state.pairs is not None and state.pairs.num_rows > 0
    for row in state.pairs.to_pylist():
        assert row["anchored"] and row["context"] in news and row["context"] in (row["source"], row["target"])
        assert row["correct"] >= 0.4 and row["support_forward"] >= 0.75
