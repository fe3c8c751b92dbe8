"""The function words of English: words that carry grammar rather than content."""

import re

_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
_LIST = """
a about above across after again against all almost also although am among an and another any anybody
anyone anything are around as at away back be became because become been before behind being below
between both but by came can cannot come could did do does doing done down during each either else enough
even ever every everybody everyone everything few for from further get gets getting give given go goes
going gone got had has have having he her here hers herself him himself his how however i if in instead
into is it its itself just keep kept least less let like made make makes making many may me might mine
more most much must my myself near neither never no nobody none nor not nothing now of off often on once
one ones only onto or other others our ours ourselves out over own per perhaps put quite rather really
said same say says seem seems several shall she should since so some somebody someone something still
such take taken than that the their theirs them themselves then there therefore these they thing things
this those though through thus to together too toward towards under until up upon us use used uses using
very was way we well went were what whatever when where whether which while who whom whose why will with
within without would yet you your yours yourself
"""
FUNCTION_WORDS = frozenset(_LIST.split())


def content_words(text: str) -> list[str]:
    """Return the words of a text that are no function words, in order: names, numbers, nouns, most verbs."""
    return [word for word in _WORD.findall(text) if word.split("'")[0].lower() not in FUNCTION_WORDS]
