import numpy as np
import pytest
from spacy.language import Language

from impossible.critics.well_formed import WellFormed, fault


@pytest.mark.parametrize(
    "sentence",
    [
        "The company opened a new factory in Ohio.",
        "In 1999, the company opened a new factory, and the old one was closed.",
        "Please send us the file.",
        "How long does the repair take?",
        "Thanks for your help!",
        "The study found that the drug reduced pain in children.",
        '"We are ready," the minister said.',
        "The lid does not fit. The juice ended up in my bag.",
        "On May 4, 1904, the mill was closed in the night of May 4, 1904.",
        "There were no tickets left (not even for members).",
        "The hotel in the Middle East has confirmed that the new car will go on sale in the Middle East.",
    ],
)
def test_a_whole_sentence(nlp: Language, sentence: str) -> None:
    assert fault(nlp(sentence)) is None


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("The ability to promote mammography screening.", "no finite main verb"),
        ("A study of forty patients with asthma.", "no finite main verb"),
        ("Although the company opened a new factory in Ohio.", "a clause without a main clause"),
        ("Which was opened in May by the mayor.", "a clause without a main clause"),
        ("The Aam Aadmi leader of the Aam Aadmi party was arrested.", "a subject twice"),
        ("The hotel lies at a distance of.", "an open end"),
        ('The minister said "we are ready.', "quotes or brackets that do not match"),
        ("The soup was good. Over an hour.", "a second sentence without a finite verb"),
        (
            "The film protects it without hurting its colour, and without hurting its colour.",
            "a phrase twice",
        ),
        ("1904, the owners closed the mill.", "a date without a preposition"),
        ("12 May 1904 to 1907, Ann Wein led the mill.", "a date without a preposition"),
        ("The mill was renamed the Wein Works, 1904.", "a date without a preposition"),
        ("The firm (based in Ohio was sold in May.", "quotes or brackets that do not match"),
    ],
)
def test_what_is_no_sentence(nlp: Language, sentence: str, wanted: str) -> None:
    assert fault(nlp(sentence)) == wanted


def test_a_pair_needs_two_whole_sentences(nlp: Language) -> None:
    whole, part = "The company opened a factory.", "The opening of a factory."
    scores = WellFormed(nlp).score([whole, whole, part], [whole, part, whole])
    assert scores.tolist() == [1, 0, 0] and scores.dtype == np.float32
