import pytest

from impossible.text.joints import restore_joints

ORIGINAL = (
    "In 1904 and after the war, Ann Wein, Ida Roth and Leo Marr moved the mill to Oldmere, Kent, "
    "with books, maps, and tools."
)


@pytest.mark.parametrize(
    ("restated", "wanted"),
    [
        ("Ann Wein, Ida Roth, Leo Marr moved the mill.", "Ann Wein, Ida Roth and Leo Marr moved the mill."),
        ("They moved books, maps, tools.", "They moved books, maps, and tools."),
        ("It was moved to Oldmere Kent.", "It was moved to Oldmere, Kent."),
        ("1904, the mill was moved.", "In 1904, the mill was moved."),
        ("1904 Ann Wein moved the mill.", "In 1904, Ann Wein moved the mill."),
        ("Ann Wein moved the mill 1904.", "Ann Wein moved the mill in 1904."),
        ("Ann Wein moved the mill in May 1904.", "Ann Wein moved the mill in May 1904."),
        ("1905 Ann Wein moved the mill.", "1905 Ann Wein moved the mill."),
        ("The mill moved on June 1904.", "The mill moved in June 1904."),
        ("The mill opened on June 4, 1904.", "The mill opened on June 4, 1904."),
        (
            "He met a Argentine and an farmer on a uninhabited island.",
            "He met an Argentine and a farmer on an uninhabited island.",
        ),
        (
            "A one-way street, a unit, a European and an FBI man.",
            "A one-way street, a unit, a European and an FBI man.",
        ),
        ("Ann Wein, who moved the mill, left.", "Ann Wein, who moved the mill, left."),
        ("", ""),
    ],
)
def test_joints_come_back(restated: str, wanted: str) -> None:
    assert restore_joints(restated, ORIGINAL) == wanted


def test_nothing_is_added_twice() -> None:
    once = restore_joints("1904, Ann Wein, Ida Roth, Leo Marr moved to Oldmere Kent.", ORIGINAL)
    assert restore_joints(once, ORIGINAL) == once
