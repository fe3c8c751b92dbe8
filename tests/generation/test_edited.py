import math
from collections.abc import Sequence

from impossible.critics.parser import ParsedSentences, load_parser
from impossible.data.schema import Context
from impossible.generation.edited import Editor
from impossible.generation.restatement import restate
from impossible.recipe.sampling import Sampling

from .test_restatement import SETTINGS, Scripted

LONG = "The city council closed the old bridge over the river on Monday, after engineers found many cracks, police said."
CUES = [("summary", "In short,")]


class Scoring(Scripted):
    """Finds short texts likely."""

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        self.prompt = prompt
        return [-float(len(text)) / 4 for text in texts]


def _editor(sampler: Scripted, most: int) -> Editor:
    return Editor(ParsedSentences(load_parser(lemmas=True)), sampler, most)


def test_the_likeliest_edits_are_kept() -> None:
    sampler = Scoring()
    found = _editor(sampler, 100).candidates(LONG, CUES, set())
    assert sampler.prompt == f"{LONG}\n\nIn short," and found
    scores = [one.logprob for one in found]
    assert scores == sorted(scores, reverse=True) and scores[-1] >= scores[0] - 10
    assert _editor(sampler, 1).candidates(LONG, CUES, set()) == found[:1]


def test_a_teacher_without_log_probabilities_leaves_them_in_order() -> None:
    found = _editor(Scripted(), 2).candidates(LONG, CUES, set())
    assert len(found) == 2 and all(one.count == 0 and math.isnan(one.logprob) for one in found)


def test_edits_join_the_group_behind_the_restatements() -> None:
    sampler = Scripted(" the council has closed the bridge.")
    context = Context("1", "corpus", LONG, "a.txt:1", ())
    arguments = (SETTINGS, "tree", Sampling(), 7, lambda: None)
    [group], counts = restate([context], sampler, *arguments, _editor(sampler, 2))
    [bare], _ = restate([context], sampler, *arguments)
    assert group.candidates[: len(bare.candidates)] == bare.candidates
    added = group.candidates[len(bare.candidates) :]
    assert [one.count for one in added] == [0, 0] and counts["candidates"] == len(group.candidates)
