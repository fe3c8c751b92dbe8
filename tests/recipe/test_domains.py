"""Prefixes: deterministic, distinct as long as they can be, evenly repeated, readable."""

import math
from collections import Counter
from string import Formatter

import pytest

from impossible.errors import RecipeError
from impossible.generation.prefixes import prefixes
from impossible.recipe.domains import DOMAINS, Domain
from impossible.text.sentences import cut, defect, split

FIRST_PERSON = ("reddit", "support", "reviews")


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_same_seed_gives_the_same_prefixes(domain: str) -> None:
    found = prefixes(domain, 200, seed=7)
    assert len(found) == 200
    assert found == prefixes(domain, 200, seed=7)
    assert found != prefixes(domain, 200, seed=8)
    assert found[:50] == prefixes(domain, 50, seed=7)


@pytest.mark.parametrize("domain", DOMAINS)
def test_thousands_of_distinct_prefixes(domain: str) -> None:
    everything = set(prefixes(domain, 20_000, seed=7))
    assert len(everything) > 2000


@pytest.mark.parametrize("domain", FIRST_PERSON)
def test_the_first_thousand_are_distinct(domain: str) -> None:
    assert len(set(prefixes(domain, 1000, seed=7))) > 950


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=lambda d: d.name)
def test_repeats_are_spread_evenly(domain: Domain) -> None:
    turns = 300
    times = Counter(prefixes(domain.name, turns * len(domain.templates), seed=7))
    shares = Counter(domain.templates)
    fewest_repeats = max(math.ceil(turns * n / fillings(t, domain)) for t, n in shares.items())
    assert max(times.values()) == fewest_repeats


def fillings(template: str, domain: Domain) -> int:
    names = [name.lower() for _, name, _, _ in Formatter().parse(template) if name]
    return math.prod(len(domain.slots[name]) for name in names)


def test_news_datelines_have_their_shares() -> None:
    found = prefixes("news", 400, seed=7)
    assert all(p.endswith(") --") for p in found)
    assert sum(p.startswith("(") for p in found) == 200
    assert sum("," in p for p in found) == 100
    assert all(p.split(",")[0].isupper() for p in found if "," in p)
    slots = DOMAINS["news"].slots
    assert len(slots["city"]) >= 60
    assert len(slots["outlet"]) >= 40


@pytest.mark.parametrize("domain", FIRST_PERSON)
def test_openings_are_complete_sentences(domain: str) -> None:
    for prefix in set(prefixes(domain, 5000, seed=7)):
        if prefix.endswith(":"):
            continue
        body = prefix.split(": ")[-1]
        for sentence in split(body):
            assert defect(sentence) is None, sentence
        assert len(split(body)) <= 2
        assert cut(body) == split(body)[0]


def test_biomedical_prefixes_have_a_heading() -> None:
    found = prefixes("biomedical", 2000, seed=7)
    assert {p.split(":")[0] for p in found} == {
        "Abstract",
        "Introduction",
        "Methods",
        "Results",
        "Conclusion",
    }
    assert {"Abstract:", "Introduction:", "Methods:", "Results:", "Conclusion:"} <= set(found)
    assert all(p[-1] in ".:" for p in found)
    assert sum(len(v) for v in DOMAINS["biomedical"].slots.values()) >= 60


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=lambda d: d.name)
def test_tables_hold_no_duplicates_and_every_slot_is_used(domain: Domain) -> None:
    for values in domain.slots.values():
        assert len(set(values)) == len(values)
        assert all(v == " ".join(v.split()) for v in values)
    used = {name.lower() for t in domain.templates for _, name, _, _ in Formatter().parse(t) if name}
    assert used == set(domain.slots)


def test_unknown_domain() -> None:
    with pytest.raises(RecipeError, match="'new' is unknown; did you mean news\\?") as caught:
        prefixes("new", 1, seed=7)
    assert all(name in str(caught.value) for name in DOMAINS)
    with pytest.raises(RecipeError, match="'xyzzy' is unknown; allowed: news, "):
        prefixes("xyzzy", 1, seed=7)
