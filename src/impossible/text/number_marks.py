"""One way to write numerals: plain ASCII digits, a point before decimals, no thousands separators.

| text | becomes |
|---|---|
| ４２ · ٤٢; − – ’; ½; 10⁶ | 42; - '; 1/2; 10^6 |
| 1,200 · 1 200 · 1'200 · 1.200.000 · 1,00,000; 1,5; 1.234,56 | 1200 …; 1.5; 1234.56 |
| 1.000 people · 12.345 people · €1.500; else 1.500 stays a decimal | 1000 people … |
| 1e6 · 2 x 10^6; 1.2k · 2M · $2m · 3bn | 1000000; 1.2 thousand … |
| 5 to 10 million; World War II · WW2; Henry VIII | 5 million to 10 million; 2nd World War; Henry 8 |
"""

import re
import unicodedata
from fractions import Fraction

from .number_words import ordinal, plain
from .units import CODES, SIGNS, WORDS

# "ſ", "ı" and the sign of Kelvin match "s", "i" and "k" where case is ignored, but are other characters.
_CHARACTERS = str.maketrans(
    {"’": "'", "‘": "'", "−": "-", "–": " - ", "—": " - ", "‑": "-", "‐": "-"}
    | {"ſ": "s", "ı": "i", "İ": "I", "\u212a": "K", "ﬅ": "st", "ﬆ": "st", "×": "x", "℃": "°C", "℉": "°F"}
    | dict.fromkeys("\u00a0\u2007\u2009\u202f", " ")
)
_OTHER_DIGITS = re.compile(r"[^\D0-9]|[\uff00-\uffef]|[⁰¹²³⁴-⁹]+|[\u2160-\u216b]|[¼-¾⅐-⅞]")
SIGN = rf"(?:(?<![A-Z])[A-Z]{{0,3}}[{re.escape(SIGNS)}]|\b(?:{'|'.join(map(re.escape, CODES))}))"
_NUMERAL = r"[0-9]+(?:\.[0-9]+)?"
_START = r"(?<![\w.,])"

_EUROPEAN = re.compile(rf"{_START}([0-9]{{1,3}}(?:[.' ][0-9]{{3}}){{1,8}}),([0-9]{{1,2}})(?![\w,])")
_GROUPS = re.compile(
    rf"{_START}(?:(?!0)[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,8}} | [0-9]{{1,2}}(?:,[0-9]{{2}}){{1,8}},[0-9]{{3}} | "
    r"[1-9][0-9]{0,2}(?:(?:'[0-9]{3}){1,8} | (?:\s[0-9]{3}){1,8} | (?:\.[0-9]{3}){2,8})) (?![0-9]|,[0-9])",
    re.VERBOSE,
)
_DAY_BEFORE = re.compile(r"(?i)\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\.?\s$")
_DECIMAL_COMMA = re.compile(
    rf"{_START}([0-9]+),([0-9]{{1,2}}|[0-9]{{4,}}|(?<=\b0,)[0-9]{{3}})(?![0-9]|,|\.[0-9]|\s(?:and|or|&)\s[0-9])"
)
_DOT = re.compile(
    rf"({SIGN}\s?)?{_START}([1-9][0-9]{{0,2}})\.([0-9]{{3}})(?![0-9]|[.,][0-9])"
    r"(?=(?P<glued>\w|%)?\s?(?P<after>[^\W\d_]+|[^\w\s])?)"
)
_WORLD_WAR = re.compile(r"\b(?:(?i:world\swar\s)|WW\s?)(I{1,3}|[123]|(?i:one|two|three))\b")
_ROMAN = re.compile(r"(?<=[a-z]\s)(?=[IVX]{2})(X{0,3})(IX|IV|V?I{0,3})(?![\w'])")
_FEET = re.compile(r"(?<=[0-9])['′]\s?([0-9]{1,2})(?:\"|″|'')")
_VERSION = re.compile(r"\b(?:v(?=[0-9])|V(?=[0-9]+\.[0-9]))")
_POWER = re.compile(
    rf"{_START}(?:({_NUMERAL})[eE]\+?([0-9]{{1,2}})(?!\w)|(?:({_NUMERAL})\s?[x*·]\s?)?10\^([0-9]{{1,2}})(?!\w))"
)
_CONTINENTAL = {"€", "chf", "sek", "nok", "dkk", "pln", "₽"}
_SCALES = {"k": "thousand", "m": "million", "b": "billion", "t": "trillion"}
_SCALE = re.compile(
    rf"(?P<sign>{SIGN}\s?)?{_START}(?P<number>{_NUMERAL})(?P<range>\s?(?:-|\bto\b|\bor\b)\s?"
    rf"(?P<sign2>{SIGN}\s?)?(?P<high>{_NUMERAL}))?(?P<space>[\s-]?)"
    r"(?P<scale>(?i:bn|tn|mn|mm|mln|mil|bln|trn|thousand|million|billion|trillion)|[kKmMbBtT])(?!\w)"
    rf"(?=(?P<behind>\s?[{re.escape(SIGNS)}])?(?P<counted>\s(?:people|users|views|viewers|readers|members|"
    r"copies|jobs|downloads|followers|subscribers|visitors|customers|voters|homes|years)\b)?)"
)


def plain_numerals(text: str) -> str:
    """Write every numeral of `text` in one way; see the table above."""
    text = text.translate(_CHARACTERS)
    if not text.isascii():
        text = _OTHER_DIGITS.sub(_ascii, text)
    text = _ROMAN.sub(_arabic, _WORLD_WAR.sub(_ordinal_war, text))
    text = _VERSION.sub("", _FEET.sub(r" feet \1 inches", text))
    text = _EUROPEAN.sub(lambda m: f"{re.sub('[^0-9]', '', m[1])}.{m[2]}", text)
    text = _DECIMAL_COMMA.sub(r"\1.\2", _GROUPS.sub(_joined, text))
    return _SCALE.sub(_spelt_scale, _POWER.sub(_multiplied, _DOT.sub(_thousands, text)))


def _ascii(match: re.Match[str]) -> str:
    raw = match[0]
    if raw in "¼½¾" or "⅐" <= raw <= "⅞":
        return " " + unicodedata.normalize("NFKC", raw).replace("\u2044", "/")
    if raw[0] in "⁰¹²³⁴⁵⁶⁷⁸⁹":
        return "^" + unicodedata.normalize("NFKC", raw)
    digit = unicodedata.decimal(raw, None)
    if digit is not None:
        return str(digit)
    return unicodedata.normalize("NFKC", raw)


def _ordinal_war(match: re.Match[str]) -> str:
    n = {"one": 1, "two": 2, "three": 3}.get(match[1].lower()) or len(
        match[1].replace("2", "II").replace("3", "III")
    )
    return f"{ordinal(n)} World War"


def _arabic(match: re.Match[str]) -> str:
    units = {"": 0, "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9}
    return str(10 * len(match[1]) + units[match[2]])


def _joined(match: re.Match[str]) -> str:
    day = match[0].find(" ") > 0 and _DAY_BEFORE.search(
        match.string, max(0, match.start() - 12), match.start()
    )
    return match[0] if day else re.sub("[^0-9]", "", match[0])


def _thousands(match: re.Match[str]) -> str:
    """Three digits behind a dot are thousands if all are zero, in euros, and before what is counted."""
    sign, after = (match[1] or "").strip(), (match["after"] or "").lower()
    euros = (sign and sign not in ("$", "£", "US$")) or WORDS.get(after, ("",))[0] in _CONTINENTAL
    counted = after not in WORDS and (after.endswith("s") or after in ("people", "men", "women", "children"))
    share = match["glued"] == "%" or after in ("%", "per", "percent", "percentage", "pct")
    if share or not (match[3] == "000" or (not match["glued"] and (euros or counted))):
        return match[0]
    return f"{match[1] or ''}{match[2]}{match[3]}"


def _multiplied(match: re.Match[str]) -> str:
    value = Fraction(match[1] or match[3] or 1) if len(match[1] or match[3] or "") < 20 else None
    return match[0] if value is None else plain(value * 10 ** int(match[2] or match[4]))


def _spelt_scale(match: re.Match[str]) -> str:
    sign, space, scale = match["sign"] or match["sign2"] or match["behind"], match["space"], match["scale"]
    if len(scale) == 1:
        sure = sign or (not space and scale in "kKMB") or (scale == "m" and match["counted"])
    else:
        sure = scale.lower() != "mm" or sign
    if not sure:
        return match[0]
    word = scale if len(scale) > 3 else _SCALES[scale[0].lower()]
    low = f"{match['sign'] or ''}{match['number']}"
    if not match["range"]:
        return f"{low} {word}"
    if len(match["number"].split(".")[0]) < 4:
        low += f" {word}"
    joint = match["range"][: -len((match["sign2"] or "") + match["high"])]
    return f"{low}{joint}{match['sign2'] or ''}{match['high']} {word}"
