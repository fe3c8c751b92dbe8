"""Prefixes: deterministic, distinct as long as they can be, evenly repeated, readable."""

import hashlib
import math
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

from impossible.errors import RecipeError
from impossible.generation import domains
from impossible.generation.domains import Domain, load_domain
from impossible.generation.prefixes import prefixes
from impossible.recipe.contexts import DOMAINS
from impossible.text.sentences import cut, defect, split

FIRST_PERSON = ("reddit", "support", "reviews")


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_same_seed_gives_the_same_prefixes(domain: str) -> None:
    found = prefixes(domain, 200, seed=7)
    assert len(found) == 200
    assert found == prefixes(domain, 200, seed=7)
    assert found != prefixes(domain, 200, seed=8)
    assert found[:50] == prefixes(domain, 50, seed=7)


# contexts, and so whole runs, follow from the words and their order
DIGESTS = {
    "news": "6cc883da4fcecd77",
    "biomedical": "5197a4f479540708",
    "reddit": "ee22e566a258a10b",
    "support": "d5f2d9a7cf1dce22",
    "reviews": "39adc288fddfbb83",
    "encyclopedia": "542f29a87221079f",
}


@pytest.mark.parametrize("domain", DOMAINS)
def test_prefixes_stay_the_same(domain: str) -> None:
    text = "\n".join(prefixes(domain, 5000, seed=7))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGESTS[domain]


@pytest.mark.parametrize("domain", DOMAINS)
def test_thousands_of_distinct_prefixes(domain: str) -> None:
    everything = set(prefixes(domain, 20_000, seed=7))
    assert len(everything) > 2000


@pytest.mark.parametrize("domain", FIRST_PERSON)
def test_the_first_thousand_are_distinct(domain: str) -> None:
    assert len(set(prefixes(domain, 1000, seed=7))) > 950


@pytest.mark.parametrize("name", DOMAINS)
def test_repeats_are_spread_evenly(name: str) -> None:
    domain = load_domain(name)
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
    slots = load_domain("news").slots
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
    assert sum(len(v) for v in load_domain("biomedical").slots.values()) >= 60


def test_every_domain_of_the_recipe_has_its_table() -> None:
    assert {path.stem for path in Path(domains.__file__).parent.glob("*.toml")} == set(DOMAINS)


@pytest.mark.parametrize(
    ("templates", "slots", "fault"),
    [
        (("My {thing}.", "My {Place}."), {"thing": ("car",)}, "place"),
        (("My {thing}.",), {"thing": ("car",), "place": ("sea",)}, "place"),
        (("My {thing}.",), {"thing": ("car", "dog", "car")}, "slot thing"),
        (("My {thing}.",), {"thing": ("old  car",)}, "slot thing"),
        (("My {thing}.",), {"thing": ()}, "slot thing"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    templates: tuple[str, ...], slots: dict[str, tuple[str, ...]], fault: str
) -> None:
    with pytest.raises(ValueError, match=f"domain broken: .*{fault}"):
        Domain("broken", templates, slots)


def test_unknown_domain() -> None:
    with pytest.raises(RecipeError, match="'new' is unknown; did you mean news") as caught:
        prefixes("new", 1, seed=7)
    assert all(name in str(caught.value) for name in DOMAINS)
    with pytest.raises(RecipeError, match="'xyzzy' is unknown; allowed: news, "):
        prefixes("xyzzy", 1, seed=7)
