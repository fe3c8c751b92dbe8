"""Number words → digits: "two hundred and five" → "205", "third" → "3rd", "2.5 million" → "2500000".

"One" is the number 1 inside a larger number, before "percent", after a noun that is numbered ("day one"),
beside another number ("one in five", "two to one", "one, two") or alone in the text. Else it is a pronoun in
"no/any/every/this/the (…) one" and before a function word or the end of the text ("one of", "one is", "a good
one."), and the number 1 before any other word ("one man"). "Second" as a unit of time, the adverb "at first"
and round numbers without a count ("several hundred") stay as they are.
"""

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _count(words: str, start: int = 0, step: int = 1) -> dict[str, int]:
    return {word: start + step * n for n, word in enumerate(words.split())}


_ONES = _count(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = _count("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
_ORDINALS = _count(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth",
    start=1,
) | {f"{word[:-1]}ieth": n for word, n in _TENS.items()}
_PARTS = {word: n for word, n in _ORDINALS.items() if n > 2} | {"half": 2, "quarter": 4}
_DECADES = {f"{word[:-1]}ies": n for word, n in _TENS.items()}
_SCALES = {"dozen": 12, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ROUND = {"hundred": 100} | _SCALES
_STARTS = {*_ONES, *_TENS, *_ORDINALS, *_DECADES, *_ROUND, "a", "half", "hundredth"}
_VAGUE = _set("several few many couple some multi")

# "One" before these is a pronoun, and "a second" before these is a unit of time.
_FUNCTION_WORDS = _set(
    "is was are were be been being has have had do does did will would can could may might must shall "
    "should of in on at by for from to with without within into onto about after before under over off up "
    "down out than as and or but nor so yet if when while because since though although that which who "
    "whom whose what where how why the a an this these those it he she they we you i him her them us his "
    "its their our my your another else not never also only even just ever already still again too there "
    "here then now later"
)
_DETERMINERS = _set("no any every some each this that the a an another other which")
_NUMBERED = _set(
    "number day week year part chapter phase stage step page war round type level grade class act game "
    "set channel route section article volume tier formula group question line"
)

_TOKEN = re.compile(r"\w+(?:[.:/][0-9]+)*|(?<=\s)-(?=\s)|[^\s\w-]")
# Longer runs are keys and codes; Python also limits the digits that int() converts.
_NUMERAL = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?")
_NOTHING = Fraction(1, 10**25)  # decimals below it are left out
_FRACTION = re.compile(r"([1-7])/([234568])")


class _Quantity(NamedTuple):
    """A number that was read from words; `end` is the index after its last word."""

    value: Fraction
    end: int
    ordinal: bool = False


def digits(text: str) -> str:
    """Replace number words by digits; hyphens and spaces join words to one number, punctuation does not."""
    tokens = list(_TOKEN.finditer(text))
    words = [token[0].lower() for token in tokens]
    parts: list[str] = []
    copied = i = 0
    while i < len(words):
        form, end = _read(words, i)
        if form:
            parts += [text[copied : tokens[i].start()], form]
            copied = tokens[end - 1].end()
        i = end
    return "".join(parts) + text[copied:]


def plain(value: Fraction) -> str:
    """The shortest decimal ("2.5"), or a fraction ("2/3") if the decimal does not end."""
    places = 0
    while places < 25 and value.denominator != 1 and (value * 10**places).denominator != 1:
        places += 1
    whole, rest = divmod(abs(value) * 10**places, 10**places)
    if rest.denominator != 1:
        return str(value)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{int(rest):0{places}}" if places else f"{sign}{whole}"


def ordinal(n: int) -> str:
    """ "1st", "22nd", "113th"."""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def _read(words: Sequence[str], i: int) -> tuple[str, int]:
    """The digits of the number that begins at word i ("" if none does), and the index to continue from."""
    word, after = words[i], _at(words, i + 1)
    if word not in _STARTS and not word[0].isdecimal():
        return "", i + 1
    if word in _DECADES:
        return f"{_DECADES[word]}s", i + 1
    if after in _DECADES and _century(words, i):
        return f"{_century(words, i) + _DECADES[after]}s", i + 2
    if word in _ROUND and _at(words, i - 1) in _VAGUE | _ROUND.keys():
        return "", i + 1
    number = _fraction(words, i) or _cardinal(words, i)
    if number is None:
        return "", i + 1
    if number.end == i + 1 and (
        _NUMERAL.fullmatch(word)
        or (word == "one" and not _is_numeral_one(words, i))
        or (word in ("first", "second") and not _is_ordinal(words, i))
    ):
        return "", i + 1
    return (ordinal(int(number.value)) if number.ordinal else plain(number.value)), number.end


def _at(words: Sequence[str], i: int) -> str:
    return words[i] if 0 <= i < len(words) else ""


def _is_word(word: str) -> bool:
    return word[:1].isalnum()


def _is_number(word: str) -> bool:
    return word in _ONES or word in _TENS or _NUMERAL.fullmatch(word) is not None


def _is_numeral_one(words: Sequence[str], i: int) -> bool:
    """Whether the "one" at word i is the number 1; see the module's docstring."""
    before, after = _at(words, i - 1), _at(words, i + 1)
    alone = not before and after in ("", ".", "!", "?")
    or_more = after == "or" and _at(words, i + 2) == "more"
    if alone or or_more or before in _NUMBERED or after in ("percent", "per"):
        return True
    if before in _DETERMINERS or (_is_word(before) and _at(words, i - 2) in _DETERMINERS):
        return False
    if after in ("or", "to", "in", "and", ",") and _is_number(_at(words, i + 2)):
        return True
    if before in ("or", "to", "and", ",") and _is_number(_at(words, i - 2)) and not _is_word(after):
        return True
    return _is_word(after) and after not in _FUNCTION_WORDS


def _is_ordinal(words: Sequence[str], i: int) -> bool:
    """Whether "first" or "second" at word i is an ordinal, unlike in "at first" and "a second later"."""
    before, after = _at(words, i - 1), _at(words, i + 1)
    if words[i] == "first":
        return before != "at"
    if before in ("a", "that", "this"):
        return _is_word(after) and after not in _FUNCTION_WORDS
    return before not in ("per", "split", "every", "each") and not _is_number(before)


def _fraction(words: Sequence[str], i: int) -> _Quantity | None:
    """Read "half", "a half", "one third", "two-thirds", "a quarter of", "1/2", and "half a million"."""
    part = _part(words, i)
    if part is None or (words[i] == "a" and words[i + 1] != "half" and _at(words, i + 2) != "of"):
        return None
    scale = part.end + (_at(words, part.end) == "of")
    scale += _at(words, scale) == "a"
    factor = _ROUND.get(_at(words, scale))
    return _Quantity(part.value * factor, scale + 1) if factor else part


def _part(words: Sequence[str], i: int) -> _Quantity | None:
    word, below = _at(words, i), _at(words, i + 1)
    if match := _FRACTION.fullmatch(word):
        value = Fraction(int(match[1]), int(match[2]))
        return _Quantity(value, i + 1) if value < 1 else None
    if word == "half":
        return _Quantity(Fraction(1, 2), i + 1)
    top = 1 if word == "a" else _ONES.get(word, 0)
    if top > 1:  # "two thirds", but not "two third parties"
        below = below[:-1] if below.endswith("s") else ""
    bottom = _PARTS.get(below, 0)
    if 0 < top < bottom and math.gcd(top, bottom) == 1:
        return _Quantity(Fraction(top, bottom), i + 2)
    return None


def _cardinal(words: Sequence[str], i: int) -> _Quantity | None:
    """Read chunks with falling scales: two million | three hundred and five thousand | and six."""
    total, end, limit = Fraction(0), i, math.inf
    while True:
        start = end + (end > i and _at(words, end) == "and")
        chunk = _chunk(words, start)
        if chunk is None or (end > i and (chunk.end == start or not words[start].isalpha())):
            break
        word = _at(words, chunk.end)
        ranked = word.endswith("th")
        scale = _SCALES.get(word.removesuffix("th" if ranked else "s"), 0)
        if scale >= limit:
            break
        if not scale or chunk.ordinal:
            return _Quantity(total + chunk.value, chunk.end, chunk.ordinal)
        total, end, limit = total + chunk.value * scale, chunk.end + 1, scale
        if ranked:
            return _Quantity(total, end, ordinal=True)
    return _Quantity(total, end) if end > i else None


def _chunk(words: Sequence[str], i: int) -> _Quantity | None:
    """Read what a scale can multiply: 205, two hundred and five, 2.5, two point five, two and a half, a."""
    head = _year(words, i) or _below_hundred(words, i)
    if head is None or head.ordinal:
        return head
    if _at(words, head.end) == "hundredth":
        return _Quantity(head.value * 100, head.end + 1, ordinal=True)
    if _at(words, head.end) == "hundred":
        head = _with_rest(words, _Quantity(head.value * 100, head.end + 1))
    return head if head.ordinal else _with_decimals(words, head)


def _with_rest(words: Sequence[str], hundreds: _Quantity) -> _Quantity:
    """Add "and five" to "two hundred"; "between two hundred and five hundred" stays two numbers."""
    start = hundreds.end + (_at(words, hundreds.end) == "and")
    rest = _below_hundred(words, start)
    if rest is None or rest.end == start or words[start] == "a" or not words[start].isalpha():
        return hundreds
    if _at(words, rest.end) == "hundred":
        return hundreds
    return _Quantity(hundreds.value + rest.value, rest.end, rest.ordinal)


def _with_decimals(words: Sequence[str], number: _Quantity) -> _Quantity:
    """Add "point one four", "and a half" or "1/2" to a whole number."""
    value, end = number.value, number.end
    after, then = _at(words, end), _at(words, end + 1)
    if after == "point" and _ONES.get(then, 10) < 10:
        end += 1
        place = Fraction(1, 10)
        while _ONES.get(_at(words, end), 10) < 10:
            value += place * _ONES[words[end]] if place > _NOTHING else 0
            place /= 10 if place > _NOTHING else 1
            end += 1
        return _Quantity(value, end)
    joined = after == "and" and then != "half"
    part = _part(words, end + 1) if joined else (_part(words, end) if _FRACTION.fullmatch(after) else None)
    return _Quantity(value + part.value, part.end) if part and number.end > 0 else number


def _below_hundred(words: Sequence[str], i: int) -> _Quantity | None:
    """Read 0 to 99 in words, or any numeral; a round number without a count, or with "a", counts once."""
    word, after = _at(words, i), _at(words, i + 1)
    for unit in (_ONES, _ORDINALS):
        if word in _TENS and 0 < unit.get(after, 0) < 10:
            return _Quantity(Fraction(_TENS[word] + unit[after]), i + 2, unit is _ORDINALS)
    for table in (_ONES, _TENS, _ORDINALS):
        if word in table:
            return _Quantity(Fraction(table[word]), i + 1, table is _ORDINALS)
    if _NUMERAL.fullmatch(word):
        return _Quantity(Fraction(word), i + 1)
    if word in _ROUND or word == "hundredth" or (word == "a" and after in _ROUND):
        return _Quantity(Fraction(1), i + (word == "a"))
    return None


def _year(words: Sequence[str], i: int) -> _Quantity | None:
    """Read a year: nineteen ninety-nine, twenty twenty, nineteen oh five."""
    century, after = _century(words, i), _at(words, i + 1)
    if not century:
        return None
    if after in ("oh", "o") and 0 < _ONES.get(_at(words, i + 2), 0) < 10:
        return _Quantity(Fraction(century + _ONES[words[i + 2]]), i + 3)
    if after in _TENS or _ONES.get(after, 0) >= 10:
        rest = _below_hundred(words, i + 1)
        if rest and not rest.ordinal:
            return _Quantity(century + rest.value, rest.end)
    return None


def _century(words: Sequence[str], i: int) -> int:
    """1100 to 2000 for "eleven" to "twenty", else 0."""
    word = _at(words, i)
    n = 20 if word == "twenty" else _ONES.get(word, 0)
    return 100 * n if n > 10 else 0
