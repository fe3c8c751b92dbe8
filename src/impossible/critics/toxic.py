"""Crude insults and profanity, by a short word list of our own: whatever is said with the word.

Slurs are left out, and so are words that are mostly meant otherwise ("kill", "hell").
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .distinct import distinct

_LIST = """
    arse arsehole ass asses asshole assholes bastard bastards bitch bitches bitchy bullshit cretin
    cretins crap crappy dickhead dickheads douche douchebag dumbass fuck fucked fucker fuckers fucking
    fucks goddamn idiot idiotic idiots imbecile imbeciles jackass jerk jerks loser losers moron moronic
    morons motherfucker pathetic pervert perverts piss pissed prick pricks psycho psychos retard
    retarded scum scumbag scumbags shit shits shitty slut sluts stfu stupid thug thugs twat wanker
    wankers whore whores worthless
"""
WORDS = frozenset(_LIST.split())
_WORD = re.compile(r"[^\W\d_]+")


def toxic(text: str) -> bool:
    """Whether a text has a word of the list, in any case."""
    return not WORDS.isdisjoint(_WORD.findall(text.lower()))


class Toxic:
    """1 where either sentence has a word of the list, else 0: `max = 0` rejects such pairs."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """1 or 0, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        found = np.array([toxic(text) for text in sentences], dtype=bool)
        return (found[s] | found[t]).astype(np.float32)
