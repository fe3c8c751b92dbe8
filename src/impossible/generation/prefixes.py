"""Fill a domain's templates with slot values in hash order to make context prefixes."""

import hashlib
from collections.abc import Iterator
from itertools import count as integers
from itertools import islice, product

from ..recipe.contexts import check_domain
from .domains import Domain, Slots, load_domain, slot_names


def prefixes(domain: str, count: int, seed: int) -> list[str]:
    """Return `count` prefixes of a domain in random order; a larger count extends the same sequence.

    Templates are used in turn. A template repeats a filling only after using all of its fillings.
    Raises RecipeError for an unknown domain.
    """
    check_domain(domain)
    return list(islice(_stream(load_domain(domain), seed), count))


def _stream(domain: Domain, seed: int) -> Iterator[str]:
    """Yield prefixes forever: in each turn every template once, in a new order."""
    fillings = {template: _fillings(template, domain.slots, seed) for template in domain.templates}
    places = range(len(domain.templates))
    for turn in integers():
        for place in sorted(places, key=lambda p: _hash(seed, turn, str(p))):
            yield next(fillings[domain.templates[place]])


def _fillings(template: str, slots: Slots, seed: int) -> Iterator[str]:
    """Yield fillings of a template forever: all of them in random order, then all in another order."""
    names = slot_names(template)
    values = [slots[name] if name in slots else _capitalised(slots[name.lower()]) for name in names]
    filled = [template.format(**dict(zip(names, chosen, strict=True))) for chosen in product(*values)]
    for turn in integers():
        yield from sorted(filled, key=lambda text: _hash(seed, turn, text))


def _capitalised(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value[0].upper() + value[1:] for value in values)


def _hash(seed: int, turn: int, text: str) -> bytes:
    """Return a sort key for a random order that is the same in every version of Python."""
    return hashlib.blake2b(f"{seed}/{turn}/{text}".encode(), digest_size=8).digest()
