import math
from dataclasses import astuple

import pytest

from impossible.metrics.richness import MEANINGS, Richness, names, richness


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("I'm not sure what I'd do.", []),
        (
            "Police arrested Luis Suarez in New York, London and Rome.",
            ["Luis Suarez", "New York", "London", "Rome"],
        ),
        ("The flight of Jean-Luc's leaves on Monday in May.", ["Jean-Luc's", "Monday", "May"]),
        ("The H1N1 virus came when I left.", ["H1N1"]),
        ("“We agreed,” Ann said.", ["Ann"]),
        ("", []),
    ],
)
def test_names_are_capitals_inside_a_sentence(sentence: str, found: list[str]) -> None:
    assert names(sentence) == found


def test_figures_by_hand() -> None:
    sources = ["I'm not sure what to do.", "Police arrested three men in Leeds on 3 May."]
    targets = ["I do not know what to do.", "Leeds police held them."]
    found = richness(sources, targets)
    assert found.pairs == 2
    assert found.words == (6 + 9 + 7 + 4) / 4
    assert (
        found.content_words == (1 + 6 + 1 + 3) / 4
    )  # sure; police arrested three men leeds 3; know; leeds police held
    assert found.names == 2 / 4  # Leeds, May; at the beginning of a sentence it is none
    assert found.numbers == 3 / 4  # three, the 3rd, May
    assert found.with_name_or_number == 1 / 2
    assert found.largest_template == 1 / 2 and found.ten_templates == 1
    assert math.isnan(found.msttr)  # less than one segment
    assert set(MEANINGS) == set(Richness.__dataclass_fields__) - {"pairs", "template"}


def test_a_name_or_number_on_either_side_counts() -> None:
    assert richness(["He saw Ann.", "He saw us."], ["He saw us.", "He saw 3."]).with_name_or_number == 1


def test_small_talk_has_one_template_where_news_have_many() -> None:
    talk = [f"I'm not sure how to fix the {x}." for x in ("router", "phone", "car", "door")]
    news = [f"Police arrested {n} men in Leeds." for n in (2, 3, 4, 5)]
    assert richness(talk, talk).largest_template == 1
    assert richness(news, news).largest_template == 1 / 4
    both = richness(talk * 4 + news, talk * 4 + news)
    assert (both.largest_template, both.template) == (16 / 20, "i am not sure → i am not sure")
    many = [f"Police arrested {n} men in Leeds." for n in range(20)]
    assert richness(many, many).ten_templates == 10 / 20


def test_without_pairs_nothing_is_known() -> None:
    empty = astuple(richness([], []))
    assert (empty[0], empty[-1]) == (0, "") and all(math.isnan(x) for x in empty[1:-1])
