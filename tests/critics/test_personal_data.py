import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.critics.personal_data import PersonalData, luhn, personal_data


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Write to jane.doe+news@mail.example.co.uk today.", ["mail"]),
        ("Call me at (212) 555-0187 tomorrow.", ["phone"]),
        ("Call +44 20 7946 0958 or come by.", ["phone"]),
        ("My number is 555-0123.", ["phone"]),
        ("It was paid with 4111 1111 1111 1111.", ["card"]),
        ("She lives at 221B Baker Street, they say.", ["address"]),
        ("Send it to 12 Old Mill Rd. please.", ["address"]),
        ("Mail a@b.org or call 212-555-0187.", ["mail", "phone"]),
        # no check digit, an amount, years, a score, a version, a date, a thousand's space
        ("The order is 4111 1111 1111 1112.", []),
        ("It cost $1,234,567 in 1990-1995.", []),
        ("They won 120-118 on 2024-01-15 with version 2.10.3.", []),
        ("Some 10 000 000 people live on 5 streets.", []),
        ("In 2019 Main Street was closed.", ["address"]),  # a suspicion, no more
        ("", []),
    ],
)
def test_kinds(text: str, kinds: list[str]) -> None:
    assert personal_data(text) == kinds


@given(st.text("0123456789", min_size=12, max_size=18))
def test_just_one_check_digit_is_right(digits: str) -> None:
    assert [luhn(digits + str(d)) for d in range(10)].count(True) == 1


def test_luhn_by_hand() -> None:
    assert luhn("79927398713") and not luhn("79927398710")


def test_a_pair_with_personal_data_on_either_side_is_rejected() -> None:
    clean, dirty = "Call me tomorrow.", "Call me at 212-555-0187."
    scores = PersonalData().score([clean, clean, dirty], [clean, dirty, clean])
    assert scores.tolist() == [0, 1, 1]
    assert PersonalData().score([], []).shape == (0,)
