"""What an output must keep word for word: terms that the user names, slots such as `{name}`, and markup.

Names and numbers of the text are not here: the critics `entities` and `numbers` hold them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import RecipeError

PROTECTED = "protected"  # the verdict of an output that lost a term
_TAG = re.compile(r"</?[a-zA-Z][\w-]*(?:\s[^<>]*)?/?>")
_SLOT = re.compile(
    r"\{\{[^{}]+\}\}|[$#]?\{[^{}]+\}|%\(\w+\)[sdif]\b|(?<!\d)%(?:\d+\$)?[sdif@](?!\w)|\$[A-Z_]{2,}\b"
)
_VOID = {"br", "hr", "img", "wbr", "input"}


@dataclass(frozen=True, slots=True)
class Protection:
    """Terms to keep, by any case, and whether slots and markup are kept too."""

    terms: tuple[str, ...] = ()
    slots: bool = True

    def held(self, text: str) -> tuple[str, ...]:
        """The terms, slots and markup that a text has, as they are written in it."""
        named = [found[0] for term in self.terms if (found := _term(term).search(text))]
        return tuple(dict.fromkeys((*named, *self._marks(text))))

    def lost(self, source: str, target: str) -> tuple[str, ...]:
        """What the target lost, changed or invented of `held`, as the source (else the target) writes it.

        A named term must be there once at least, spelled as in the source or as it was named; the case of its
        first letter is free where it begins a text. Slots and tags must be there as often as in the source,
        and tags must nest where they do in the source.
        """
        lost = [found[0] for term in self.terms if (found := _lost_term(term, source, target))]
        given, made = self._marks(source), self._marks(target)
        before, after = Counter(given), Counter(made)
        lost += (before - after) + (after - before)
        if not lost and _nests(given) and not _nests(made):
            lost += [mark for mark in made if _TAG.fullmatch(mark)]
        return tuple(dict.fromkeys(lost))

    def _marks(self, text: str) -> list[str]:
        if not self.slots:
            return []
        found = [*_SLOT.finditer(text), *_TAG.finditer(text)]
        return [match[0] for match in sorted(found, key=re.Match.start)]


def protection(terms: Sequence[str] | None) -> Protection:
    """Terms besides slots and markup → what is protected; None: nothing. Raises RecipeError."""
    if terms is None:
        return Protection(slots=False)
    if isinstance(terms, str):
        raise RecipeError(f"protect = {terms!r}: give a list of terms")
    bad = next((term for term in terms if not isinstance(term, str) or not term.strip()), None)
    if bad is not None:
        raise RecipeError(f"protect: {bad!r} is no term; give words")
    return Protection(tuple(dict.fromkeys(" ".join(term.split()) for term in terms)))


def _term(term: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, term.split()))
    return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)


def _lost_term(term: str, source: str, target: str) -> re.Match[str] | None:
    given = _term(term).search(source)
    if given is None or any(_same(given, made, term) for made in _term(term).finditer(target)):
        return None
    return given


def _same(given: re.Match[str], made: re.Match[str], term: str) -> bool:
    spellings = {" ".join(given[0].split()), term}
    said = " ".join(made[0].split())
    begins = 0 in (given.start(), made.start())
    return said in spellings or (begins and said[1:] in {spelling[1:] for spelling in spellings})


def _nests(marks: Sequence[str]) -> bool:
    """Whether each tag among marks is closed, in order; tags that are never closed do not count."""
    open_tags = list[str]()
    for mark in marks:
        name = re.match(r"</?([a-zA-Z][\w-]*)", mark)
        if not name or name[1].lower() in _VOID or mark.endswith("/>"):
            continue
        if mark[1] != "/":
            open_tags.append(name[1])
        elif not open_tags or open_tags.pop() != name[1]:
            return False
    return not open_tags
