from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.text.number_words import digits, ordinal
from impossible.text.numbers import numbers

ONES, TENS = (
    words.split()
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
    )
)
PARTS = [
    *ONES[:4],
    *TENS[:2],
    *ONES[11:13],
    "a",
    "half",
    "and",
    "point",
    "hundred",
    "hundredth",
    "million",
    "th",
]
PARTS += [
    "dollarſ",
    "3 ſeptember",
    "mınus 5",
    "-€-",
    "5",
    "10^99",
    "9" * 50,
    "from",
    "until",
    "past",
    "an hour",
]
PARTS += ["th", "third", "thirds", "3", "1/2", ",", "-", "%", "$", "May", "of"]


def in_words(n: int, joint: str = " and ") -> str:
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10 - 2] + (f"-{ONES[n % 10]}" if n % 10 else "")
    size, word = next((s, w) for s, w in ((10**6, "million"), (1000, "thousand"), (100, "hundred")) if n >= s)
    rest = n % size
    link = joint if rest < 100 else " "
    return f"{in_words(n // size, joint)} {word}" + (f"{link}{in_words(rest, joint)}" if rest else "")


@given(st.integers(0, 10**6), st.sampled_from([" and ", " "]))
def test_integers_in_words_read_as_digits(n: int, joint: str) -> None:
    spoken = in_words(n, joint)
    assert numbers(f"They counted {spoken} birds.") == (str(n),)
    assert numbers(spoken) == numbers(str(n)) == numbers(f"{n:,}") == (str(n),)


@given(st.integers(1, 10**6))
def test_ordinals_are_not_cardinals(n: int) -> None:
    assert numbers(f"the {ordinal(n)} time") == (ordinal(n),)
    assert numbers(str(n)) != numbers(ordinal(n))


@given(st.integers(-(10**6), 10**6), st.integers(1, 9))
def test_units_keep_numbers_apart(whole: int, tenth: int) -> None:
    value = f"{whole}.{tenth}"
    bare, percent, money = (numbers(f"about {text}")[0] for text in (value, f"{value}%", f"{value} dollars"))
    assert percent == f"{bare}%"
    assert money == f"${bare}"


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    readings = numbers(text)
    assert list(readings) == sorted(readings)


@given(st.lists(st.sampled_from(PARTS)))
def test_any_mixture_of_number_words_can_be_read(words: list[str]) -> None:
    numbers(" ".join(words))
    numbers("".join(words))


PAIRS = [
    tuple(line.split(" | "))
    for line in (Path(__file__).parent / "number_pairs.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("verdict", "a", "b"), PAIRS)
def test_pairs_that_say_the_same_or_not(verdict: str, a: str, b: str) -> None:
    assert (numbers(a) == numbers(b)) == (verdict == "same"), (numbers(a), numbers(b))


SAME = [
    ("1200", "1,200", "twelve hundred", "one thousand two hundred", "1.2 thousand"),
    ("25", "twenty-five", "twenty five", "Twenty-Five"),
    ("205", "two hundred and five", "two hundred five"),
    ("101", "a hundred and one"),
    ("-5", "minus five", "−5"),
    ("2000000", "2 million", "2,000,000", "two million", "2mn"),
    ("1000000", "a million", "one million"),
    ("24", "two dozen"),
    ("6", "half a dozen", "half-dozen", "six"),
    ("0.5", "half", "a half", "one-half", "1/2", "½", ".5"),
    ("0.25", "a quarter of", "one quarter", "1/4"),
    ("2/3", "two-thirds", "two thirds", "⅔"),
    ("2.5", "two and a half", "2½", "2 1/2", "two point five", "2,5"),
    ("500000", "half a million", "500,000"),
    ("1500000", "one and a half million", "1.5 million"),
    ("3rd", "third", "Third"),
    ("21st", "twenty-first"),
    ("200th", "two hundredth"),
    ("2.5%", "2.5 per cent", "2.5 percent", "two and a half percent", "2.5pct"),
    ("2.5pp", "2.5 percentage points"),
    (
        "$2000000",
        "$2m",
        "$2 million",
        "2 million dollars",
        "US$2,000,000",
        "2-million-dollar",
        "USD 2 million",
    ),
    ("$5000000000", "$5bn", "five billion U.S. dollars", "$5 billion dollars"),
    ("€5", "5 euros", "EUR 5"),
    ("$0.5", "50 cents", "fifty cents", "50¢"),
    ("1999", "nineteen ninety-nine"),
    ("2020", "twenty twenty"),
    ("1905", "nineteen oh five"),
    ("1990s", "the '90s", "the ’90s", "the nineteen-nineties", "mid-1990s"),
    ("90s", "nineties"),
    ("17:00", "5 pm", "5pm", "5 p.m.", "5:00 pm", "five p.m.", "5 P.M."),
    ("12:00", "noon", "12 pm"),
    ("5:00", "five o'clock", "5 o’clock"),
    ("hundreds", "several hundred", "a few hundred", "hundreds of"),
    ("covid19", "COVID-19", "Covid-19"),
    ("monday", "Monday", "on Mondays", "Monday's"),
]


@pytest.mark.parametrize("same", SAME, ids=lambda same: same[0])
def test_ways_to_write_a_number(same: tuple[str, ...]) -> None:
    reading, *ways = same
    assert {way: numbers(way) for way in ways} == {way: (reading,) for way in ways}


@pytest.mark.parametrize(
    "text",
    ["May 3", "3 May", "May 3rd", "the third of May", "May the 3rd", "May third", "03 May", "on 3rd May"],
)
def test_a_date_is_its_day_and_its_month(text: str) -> None:
    assert numbers(text) == ("3rd", "may")


OTHERS = {
    "Jan. 5, 2020": ("2020", "5th", "january"),
    "5 January 2020": ("2020", "5th", "january"),
    "in May": ("may",),
    "May I go? He may. March on!": (),
    "In March 2019, 5 people": ("2019", "5", "march"),
    "In May 5 percent agreed": ("5%", "may"),
    "3/5/2020, 2020-03-05, 9/11 and 24/7": ("2020-03-05", "24/7", "3/5/2020", "9/11"),
    "won 3-1, 10–15 people": ("1", "10", "15", "3"),
    "an 8-year-old": ("8",),
    "between two hundred and five hundred": ("200", "500"),
    "from two million to five million": ("2000000", "5000000"),
    "hundreds of thousands": ("hundreds", "thousands"),
    "H1N1 and H5N1, 4G": ("4g", "h1n1", "h5n1"),
    "a third of them, a third party": ("1/3", "3rd"),
    "three quarters, two quarters": ("0.75", "2"),
    "5 and 5": ("5", "5"),
    "a second later, the second man": ("2nd",),
    "five metres per second": ("5 m",),
    "At first, he was first.": ("1st",),
    "$5m-$10m": ("$10000000", "$5000000"),
}


@pytest.mark.parametrize("text", OTHERS)
def test_readings(text: str) -> None:
    assert numbers(text) == OTHERS[text]


@pytest.mark.parametrize(
    "text",
    [
        "one of the men",
        "no one",
        "No one came.",
        "this one",
        "The good one.",
        "One must go.",
        "another one is here",
    ]
    + [
        "the one who left",
        "He is one.",
        "any one of them",
        "one another",
        "which one did it",
        "that old one fell",
    ],
)
def test_one_as_a_pronoun_is_no_number(text: str) -> None:
    assert numbers(text) == ()


@pytest.mark.parametrize(
    "text",
    ["one", "one man", "day one", "Number one.", "with one hand", "killed one person and left"],
)
def test_one_as_a_number(text: str) -> None:
    assert numbers(text) == ("1",)


def test_one_beside_another_number() -> None:
    assert numbers("one in five") == ("1", "5")
    assert numbers("won two to one.") == ("1", "2")
    assert numbers("One, two, three") == ("1", "2", "3")
    assert numbers("the one percent") == ("1%",)


def test_the_rest_of_the_text_stays() -> None:
    assert (
        digits("No one saw the twenty-one cats, or one of them.") == "No one saw the 21 cats, or one of them."
    )
