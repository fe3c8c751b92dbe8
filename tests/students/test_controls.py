import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.critics.parse import load_parser
from impossible.errors import RecipeError
from impossible.students.controls import (
    LENGTHS,
    WORDINGS,
    Controls,
    check,
    keep_some,
    length,
    likeness,
    template,
    wording,
)
from impossible.students.prompts import prompt

TEXTS = st.text(min_size=1, max_size=80)
ASKED = st.builds(
    Controls,
    st.none() | st.sampled_from(LENGTHS["paraphrase"]),
    st.none() | st.sampled_from(WORDINGS),
    st.none() | st.just("nsubj root dobj"),
)


@given(TEXTS, TEXTS)
def test_shorter_one_way_is_longer_the_other(a: str, b: str) -> None:
    mirror = {"shorter": "longer", "longer": "shorter", "similar": "similar"}
    assert length("paraphrase", b, a) == mirror[length("paraphrase", a, b)]


@pytest.mark.parametrize(
    ("task", "characters", "found"),
    [
        ("paraphrase", 89, "shorter"),
        ("paraphrase", 90, "similar"),
        ("paraphrase", 111, "similar"),
        ("paraphrase", 112, "longer"),
        ("summary", 49, "short"),
        ("summary", 50, "medium"),
        ("summary", 70, "long"),
    ],
)
def test_lengths(task: str, characters: int, found: str) -> None:
    assert length(task, "x" * 100, "y" * characters) == found


@given(st.floats(0, 1), st.floats(0, 1))
def test_less_shared_wording_is_never_nearer(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert WORDINGS.index(wording(low)) >= WORDINGS.index(wording(high))


@given(ASKED, st.floats(0, 1), st.integers())
def test_dropping_is_repeatable_and_changes_no_value(asked: Controls, dropout: float, key: int) -> None:
    kept = keep_some(asked, dropout, key)
    assert kept == keep_some(asked, dropout, key)
    assert set(kept.given()) <= set(asked.given())


def test_any_control_is_left_out_at_times_and_none_always() -> None:
    asked = Controls("shorter", "far", "root dobj")
    seen = {tuple(name for name, _ in keep_some(asked, 0.5, i).given()) for i in range(400)}
    assert len(seen) == 8
    assert keep_some(asked, 0, 1) == asked and keep_some(asked, 1, 1) == Controls()


@given(ASKED, st.text())
def test_a_prompt_says_what_is_asked_in_one_line(asked: Controls, source: str) -> None:
    text = prompt("paraphrase", source, asked, causal=True)
    assert text.endswith("\n") and len(text.splitlines()) == 1
    assert all(f"{name}: {value}" in text for name, value in asked.given())


def test_templates() -> None:
    nlp = load_parser()
    found = [
        template(nlp(text))
        for text in (
            "Because it rained, the match was cancelled by the club.",
            "Is there a way to reset the password?",
            "Thank you. I like it!",
            "42 :-) 👍",
        )
    ]
    assert found[0] == "advcl(mark nsubj) nsubjpass auxpass root agent"
    assert found[1] == "root expl attr ?"
    assert found[2] == "root dobj | nsubj root dobj"
    assert found[3] == ""
    for built in found[:3]:
        check(Controls(syntax=built), "paraphrase", ("syntax",))


def test_likeness() -> None:
    assert likeness("nsubj root dobj", "nsubj root dobj") == 1
    assert likeness("nsubj root dobj", "nsubj root") == pytest.approx(2 / 3)
    assert likeness("root", "") == 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Controls(length="short"), "allowed are shorter, similar, longer"),
        (Controls(wording="wild"), "allowed are near, middle, far"),
        (Controls(syntax="no template; at all"), "give an example sentence with like"),
    ],
)
def test_what_cannot_be_asked_is_named(asked: Controls, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        check(asked, "paraphrase", ("length", "wording", "syntax"))
    with pytest.raises(RecipeError, match="has learned no control"):
        check(asked, "paraphrase", ())
