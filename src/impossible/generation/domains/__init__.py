"""Load domains, the templates for context prefixes, from one TOML file each.

First-person openings in the style of a forum yield by far the most paraphrases; datelines and abstracts the
fewest.
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
    """Templates, used in turn (one listed twice is used twice as often), and the values of their `{slots}`.

    A capitalized slot, `{Disease}`, is filled with a value of `{disease}` whose first letter is upper case.
    Raises ValueError if templates and slots do not match, or a slot repeats a value.
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
                    f"domain {self.name}: slot {slot} is empty, repeats a value or has stray spaces"
                )


def slot_names(template: str) -> list[str]:
    """Return the slot names of a template, in its spelling."""
    return [name for _, name, _, _ in Formatter().parse(template) if name]


@cache
def load_domain(name: str) -> Domain:
    """Load one of the recipe's `DOMAINS`."""
    read = tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    slots = {slot: tuple(_texts(texts)) for slot, texts in read["slots"].items()}
    return Domain(name, tuple(read["templates"]), slots)


def _texts(entries: Sequence[str | Mapping[str, Sequence[str]]]) -> Iterator[str]:
    """Yield the values of a slot; a table of lists stands for their Cartesian product."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            yield from map(" ".join, product(*entry.values()))
