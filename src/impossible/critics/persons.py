"""Persons: the share of the target's grammatical persons (I, we, you, he, …) that the source has too."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .distinct import distinct

# "it" and "this" are left out: a paraphrase may name what they refer to.
_PERSONS = {
    "first singular": "i me my mine myself im ive",
    "first plural": "we us our ours ourselves let's",
    "second": "you your yours yourself yourselves",
    "masculine": "he him his himself",
    "feminine": "she her hers herself",
    "third plural": "they them their theirs themselves",
}
_PERSON_OF = {word: person for person, words in _PERSONS.items() for word in words.split()}
# A whole word: not "me" in "crème", "her" in "HER2", "i" in "i.e.", "I-95" and "I/O". A dash and the slash of
# "he/she" may touch it.
_WORD = re.compile(
    r"(?<![\w@&-])(?<!\w\.)(?<![A-Z]/)[^\W\d_]++(?:(?<=\b[Ll]et)'s\b)?+(?![\w@&$€£]|-\w|\.\w|/[A-Z])"
)
_DASH = re.compile(r"--+|[–—―]+")
_BEFORE = re.compile(r"(?:([\w']+)\s)?([\w']+)\s$")
_AFTER = re.compile(r"\s([^\W\d_]+)")
_INITIAL = re.compile(r"\.\s[A-Z]")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# In capitals these are names: the country, the state of Maine, the receptor.
_ACRONYMS = _set("US ME HE HER IM IVE")
# "World War I", "Type I error" and "phase I trial", unless a verb follows: "the type I want".
_COUNTED = _set("type phase stage class grade category tier factor bipolar level")
_TITLED = _COUNTED | _set(
    "war part title schedule chapter volume section act book division group article appendix figure table "
    "model mark bowl episode unit corps region"
)
_VERBS = _set(
    "am was have had do did will would can could should may might must shall want wanted need needed like "
    "liked love loved use used know knew think thought see saw read take took get got buy bought write wrote "
    "make made say said mean always never really just also play played live lived work worked hope feel felt "
    "prefer still ever"
)
_REGNAL = _set(
    "elizabeth napoleon francis charles james nicholas wilhelm william henry edward george frederick "
    "alexander peter paul pius leopold philip louis otto mary richard john franz joseph ferdinand constantine"
)
_NOT_REGNAL = _set("am have do can should may might must shall want need like love use know think mean")
_NO_NAMES = _set(
    "am do did does can could should would was were will have had may might must and but so as than not if "
    "or that yes no nor only is are has when then"
)
# Before "mine", these make it a pronoun, or else a mine or mining; other words say nothing.
_IS_MINE = _set("of is are was were be been than from like with not for and or as at on by isn't wasn't")
_A_MINE = _set(
    "a an the this that each every no its his her their our my your coal gold land silver copper diamond "
    "salt iron tin lead uranium ore data sea platinum zinc nickel they we you i people can will"
)
_MINE_OF = _set(
    "worker workers shaft shafts owner owners operator operators collapse explosion site sites clearance"
)


def persons(text: str) -> frozenset[str]:
    """The grammatical persons of a text's pronouns."""
    text = _DASH.sub(" ", unicodedata.normalize("NFC", text).replace("’", "'"))
    shouted = not any(c.islower() for c in text)
    found = (match for match in _WORD.finditer(text) if match[0].lower() in _PERSON_OF)
    return frozenset(_PERSON_OF[match[0].lower()] for match in found if _is_pronoun(match, shouted))


def _is_pronoun(match: re.Match[str], shouted: bool) -> bool:
    word, text = match[0], match.string
    earlier = _BEFORE.search(text, max(0, match.start() - 40), match.start())
    second, first = ((earlier[1] or "").lower(), earlier[2]) if earlier else ("", "")
    later = _AFTER.match(text, match.end())
    after = later[1].lower() if later else ""
    match word.lower():
        case "i":
            return not _is_numeral(match, first, after)
        case "mine":
            return (word.islower() or shouted or not first) and not _is_mine(second, first.lower(), after)
        case "im" | "ive" if not word.islower():
            return not first and word not in _ACRONYMS
        case "us" if shouted:
            return first != "THE"
    return shouted or word not in _ACRONYMS


def _is_numeral(match: re.Match[str], before: str, after: str) -> bool:
    """Whether an "i" is a number, a marker or an initial: "Type I", "Elizabeth I.", "(i)", "I. Newton"."""
    text, end, name = match.string, match.end(), before.lower()
    if match[0] == "i":
        mark = text[end : end + 1]
        return mark in tuple(")]:=") or (mark == "." and not before)
    if not before or text.startswith("'", end):
        return not before and _INITIAL.match(text, end) is not None
    titled = before[0].isupper()
    if name in (_TITLED if titled else _COUNTED):
        return after not in _VERBS
    if titled and name in _REGNAL:
        return after not in _NOT_REGNAL
    return titled and len(name) > 2 and name not in _NO_NAMES and not after and not before.isupper()


def _is_mine(second: str, before: str, after: str) -> bool:
    """Whether "mine" is a mine or to mine: "the coal mine", "a deep mine", "to mine gold"."""
    if after in _MINE_OF or (before == "to" and after and after not in _NO_NAMES):
        return True
    if before == "to" or before in _IS_MINE:
        return False
    return before in _A_MINE or second in ("a", "an", "the") or before.endswith("'s")


class Persons:
    """The share of the target's persons that the source has too, 0 to 1; 1 if the target has none."""

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.float32]:
        """Shares, (n,)."""
        sentences, s, t = distinct(sources, targets)
        persons_of = [persons(sentence) for sentence in sentences]
        shares = [
            len(persons_of[a] & persons_of[b]) / len(persons_of[b]) if persons_of[b] else 1.0
            for a, b in zip(s.tolist(), t.tolist(), strict=True)
        ]
        return np.array(shares, dtype=np.float32)
