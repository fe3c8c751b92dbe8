"""Sentence boundaries and well-formedness, by rules for English.

`first_end` runs after every decoded token of every sequence, so it uses one regular expression and a few
look-ups instead of a parser: about 1 µs without a terminator, 10 to 20 µs with one.
"""

import re
import string
from collections.abc import Callable, Iterator

from .fold import HIDDEN

# A terminator with its closing quotes and brackets, before white space or the end of the text: a full stop
# inside a word ("2.5", "U.S", "amazon.com", "Inc.,") ends no sentence. A new line always ends one.
# The character set comes first because `re` scans for it fast; the possessive quantifiers and the look-behind
# keep "....." linear.
_LINE_ENDS = r"[\n\r\u2028\u2029]"
_STOP = re.compile(
    r"[.?!…\n\r\u2028\u2029]"
    rf"(?:(?<={_LINE_ENDS})|(?<![.?!…]{{2}})[.?!…]*+[\"'”’»)\]}}]*+(?!\S))"
)
_SPACE = re.compile(r"\s*")
_NEW_LINE = re.compile(_LINE_ENDS)
_SPELLING = re.compile(r"[,;:](?=\s|$)|[\"“”]|[.!]+$")
_CLOSERS = "\"'”’»)]}"
_OPENERS = "\"'“‘«([{"

# List markers ("1. Open the lid", "(a. …", "IV. Results") and empty strings, which are no sentences.
_MARKER = re.compile(r"[\"'“‘(\[]*(?:\d{1,3}|[A-Za-z]|[ivx]+|[IVX]+)?")
_SINGLE_QUOTE = re.compile(r"(?:^|[\s(\[“\"])['‘]\w")
_BETWEEN_WORDS = re.compile(r"[\s\"“‘«(\[{/–—-]")
_PLAIN = re.compile(r"[a-zà-ÿ]{3,}|[a-zà-ÿ]+(?:['’][a-z]+)+")
_DOTTED = re.compile(r"(?:[A-Za-z]{1,2}\.)+[A-Za-z]{1,2}")  # U.S, a.m, Ph.D, J.K
_NEXT_WORD = re.compile(r"[\"'“‘(\[]*([^\W\d_]+)(.?)", re.DOTALL)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SHORT_WORDS = _set("am be by do go he is it me my of on so to up us we")
# The abbreviations, here for all rules. These cannot end a sentence.
_NEVER_LAST = _set(
    "Dr Drs Mr Mrs Ms Mx Messrs Mme Mlle Msgr Prof Profs Gen Rep Reps Sen Sens Gov Rev Hon Pres Lt Col Capt "
    "Cpl Sgt Maj Cmdr Cdr Adm Brig Pvt Pfc Insp Supt Amb Atty Asst Fr Mt Ft Apt dr mr mrs prof messrs asst "
    "v vs eg ie Cf cf viz e.g i.e Eq Fig Figs fig figs eqs approx incl excl"
)
# These may end a sentence or occur inside it, like initials ("J.") and dotted abbreviations ("U.S.").
_MAYBE_LAST = _set(
    "Inc Corp Co Ltd Pty Bros Cos Jr Sr Esq Assn Assoc Dept Univ Inst Intl Natl Fed Civ Crim Bldg Dist Div "
    "Tel etc al misc resp avg ext tel hrs mins secs lbs yrs ed eds ca c p pp no nos No Nos Vol Vols Ch Cl "
    "Sec Sect Para Art Pt Op St Ave Blvd Rd Sq Ln Hwy Pkwy Rte Rm Ste Jan Feb Mar Apr Jun Jul Aug Sep Sept "
    "Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill "
    "Ind Kan Ky La Mass Md Mich Minn Miss Mo Mont Neb Nev Okla Ore Pa Tenn Tex Va Vt Wash Wis Wyo Ont Que"
)
# These end no sentence before a lower-case letter or a digit, but before a capital, since some are words too.
_BEFORE_CAPITAL = _set(
    "max min temp std para paras sect sects sec secs art arts ch chs cl pt pts fl vol vols ver ref refs "
    "tbsp tbsps tsp tsps pkg pkgs pkt qty amt wt ht doz oz lb ft yd yds sq cu hr wk wks mo mos mth mths yr "
    "govt dept mgr mgmt mfr mfg acct bldg bdrm bdrms apts rm hwy blvd ave rd dist div assoc bros corp esp "
    "usu orig prev cont est fem masc sing transl trans illus suppl equiv diam dia elev alt lat freq reqd "
    "recd intl natl univ med tech abbr"
)
# Capitalised, these usually begin a sentence and are rarely part of a name.
_STARTERS = _set(
    "I He She It We You They The This That These Those There Here A An My Your His Her Its Our Their One "
    "Some Many Most Several Both Each Every No Not In On At By For From With Without To Of As If When While "
    "Where Why How What Who Which After Before Since Until Although Though Because And But Or So Yet Then "
    "Now However Also Is Are Was Were Do Does Did Has Have Had Can Could Will Would Should Please Thanks "
    "According During Despite Under Over Last Later Earlier Meanwhile Instead Today"
)


def first_end(text: str, final: bool = False) -> int | None:
    """Index just past the first complete sentence of `text`, closing quotes included; None if there is none.

    A new line ends the sentence, with or without a terminator; leading white space is skipped.
    With `final=False`, for a text that is still being generated, "?", "!" and a full stop after a plain
    lower-case word end a sentence immediately, unless a quote or bracket is open. Other terminators are
    decided by the text that follows ("Inc." + "said" or "They"). With `final=True` the text is complete, so
    a terminator at its end is an end.

    Further text does not move an end, with one exception: characters appended without a space to an end that
    was found immediately ("wait." → "wait...", "amazon." → "amazon.com"). Tokenizers usually write these as
    one token; for a result that depends on the text alone, call again after the next token.
    """
    return _next_end(text, len(text) - len(text.lstrip()), final)


def split(text: str) -> list[str]:
    """Split a document into sentences, white space collapsed; blank lines end them, single new lines do not.

    Joined by spaces, the sentences equal the text with its white space collapsed.
    """
    return list(iterate(text))


def iterate(text: str) -> Iterator[str]:
    """Like `split`, but lazy: reads only as much of a long document as needed."""
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        yield from _sentences(" ".join(paragraph.split()))


def cut(continuation: str, final: bool = True) -> str:
    """The first sentence of a continuation, well formed or not, white space collapsed; else all of it.

    Idempotent. `final=False`: the model was stopped before it finished.
    """
    return " ".join(continuation[: first_end(continuation, final)].split())


def first_sentence(
    continuation: str, *, min_words: int = 4, max_chars: int = 300, capital: bool = True
) -> str | None:
    """The first sentence of a continuation, white space collapsed, or None if it is not well formed.

    `defect(cut(continuation))` gives the reason.
    """
    sentence = cut(continuation)
    return None if defect(sentence, min_words=min_words, max_chars=max_chars, capital=capital) else sentence


def normalised(sentence: str) -> str:
    """Normalise a sentence: drop case, commas, double quotes and the final full stop, but keep "?"."""
    return _SPELLING.sub("", sentence.replace("’", "'").casefold())


def defect(sentence: str, *, min_words: int = 4, max_chars: int = 300, capital: bool = True) -> str | None:
    """The name of the first rule that a sentence breaks (see `RULES`), or None if it is well formed.

    `min_words` counts words with a letter or digit; `capital=False` allows a lower-case start.
    """
    if not sentence.strip():
        return "empty"
    if len(sentence) > max_chars:
        return "too long"
    for name, breaks in RULES:
        if breaks(sentence):
            return name
    if len(_words(sentence)) < min_words:
        return "too short"
    return "lower-case start" if capital and sentence.lstrip(_OPENERS)[0].islower() else None


# --- where a sentence ends ----------------------------------------------------------------------------------


def _next_end(text: str, start: int, final: bool) -> int | None:
    """`first_end` of `text[start:]`, as an index into `text`."""
    for stop in _STOP.finditer(text, start):
        ends = _ends(text, start, stop, final)
        if ends is None:
            return None
        if ends:
            return stop.start() if _NEW_LINE.match(stop.group()) else stop.end()
    return None


def _sentences(line: str) -> Iterator[str]:
    """The sentences of a line with collapsed white space; a rest without a terminator comes last."""
    start = 0
    while (end := _next_end(line, start, final=True)) is not None:
        yield line[start:end]
        start = end + 1
    if line[start:]:
        yield line[start:]


def _ends(text: str, start: int, stop: re.Match[str], final: bool) -> bool | None:
    """Whether the sentence from `start` ends at `stop`; None if that depends on further text.

    True depends on the present characters alone, so further text cannot change it.
    """
    space = _SPACE.match(text, stop.end())
    assert space is not None  # the pattern matches the empty string
    if _NEW_LINE.search(text, stop.start(), space.end()):
        return True
    before, mark = text[start : stop.start()], stop.group()
    at_once = _ends_at_once(before, mark)
    if at_once or (final and space.end() == len(text)):
        return True
    if space.end() == len(text):
        return None
    following = text[space.end()]
    if following.islower() or _MARKER.fullmatch(before):
        return False
    if mark.rstrip(_CLOSERS) != ".":  # "?", "!" or an ellipsis
        return True
    return _full_stop_ends(_last_word(before), text, space.end(), final)


def _full_stop_ends(word: str, text: str, following: int, final: bool) -> bool | None:
    """Whether a full stop after `word` ends a sentence; `following` is the next character, not lower-case."""
    if word in _NEVER_LAST:
        return False
    if word in _MAYBE_LAST or _is_initials(word):
        return _starts_sentence(text, following, final)
    continued = word[-1:].isdigit() or word.lower() in _BEFORE_CAPITAL  # "2. 5 per cent", "para. 5"
    return not (continued and text[following].isdigit())


def _starts_sentence(text: str, position: int, final: bool) -> bool | None:
    """Whether the word at `position` begins a sentence; None while the word may be incomplete."""
    word = _NEXT_WORD.match(text, position)
    if word is None:
        return False
    if not word[2]:
        return word[1] in _STARTERS if final else None
    return word[1] in _STARTERS and not (len(word[1]) == 1 and word[2] == ".")  # "J. A. Smith"


def _ends_at_once(before: str, mark: str) -> bool:
    """Whether a terminator ends the sentence whatever follows after a space."""
    if mark[-1] in _CLOSERS or _is_open(before):
        return False  # '"Why?" she asked.': depends on the next word
    if "." not in mark and "…" not in mark:
        return bool(before)
    return mark == "." and _is_plain(before)


def _is_plain(before: str) -> bool:
    """Whether a text ends in an ordinary word, as opposed to an abbreviation, number, initial or name."""
    if before[-1:] in tuple(_CLOSERS + "%"):
        return True
    word = _last_word(before)
    if word in _NEVER_LAST or word in _MAYBE_LAST or word in _BEFORE_CAPITAL:
        return False
    return word in _SHORT_WORDS or bool(_PLAIN.fullmatch(word))


def _is_open(before: str) -> bool:
    """Whether a quote or bracket may be open at the end of a text; yes if in doubt, which costs one token."""
    return (
        before.count('"') % 2 == 1
        or any(before.count(o) > before.count(c) for o, c in ("“”", "()", "[]"))
        or (("'" in before or "‘" in before) and bool(_SINGLE_QUOTE.search(before)))
    )


def _is_initials(word: str) -> bool:
    return bool(_DOTTED.fullmatch(word)) or (len(word) == 1 and word.isupper())


def _last_word(before: str) -> str:
    """The word directly before a terminator, with its inner full stops; "" after a space."""
    return _BETWEEN_WORDS.split(before[-30:])[-1].lstrip("'’")  # bounded, since longer words are in no list


# --- whether it is well formed ------------------------------------------------------------------------------

_WEB = re.compile(r"https?:|www\.|\w@\w|\w\.(?:com|org|net|edu|gov|io|co\.uk)\b|\b[ru]/\w", re.IGNORECASE)
_MARKUP = re.compile(
    r"<\s*/?\s*\w[^<>]*>|&#?\w+;|\[/?\w+\]|[{}|\\^`*_▀-▟]|@-@|@@|##|''|\bUNKNOWN\b|\[\s*\]|\(\s*\)"
)
_REPEATED = re.compile(r"([^\W\d])\1{3}|([^\w\s])\2{3}|([?!,;:])\3\3", re.IGNORECASE)
_LIST_START = re.compile(r"(?:\d{1,3}[.)]|\(?\w{1,3}\)|[ivx]+\.|[-–—•*#>]+)\s")
# A line of dialogue: "A: I am sorry".
_SPEAKER = re.compile(r"(?:[A-Z]|[A-Z]\w+(?: [A-Z0-9]\w*)?):\s")
_GLUED = re.compile(r"[a-z]{3}[.?!]+[\"”)]*(?:[A-Z]|[\[(“]\w)|[a-z]{2}[,;:][A-Za-z]")
_PUNCTUATION = string.punctuation + "“”‘’«»–—…•"
_LONE_INITIAL = re.compile(r"(?:^|\s)[A-HJ-Z]\.[\"'”’)\]]*$")  # "I" is a word
# White space but " ", control, private-use and hidden characters (bidirectional, tags, …), U+FFFD.
_CONTROL = re.compile(rf"[^\S ]|[\x00-\x1f\x7f-\x9f{HIDDEN}\ue000-\uf8ff\ufff0-\uffff\U000f0000-\U0010ffff]")


def _words(sentence: str) -> list[str]:
    """The words in lower case, stripped of punctuation; words of punctuation alone are dropped."""
    return [bare for word in sentence.lower().split() if (bare := word.strip(_PUNCTUATION))]


def _unterminated(sentence: str) -> bool:
    return sentence.rstrip(_CLOSERS)[-1:] not in tuple(".?!")


def _ellipsis(sentence: str) -> bool:
    """It ends in an ellipsis, so it is incomplete."""
    return sentence.rstrip(_CLOSERS).endswith(("..", "…"))


def _cut_off(sentence: str) -> bool:
    """It ends in a word that cannot end a sentence: "He met Dr.", "in the U."."""
    return _last_word(sentence.rstrip(_CLOSERS)[:-1]) in _NEVER_LAST or bool(_LONE_INITIAL.search(sentence))


def _bad_start(sentence: str) -> bool:
    """It begins with neither a letter nor a digit, after opening quotes and brackets."""
    return not sentence.lstrip(_OPENERS)[:1].isalnum()


def _unbalanced_quotes(sentence: str) -> bool:
    odd = sentence.count('"') % 2 == 1
    return odd or any(sentence.count(o) != sentence.count(c) for o, c in ("“”", "«»"))


def _unbalanced_brackets(sentence: str) -> bool:
    """Brackets do not nest: "((" and ")(" are both wrong."""
    expected: list[str] = []
    for character in sentence:
        if character in "([{":
            expected.append(")]}"["([{".index(character)])
        elif character in ")]}" and (not expected or expected.pop() != character):
            return True
    return bool(expected)


def _mostly_symbols(sentence: str) -> bool:
    """Under 60 % of its characters are letters or spaces, as in tables, scores and code."""
    return sum(c.isalpha() or c == " " for c in sentence) < 0.6 * len(sentence)


def _loops(sentence: str) -> bool:
    """A model repeats itself: 1 or 2 words 3 times in a row, 3 words twice in a row, or 4 words twice."""
    words = _words(sentence)
    if len(set(words)) == len(words):
        return False
    fours = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    return len(set(fours)) < len(fours) or any(
        _repeats(words, n, 3 if n < 3 else 2) for n in range(1, 1 + len(words) // 2)
    )


def _repeats(words: list[str], n: int, times: int) -> bool:
    """Whether `n` words occur `times` times in a row: (times - 1)·n words equal the word n before them."""
    run = 0
    for earlier, later in zip(words, words[n:], strict=False):
        run = run + 1 if earlier == later else 0
        if run == n * (times - 1):
            return True
    return False


def _several(sentence: str) -> bool:
    """There is more than one sentence."""
    return first_end(sentence, final=True) != len(sentence)


RULES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("control character", lambda s: bool(_CONTROL.search(s))),
    ("ellipsis", _ellipsis),
    ("unterminated", _unterminated),
    ("cut off", _cut_off),
    ("speaker", lambda s: bool(_SPEAKER.match(s))),
    ("list item", lambda s: bool(_LIST_START.match(s))),
    ("bad start", _bad_start),
    ("unbalanced quotes", _unbalanced_quotes),
    ("unbalanced brackets", _unbalanced_brackets),
    ("web address", lambda s: bool(_WEB.search(s))),
    ("markup", lambda s: bool(_MARKUP.search(s))),
    ("repeated character", lambda s: bool(_REPEATED.search(s))),
    ("mostly symbols", _mostly_symbols),
    ("loop", _loops),
    ("glued", lambda s: bool(_GLUED.search(s))),
    ("several sentences", _several),
)
