"""English words for the rules: written by hand, small on purpose, one direction where the other is unsure."""

from ..text.words import word_set


def word_list(text: str) -> list[str]:
    """The words of a text in their order."""
    return text.split()


IRREGULAR = {  # lemma: (past, participle)
    "arise": ("arose", "arisen"), "beat": ("beat", "beaten"), "become": ("became", "become"),
    "begin": ("began", "begun"), "bite": ("bit", "bitten"), "break": ("broke", "broken"),
    "bring": ("brought", "brought"), "build": ("built", "built"), "buy": ("bought", "bought"),
    "catch": ("caught", "caught"), "choose": ("chose", "chosen"), "come": ("came", "come"),
    "cut": ("cut", "cut"), "deal": ("dealt", "dealt"), "do": ("did", "done"),
    "draw": ("drew", "drawn"), "drive": ("drove", "driven"), "fall": ("fell", "fallen"),
    "feel": ("felt", "felt"), "fight": ("fought", "fought"), "find": ("found", "found"),
    "fly": ("flew", "flown"), "forget": ("forgot", "forgotten"), "get": ("got", "gotten"),
    "give": ("gave", "given"), "go": ("went", "gone"), "grow": ("grew", "grown"),
    "have": ("had", "had"), "hear": ("heard", "heard"), "hide": ("hid", "hidden"),
    "hit": ("hit", "hit"), "hold": ("held", "held"), "hurt": ("hurt", "hurt"),
    "keep": ("kept", "kept"), "know": ("knew", "known"), "lay": ("laid", "laid"),
    "lead": ("led", "led"), "leave": ("left", "left"), "lend": ("lent", "lent"),
    "let": ("let", "let"), "lie": ("lay", "lain"), "lose": ("lost", "lost"),
    "make": ("made", "made"), "mean": ("meant", "meant"), "meet": ("met", "met"),
    "overthrow": ("overthrew", "overthrown"), "pay": ("paid", "paid"), "put": ("put", "put"),
    "read": ("read", "read"), "rebuild": ("rebuilt", "rebuilt"), "ride": ("rode", "ridden"),
    "rise": ("rose", "risen"), "run": ("ran", "run"), "say": ("said", "said"),
    "see": ("saw", "seen"), "seek": ("sought", "sought"), "sell": ("sold", "sold"),
    "send": ("sent", "sent"), "set": ("set", "set"), "shake": ("shook", "shaken"),
    "shoot": ("shot", "shot"), "shut": ("shut", "shut"), "sing": ("sang", "sung"),
    "sink": ("sank", "sunk"), "sit": ("sat", "sat"), "sleep": ("slept", "slept"),
    "speak": ("spoke", "spoken"), "spend": ("spent", "spent"), "spread": ("spread", "spread"),
    "stand": ("stood", "stood"), "steal": ("stole", "stolen"), "swim": ("swam", "swum"),
    "take": ("took", "taken"), "teach": ("taught", "taught"), "tell": ("told", "told"),
    "think": ("thought", "thought"), "throw": ("threw", "thrown"), "understand": ("understood", "understood"),
    "wake": ("woke", "woken"), "wear": ("wore", "worn"), "win": ("won", "won"),
    "write": ("wrote", "written"),
}  # fmt: skip
DOUBLED = word_set("admit occur permit stop begin win get forget run submit plan expel")

# Verbs whose clause means the same with subject and object exchanged, or nearly so, or nothing at all.
SYMMETRIC = word_set(
    """be become marry meet resemble equal match border adjoin join face share touch accompany fight rival
    oppose parallel overlap connect link contact kiss hug encounter divorce mean represent constitute
    comprise have include contain involve mirror intersect neighbor neighbour date love call name
    balance contradict complement combine merge mix cross concern embrace know tie trade exchange
    alternate co-star collaborate cooperate differ correspond echo remain seem form play battle"""
)
# Verbs that take the passive without change of meaning (they act on their object).
PASSIVE = word_set(
    """abandon acquire adopt analyze announce appoint approve arrest assassinate attack attract award ban
    beat betray blame buy build capture choose close compose conduct conquer construct create criticize
    cross defeat defend deliver describe design destroy develop direct discover dismiss draw drive edit
    elect establish examine execute expand explore found finance fund govern hire host identify
    illustrate improve inspire interview introduce invade invent investigate kidnap kill launch lead
    make manage manufacture murder nominate open operate organize overthrow own paint photograph plan
    praise present produce promote propose protect publish purchase rebuild record reject release rename
    replace rescue review rob sell shoot sign sponsor start steal sue support surround teach threaten
    translate visit win write welcome"""
)
# The speaker does not stand in for what is said.
NON_FACTIVE = word_set("""claim believe think suggest allege hope argue suspect assume insist speculate""")

# Words that turn entailments round or make them unsure, wherever they stand.
RISKY = word_set(
    """if unless whether would might could may should ought deny doubt without not n't never no none nobody
    nothing neither nor hardly scarcely rarely seldom barely few only except fail refuse avoid prevent
    unlikely impossible any anyone anything all every each most least else instead rather unlike like
    than too enough so such as even almost nearly supposedly allegedly possibly perhaps probably seem
    appear"""
)
QUANTIFIED = word_set(
    """some many most few several all each every both other others another any one two three none no more
    less half part much lot number such only"""
)

MONTHS = word_list(
    """January February March April May June July August September October November December"""
)
WEEKDAYS = word_list("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")

UNITS = word_list("""zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen""")
TENS = word_list("twenty thirty forty fifty sixty seventy eighty ninety")
ORDINALS = word_list("second third fourth fifth sixth seventh eighth ninth tenth")

# "the R of X" is "X's R".
RELATIONAL = word_set(
    """capital population mayor president king queen son daughter wife husband brother sister father mother
    leader history economy founder author owner member head director headquarters people government
    resident life career death reign army culture coast architecture climate citizen territory chairman
    governor"""
)
# "owned by X" may still be so: "that X owned" would say less.
LASTING = word_set(
    """own operate govern manage sponsor support surround host hold fund finance protect run"""
)
# They may stand at the start or after the subject.
SENTENCE_ADVERBS = word_set(
    """however therefore nevertheless nonetheless meanwhile today currently recently initially eventually
    finally subsequently additionally unfortunately originally historically traditionally similarly
    consequently furthermore moreover later soon afterwards thereafter previously presumably reportedly"""
)

SYNONYM_PHRASES = (  # pattern, replacement: function words and set phrases
    ("such as", "like"), ("due to", "because of"), ("despite", "in spite of"), ("in spite of", "despite"),
    ("prior to", "before"), ("in order to", "to"), ("although", "though"), ("the majority of", "most of"),
    ("is able to", "can"), ("are able to", "can"), ("a number of", "several"), ("until", "till"),
    ("because", "since"), ("in addition to", "besides"), ("United States of America", "United States"),
    ("percent", "per cent"), ("takes place", "happens"), ("took place", "happened"),
    ("as well as", "and also"), ("passed away", "died"),
    ("was situated", "was located"), ("is situated", "is located"),
    ("is located", "is situated"), ("for instance", "for example"), ("for example", "for instance"),
    ("throughout", "all through"), ("in the course of", "during"), ("at present", "currently"),
    ("a great deal of", "a lot of"), ("whilst", "while"), ("amongst", "among"), ("upon", "on"),
)  # fmt: skip
CONTRACTIONS = (
    ("do not", "don't"), ("does not", "doesn't"), ("did not", "didn't"), ("is not", "isn't"),
    ("are not", "aren't"), ("was not", "wasn't"), ("were not", "weren't"), ("has not", "hasn't"),
    ("have not", "haven't"), ("had not", "hadn't"), ("will not", "won't"), ("cannot", "can't"),
    ("could not", "couldn't"), ("would not", "wouldn't"), ("should not", "shouldn't"),
    ("I am", "I'm"), ("it is", "it's"), ("he is", "he's"), ("she is", "she's"), ("they are", "they're"),
    ("we are", "we're"), ("you are", "you're"), ("I have been", "I've been"),
    ("they have been", "they've been"),
    ("I will", "I'll"), ("he will", "he'll"), ("she will", "she'll"), ("they will", "they'll"),
    ("that is", "that's"), ("there is", "there's"),
)  # fmt: skip


def inflect(lemma: str, tag: str) -> str:
    """The form of an English verb for a Penn tag (VB, VBP, VBZ, VBD, VBN, VBG)."""
    past, participle = IRREGULAR.get(lemma, ("", ""))
    stem = lemma + lemma[-1] if lemma in DOUBLED else lemma
    after_consonant_y = lemma[-1] == "y" and lemma[-2] not in "aeiou"
    if tag == "VBZ":
        if after_consonant_y:
            return lemma[:-1] + "ies"
        return lemma + ("es" if lemma.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")
    if tag == "VBG":
        return (stem[:-1] if stem.endswith("e") and not stem.endswith(("ee", "ye")) else stem) + "ing"
    if tag in ("VBD", "VBN"):
        irregular = past if tag == "VBD" else participle
        regular = lemma[:-1] + "ied" if after_consonant_y else stem + ("d" if stem.endswith("e") else "ed")
        return irregular or regular
    return lemma


def spelled(number: int) -> str:
    """An integer of 0 to 99 in words."""
    if number < 20:
        return UNITS[number]
    ten, unit = divmod(number, 10)
    return TENS[ten - 2] + (f"-{UNITS[unit]}" if unit else "")
