"""Toxic: crude insults and profanity, found by a short word list, regardless of context.

The list leaves out slurs, and words with a more common harmless sense ("kill", "hell").
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
    """Whether a text contains a word of the list, ignoring case."""
    return not WORDS.isdisjoint(_WORD.findall(text.lower()))


class Toxic:
    """1 where either sentence contains a word of the list, else 0: `max = 0` rejects such pairs."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """1 or 0, (n,). Raises DataError if the two lists differ in length."""
        sentences, s, t = distinct(sources, targets)
        hits = np.array([toxic(text) for text in sentences], dtype=bool)
        return (hits[s] | hits[t]).astype(np.float32)
