import numpy as np
import pytest
from spacy.language import Language

from impossible.critics.clause import ClauseCritic, clauses
from impossible.errors import DataError


@pytest.mark.parametrize(
    ("sentence", "time", "modality", "mood"),
    [
        ("They were so proud of us.", "past", set(), "statement"),
        ("They are so proud of us.", "present", set(), "statement"),
        ("I have bought a new phone.", "perfect", set(), "statement"),
        ("I've been using a Mac.", "perfect", set(), "statement"),
        ("I will be using a Mac.", "future", set(), "statement"),
        ("I'm going to buy a phone.", "future", set(), "statement"),
        ("I'm going to the market.", "present", set(), "statement"),
        ("I have to clean my house.", "present", {"obligation"}, "statement"),
        ("I had to clean my house.", "past", {"obligation"}, "statement"),
        ("You should clean your house.", "present", {"obligation"}, "statement"),
        ("She might come tomorrow.", "present", {"possibility"}, "statement"),
        ("He can swim.", "present", {"ability"}, "statement"),
        ("They want to swim.", "present", {"wish"}, "statement"),
        ("They tried to swim.", "past", {"attempt"}, "statement"),
        ("Where is my phone?", "present", set(), "question"),
    ],
)
def test_what_a_clause_says(nlp: Language, sentence: str, time: str, modality: set[str], mood: str) -> None:
    found = clauses(nlp(sentence))
    assert found.main is not None
    assert (found.main.tense, found.main.modality, found.mood) == (time, modality, mood)


def test_a_request_has_no_time(nlp: Language) -> None:
    found = clauses(nlp("Please help me with this problem."))
    assert found.main is None and found.mood == "request"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("They were so proud of us.", "They are so proud of us."),
        ("I will be using a Mac.", "I am using a Mac."),
        ("I have to use it to clean my home.", "I am going to use it to clean my home."),
        ("I'm not sure how to fix this.", "How can I fix this?"),
        ("She might come tomorrow.", "She comes tomorrow."),
        ("Can you help me?", "Can I help you?"),
        ("She is older than me.", "I am older than her."),
        ("I told them that we are late.", "I told them that you are late."),
        ("I am trying to sell it.", "I am selling it."),
        ("I am going to try to sell it.", "I am going to sell it."),
        ("I am ready to go to the beach.", "I am going to the beach."),
        ("How can I control it?", "Can I control it?"),
        ("Can someone help me with this?", "Can I help with this?"),
        ("The one I ordered is a salad.", "I order a salad."),
    ],
)
def test_what_is_not_the_same(nlp: Language, a: str, b: str) -> None:
    critic = ClauseCritic(nlp)
    assert min(critic.score([a], [b])[0], critic.score([b], [a])[0]) < 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("I bought a new phone.", "I have bought a new phone."),
        ("I am using Windows 11.", "I use Windows 11."),
        ("How do I fix this?", "How can I fix this?"),
        ("I'll start with the best.", "I'm going to start with the best."),
        ("The cat was seen by the dog.", "The dog saw the cat."),
    ],
)
def test_what_is_the_same(nlp: Language, a: str, b: str) -> None:
    critic = ClauseCritic(nlp)
    np.testing.assert_array_equal(critic.score([a, b], [b, a]), [1, 1])


def test_a_summary_may_keep_one_clause(nlp: Language) -> None:
    long, short = "I bought a phone and I am happy with it.", "I am happy with my phone."
    assert ClauseCritic(nlp).score([long], [short])[0] == 1


def test_shares_count(nlp: Language) -> None:
    # mood, question and person are the same; time and modality are not
    [share] = ClauseCritic(nlp).score(["I was there."], ["I must be there."])
    assert share == pytest.approx(3 / 5)


def test_lists_of_different_length(nlp: Language) -> None:
    with pytest.raises(DataError):
        ClauseCritic(nlp).score(["a"], [])
