"""Personal data: mail addresses, phone and card numbers, street addresses, found by patterns."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .distinct import distinct

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CARD = re.compile(r"(?<![\w.,])\d(?:[ -]?\d){12,18}(?![\w])")
# An international prefix or an area code, then two blocks; or the short form 555-0123.
_PHONE = re.compile(
    r"(?<![\w.,/$€£-])"
    r"(?:(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\)[ ]?|\d{2,5}[ .-])\d{3,4}[ .-]?\d{3,4}|\d{3}-\d{4})"
    r"(?![\w-])"
)
_PHONE_DIGITS = range(9, 16)
_ROAD = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Place|Terrace|Way|Parkway|"
    "Highway|Close|Crescent"
)
_ADDRESS = re.compile(rf"\b\d{{1,5}}[A-Za-z]?\s+(?:[A-Z0-9][\w'’.]*\s+){{1,4}}(?:{_ROAD})\b")


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1)."""
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _has_card(text: str) -> bool:
    return any(luhn(_digits(match.group())) for match in _CARD.finditer(text))


def _has_phone(text: str) -> bool:
    rest = _CARD.sub(" ", text)
    numbers = [_digits(match.group()) for match in _PHONE.finditer(rest)]
    return any(len(number) == 7 or len(number) in _PHONE_DIGITS for number in numbers)


KINDS: dict[str, Callable[[str], bool]] = {
    "mail": lambda text: bool(_MAIL.search(text)),
    "phone": _has_phone,
    "card": _has_card,
    "address": lambda text: bool(_ADDRESS.search(text)),
}


def personal_data(text: str) -> list[str]:
    """The kinds of personal data that a text seems to contain: mail, phone, card, address."""
    return [kind for kind, matches in KINDS.items() if matches(text)]


class PersonalData:
    """1 where either sentence seems to contain personal data, else 0: `max = 0` rejects such pairs."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """1 or 0, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        hits = np.array([bool(personal_data(text)) for text in sentences], dtype=bool)
        return (hits[s] | hits[t]).astype(np.float32)
