import pytest
from spacy.language import Language

from impossible.critics.parser import ParsedSentences, load_parser
from impossible.errors import ModelError


def test_the_embedded_parser_parses_and_names(nlp: Language) -> None:
    doc = nlp("Obama visited London.")
    assert [token.dep_ for token in doc] == ["nsubj", "ROOT", "dobj", "punct"]
    assert [entity.text for entity in doc.ents] == ["Obama", "London"]


@pytest.mark.parametrize("name", ["embedded:nothing", "no_such_parser", "/no/such/folder"])
def test_an_unknown_parser_is_a_model_error(name: str) -> None:
    with pytest.raises(ModelError, match=name):
        load_parser(name)


def test_an_uninstalled_parser_says_how_to_install_it() -> None:
    with pytest.raises(ModelError, match="run: python -m spacy download no_such_parser"):
        load_parser("no_such_parser")


def test_each_sentence_is_parsed_once(nlp: Language) -> None:
    parsed = ParsedSentences(nlp)
    first, again, other = parsed(["A cat sat.", "A cat sat.", "A dog ran."])
    assert first is again
    assert other.text == "A dog ran."
    assert parsed(["A dog ran.", "A cat sat."]) == [other, first]


def test_the_least_recently_used_are_forgotten(nlp: Language) -> None:
    parsed = ParsedSentences(nlp, capacity=2)
    a, b, c = parsed(["A.", "B.", "C."])
    assert [doc.text for doc in (a, b, c)] == ["A.", "B.", "C."]
    assert parsed(["B."])[0] is b
    parsed(["A."])
    assert parsed(["B."])[0] is b
    assert parsed(["C."])[0] is not c


def test_a_sentence_parses_alike_in_any_company(nlp: Language) -> None:
    sentences = [f"The {noun} in London said on Monday that rates fell." for noun in ("bank", "man", "board")]
    together = ParsedSentences(nlp)(sentences)
    for doc in reversed(together):
        assert ParsedSentences(nlp)([doc.text])[0].to_json() == doc.to_json()
