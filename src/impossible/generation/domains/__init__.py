"""Domains: the prefixes from which a teacher writes contexts, in tables of our own, a TOML file each.

A forum-like, first-person opening gives by far the most paraphrases; a dateline or an abstract the fewest.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from string import Formatter

Slots = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Domain:
    """Templates that take turns (one that stands twice has two shares), and what fills their `{slots}`.

    A slot written with a capital, `{Disease}`, is `{disease}` with its first letter in upper case.
    Raises ValueError if templates and slots do not fit together, or a slot's text comes twice.
    """

    name: str
    templates: tuple[str, ...]
    slots: Slots

    def __post_init__(self) -> None:
        used = {name.lower() for template in self.templates for name in slot_names(template)}
        if used != set(self.slots):
            raise ValueError(f"domain {self.name}: unknown or unused slots {sorted(used ^ set(self.slots))}")
        for slot, texts in self.slots.items():
            if not texts or len(set(texts)) < len(texts) or any(t != " ".join(t.split()) for t in texts):
                raise ValueError(
                    f"domain {self.name}: slot {slot} is empty, repeats itself or has stray spaces"
                )


def slot_names(template: str) -> list[str]:
    """The slots of a template, as it writes them."""
    return [name for _, name, _, _ in Formatter().parse(template) if name]


@cache
def load_domain(name: str) -> Domain:
    """A domain of the recipe's `DOMAINS`."""
    read = tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    slots = {slot: tuple(_texts(texts)) for slot, texts in read["slots"].items()}
    return Domain(name, tuple(read["templates"]), slots)


def _texts(entries: Sequence[str | Mapping[str, Sequence[str]]]) -> Iterator[str]:
    """A slot's texts; a table of lists stands for each of the first with each of the second."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            yield from map(" ".join, product(*entry.values()))
