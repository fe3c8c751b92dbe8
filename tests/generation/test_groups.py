from collections import Counter

from impossible.data.schema import Context
from impossible.generation.groups import candidates, generate, groups_from_table, groups_to_table
from impossible.recipe.sampling import Sampling
from impossible.teachers.base import Continuation


def test_the_first_well_formed_sentence_counts_and_repeats_merge() -> None:
    counts: Counter[str] = Counter()
    texts = [
        " The dog barked at us. Then",
        " the start is not capital.",
        " The  dog barked at us.",
        " A cat was in the house.",
    ]
    drawn = [Continuation(text, -float(i)) for i, text in enumerate(texts)]
    found = candidates(drawn, Sampling(), counts)
    assert [(c.text, c.count, c.logprob) for c in found] == [
        ("The dog barked at us.", 2, 0.0),
        ("A cat was in the house.", 1, -3.0),
    ]
    assert counts == {"malformed": 1, "repeated": 1}


def test_of_sentences_that_differ_in_spelling_alone_the_commonest_stays() -> None:
    texts = [
        " It’s late, Tom.",
        " It's late Tom!",
        " It’s late, Tom.",
        " It's late, Tom?",
        " It costs 1:30, Tom.",
    ]
    counts: Counter[str] = Counter()
    found = candidates(
        [Continuation(text, -float(i)) for i, text in enumerate(texts)], Sampling(min_words=3), counts
    )
    assert [(c.text, c.count, c.logprob) for c in found] == [
        ("It’s late, Tom.", 3, 0.0),
        ("It's late, Tom?", 1, -3.0),
        ("It costs 1:30, Tom.", 1, -4.0),
    ]
    assert counts == {"repeated": 2}


def test_what_the_teacher_finds_improbable_is_dropped() -> None:
    counts: Counter[str] = Counter()
    drawn = [Continuation(" The dog barked at us.", -9.0), Continuation(" The door barked at us.", -31.0)]
    found = candidates(drawn, Sampling(min_logprob=-30.0), counts)
    assert [c.text for c in found] == ["The dog barked at us."]
    assert counts == {"improbable": 1, "repeated": 0}


def test_groups_go_through_a_table() -> None:
    context = Context("id", "news", "A context.", "here")

    class Echo:
        """A sampler that continues every prompt with numbered sentences."""

        def sample(self, prompts, n, seeds, decoding):  # type: ignore[no-untyped-def]
            for seed in seeds:
                yield [Continuation(f" The number of this one is {seed % 97 + i}.", -1.5) for i in range(n)]

    ticks: list[int] = []
    groups, counts = generate([context], Echo(), Sampling(per_context=3), 7, 0, lambda: ticks.append(1))  # type: ignore[arg-type]
    assert counts == {"contexts": 1, "continuations": 3, "candidates": 3, "repeated": 0}
    assert len(ticks) == 1
    assert groups_from_table(groups_to_table(groups)) == groups
