"""Numbers, amounts, dates and times in English text, each reduced to one canonical reading.

| text | readings |
|---|---|
| 1,200 · 1200 · twelve hundred; 25 · twenty-five · twenty five; -5 · minus five | 1200; 25; -5 |
| 2 million · 2,000,000 · 2m after a currency sign; two dozen | 2000000; 24 |
| half · a half · 1/2 · 0.5; two-thirds · 2/3; two and a half; half a million | 0.5; 2/3; 2.5; 500000 |
| 3rd · third | 3rd |
| 2.5% · 2.5 per cent · 2.5 percent; 2.5 percentage points | 2.5%; 2.5pp |
| $5 million · US$5m · 5 million dollars; 50 cents | $5000000; ¢50 |
| nineteen ninety-nine · 1999; the 1990s · the '90s; 90s · nineties | 1999; 1990s; 90s |
| May 3 · 3 May · May 3rd · the third of May: two readings, so that "in May" matches | 3rd, may |
| Monday · Mondays; 3/5/2020, 2020-03-05, 9/11, 24/7, 1.2.3: unchanged | monday; 3/5/2020 |
| 5 pm · 5pm · 5 p.m. · 5:00 pm · 17:00; noon; five o'clock · 5:00 | 17:00; 12:00; 5:00 |
| dozens; hundreds of thousands; several hundred | dozens; hundreds, thousands; hundreds |
| names with digits: COVID-19, H1N1, F-16, 4G | covid19; h1n1; f16; 4g |

Number words, above all "one", are read by number_words. Not read: Roman numerals, "twice", "double", "both",
"a couple". "Pounds" are always money. "May", "March" and "August" are months only with a capital; at the
beginning of a sentence or clause they also need a day. "Jan", "Dec" and the like need a day or a year.
"""

import re
import unicodedata
from fractions import Fraction

from .number_words import digits, ordinal, plain

_VULGAR = re.compile("[\u00bc-\u00be\u2150-\u215e]")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "−": "-", "–": " - ", "—": " - ", "‑": "-", "‐": "-"})
_THOUSANDS = re.compile(r"(?<![\w.,])[0-9]{1,3}(?:,[0-9]{3})+(?![\w,])")
_SHORT_SCALE = re.compile(r"(?i)([$€£¥₹₽]\s?)?(?<![\w.,])([0-9]+(?:\.[0-9]+)?)\s?(bn|tn|mn|[kmbt])\b")
_SCALES = {"k": "thousand", "m": "million", "b": "billion", "t": "trillion"}
_MERIDIEM = re.compile(r"(?i)(?<=[0-9])\s?([ap])(?:m\b|\.\s?m\b\.?)")
_O_CLOCK = re.compile(r"(?i)(?<=[0-9])\so'clock\b")

_SYMBOLS = {
    "$": "dollar dollars usd",
    "€": "euro euros eur",
    "£": "pound pounds gbp",
    "¥": "yen jpy",
    "₹": "rupee rupees inr",
    "₽": "ruble rubles rouble roubles rub",
    "yuan": "yuan renminbi rmb cny",
    "¢": "cent cents",
}
_CURRENCIES = {word: symbol for symbol, words in _SYMBOLS.items() for word in words.split()}
_NAMES = "january february march april may june july august september october november december"
_MONTHS = {month[:3]: month for month in _NAMES.split()}

_AMOUNT = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_NUMBER = rf"(?:(?<![\w.)%])-|\b(?i:minus|negative)\s)?(?<![\w.]){_AMOUNT}"
_UNITS = "km|m|cm|mm|kg|g|mg|lbs?|ft|in|mph|kph|x|k?Hz|[MG]Hz|[kKMGT]B|[kMG]Wh?"
_COIN = rf"(?:US\s|U\.S\.\s)?(?i:{'|'.join(_CURRENCIES)})\b"
_SURE_MONTH = "(?i:january|february|april|june|july|september|october|november|december)"
_MONTH = rf"(?:{_SURE_MONTH}|May|March|August|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)(?!\w)"
_DAY = r"(?<![\w.:/,])(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?(?!\w|[.:/,][0-9])"

# The first alternative that matches wins, so they are ordered from most to least specific.
_READING = re.compile(
    rf"""
      (?P<as_is>   (?<![\w.])[0-9]+(?: (?P<sep>[/.-])[0-9]+(?:(?P=sep)[0-9]+)+ | :[0-9]+:[0-9]+ | /[0-9]+ ) )
    | (?P<code>    \b(?!(?i:mid|pre|post|under|over|top|sub|non|aged?|all|early|late)-)
                   (?=[a-z]*+[A-Z])[^\W\d_]++-?[0-9]\w* )
    | (?P<time>    (?<![\w.:]) (?P<hour>[0-9]{{1,2}}) (?: :(?P<minute>[0-9]{{2}}) )? (?P<half>[ap]m)\b )
    | (?P<clock>   (?<![\w.:])[0-9]{{1,2}}:[0-9]{{2}}\b | \b(?i:noon|midnight)\b )
    | (?P<percent> (?P<share>{_NUMBER}) [\s-]?
                   (?: % | (?i:per\s?cent|pct)\b | (?P<points>(?i:percentage[\s-]points?)\b) ) )
    | (?P<price>   (?P<sign>(?:\b[A-Z]{{1,3}})?\$|[€£¥₹₽]|\b(?:USD|EUR|GBP|JPY|INR|RUB|CNY|RMB)\b) \s?
                   (?P<sum>-?{_AMOUNT}) (?:[\s-]{_COIN})? )
    | (?P<amount>  (?P<count>{_NUMBER}) [\s-] (?P<coin>{_COIN}) )
    | (?P<date>    (?P<day>{_DAY}) [\s-] (?:of\s)? (?P<month>{_MONTH})
                 | \b(?P<month_first>{_MONTH}) [\s-] (?:the\s)? (?P<day_last>{_DAY}) (?!\s?%|\sper) )
    | (?P<rank>    (?<![\w.])[0-9]{{1,20}}(?:st|nd|rd|th)\b )
    | (?P<decade>  (?<!\w)'?(?:[0-9]{{2}})?[0-9]0s\b )
    | (?P<number>  (?P<value>{_NUMBER}) (?:{_UNITS})? (?!\w) )
    | (?P<name>    \b{_SURE_MONTH}\b | (?<=[^\W_]\s)(?:May|March|August)\b | \b{_MONTH}(?=\s[0-9]{{4}}\b) )
    | (?P<weekday> \b((?i:mon|tues|wednes|thurs|fri|satur|sun)day)s?\b )
    | (?P<round>   \b(?i:dozen|hundred|thousand|million|billion|trillion)s?\b | \b(?i:tens)(?=\sof\b) )
    | (?P<other>   (?<!\w)[^\W\d]*+[0-9]\w*(?:\.[0-9]+)* )
    """,
    re.VERBOSE,
)


def numbers(text: str) -> tuple[str, ...]:
    """The canonical readings in `text`, sorted, with repeats; see the table above."""
    matches = _READING.finditer(_normal(text))
    return tuple(sorted(reading for match in matches for reading in _readings(match)))


def _normal(text: str) -> str:
    """Write number words as digits, and fractions, thousands, "bn" and times of day in one way."""
    text = _VULGAR.sub(lambda m: " " + unicodedata.normalize("NFKC", m[0]).replace("\u2044", "/"), text)
    text = _THOUSANDS.sub(lambda m: m[0].replace(",", ""), text.translate(_PLAIN))
    text = digits(_SHORT_SCALE.sub(_spelt_scale, text))
    return _O_CLOCK.sub(":00", _MERIDIEM.sub(lambda m: f"{m[1].lower()}m", text))


def _spelt_scale(match: re.Match[str]) -> str:
    sign, number, scale = match[1] or "", match[2], match[3].lower()
    metres = len(scale) == 1 and not sign
    return match[0] if metres else f"{sign}{number} {_SCALES[scale[0]]}"


def _readings(match: re.Match[str]) -> list[str]:
    raw = match[0].lower()
    match match.lastgroup:
        case "code":
            return [raw.replace("-", "")]
        case "time":
            return [f"{int(match['hour']) % 12 + 12 * (match['half'] == 'pm'):02}:{match['minute'] or '00'}"]
        case "clock":
            return [{"noon": "12:00", "midnight": "00:00"}.get(raw, raw)]
        case "percent":
            return [_canonical(match["share"]) + ("pp" if match["points"] else "%")]
        case "price":
            sign = match["sign"].lower().removeprefix("us$") or "$"
            return [_CURRENCIES.get(sign, sign) + _canonical(match["sum"])]
        case "amount":
            return [_CURRENCIES[match["coin"].lower().split()[-1]] + _canonical(match["count"])]
        case "date":
            day, month = match["day"] or match["day_last"], match["month"] or match["month_first"]
            return [ordinal(int(day.rstrip("stndrh"))), _MONTHS[month[:3].lower()]]
        case "rank":
            return [ordinal(int(raw[:-2]))]
        case "decade":
            short = raw.startswith("'") and len(raw) == 4
            return [("20" if raw[1] in "01" else "19") * short + raw.lstrip("'")]
        case "number":
            return [_canonical(match["value"])]
        case "name":
            return [_MONTHS[raw[:3]]]
        case "weekday" | "round":
            return [raw.rstrip("s") + "s" * (match.lastgroup == "round")]
    return [raw]


def _canonical(number: str) -> str:
    """A number without padding zeros; one with more digits than Python converts stays unchanged."""
    body = number.lower().replace("minus ", "-").replace("negative ", "-")
    return plain(Fraction(body)) if len(body) < 40 else body
