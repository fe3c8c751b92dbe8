"""What joins the parts of a sentence and was lost in a restatement: "and" in a list, "in" before a date."""

import re
from calendar import month_name
from itertools import pairwise

_MONTHS = "|".join(month_name[1:])
_TOKEN = re.compile(r"\w[\w'’.-]*\w|\w|[^\w\s]")
_PREPOSITIONS = {
    "in", "on", "at", "by", "from", "since", "until", "till", "before", "after", "during", "around", "about",
    "between", "over", "through", "within",
}  # fmt: skip
_BEFORE_YEARS = {
    *_PREPOSITIONS, *_MONTHS.lower().split("|"), "the", "a", "of", "for", "to", "and", "or", "early", "mid",
    "late", "circa", "year", "summer", "autumn", "fall", "winter", "spring",
}  # fmt: skip
_SUBJECTS = {
    "the", "a", "an", "he", "she", "it", "they", "we", "I", "you", "his", "her", "its", "their", "our",
    "this", "these", "that", "those", "there",
}  # fmt: skip
_TIME = re.compile(rf"\d|\b(?:{_MONTHS})\b")
_YEAR_FIRST = re.compile(r"^(\d{4}) (?=[A-Z])")
_ON_MONTH = re.compile(rf"\b([Oo])n (?=(?:{_MONTHS}) \d{{4}}\b)")
_AN = re.compile(r"\b([Aa]) (?=[aeioAEIO](?!ne\b|nce\b)(?!u)\w|u[mn](?!i)\w|uni[mn]|up)")
_NOT_AN = re.compile(r"\b([Aa])n (?=[bcdfgjklmnpqrstvwyz][a-z])")


def restore_joints(sentence: str, original: str) -> str:
    """Return a restatement of `original` with what joins its parts there.

    "A, B" is "A and B" again where the original has that, "Budapest Hungary" is "Budapest, Hungary", and a
    sentence that begins "1814, a group …" begins "In 1814, a group …" if the original says "in 1814".
    """
    text = _years(_time_first(_lists(sentence, original), original), original)
    text = _ON_MONTH.sub(lambda m: "in " if m[1] == "o" else "In ", text)
    return _NOT_AN.sub(r"\1 ", _AN.sub(r"\1n ", text))


def _lists(sentence: str, original: str) -> str:
    """Put "and", "or" and commas back between two words that the original joins by them."""
    there = _TOKEN.findall(original)
    joints: dict[tuple[str, str], list[str]] = {}
    for size in (1, 2):
        for i in range(len(there) - size - 1):
            joints.setdefault((there[i], there[i + size + 1]), there[i + 1 : i + size + 1])
    adjacent = set(pairwise(there))
    found, end = [], 0
    tokens = [*_TOKEN.finditer(sentence), *[None] * 2]
    for word, second, third in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if word is None or second is None:
            break
        comma = second.group() == ","
        other = third if comma else second
        pair = (word.group(), other.group() if other else "")
        *commas, last = joints.get(pair, [""])
        found.append(sentence[end : word.end()])
        end = word.end()
        if comma and last in ("and", "or", "&") and commas in ([], [","]):
            found.append(f"{''.join(commas)} {last}")
            end = second.end()
        elif not comma and last == "," and _names(*pair) and pair not in adjacent:
            found.append(",")
    return "".join(found) + sentence[end:]


def _years(sentence: str, original: str) -> str:
    """Put "in" back before a year at the end of a phrase: "the mill opened 1904"."""

    def spelt(match: re.Match[str]) -> str:
        always = set(re.findall(rf"(\S+) {match[2]}\b", original)) in ({"in"}, {"In"})
        return f"{match[1]} in {match[2]}" if always and match[1].lower() not in _BEFORE_YEARS else match[0]

    return re.sub(r"\b([^\W\d_]+) (\d{4})(?=[.,;]|$)", spelt, sentence)


def _names(*words: str) -> bool:
    return all(word[:1].isupper() for word in words)


def _time_first(sentence: str, original: str) -> str:
    """Give the time that a sentence begins with the preposition that it has in the original."""
    head, comma, rest = _YEAR_FIRST.sub(r"\1, ", sentence).partition(", ")
    subject = _TOKEN.match(rest)
    if not comma or subject is None or not _TIME.search(head):
        return sentence
    if subject.group() not in _SUBJECTS and not subject.group()[:1].isupper():
        return sentence
    inside = head[:1].lower() + head[1:] if head.startswith(("The ", "A ", "An ")) else head
    before = re.search(rf"(\w+) {re.escape(inside)}\b", original)
    if before is None or before[1].lower() not in _PREPOSITIONS:
        return sentence
    return f"{before[1].capitalize()} {inside}, {rest}"
