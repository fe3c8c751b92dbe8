"""Edits of a sentence by grammar that the teacher finds likely: more candidates for its group."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..critics.parser import ParsedSentences
from ..data.schema import Candidate
from ..edits.compose import rewordings, shortenings
from ..teachers.base import Sampler
from ..text.sentences import normalised

_MARGIN = 10  # nats that an edit may be less likely than the likeliest of its task


@dataclass(frozen=True, slots=True)
class Editor:
    """Edits sentences: rewordings for paraphrases, shortenings for summaries, at most `most` of each.

    Without a sampler, or with one that gives no log-probabilities, they stay in the order of the rules.
    """

    parser: ParsedSentences
    sampler: Sampler | None
    most: int

    def candidates(
        self, sentence: str, cues: Sequence[tuple[str, str]], known: set[str]
    ) -> tuple[Candidate, ...]:
        """Return the edits of a sentence for the (task, cue) given, without those `known`, count 0 each."""
        found: dict[str, Candidate] = {}
        for task, cue in cues:
            new = self.edits(
                task, sentence, f"{sentence}\n\n{cue}", known | {normalised(text) for text in found}
            )
            found |= {one.text: one for one in new}
        return tuple(found.values())

    def edits(
        self, task: str, sentence: str, prompt: str, known: set[str], before: str = " "
    ) -> list[Candidate]:
        """Return the edits of a sentence for a task, the likeliest behind `prompt` and `before` first."""
        [doc] = self.parser([sentence])
        made = (rewordings if task == "paraphrase" else shortenings)(doc, self.parser)
        return self._likely(prompt, [text for text in made if normalised(text) not in known], before)

    def _likely(self, prompt: str, texts: Sequence[str], before: str) -> list[Candidate]:
        if not texts:
            return []
        try:
            if self.sampler is None:
                raise NotImplementedError
            scores = self.sampler.logprobs(prompt, [f"{before}{text}" for text in texts])
        except NotImplementedError:
            return [Candidate(text, 0, math.nan) for text in texts[: self.most]]
        scored = [Candidate(text, 0, score) for text, score in zip(texts, scores, strict=True)]
        # in all, not a token: by the token, near copies would always win
        ranked = sorted(scored, key=lambda one: -one.logprob)
        return [one for one in ranked if one.logprob >= ranked[0].logprob - _MARGIN][: self.most]
