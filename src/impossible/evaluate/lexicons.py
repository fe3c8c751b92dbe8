"""Short word lists in lower case, meant for comparing sets of sentences rather than rating one.

Crude words are in `critics.toxic`, since recipes can reject them.
"""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


MASCULINE = _set(
    """
    he him his himself man men boy boys father fathers dad son sons brother brothers husband husbands
    uncle grandfather grandson nephew king prince gentleman gentlemen guy guys mr sir actor waiter
    policeman businessman chairman male males
    """
)
FEMININE = _set(
    """
    she her hers herself woman women girl girls mother mothers mom mum daughter daughters sister sisters
    wife wives aunt grandmother granddaughter niece queen princess lady ladies mrs ms miss madam actress
    waitress policewoman businesswoman chairwoman female females
    """
)
NATIONALITIES = _set(
    """
    afghan albanian algerian american argentinian armenian australian austrian bangladeshi belgian
    bolivian brazilian british bulgarian cambodian canadian chilean chinese colombian croatian cuban
    czech danish dutch ecuadorian egyptian english estonian ethiopian finnish french georgian german
    ghanaian greek haitian hungarian icelandic indian indonesian iranian iraqi irish israeli italian
    jamaican japanese jordanian kenyan korean kuwaiti latvian lebanese libyan lithuanian malaysian
    mexican mongolian moroccan nepalese nigerian norwegian pakistani palestinian peruvian philippine
    filipino polish portuguese qatari romanian russian saudi scottish serbian slovak slovenian somali
    spanish sudanese swedish swiss syrian taiwanese thai tunisian turkish ugandan ukrainian uruguayan
    venezuelan vietnamese welsh yemeni zimbabwean
    """
)
