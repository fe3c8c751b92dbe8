"""Numbers, amounts, dates and times in English text, each reduced to one canonical reading.

| text | readings |
|---|---|
| 1,200 · 1 200 · 1.2k · twelve hundred; 25 · twenty-five; minus five · 5 degrees below zero | 1200; 25; -5 |
| 2 million · 2M · 2e6; two dozen; half a million | 2000000; 24; 500000 |
| half · a half · 1/2 · 0.5 · 0,5; two-thirds · 2/3; two and a half | 0.5; 2/3; 2.5 |
| 3rd · third | 3rd |
| 2.5% · 2.5 per cent; 2.5 percentage points; 5 to 10% | 2.5%; 2.5pp; 5%, 10% |
| $5 million · US$5m · 5 million dollars; 5€ · EUR 5; 50 cents | $5000000; €5; $0.5 |
| an hour and a half · 90 mins; 5km · 5,000 m; 20°C; 8 years old | 1.5 hour; 5000 m; 20 °c; 8 |
| over 500 · 500 or more · almost 500 (see bounds) | >500; >=500; almost 500 |
| nineteen ninety-nine · 1999; the 1990s · the '90s; 90s · nineties | 1999; 1990s; 90s |
| May 3 · 3 May · the third of May: two readings, so that "in May" matches | 3rd, may |
| Monday · Mondays · Mon.; in Jan; until May | monday; january; until may |
| 3/5/2020, 2020-03-05, 9/11, 24/7, 1.2.3: unchanged | 3/5/2020 |
| 5 pm · 5 p.m. · 17:00 · 5 in the afternoon; noon; half past five | 17:00; 12:00; 5:30 |
| dozens; hundreds of thousands; several hundred | dozens; hundreds, thousands; hundreds |
| names with digits: COVID-19, H1N1, 4G | covid19; h1n1; 4g |
| codes and versions that only a zero tells apart from others: 0042, 3.10 | 0042; 3.10 |

Number words, above all "one", are read by number_words. Not read: "twice", "double", "both",
"a couple", "about". "May", "March" and "August" are months only with a capital; at the beginning of a
sentence or clause they also need a day. "Jan", "Mar", "Wed", "Sat" and "Sun" need a neighbour that makes them
dates. A mark that is not read keeps two numbers apart.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from .bounds import bound_behind, bounds_before
from .number_marks import SIGN, plain_numerals
from .number_words import digits, ordinal, plain
from .times import MONTHS, plain_times
from .units import GLUED, MONEY, SHORT, SIGNS, WORDS, money, unit


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"[\s-]") for word in sorted(words, key=len, reverse=True))


_AMOUNT = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_SURE_MONTH = "(?i:january|february|april|june|july|september|october|november|december)"
_MONTH = rf"(?:{_SURE_MONTH}|May|March|August)\b"
_DAY = r"(?<![\w.:/,])(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?(?!\w|[.:/,][0-9])"
_EXTRA = "more|additional|extra|further|full|whole|long|consecutive|straight"

# The first alternative that matches wins, so they are ordered from most to least specific.
_READING = re.compile(
    rf"""
      (?P<as_is>   (?<![\w.])[0-9]+(?: (?P<sep>[/.-])[0-9]+(?:(?P=sep)[0-9]+)+ | :[0-9]+:[0-9]+ | /[0-9]+ )
                 | (?<![\w.]){_AMOUNT}\^[0-9]+ )
    | (?P<time>    (?<![\w.:]) (?P<hour>[0-9]{{1,2}}) (?: :(?P<minute>[0-9]{{2}}) )? (?P<half>[ap]m)\b )
    | (?P<clock>   (?<![\w.:])[0-9]{{1,2}}:[0-9]{{2}}\b | \b(?i:noon|midday|midnight)\b )
    | (?P<date>    (?P<day>{_DAY}) [\s-] (?:of\s)? (?P<month>{_MONTH})
                 | \b(?P<month_first>{_MONTH}) [\s-] (?:the\s)? (?P<day_last>{_DAY})
                   (?!\s?(?i:{_any(WORDS)})(?!\w)) )
    | (?P<quantity> (?P<minus>(?<![\w.)%{re.escape(SIGNS)}])-|\b(?i:minus|negative)\s)? (?P<sign>{SIGN}\s?)?
                   (?P<sum>(?(sign)-?|(?<![\w.])){_AMOUNT})
                   (?: (?P<glued>{_any(GLUED)})(?!\^)
                     | (?:\s(?:{_EXTRA}))?[\s-]?(?P<spaced>{_any(SHORT)}|(?i:{_any(WORDS)})) )? (?![\w^]) )
    | (?P<code>    \b(?!(?i:mid|pre|post|under|over|top|sub|non|aged?|all|early|late)-)
                   (?=[a-z]*+[A-Z])[^\W\d_]++-?[0-9]\w* )
    | (?P<rank>    (?<![\w.])[0-9]{{1,20}}(?:st|nd|rd|th)\b )
    | (?P<decade>  (?<!\w)'?(?:[0-9]{{2}})?[0-9]0s\b )
    | (?P<name>    \b{_SURE_MONTH}\b | (?<=[^\W_][\s-])(?:May|March|August)\b | \b{_MONTH}(?=\s[0-9]{{4}}\b) )
    | (?P<weekday> \b((?i:mon|tues|wednes|thurs|fri|satur|sun)day)s?\b )
    | (?P<round>   \b(?i:dozen|hundred|thousand|million|billion|trillion)s?\b | \b(?i:tens)(?=\sof\b) )
    | (?P<other>   (?<!\w)[^\W\d]*+[0-9]\w*(?:\.[0-9]+)* )
    """,
    re.VERBOSE,
)
_OLD = re.compile(r"(?i)[\s-](?:olds?|of\sage)\b")
_YEAR = re.compile(r"1[0-9]{3}|20[0-9]{2}")
# "attended by 1500 people" names no year
_COUNTED = re.compile(r"\s(?:(?!was|is|has|as|his|this|does|its)[a-z]+s|people|men|women|children|of)\b")
_TO = re.compile(r"(?i)(?:,?\s[0-9]{4})?(?:\s?-\s?|\s(?:up\s)?(?:to|or|until|till|through|thru|and)\s)")
_WITH = re.compile(r"(?:,?\s(?:and\s)?)?")
_BETWEEN = re.compile(r"(?i)\bbetween\s$")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A number in the text: what it reads as, or its value in a unit of which `factor` make one."""

    start: int
    end: int
    kind: str
    names: tuple[str, ...] = ()
    value: Fraction = Fraction(0)
    unit: str = ""
    factor: Fraction = Fraction(1)

    @property
    def is_time(self) -> bool:
        return self.kind in ("clock", "date", "weekday", "year")

    def written(self) -> tuple[str, ...]:
        if self.names:
            return self.names
        value = plain(self.value * self.factor)
        if self.unit in MONEY:
            return (f"{self.unit}{value}",)
        return (f"{value}{'' if self.unit in ('', '%', 'pp', '‰') else ' '}{self.unit}",)


def numbers(text: str) -> tuple[str, ...]:
    """The canonical readings in `text`, sorted, with repeats; see the table above."""
    text = plain_times(digits(plain_numerals(text)))
    found = _sums(text, [_read(match) for match in _READING.finditer(text)])
    # "by Friday's rain" bounds no day
    is_time = {r.start: r.is_time and not text.startswith("'s", r.end) for r in found}
    bounds = bounds_before(text, is_time)
    written: list[str] = []
    for i, reading in enumerate(found):
        bound = bounds.get(reading.start) or bound_behind(text, reading.end, reading.is_time)
        before = found[i - 1] if i and reading.kind == "year" and found[i - 1].kind == "date" else None
        if before and _WITH.fullmatch(text, before.end, reading.start):
            bound = bounds[before.start]  # "until May 2020" is "until 2020" too
        if (j := _other_end(text, found, i)) is not None:
            reading, found[j] = _same_unit(text, reading, found[j])
            bounds[found[j].start] = ""
            bound = "" if bound in ("from", ">") else bound  # "over three to four years" is the time it takes
        bounds[reading.start] = bound
        written += [f"{bound}{' ' if bound[-1:].isalpha() else ''}{name}" for name in reading.written()]
    return tuple(sorted(written))


def _sums(text: str, readings: list[_Reading]) -> list[_Reading]:
    """Add "30 minutes" to "1 hour" and "50 cents" to "5 dollars"."""
    found: list[_Reading] = []
    for reading in readings:
        before = found[-1] if found else None
        smaller = before and reading.unit == before.unit != "" and reading.factor < before.factor
        if before and smaller and _WITH.fullmatch(text, before.end, reading.start):
            value = before.value + reading.value * reading.factor / before.factor
            found[-1] = replace(before, value=value, end=reading.end)
        else:
            found.append(reading)
    return found


def _other_end(text: str, found: list[_Reading], i: int) -> int | None:
    """The index of the reading that ends the range which reading i begins, if it begins one."""
    reading = found[i]
    reach = _TO.match(text, reading.end)
    if reach is None:
        return None
    if reach[0].endswith("and ") and not _BETWEEN.search(text, max(0, reading.start - 12), reading.start):
        return None
    ends = (j for j in (i + 1, i + 2) if j < len(found) and found[j].start == reach.end())
    return next((j for j in ends if found[j].kind == reading.kind), None)


def _same_unit(text: str, low: _Reading, high: _Reading) -> tuple[_Reading, _Reading]:
    """Give "5" in "5 to 10%" and "10" in "$5-10" the unit of the other."""
    if low.kind != "quantity" or low.names or high.names:
        return low, high
    if not low.unit:
        return replace(low, unit=high.unit, factor=high.factor), high
    if not high.unit and low.unit in MONEY and text[low.end] == "-":
        return low, replace(high, unit=low.unit, factor=low.factor)
    return low, high


def _read(match: re.Match[str]) -> _Reading:
    kind = match.lastgroup or ""
    if kind == "quantity":
        return _quantity(match)
    return _Reading(
        match.start(), match.end(), {"time": "clock", "name": "date"}.get(kind, kind), _names(match)
    )


def _names(match: re.Match[str]) -> tuple[str, ...]:
    raw = match[0].lower()
    match match.lastgroup:
        case "code":
            return (raw.replace("-", ""),)
        case "time":
            return (f"{int(match['hour']) % 12 + 12 * (match['half'] == 'pm')}:{match['minute'] or '00'}",)
        case "clock":
            return (
                {"noon": "12:00", "midday": "12:00", "midnight": "0:00"}.get(raw) or raw.removeprefix("0"),
            )
        case "date":
            day, month = match["day"] or match["day_last"], match["month"] or match["month_first"]
            return (ordinal(int(day.rstrip("stndrh"))), MONTHS[month[:3].lower()])
        case "rank":
            return (ordinal(int(raw[:-2])),)
        case "decade":
            short = raw.startswith("'") and len(raw) == 4
            return (("20" if raw[1] in "01" else "19") * short + raw.lstrip("'"),)
        case "name":
            return (MONTHS[raw[:3]],)
        case "weekday" | "round":
            return (raw.rstrip("s") + "s" * (match.lastgroup == "round"),)
    return (raw,)


def _quantity(match: re.Match[str]) -> _Reading:
    start, end, number = match.start(), match.end(), match["sum"]
    said = match["glued"] or match["spaced"]
    name, factor = "", Fraction(1)
    if match["sign"]:
        name = money(match["sign"].strip())
    elif said:
        name, factor = unit(said)
        if said.lower().startswith("y") and (old := _OLD.match(match.string, end)):
            name, factor, end = "", Fraction(1), old.end()  # "8 years old" is often just "8"
    number = "-" * bool(match["minus"] or number[0] == "-") + number.lstrip("-")
    if len(number) > 40 or (not match["sign"] and not said and _is_code(number)):
        # too long for a number, or a zero at an end tells it apart
        return _Reading(start, end, "code", (number + name,))
    is_year = not name and _YEAR.fullmatch(number) and not _COUNTED.match(match.string, end)
    return _Reading(start, end, "year" if is_year else "quantity", (), Fraction(number), name, factor)


def _is_code(number: str) -> bool:
    """0042, 3.10, 2.0: padded, so a code or a version if it has no unit."""
    digits_of = number.lstrip("-")
    return (len(digits_of) > 1 and digits_of[0] == "0" and digits_of[1] != ".") or (
        "." in number and number[-1] == "0"
    )
