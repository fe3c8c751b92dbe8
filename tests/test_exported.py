import impossible


def test_all_is_sorted_and_every_name_is_there() -> None:
    assert impossible.__all__ == sorted(impossible.__all__)
    assert all(hasattr(impossible, name) for name in impossible.__all__)
