import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Span

from impossible.critics.parser import load_parser
from impossible.critics.tree_distance import TreeDistance
from impossible.errors import ModelError, RecipeError
from impossible.students.controls import (
    LENGTHS,
    WORDINGS,
    Controls,
    check,
    constituents,
    drop_controls,
    length,
    likeness,
    template,
    template_reader,
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
    kept = drop_controls(asked, dropout, key)
    assert kept == drop_controls(asked, dropout, key)
    assert set(kept.given()) <= set(asked.given())


def test_any_control_is_left_out_at_times_and_none_always() -> None:
    asked = Controls("shorter", "far", "root dobj")
    seen = {tuple(name for name, _ in drop_controls(asked, 0.5, i).given()) for i in range(400)}
    assert len(seen) == 8
    assert drop_controls(asked, 0, 1) == asked and drop_controls(asked, 1, 1) == Controls()


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


def test_templates_of_constituents() -> None:
    tree = "(S (NP (DT The) (NN cat)) (VP (VBD sat) (PP (IN on) (NP (DT the) (NN mat)))) (. .))"
    assert constituents(tree) == "S(NP(DT NN) VP(VBD PP))"
    assert (
        constituents("(S (NP (PRP$ My) (NN cat)) (: -) (VP (-LRB- -LRB-) (VBZ sits)))")
        == "S(NP(PRP$ NN) VP(VBZ))"
    )
    check(Controls(syntax=constituents(tree)), "paraphrase", ("syntax",))
    assert likeness("S(NP(DT NN) VP(VBD PP))", "S(NP(DT NN) VP(VBD PP))") == 1
    assert 0.5 < likeness("S(NP(DT NN) VP(VBD PP))", "S(NP(PRP) VP(VBD PP))") < 1


def test_constituents_take_the_place_of_dependencies_where_the_pipeline_has_them() -> None:
    """A component by the name of benepar's: what it finds in a sentence lies in `_.parse_string`."""
    nlp = load_parser()
    Span.set_extension("parse_string", getter=lambda s: f"(S (NN {s[0].text}) (VP {len(s)}))", force=True)
    Language.component("constituents of a test", func=lambda doc: doc)
    nlp.add_pipe("constituents of a test", name="benepar")
    try:
        assert template_reader(nlp)(nlp("Thank you. I like it!")) == "S(NN VP) | S(NN VP)"
        assert TreeDistance(nlp).score(["I like it."], ["It is old. I like it."]).tolist() == [4]
    finally:
        Span.remove_extension("parse_string")


def test_a_parser_that_is_not_there_says_how_to_get_it() -> None:
    with pytest.raises(ModelError, match=r"pip install 'impossible-distillation\[constituency\]'"):
        load_parser("benepar:benepar_en3")


def test_likeness() -> None:
    assert likeness("nsubj root dobj", "nsubj root dobj") == 1
    assert likeness("nsubj root dobj", "nsubj root") == pytest.approx(2 / 3)
    assert likeness("root", "") == 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Controls(length="short"), "allowed are shorter, similar, longer"),
        (Controls(wording="wild"), "allowed are near, middle, far"),
        (Controls(syntax="no template; at all"), "use like to give an example sentence"),
    ],
)
def test_what_cannot_be_asked_is_named(asked: Controls, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        check(asked, "paraphrase", ("length", "wording", "syntax"))
    with pytest.raises(RecipeError, match="its controls: none"):
        check(asked, "paraphrase", ())
