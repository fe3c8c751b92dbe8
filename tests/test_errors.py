from impossible.errors import first_line


def test_the_first_line_of_an_error_or_its_type() -> None:
    assert first_line(ValueError("\n  no such key\nat line 3")) == "no such key"
    assert first_line(MemoryError()) == "MemoryError"
