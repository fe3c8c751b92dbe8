"""Telephone numbers as people write them, told from years, pages, amounts and versions.

The numbering plans are those of `phonenumbers`, Google's libphonenumber. Every pattern is bounded, so that
the time is linear in the text.
"""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, ValidationResult

# A number without its country is tried in each of these plans; with "+" all countries are known.
REGIONS = ("US", "GB", "DE", "FR", "IT", "ES", "IN", "AU", "JP", "BR")
_ZERO = ("GB", "DE", "FR", "AU", "JP")  # at home a number is written with a 0 before it
_BLOCKS = (*_ZERO, "BR")  # one written without that 0 is written in blocks
_SPAN = re.compile(
    r"(?<![\w.,$€£¥#@/:=%^*+-])(?:\+|\((?=\+?\d))*"
    r"\d(?:[ ().\-/]{0,3}\d){6,17}(?![\w%°$€£]|[.,:/-]\d|[ .-]{1,2}\d)",
    re.ASCII,
)
_EXTENSION = re.compile(r"(?<=\d)\s?(?:x|ext\.?|extension)\s?\d{1,5}\b", re.IGNORECASE)
# A word shortly before the digits that says they are a telephone number, or that they are something else.
_CUE = re.compile(
    r"\b(?:call\w*|phon\w+|tele(?:phone)?s?|tel|mobile|cell\w*|ring\w*|rang|text\w*|sms|fax\w*|whats ?app|"
    r"dial\w*|hotline|helpline|landline|contact|reach(?:ed)?|voicemail|"
    r"(?:my|his|her|our|their|your) number)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:pages?|pp?|years?|seasons?|versions?|v|build|release|isbn|issn|doi|order|invoice|receipt|account|serial|"
    r"ticket|case|tracking|parcel|part|model|item|sku|id|vin|patent|docket|form|flight|population|sections?|"
    r"chapters?|lines?|verses?|scores?|scored|won|coordinates?|latitude|longitude|barcode|iban|ssn|card|rfc|cas|"
    r"worth|costs?|paid|timestamp|policy|licen[cs]e|reference|ref|zip|postcode|grid|catalogue|accession)"
    r"(?:[ ](?:no|nos|number|numbers|code|key|range|from|is|was|of|about))*[.:#]?\s*[\"'(]?$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s?(?:people|persons|inhabitants|dollars|euros|pounds|yen|rupees|votes|miles|km|kilomet\w+|met(?:er|re)s|years|"
    r"bytes|shares|tons|tonnes|units|copies|views|users|times|square|seconds|BC|AD)\b"
)
_YEARS = re.compile(r"(?:1\d|20)\d\d(?:\D{1,3}(?:1\d|20)\d\d)*")
_DATE = re.compile(
    r"(?:1[89]|20)\d\d[-./ ]\d\d?[-./ ]\d\d?(?: .*)?|\d\d?[-./ ]\d\d?[-./ ](?:1[89]|20)\d\d(?: .*)?|"
    r"(?:19|20)\d\d[01]\d[0-3]\d"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:([ .])\d{3})(?:\1\d{3})*")
_DECIMAL = re.compile(r"\d+\.\d+")
_QUAD = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[1-9]\d?(?:\.\d{1,2}){2,}\.\d+")
_ROUND = re.compile(r"0{5}$")
_NORTH_AMERICA = re.compile(r"(?:1[ .-]?)?(?:\([2-9]\d\d\)[ -]{0,2}|[2-9]\d\d[ .-])\d{3}[ .-]\d{4}")
_LOCAL = re.compile(r"555-\d{4}")
_SSN = re.compile(r"\d{3}-\d\d-\d{4}")
_MOST = 15  # digits, ITU-T E.164
_BEFORE = 40  # characters read before the digits
_AFTER = 20


def telephones(text: str) -> Iterator[str]:
    """Yield what looks like a telephone number. The text is ASCII where it has digits, spaces and dashes."""
    if sum(map(str.isdecimal, text)) < 7:
        return
    text = _EXTENSION.sub("", text)
    for span in _SPAN.finditer(text):
        before = text[max(0, span.start() - _BEFORE) : span.start()]
        if _is_telephone(span.group(), before, text[span.end() : span.end() + _AFTER]):
            yield span.group()


def _is_telephone(span: str, before: str, after: str) -> bool:
    digits = re.sub(r"\D", "", span)
    if len(digits) > _MOST + 2 or len(set(digits)) == 1 or _ROUND.search(digits):
        return False
    if span.lstrip("(").startswith(("+", "00")):
        return _fits(re.sub(r"^\(?00", "+", span), None)
    if sum(len(block) == 1 for block in re.split(r"\D+", span)) > 2:
        return False
    if any(shape.fullmatch(span) for shape in (_YEARS, _DATE, _QUAD, _DECIMAL, _SSN)):
        return False
    if _OTHER.search(before) or _UNIT.match(after):
        return False
    if _CUE.search(before):
        return len(digits) <= 8 or any(_fits(span, region) for region in REGIONS) or _fits("+" + digits, None)
    if _NORTH_AMERICA.fullmatch(span) or _LOCAL.fullmatch(span):
        return True
    if _THOUSANDS.fullmatch(span) or len(digits) < 9:
        return False
    unlikely = () if digits[0] == "0" else _BLOCKS if span.isdecimal() else _ZERO
    return any(_valid(span, region) for region in REGIONS if region not in unlikely)


def _fits(span: str, region: str | None) -> bool:
    """Whether the number has a length of its country's plan."""
    try:
        number = phonenumbers.parse(span, region)
    except NumberParseException:
        return False
    return phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE


def _valid(span: str, region: str) -> bool:
    """Whether the number is one of its region's plan."""
    try:
        return phonenumbers.is_valid_number_for_region(phonenumbers.parse(span, region), region)
    except NumberParseException:
        return False
