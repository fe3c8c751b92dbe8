"""Bounds of numbers: "up to 5" is "<=5", "5 or more" is ">=5", "until Friday" is "until friday".

| bound | written as |
|---|---|
| < · > | fewer than, under, below; more than, over, above, in excess of |
| <= · >= | up to, at most, within, 5 or less, 5 max; at least, a minimum of, 5 or more, 5+ |
| almost | nearly, close to, just under |
| until · by · before · after · from | before dates and times only; "since" is "from" |

"About" and the like say nothing. In "from 5 to 10" and "Monday through Friday" the two ends say it all.
"""

import re

# Each line: the bound, then phrases. "~": before or behind dates and times only.
_BEFORE = """
    <: fewer than, less than, lower than, smaller than, shorter than, under, below, beneath, <
    >: more than, greater than, higher than, larger than, longer than, over, above, in excess of, >
    >: exceeding, exceed, exceeds, exceeded, upwards of, upward of
    <=: up to, at most, at the most, no more than, not more than, not over, no greater than, no longer than
    <=: no higher than, a maximum of, maximum of, a maximum, maximum, max, max., within
    <=: as many as, as much as, as high as, <=, ≤, =<
    >=: at least, at the least, no less than, no fewer than, not less than, not fewer than, not under
    >=: a minimum of, minimum of, a minimum, minimum, min, min., as few as, as little as, >=, ≥, =>
    almost: almost, nearly, close to, not quite, shy of, just shy of, just short of, just under, just below
    almost: slightly under, slightly below, slightly less than, slightly fewer than, a little under
    almost: a little less than
    ±: ±, +/-, plus or minus, give or take
    until: until, till, til, up until
    ~until: through, thru
    ~by: by, no later than, not later than
    ~before: before, prior to, earlier than, ahead of
    ~after: after, past, following, later than
    ~from: from, since, starting, starting on, starting in, starting from, starting at, beginning
    ~from: beginning on, beginning in, as of, no earlier than, not before
"""
_BEHIND = """
    >=: or more, or over, or above, or older, or higher, or greater, or longer, or better, or later, and over
    >=: and above, and up, and older, and more, at least, at the least, minimum
    <=: or less, or fewer, or under, or below, or younger, or lower, or earlier, and under, and below
    <=: and younger, at most, at the most, maximum, max, tops
    ~by: at the latest
    ~from: onwards, onward, or after, at the earliest
"""


def _kinds(table: str) -> dict[str, str]:
    lines = (line.strip().split(": ") for line in table.strip().splitlines())
    return {phrase: kind for kind, phrases in lines for phrase in phrases.split(", ")}


def _any(phrases: dict[str, str]) -> str:
    """An alternation, longest first; words are whole words."""
    ordered = sorted(phrases, key=len, reverse=True)
    return "|".join(
        (r"(?<!\w)" if p[0].isalpha() else "") + re.escape(p).replace(r"\ ", r"\s") for p in ordered
    )


_KIND_BEFORE, _KIND_BEHIND = _kinds(_BEFORE), _kinds(_BEHIND)
_BOUND = re.compile(
    rf"(?i)({_any(_KIND_BEFORE)})(?:(?<=\w)\s|(?<=\.)\s|(?<=[^\w.])\s?)(?:(?:about|around|some|exactly|only)\s)?"
)
_FOLLOWS = re.compile(
    rf"(?i)(?:\s(?!or\b|and\b|at\b)[a-z]+)?\s({_any(_KIND_BEHIND)})\b(?!\s(?:[0-9]|than\b|the\b|an?\b))|\+(?!\w)"
)

_MOVES = re.compile(
    r"(?i)\b(?:add(?:s|ed|ing)?|went|go(?:es|ne)?|came|comes?|rose|rises?|climbed|jumped|moved)\sup\sto\s"
)


def bounds_before(text: str, is_time: dict[int, bool]) -> dict[int, str]:
    """The bounds that stand directly before a number: where the number starts → bound.

    `is_time`: where numbers start → whether the number is a date or time.
    """
    found: dict[int, str] = {}
    for match in _BOUND.finditer(text):
        kind = _KIND_BEFORE[" ".join(match[1].lower().split())]
        if match.end() in is_time and not _MOVES.search(text, max(0, match.start() - 10), match.start(1) + 6):
            found[match.end()] = _fit(kind, is_time[match.end()])
    return found


def bound_behind(text: str, end: int, is_time: bool) -> str:
    """The bound that follows a number which ends at `end`, or ""."""
    match = _FOLLOWS.match(text, end)
    if match is None:
        return ""
    if match[1]:
        return _fit(_KIND_BEHIND[" ".join(match[1].lower().split())], is_time)
    return ">" if text[end - 3 : end].isdecimal() else ">="  # "500+" is more than 500, "18+" includes 18


def _fit(kind: str, is_time: bool) -> str:
    if is_time:
        return {"<=": "until", ">": "after", "<": "before", ">=": "from"}.get(kind, kind.lstrip("~"))
    return "" if kind.startswith("~") else kind
