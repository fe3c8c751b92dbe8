from hypothesis import given
from hypothesis import strategies as st

from impossible.text.identifiers import luhn


@given(st.text("0123456789", min_size=12, max_size=18))
def test_just_one_check_digit_is_right(digits: str) -> None:
    assert [luhn(digits + str(d)) for d in range(10)].count(True) == 1


def test_luhn_by_hand() -> None:
    assert luhn("79927398713") and not luhn("79927398710")
