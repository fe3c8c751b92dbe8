import pytest
from spacy.language import Language

from impossible.critics.arcs import Reading, read
from impossible.critics.parser import ParsedSentences
from impossible.critics.support import Comparison, Support
from impossible.errors import DataError

_SURE = 0.6  # one fault leaves half at most


def _reading(nlp: Language, sentence: str) -> Reading:
    parsed = ParsedSentences(nlp)
    return read(parsed([sentence])[0], parsed.lemma)


def _arcs(nlp: Language, sentence: str) -> set[tuple[str, str, str]]:
    found = _reading(nlp, sentence)
    return {(found.words[h].lemma, role, found.words[d].lemma) for h, role, d in found.arcs}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("The storm destroyed the bridge.", "The bridge was destroyed by the storm."),
        ("The capital of France", "France's capital"),
        ("The man who stole the car fled.", "The man that stole the car fled."),
    ],
)
def test_the_same_arcs_in_another_construction(nlp: Language, a: str, b: str) -> None:
    assert _arcs(nlp, a) == _arcs(nlp, b)


def test_conjuncts_share_the_arcs_of_the_first(nlp: Language) -> None:
    found = _arcs(nlp, "The nurse and the doctor helped the child.")
    assert {("help", "subject", "nurse"), ("help", "subject", "doctor")} <= found


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("The storm destroyed the old bridge on Monday.", "The old bridge was destroyed by the storm."),
        ("The jury said that the film won the prize.", "The film won the prize."),
        ("The mayor of Lyon opened a museum.", "Lyon's mayor opened a museum."),
        ("She bought a house, a garden and a car.", "She bought a house and a car."),
        ("Officials said that the plant was closed in May.", "The plant was closed in May."),
        ("The company plans to sell its stores.", "The company plans to sell stores."),
        ("Most of the workers went home.", "Most workers went home."),
        ("The factory makes toys.", "The factory produces toys."),
        ("Nobody was hurt in the fire.", "Nobody was hurt."),
        ("Barack Obama visited Berlin in 2013.", "Obama visited Berlin."),
        ("The library lent the school a projector.", "The school borrowed a projector from the library."),
        ("The council sent the school a letter.", "The school received a letter from the council."),
    ],
)
def test_what_the_source_supports(nlp: Language, source: str, target: str) -> None:
    assert Support(nlp).score([source], [target])[0] > _SURE


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [
        ("point", "The bank charged me a fee because the payment failed.", "The payment failed."),
        ("role", "Charges against the coach were dropped on Monday.", "The coach was dropped on Monday."),
        ("qualifier", "The former mayor of Lyon was fined in May.", "The mayor of Lyon was fined in May."),
        ("role", "Rebels blew up a pipeline in Egypt.", "Egypt blew up a pipeline."),
        ("role", "The firm is owned by a bank.", "The firm owns a bank."),
        ("role", "The guard killed the thief.", "The thief killed the guard."),
        ("role", "A man was killed in a bus crash.", "A man was killed by a bus."),
        ("role", "In 1904 he took over the mill.", "1904 took over the mill."),
        ("role", "At the 2003 awards it was named best play.", "The 2003 awards were named best play."),
        (
            "role",
            "The table stood at the door, although we had booked one in May.",
            "In May, the table stood at the door.",
        ),
        ("role", "He sold the masks that were stolen in 1904.", "He sold the masks in 1904."),
        ("head", "The team moved to Colorado Springs.", "The team moved to Colorado."),
        ("head", "The shooting victim was taken to a clinic.", "The shooting was taken to a clinic."),
        ("head", "She lives in South Carolina.", "She lives in Carolina."),
        ("doubt", "The company plans to sell its stores.", "The company will sell its stores."),
        ("doubt", "The company may close the plant.", "The company closed the plant."),
        ("doubt", "The actor reportedly left the show.", "The actor left the show."),
        ("doubt", "Police allege that the man stole a car.", "The man stole a car."),
        ("doubt", "The man is accused of stealing a car.", "The man stole a car."),
        ("doubt", "They will visit Rome.", "They visited Rome."),
        ("denial", "The minister did not sign the treaty.", "The minister signed the treaty."),
        ("denial", "The minister was in Paris.", "The minister was not in Paris."),
        ("denial", "The bank refused to pay.", "The bank paid."),
        ("amount", "The majority of the houses were damaged.", "The houses were damaged."),
        ("amount", "Two of the students passed.", "The students passed."),
        ("amount", "One of the two cups is broken.", "The two cups are broken."),
        ("amount", "Some students passed.", "All students passed."),
        ("plural", "The patients were treated at home.", "The patient was treated at home."),
        ("bare", "The star of the film won a prize.", "The star won a prize."),
        ("condition", "If it rains, the game will be cancelled.", "The game will be cancelled."),
        (
            "condition",
            "We shall visit the plant, provided that the road is open.",
            "We shall visit the plant.",
        ),
        ("opposite", "Prices will rise next year.", "Prices will fall next year."),
        ("opposite", "The ferry arrives at nine.", "The ferry leaves at nine."),
        ("opposite", "The court cancelled the hearing.", "The court confirmed the hearing."),
        ("opposite", "Anna borrowed a bike from her sister.", "Anna lent a bike to her sister."),
        ("opposite", "The clinic received 40 letters.", "The clinic sent 40 letters."),
        ("pronoun", "The hospital bought a scanner.", "It bought a scanner."),
    ],
)
def test_faults(nlp: Language, kind: str, source: str, target: str) -> None:
    assert Comparison(_reading(nlp, source), _reading(nlp, target)).faults()[kind] > 0
    assert Support(nlp).score([source], [target])[0] <= 0.5


def test_what_is_left_out_only_counts_in_the_other_direction(nlp: Language) -> None:
    long, short = (
        "The river flooded two villages in the north after a week of rain.",
        "The river flooded two villages.",
    )
    forward, backward = Support(nlp).score([long, short], [short, long])
    assert forward > 0.9 > backward


def test_other_words_count_less_than_faults(nlp: Language) -> None:
    source = "The council approved a new budget."
    unknown, turned = Support(nlp).score(
        [source, source], ["The council approved a new stadium.", "A new budget approved the council."]
    )
    assert 1 > unknown > turned


def test_sentences_without_words(nlp: Language) -> None:
    assert Support(nlp).score(["", "It is."], ["It is.", ""]).tolist() == [1, 1]


def test_lists_of_different_length(nlp: Language) -> None:
    with pytest.raises(DataError, match="1 sources but 0 targets"):
        Support(nlp).score(["It rains."], [])
