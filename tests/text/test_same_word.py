import pytest

from impossible.text.same_word import opposite, same


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("house", "house"), ("buy", "purchase"), ("produce", "production"), ("activate", "activation"),
        ("treat", "treatment"), ("syria", "syrian"), ("govern", "government"), ("quick", "quickly"),
    ],
)  # fmt: skip
def test_same(a: str, b: str) -> None:
    assert same(a, b) and same(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("engine", "england"),
        ("cat", "car"),
        ("community", "communist"),
        ("rise", "fall"),
        ("nation", "native"),
    ],
)
def test_not_the_same(a: str, b: str) -> None:
    assert not same(a, b) and not same(b, a)


def test_opposites() -> None:
    assert opposite("rise", "fall") and opposite("fall", "rise")
    assert not opposite("rise", "rise") and not opposite("rise", "house")
