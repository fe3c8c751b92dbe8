from collections.abc import Iterator, Sequence

import pytest

from impossible.data.schema import Context, Demonstration
from impossible.generation.corpus import CorpusReport, Document
from impossible.generation.groups import groups_from_table, groups_to_table
from impossible.generation.restatement import prefix, restate, richest, sentences
from impossible.recipe.restatement import Cue, Restatement
from impossible.recipe.sampling import Sampling
from impossible.teachers.base import Continuation, Decoding

SHORT = "The city council closed the old bridge."
LONG = (
    "The city council closed the old bridge over the Severn on Monday, after engineers found 14 cracks in one "
    "of its piers and in the road."
)
SETTINGS = Restatement(
    paraphrase=Cue(cue="In other words,", words=(5, 12)),
    summary=Cue(cue="In short,", words=(10, 40)),
    per_cue=3,
)
PAIR = Demonstration("summary", "A storm hit the coast of Kent on Friday.", "A storm hit Kent.")


class Scripted:
    """A sampler that answers each prompt with given continuations, and notes what it was asked."""

    def __init__(self, *texts: str):
        self.texts, self.asked = texts, list[tuple[str, Decoding]]()

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        for prompt in prompts:
            self.asked.append((decoding.framed(prompt), decoding))
            yield [Continuation(text, -1.0) for text in self.texts[:n]]

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        raise NotImplementedError


def context(text: str, *shown: Demonstration) -> Context:
    return Context(text[:5], "corpus", text, "a.txt:1", shown)


def test_the_sentence_and_its_restatements_form_the_group() -> None:
    sampler = Scripted(
        " In short, the council has closed the bridge.",
        " The city council closed the old bridge.",
        " a cat sat on a mat.",
    )
    [group], counts = restate([context(SHORT)], sampler, SETTINGS, "tree", Sampling(), 7, lambda: None)
    # capitalised; the copy counts for the sentence itself; what is about something else is left out
    assert [(c.text, c.count) for c in group.candidates] == [
        (SHORT, 1),
        ("The council has closed the bridge.", 1),
    ]
    assert counts["unrelated"] == 1 and counts["continuations"] == 3


def test_each_cue_restates_the_sentences_whose_length_suits_it() -> None:
    sampler = Scripted(" the bridge was closed.")
    restate([context(SHORT), context(LONG, PAIR)], sampler, SETTINGS, "tree", Sampling(), 7, lambda: None)
    demonstration = "A storm hit the coast of Kent on Friday.\n\nIn short, a storm hit Kent.\n\n"
    assert [text for text, _ in sampler.asked] == [
        f"{SHORT}\n\n{SHORT}\n\nIn other words,",  # without a demonstration
        f"{demonstration}{LONG}\n\nIn short,",
    ]
    assert [decoding.bonus for _, decoding in sampler.asked] == [4.0, 2.0]


def test_demonstrations_are_shown_for_their_task_and_keep_names_capital() -> None:
    other = Demonstration("paraphrase", "Ann left the house at noon.", "Ann went out of the house at noon.")
    text = prefix([PAIR, other], "paraphrase", "In other words,")
    assert text == ("Ann left the house at noon.\n\nIn other words, Ann went out of the house at noon.\n\n")


def test_groups_keep_their_demonstrations_in_a_table() -> None:
    groups, _ = restate(
        [context(LONG, PAIR)],
        Scripted(" the bridge was closed."),
        SETTINGS,
        "tree",
        Sampling(),
        7,
        lambda: None,
    )
    again = groups_from_table(groups_to_table(groups))
    assert again[0].context == groups[0].context
    assert [c.text for c in again[0].candidates] == [c.text for c in groups[0].candidates]


def test_any_fitting_sentence_of_a_document_may_be_restated() -> None:
    text = (
        f"Hello there. {SHORT} and so on it was not what we would have had to be. {LONG} See www.example.com."
    )
    documents = [Document(1, text), Document(2, "No. Yes."), Document(3, LONG)]
    found = sentences(documents, SETTINGS, 10, 7, 300)
    assert [(s.row, s.text) for s in found] == [(1, SHORT), (1, LONG)] or [
        (s.row, s.text) for s in found
    ] == [(1, LONG), (1, SHORT)]
    assert sentences(documents[::-1], SETTINGS, 10, 7, 300)[0].text in (SHORT, LONG)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The kettle leaks.", "too few words"),
        ("The kettle leaks. It leaks.", "too few words"),
        (f"{LONG[:-1]}, {LONG}", "a number of words that suits no cue"),
        ("the city council closed the old bridge.", "lower-case start"),
        ('"The city council closed the old bridge.', "unbalanced quotes"),
        ("It was all there was to it when she was in.", "mostly function words"),
    ],
)
def test_a_document_without_a_sentence_to_restate_is_noted_with_the_reason(text: str, reason: str) -> None:
    report = CorpusReport()
    found = sentences([Document(4, LONG), Document(9, text)], SETTINGS, 10, 7, 300, report)
    assert [s.row for s in found] == [4]
    [line] = report.lines()
    assert line.startswith("1 × no sentence to restate: ") and reason in line and line.endswith("(row 9)")


def test_of_the_teachers_own_sentences_the_one_that_says_most_is_restated() -> None:
    assert richest(f"It was closed for them. {SHORT} {LONG}", SETTINGS, 300) == LONG
    assert richest("It was not what they would have had to be doing then.", SETTINGS, 300) is None


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"paraphrase": {"cue": "So,", "words": [9, 3]}}, "words"),
        ({"demonstrations": 5, "pool": 3}, "pool"),
        ({"paraphrase": None, "summary": None}, "cue for at least one task"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, object], key: str) -> None:
    with pytest.raises(ValueError, match=key):
        Restatement.model_validate(settings)
