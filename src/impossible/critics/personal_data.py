"""Personal data and secrets: addresses, numbers of persons, accounts and machines, keys and passwords.

Found by patterns, check digits and numbering plans; names are not looked for.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..text.credentials import has_secret
from ..text.fold import fold
from ..text.identifiers import has_card, has_iban, has_ip, has_mac, has_ssn, without_cards
from ..text.telephones import telephones
from .distinct import distinct

_MAIL = re.compile(
    r"[\w+-](?:@|\s?[(\[{]\s?at\s?[)\]}]\s?)(?:[\w-]++(?:\.|\s?[(\[{]\s?dot\s?[)\]}]\s?))+[^\W\d_]{2}"
    r"|\w at [\w-]{1,63} dot (?:com|org|net|edu|gov|io)\b"
)
_ROAD = (
    "Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Place|Terrace|Way|Parkway|"
    "Highway|Close|Crescent"
)
_ADDRESS = re.compile(rf"\b\d{{1,5}}[A-Za-z]?\s+(?:[A-Z0-9][\w'.]*\s+){{1,4}}(?:{_ROAD})\b")


def _has_phone(text: str) -> bool:
    return next(telephones(without_cards(text)), None) is not None


_KINDS: dict[str, Callable[[str], bool]] = {
    "mail": lambda text: bool(_MAIL.search(text)),
    "phone": _has_phone,
    "card": has_card,
    "iban": has_iban,
    "ssn": has_ssn,
    "ip": has_ip,
    "mac": has_mac,
    "address": lambda text: bool(_ADDRESS.search(text)),
    "secret": has_secret,
}
KINDS = tuple(_KINDS)


def holds(kind: str, text: str) -> bool:
    """Whether a text seems to hold one kind of personal data, of KINDS."""
    return _KINDS[kind](fold(text))


def personal_data(text: str) -> list[str]:
    """The kinds of personal data and secrets that a text seems to hold, of KINDS."""
    folded = fold(text)
    return [kind for kind, holds in _KINDS.items() if holds(folded)]


class PersonalData:
    """1 where either sentence seems to contain personal data, else 0: `max = 0` rejects such pairs."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """1 or 0, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        hits = np.array([bool(personal_data(text)) for text in sentences], dtype=bool)
        return (hits[s] | hits[t]).astype(np.float32)
