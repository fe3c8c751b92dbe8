"""Articles that a restatement dropped: of "a roadside bomb", "hit by roadside bomb" gets its "a" back."""

import re

_TOKEN = re.compile(r"\w[\w'’&.-]*\w|\w|[^\w\s]")
_ARTICLES = frozenset({"a", "an", "the"})
# the words before a noun phrase that has an article or none for a reason of its own
_DETERMINERS = _ARTICLES | {
    "this", "that", "these", "those", "my", "your", "his", "her", "its", "our", "their", "no", "any", "some",
    "every", "each", "another", "which", "what", "whose", "one", "’s", "'s",
}  # fmt: skip


def restore_articles(sentence: str, original: str) -> str:
    """Return a restatement of `original` with the articles that it dropped.

    A word gets the article back that it has in `original` if the word before the article is the same there.
    Behind "a", and where the sentence begins, the next word must be the same too: "a water turbine" gives
    "water turbines" nothing.
    """
    there = ["", *_words(original), ""]
    articles: dict[tuple[str, ...], str] = {}
    for before, article, word, after in zip(there, there[1:], there[2:], there[3:], strict=False):
        if article in _ARTICLES and word not in _DETERMINERS:
            articles["", word, after] = articles[before, word, after] = article
            if article == "the":
                articles[before, word] = article
    plain = set(zip(there, there[1:], strict=False))
    here = ["", *_words(sentence), ""]
    found, end = [], 0
    for i, token in enumerate(_TOKEN.finditer(sentence), 1):
        before, word, after = here[i - 1 : i + 2]
        missing = articles.get((before, word, after)) or articles.get((before, word))
        found.append(sentence[end : token.start()])
        if missing is None or (before, word) in plain:
            found.append(token.group())
        elif before:
            found.append(f"{missing} {token.group()}")
        else:
            found.append(f"{missing.capitalize()} {_spelt(token.group(), original)}")
        end = token.end()
    return "".join(found) + sentence[end:]


def _words(text: str) -> list[str]:
    return [token.lower() for token in _TOKEN.findall(text)]


def _spelt(word: str, original: str) -> str:
    """The spelling of a word inside the original, since it does not begin the sentence any more."""
    inside = [token for token in _TOKEN.findall(original)[1:] if token.lower() == word.lower()]
    return inside[0] if inside else word
