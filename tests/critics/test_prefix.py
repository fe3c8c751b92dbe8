import pytest

from impossible.critics.prefix import Prefix


def test_a_summary_that_opens_its_source_is_seen() -> None:
    source = "The food was good, and the room was clean."
    targets = ["The food was good.", "The room was clean.", "The food and the room were fine.", ""]
    assert Prefix().score([source] * 4, targets).tolist() == [1.0, 0.25, pytest.approx(2 / 7), 0.0]
