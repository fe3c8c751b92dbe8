"""Minimal pairs made by rule from real sentences, so that an NLI critic sees changed numbers, names, roles
and word order.

A rule is a generator of edits of one parsed sentence, and says what follows from what. It stays silent when
in doubt: a wrong label is worse than no example. Each directed pair is an `NliExample`.

    python -m impossible.critic_training.minimal_pairs OUT.jsonl.gz FILE… --seed 7
"""

import random
from collections.abc import Iterable, Iterator

from spacy.tokens import Doc

from ...edits.facts import (
    antonym,
    date_changed,
    modality,
    name_changed,
    negated,
    number_changed,
    number_spelled,
    reported,
)
from ...edits.grammar import Draw, Edit, Rule, known_names, usable, well_made
from ...edits.left_out import (
    adjective_dropped,
    agent_dropped,
    apposition_turned,
    arm_dropped,
    first_name_dropped,
    head_dropped,
    part_of_place,
    place_dropped,
)
from ...edits.order import (
    adjunct_fronted,
    adjunct_inserted,
    adjunct_moved_back,
    coordination,
    genitive,
    shortened,
)
from ...edits.settled import (
    accused_did,
    attribution_dropped,
    condition_dropped,
    doubt_dropped,
    plan_done,
    plural_singular,
    possible_done,
    quantifier_dropped,
    role_turned,
)
from ...edits.swaps import (
    modifiers_swapped,
    names_swapped,
    nouns_swapped,
    numbers_swapped,
    places_swapped,
    roles,
)
from ...edits.voices import relative, relative_swapped, voice, voice_swapped
from ...edits.wording import contraction, identity, phrase, synonym
from ..train import NliExample

__all__ = ["RULES", "derive", "derive_by_rule", "directed"]

# Each rule with the most directed examples it may give; as many in all that are entailed as are not.
RULES: tuple[tuple[Rule, int], ...] = (
    (roles, 1400),
    (names_swapped, 1500),
    (modifiers_swapped, 700),
    (nouns_swapped, 700),
    (places_swapped, 250),
    (numbers_swapped, 200),
    (voice_swapped, 400),
    (relative_swapped, 400),
    (voice, 600),
    (relative, 500),
    (adjunct_fronted, 900),
    (adjunct_moved_back, 900),
    (adjunct_inserted, 1600),
    (genitive, 300),
    (coordination, 1900),
    (number_changed, 700),
    (number_spelled, 300),
    (name_changed, 800),
    (date_changed, 200),
    (negated, 700),
    (antonym, 700),
    (modality, 200),
    (reported, 150),
    (shortened, 1200),
    (plan_done, 600),
    (possible_done, 300),
    (doubt_dropped, 200),
    (accused_did, 100),
    (condition_dropped, 200),
    (quantifier_dropped, 300),
    (plural_singular, 300),
    (role_turned, 300),
    (attribution_dropped, 300),
    (adjective_dropped, 600),
    (place_dropped, 400),
    (agent_dropped, 300),
    (arm_dropped, 600),
    (first_name_dropped, 300),
    (part_of_place, 400),
    (head_dropped, 600),
    (apposition_turned, 200),
    (synonym, 1400),
    (phrase, 700),
    (contraction, 300),
    (identity, 3000),
)


def derive(docs: Iterable[Doc], seed: int) -> Iterator[NliExample]:
    """Directed examples from parsed sentences, rule after rule."""
    for examples in derive_by_rule(docs, seed).values():
        yield from examples


def derive_by_rule(docs: Iterable[Doc], seed: int) -> dict[str, list[NliExample]]:
    """The same by the rule's name: each takes the sentences in an order of its own, one edit of each, up to
    its cap.
    """
    sentences = [doc for doc in docs if usable(doc)]
    names = known_names(sentences)
    return {rule.__name__: _apply(rule, cap, sentences, names, seed) for rule, cap in RULES}


def _apply(
    rule: Rule, cap: int, docs: list[Doc], names: dict[tuple[str, str, int], list[str]], seed: int
) -> list[NliExample]:
    draw = Draw(random.Random(f"{seed} {rule.__name__}"), names)  # no rule's draws depend on another rule
    examples: list[NliExample] = []
    for doc in draw.chance.sample(docs, len(docs)):
        if len(examples) >= cap:
            break
        if edits := [edit for edit in rule(doc, draw) if well_made(edit)]:
            examples += directed(draw.chance.choice(edits))
    return examples


def directed(edit: Edit) -> list[NliExample]:
    """One example for each direction that has a label."""
    ways = [(edit.before, edit.after, edit.forward), (edit.after, edit.before, edit.backward)]
    return [NliExample(*way) for way in ways if way[2]]
