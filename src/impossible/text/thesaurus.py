"""Synonyms and opposites: short lists by hand, right in nearly every context."""

# Opposites, both ways.
ANTONYM_ADJECTIVES = """
    large small, big small, high low, old new, young old, hot cold, warm cool, long short, tall short,
    early late, good bad, rich poor, strong weak, hard soft, heavy light, dark bright, wide narrow, deep
    shallow, fast slow, cheap expensive, easy difficult, simple complex, safe dangerous, happy sad,
    clean dirty, dry wet, full empty, open closed, loud quiet, thick thin, true false, active inactive,
    alive dead, male female, northern southern, eastern western, public private, positive negative,
    rural urban, ancient modern, permanent temporary, legal illegal, possible impossible, visible
    invisible, successful unsuccessful, popular unpopular, common rare, domestic foreign, internal
    external, major minor, upper lower, left right, married unmarried, guilty innocent, married single,
    friendly hostile, healthy sick, larger smaller, bigger smaller, higher lower, older younger, earlier
    later, better worse, longer shorter, stronger weaker, largest smallest, highest lowest, oldest
    youngest, best worst, longest shortest, first last, official unofficial, direct indirect, similar
    different, regular irregular, available unavailable, accurate inaccurate
"""
ANTONYM_ADVERBS = """
    always never, often rarely, early late, quickly slowly, above below, inside outside, upstairs
    downstairs, northward southward, successfully unsuccessfully, permanently temporarily, frequently
    infrequently, directly indirectly, publicly privately, officially unofficially
"""
ANTONYM_VERBS = """
    win lose, increase decrease, rise fall, accept reject, open close, buy sell, arrive depart, love
    hate, remember forget, begin end, start stop, succeed fail, support oppose, praise criticize,
    approve disapprove, agree disagree, admit deny, construct demolish, strengthen weaken, attack
    defend, build destroy, allow forbid, encourage discourage, improve worsen, include exclude
"""

# Opposites in what a sentence says, though one cannot stand for the other in it; used to compare only.
OPPOSED = """
    arrive leave, enter leave, join leave, enter exit, push pull, hire fire, lock unlock, install
    uninstall, enable disable, connect disconnect, appear disappear, appear vanish, pass fail, gain lose,
    save spend, deposit withdraw, import export, load unload, tighten loosen, expand shrink, advance
    retreat, wake sleep, cancel confirm, hide reveal, lead follow, heat cool
"""
# The same event from its two ends: opposites where one of them did both.
CONVERSE = """
    borrow lend, give receive, give get, send receive, teach learn, ask answer, inherit bequeath
"""

ANTONYM_PLACES = "before after, above below, inside outside, north south, east west, northeast southwest"

# From -> to; the meaning stays in (nearly) every context the tests in `derive` let through.
SYNONYM_NOUNS = """
    film movie, movie film, physician doctor, automobile car, attorney lawyer, lawyer attorney,
    photograph photo, photo photograph, airplane plane, aeroplane plane, bicycle bike, infant baby, sofa
    couch, couch sofa, garbage trash, error mistake, mistake error, assistance help, telephone phone,
    television TV, laboratory lab, examination exam, advertisement ad, cemetery graveyard, prison jail,
    author writer, residence home, location place, gift present, conclusion end, mathematics math,
    refrigerator fridge, purchaser buyer, inhabitant resident, kid child, autumn fall, seashore coast,
    beginning start, policeman cop, salary pay
"""
SYNONYM_ADJECTIVES = """
    large big, big large, quick fast, wealthy rich, rich wealthy, famous well-known, difficult hard,
    quiet silent, entire whole, principal main, huge enormous, enormous huge, annual yearly, numerous
    many, sufficient enough, additional extra, intelligent smart, strange odd, brave courageous, ill
    sick, tiny minuscule, renowned famous, initial first, rapid fast, deceased dead, vacant empty,
    frightened scared, gigantic huge, attractive appealing, present-day current, costly expensive,
    joyful happy, crucial vital, erroneous wrong
"""
SYNONYM_ADVERBS = """
    approximately about, roughly about, roughly approximately, frequently often, rapidly quickly,
    quickly rapidly, nearly almost, almost nearly, subsequently later, formerly previously, previously
    formerly, primarily mainly, mainly primarily, mostly mainly, entirely completely, completely
    entirely, largely mostly, presently currently, rarely seldom, perhaps maybe, therefore thus,
    initially originally, annually yearly, occasionally sometimes, afterwards later, swiftly quickly,
    chiefly mainly, simultaneously concurrently, practically virtually
"""
SYNONYM_VERBS = """
    begin start, start begin, buy purchase, purchase buy, permit allow, construct build, reside live,
    occur happen, attempt try, commence begin, manufacture produce, select choose, choose select, obtain
    get, defeat beat, acquire get, assist help, demolish destroy, cease stop, terminate end, attain
    reach, depict portray, portray depict, utilize use, aid help, relocate move, perish die,
    alter change, require need
"""

# They report or observe the same, as far as a reader of both can tell; used to compare, not to replace.
ALIKE = """
    say state tell announce note add report mention declare, show reveal demonstrate indicate find prove,
    assess analyze analyse evaluate examine study investigate, possible feasible, approach method technique
    way, extent magnitude degree, observe see find detect notice, kill murder, change alter modify, major
    big large, get receive obtain, glance look, convict guilty, plan intend, job post
    position, firm company, quit resign, raise increase lift boost, probe investigation, cut reduce,
    wound injure hurt, injury wound, cop police policeman, accord agree, release publish, launch
    start
"""


def table(rows: str, both_ways: bool = False) -> dict[str, list[str]]:
    """What each word of one of the tables above may become."""
    found: dict[str, list[str]] = {}
    for a, b in (row.split() for row in rows.split(",")):
        found.setdefault(a, []).append(b)
        if both_ways:
            found.setdefault(b, []).append(a)
    return found
