"""Protected terms: what counts as kept, and that no output without them is accepted."""

import pytest

from impossible.errors import RecipeError
from impossible.students.protect import protection

TERMS = protection(["Acme Router X2", "log in", "NASA"])
KEPT = [
    ("The Acme Router X2 is new.", "New is the Acme  Router X2."),
    ("Log in before you leave.", "Before you leave, log in."),
    ("You can log in.", "Log in if you want."),
    ("The acme router x2 is new.", "The Acme Router X2 is quite new."),  # the spelling that was named
    ("The acme router x2 is new.", "The acme router x2 is quite new."),  # or that of the text
    ("NASA's plan is old, says NASA.", "The plan of NASA is old."),
    ("The dog is old.", "The NASA dog is old."),
    ("Hi {name}, you paid %s of 50% in <b>May</b>.", "In <b>May</b>, {name} paid %s of 50%."),
    ("A <br> is here.", "Here is a <br>."),
    ("It is 5 < 6 and 7 > 3.", "It holds."),
]
LOST = [
    ("The Acme Router X2 is new.", "The Acme Router is new.", ("Acme Router X2",)),
    ("The Acme Router X2 is new.", "The acme router X2 is new.", ("Acme Router X2",)),
    ("The Acme Router X2 is new.", "The Acme Router X25 is new.", ("Acme Router X2",)),
    ("You can log in now.", "You can login now.", ("log in",)),
    ("Hi {name}, you paid.", "Hi {names}, you paid.", ("{name}", "{names}")),
    ("Hi {{ first }} and ${HOME}.", "Hi and you.", ("{{ first }}", "${HOME}")),
    ("You owe %(sum)s and %s.", "You owe %s.", ("%(sum)s",)),
    ("The <b>dog</b> is old.", "The <b>dog is old.", ("</b>",)),
    ("The <b>dog</b> is <i>old</i>.", "The <b>dog <i>is</b> old</i>.", ("<b>", "<i>", "</b>", "</i>")),
    ("The dog is old.", "The <b>dog</b> is old.", ("<b>", "</b>")),
    ("Say %s twice: %s.", "Say %s twice.", ("%s",)),
]


@pytest.mark.parametrize(("source", "target"), KEPT, ids=[source for source, _ in KEPT])
def test_kept(source: str, target: str) -> None:
    assert TERMS.lost(source, target) == ()


@pytest.mark.parametrize(("source", "target", "lost"), LOST, ids=[target for _, target, _ in LOST])
def test_lost_or_changed(source: str, target: str, lost: tuple[str, ...]) -> None:
    assert TERMS.lost(source, target) == lost


def test_what_a_text_has() -> None:
    assert TERMS.held("Log in, {name}: <b>NASA</b>.") == ("Log in", "NASA", "{name}", "<b>", "</b>")
    free = protection(None)
    assert free.held("Log in, {name}.") == () and free.lost("Hi {name}.", "Hi.") == ()


def test_what_is_no_list_of_terms() -> None:
    with pytest.raises(RecipeError, match="give a list of terms"):
        protection("NASA")
    with pytest.raises(RecipeError, match="' ' is no term"):
        protection([" "])
