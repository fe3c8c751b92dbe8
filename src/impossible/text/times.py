"""Dates, times of day and durations in one way: "half past ten" → "10:30", "Mon-Fri" → "Monday-Friday".

Reads texts whose number words are digits already. "An hour" is 1 hour unless it is a rate ("$5 an hour").
"""

import re

_PAST_OR_TO = re.compile(
    r"(?i)\b(?:(?P<part>0\.5|(?:a\s)?quarter|0\.25)|(?P<minutes>[0-5]?[0-9])(?P<said>\sminutes?)?)[\s-]"
    r"(?P<way>past|after|to|before|till)[\s-](?P<hour>1[0-2]|[1-9])(?![\w:]|[.,][0-9]|\s?(?:%|per|seconds?\b|minutes?\b|hours?\b|days?\b))"
)
_IN_THE = re.compile(
    r"(?i)(?P<time>(?:\b(?:at|until|till|by|from|before|after|about|around|is|to)\s(?:1[0-2]|[1-9])|[0-9]:[0-9]{2})"
    r"|[0-9](?=\so'clock))(?:\so'clock)?\s(?:in\sthe\s(?P<half>morning|afternoon|evening)|at\snight)\b"
)
_O_CLOCK = re.compile(r"(?i)(?<=[0-9])\so'clock\b(?=(?P<half>\s[ap]\.?m)?)")
_MERIDIEM = re.compile(r"(?i)(?<=[0-9])\s?([ap])(?:m\b|\.\s?m\b\.?)")
_HOUR_RANGE = re.compile(
    r"(?i)(?<![\w.:,])(1[0-2]|0?[1-9])([:.][0-5][0-9])?(\s?(?:-|to|until|till|and)\s?)"
    r"(1[0-2]|0?[1-9])([:.][0-5][0-9])?([ap]m)\b"
)
_DOT = re.compile(r"(?<![\w.:])([0-9]{1,2})\.([0-5][0-9])(?=[ap]m\b)")
_TWELVE = re.compile(r"(?i)\b12\s(?=(?:noon|midnight|midday)\b)")

_DAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday"
_NAMES = "january february march april may june july august september october november december"
_DAYS = {day[:3].title(): day.title() for day in _DAY_NAMES.split()}
MONTHS = {month[:3]: month for month in _NAMES.split()}
_CALENDAR = _DAYS | {short.title(): month.title() for short, month in MONTHS.items()}
_ABBREVIATED = re.compile(
    r"\b(?:(?P<day>Mon|Tues?|Weds?|Thu(?:rs?)?|Fri|Sat|Sun)|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
    r"(?!\w)\.?"
)
# "Sun", "Sat", "Wed", "Jan" and "Mar" are other words and names too, so they need a neighbour.
_UNSURE = ("Sat", "Sun", "Wed", "Jan", "Mar")
_ANY_NAME = "(?:" + "|".join(f"{short}[a-z]*" for short in _CALENDAR) + ")"
_CALENDAR_BEFORE = re.compile(
    r"(?:\b(?i:on|by|or|to|in|of|and|next|last|this|each|every|until|till|from|since|through|mid|early|late)[\s-]"
    rf"|[-/&]\s?|[0-9](?:st|nd|rd|th)?\s|\b{_ANY_NAME}\.?,?\s)$"
)
# A verb has no capital there, and the sun an article.
_MID_SENTENCE = re.compile(r"(?<!\b[Tt]he)(?<!\bour)(?<!\ba)(?<=[a-z,])\s$")
_CALENDAR_AFTER = re.compile(
    rf",?\s[0-9]|(?:,?\s|\s?[-/&]\s?|\s(?:and|or|to|through)\s){_ANY_NAME}\b|\s?-\s?[0-9]"
)
_LOWER_DAYS = re.compile(r"\b({0})(\s?[-/]\s?)({0})\b".format("(?i:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)"))

_LENGTH = "hour|day|week|month|year|minute|decade|century|mile|kilomet(?:er|re)|metre|meter|inch|foot|yard"
_SHARE_OF = re.compile(
    rf"(?i)\b((?:0\.[0-9]+|[1-9]/[1-9])\s)(?:of\s)?an?\s(?=(?:{_LENGTH}|percent|per\scent)\b)"
)
_ABOVE_ZERO = re.compile(
    r"(?i)(?<![\w.])([0-9]+(?:\.[0-9]+)?)(\s?(?:degrees?|°)?(?:\s?(?:celsius|fahrenheit|[cf]))?)\s(below|above)\s0\b"
)
_AND_A_HALF = re.compile(
    rf"(?i)\b(?P<n>an?|[0-9]{{1,9}})\s(?P<unit>(?:{_LENGTH})s?)\sand\s(?:0?(?P<part>\.5|\.25)|a\s(?P<quarter>quarter))\b(?!\s(?:of|past|to)\b)"
)
_ONE = re.compile(rf"(?i)\ban?(?=[\s-](?:{_LENGTH})\b)")
# What makes "an hour" a rate or no length at all, just before it.
_RATE = re.compile(
    r"(?i)(?:[0-9]\S*\s(?:[^\W\d_]+\s)?(?<!and\s)(?<!for\s)(?<!in\s)(?<!of\s)(?<!than\s)(?<!to\s)(?<!or\s)"
    r"|\b(?:times|once|twice|per|such|what|quite|many|much|of|thrice)\s|[%$€£¢]\s)$"
)


def plain_times(text: str) -> str:
    """Write times of day as "10:30" or "5pm", and "an hour and a half" as "1.5 hour"."""
    text = _LOWER_DAYS.sub(lambda m: f"{_DAYS[m[1][:3].title()]}{m[2]}{_DAYS[m[3][:3].title()]}", text)
    text = _AND_A_HALF.sub(_and_part, _SHARE_OF.sub(r"\1", _ABBREVIATED.sub(_spelt, text)))
    text = _ONE.sub(_one, _PAST_OR_TO.sub(_clock, text))
    text = _IN_THE.sub(
        lambda m: f"{m['time']} {'am' if (m['half'] or '').lower() == 'morning' else 'pm'}", text
    )
    text = _ABOVE_ZERO.sub(lambda m: f"{'-' * (m[3].lower() == 'below')}{m[1]}{m[2]}", text)
    text = _O_CLOCK.sub(lambda m: "" if m["half"] else ":00", text)
    text = _MERIDIEM.sub(lambda m: f"{m[1].lower()}m", _TWELVE.sub("", text))
    return _DOT.sub(r"\1:\2", _HOUR_RANGE.sub(_both_halves, text))


def _spelt(match: re.Match[str]) -> str:
    short, text = match[0][:3], match.string
    near = short not in _UNSURE or (
        _CALENDAR_BEFORE.search(text, max(0, match.start() - 14), match.start())
        or (
            short in ("Wed", "Sat", "Sun")
            and _MID_SENTENCE.search(text, max(0, match.start() - 10), match.start())
        )
        or _CALENDAR_AFTER.match(text, match.end())
    )
    return _CALENDAR[short] if near else match[0]


def _clock(match: re.Match[str]) -> str:
    part, way = (match["part"] or "").lower(), match["way"].lower()
    before = way in ("to", "before", "till")
    if not part and not match["said"] and way != "past":
        return match[0]  # "ten to twelve people"
    minutes = int(match["minutes"]) if not part else 30 if part == "0.5" else 15
    if (part == "0.5" and way != "past") or not minutes:
        return match[0]
    hour = int(match["hour"]) - before
    return f"{hour or 12}:{60 - minutes if before else minutes:02}"


def _and_part(match: re.Match[str]) -> str:
    whole = "1" if match["n"][0] in "aA" else match["n"]
    return f"{whole}{match['part'] or '.25'} {match['unit']}"


def _one(match: re.Match[str]) -> str:
    before = match.start()
    return match[0] if _RATE.search(match.string, max(0, before - 40), before) else "1"


def _both_halves(match: re.Match[str]) -> str:
    first, minutes, joint, last, more, half = match.groups("")
    early = int(first) % 12 < int(last) % 12
    other = {"am": "pm", "pm": "am"}[half.lower()]
    return f"{first}{minutes}{half if early else other}{joint}{last}{more}{half}"
