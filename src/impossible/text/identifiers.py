"""Numbers of persons, accounts and machines: cards, IBAN, US social security numbers, IP and MAC addresses.

They are told from other numbers by their check digits and ranges. Every pattern is bounded, so the time is
linear in the text. The text is folded (`text.fold`).
"""

import ipaddress
import re

_CARD = re.compile(r"(?<![\w.,])\d(?:[ -]?\d){12,18}(?![\w])", re.ASCII)
_LENGTHS = {
    "2": (16,),
    "3": (14, 15, 16),
    "4": (13, 16, 19),
    "5": (16,),
    "6": range(16, 20),
}  # by first digit
_IBAN = re.compile(r"(?<![^\W_])[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]){11,30}(?![^\W_])", re.IGNORECASE | re.ASCII)
_SSN = re.compile(r"(?<![\w.-])(\d{3})([ -]?)(\d\d)\2(\d{4})(?![\w-])", re.ASCII)
_SSN_CUE = re.compile(r"\b(?:SSN|social security)\b", re.IGNORECASE)
_IP4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)", re.ASCII)
_IP6 = re.compile(r"(?<![\w:.])[0-9A-F]{0,4}(?::[0-9A-F]{0,4}){2,7}(?![\w:])", re.IGNORECASE | re.ASCII)
_NO_ADDRESS = re.compile(
    r"(?:\b(?:sections?|sec|chapter|clause|article|figure|table|paragraph|versions?|v|release|build|firmware|rule|step|"
    r"item)\.?|§)\s*$",
    re.IGNORECASE,
)
_MAC = re.compile(
    r"(?<![\w:-])(?:[0-9A-F]{2}([:-])(?:[0-9A-F]{2}\1){4}[0-9A-F]{2}|(?:[0-9A-F]{4}\.){2}[0-9A-F]{4})(?![\w:-])",
    re.IGNORECASE | re.ASCII,
)
_LETTER_AND_DIGIT = re.compile(r"(?=.*[A-Fa-f]).*\d")
_BEFORE = 30  # characters read before a number


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1)."""
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def without_cards(text: str) -> str:
    """The text with card numbers left out: a card's first digit and length, and a right check digit."""
    return _CARD.sub(lambda match: " " if _is_card(re.sub(r"\D", "", match.group())) else match.group(), text)


def has_card(text: str) -> bool:
    """Whether there is a card number."""
    return without_cards(text) != text


def _is_card(digits: str) -> bool:
    return len(digits) in _LENGTHS.get(digits[0], ()) and luhn(digits)


def has_iban(text: str) -> bool:
    """Whether an account number has right check digits (ISO 13616: modulo 97)."""
    return any(_is_iban(match.group()) for match in _IBAN.finditer(text))


def _is_iban(span: str) -> bool:
    """Whether an account number begins the span; a word may follow it after a space."""
    blocks = re.split(r"[ -]", span.upper())
    starts = ["".join(blocks[:n]) for n in range(len(blocks), 0, -1)]
    return any(
        15 <= len(s) <= 34 and int("".join(str(int(c, 36)) for c in s[4:] + s[:4])) % 97 == 1 for s in starts
    )


def has_ssn(text: str) -> bool:
    """Whether there is a US social security number: with dashes, or with the words before it."""
    for match in _SSN.finditer(text):
        area, dash, group, serial = match.groups()
        if area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000":
            continue
        if dash == "-" or _SSN_CUE.search(text[max(0, match.start() - _BEFORE) : match.start()]):
            return True
    return False


def has_ip(text: str) -> bool:
    """Whether there is a public IP address; a private one, a version or a section names nobody."""
    return any(
        _is_public(match.group())
        and not _NO_ADDRESS.search(text[max(0, match.start() - _BEFORE) : match.start()])
        for pattern in (_IP4, _IP6)
        for match in pattern.finditer(text)
    )


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def has_mac(text: str) -> bool:
    """Whether there is the hardware address of a network card; digits alone may be a time or a ratio."""
    return any(_LETTER_AND_DIGIT.search(match.group()) for match in _MAC.finditer(text))
