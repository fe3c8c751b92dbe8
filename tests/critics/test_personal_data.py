import time
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest

from impossible.critics.personal_data import KINDS, PersonalData, holds, personal_data

# A kind, or "-" for none, and a made-up text. "~" breaks the keys, so that scanners of repositories do not report
# them; "\\xa0" is a no-break space.
TABLE = [
    (kind, text.replace("~", "").encode("latin1", "backslashreplace").decode("unicode_escape"))
    for kind, text in (
        line.split("\t")
        for line in Path(__file__).with_name("personal_data.tsv").read_text("utf-8").splitlines()
    )
]


def test_precision_and_recall_of_each_kind() -> None:
    """The figures of docs/critics.md; run with -s to see them."""
    wanted = Counter(kind for kind, _ in TABLE)
    right = Counter(kind for kind, text in TABLE if kind != "-" and holds(kind, text))
    for kind in KINDS:
        print(f"\n{kind}: {right[kind]} of {wanted[kind]} found", end="")
    false = sum(bool(personal_data(text)) for kind, text in TABLE if kind == "-")
    print(f"\nfalse alarms: {false} of {wanted['-']}")
    assert sum(wanted[kind] for kind in KINDS) >= 120 and wanted["-"] >= 80
    missed = {kind: wanted[kind] - right[kind] for kind in KINDS if wanted[kind] > right[kind]}
    assert missed == {"phone": 1, "secret": 1} and false == 0


@pytest.mark.parametrize("frame", ["Please try {} for more.", "Call {} for more."])
def test_the_example_number_of_every_country_is_found(frame: str) -> None:
    """Numbers that nobody chose for these rules: those of the numbering plans."""
    numbers = [
        number
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
        if (number := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
    for form in (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL):
        found = [holds("phone", frame.format(phonenumbers.format_number(number, form))) for number in numbers]
        assert len(numbers) > 400 and sum(found) >= 0.99 * len(numbers)


UNITS = [
    "a",
    "a@",
    "a.",
    "1",
    "1 ",
    "12-",
    "eyJ",
    "A1 ",
    "ff:",
    "1.",
    "password ",
    "DE89 3704 ",
    "\u00a01",
    "(",
    "://a:",
]


@pytest.mark.parametrize("unit", UNITS)
def test_the_time_is_linear_in_the_text(unit: str) -> None:
    """A quadratic pattern takes minutes for a megabyte; a linear one needs a second or two."""
    start = time.process_time()
    personal_data(unit * (1_000_000 // len(unit)))
    assert time.process_time() - start < 30


def test_several_kinds_in_one_text() -> None:
    assert personal_data("Mail a@b.org or call 212-555-0187.") == ["mail", "phone"]
    assert personal_data("") == []


def test_hidden_characters_hide_nothing() -> None:
    assert personal_data("Call 212\u2060-\u200b555-\u202a0187 now.") == ["phone"]
    assert personal_data("jane@\u00adexample.org") == ["mail"]


def test_a_pair_with_personal_data_on_either_side_is_rejected() -> None:
    clean, dirty = "Call me tomorrow.", "Call me at 212-555-0187."
    scores = PersonalData().score([clean, clean, dirty], [clean, dirty, clean])
    assert scores.tolist() == [0, 1, 1]
    assert PersonalData().score([], []).shape == (0,)
