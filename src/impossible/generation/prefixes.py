"""Prefixes of a domain: templates filled with words that are drawn by a hash."""

import hashlib
from collections.abc import Iterator
from itertools import count as integers
from itertools import islice, product
from string import Formatter

from ..recipe.domains import Domain, Slots, find_domain


def prefixes(domain: str, count: int, seed: int) -> list[str]:
    """`count` prefixes of a domain in a random order; more of them begin with the same ones.

    Templates take turns; one repeats itself only when all its fillings have been used equally often.
    Raises RecipeError for an unknown domain.
    """
    return list(islice(_stream(find_domain(domain), seed), count))


def _stream(domain: Domain, seed: int) -> Iterator[str]:
    """Endless: turn after turn every template once, in a new order each turn."""
    fillings = {template: _fillings(template, domain.slots, seed) for template in domain.templates}
    places = range(len(domain.templates))
    for turn in integers():
        for place in sorted(places, key=lambda p: _hash(seed, turn, str(p))):
            yield next(fillings[domain.templates[place]])


def _fillings(template: str, slots: Slots, seed: int) -> Iterator[str]:
    """Endless: all fillings of a template in a random order, then all again in another."""
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    values = [slots[name] if name in slots else _capitalised(slots[name.lower()]) for name in names]
    filled = [template.format(**dict(zip(names, chosen, strict=True))) for chosen in product(*values)]
    for turn in integers():
        yield from sorted(filled, key=lambda text: _hash(seed, turn, text))


def _capitalised(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value[0].upper() + value[1:] for value in values)


def _hash(seed: int, turn: int, text: str) -> bytes:
    """A random order that is the same in every version of Python."""
    return hashlib.blake2b(f"{seed}/{turn}/{text}".encode(), digest_size=8).digest()
