"""Use a trained student: draw several outputs, score them, rank them and mark the accepted ones."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np

from ..critics import LazyCritics
from ..critics.parser import ParsedSentences, load_parser
from ..critics.rouge_l import RougeL
from ..data.schema import KEPT, seed_for, text_id
from ..errors import DataError, RecipeError
from ..filtering.ranking import Rank, ranked
from ..generation.edited import Editor
from ..recipe.critics import Bounds, Filter, Score
from ..recipe.execution import Execution
from ..recipe.load import resolve
from ..teachers.base import Decoding, Sampler
from ..teachers.tokens import Tokens
from ..text.sentences import normalised
from .controls import Controls, check, length, likeness, template_reader, wording
from .decode import decoding, finished, open_sampler, open_student_tokens
from .info import Info, best_student, read_info
from .prompts import one_line, prompt
from .protect import PROTECTED, Protection, protection
from .refusal import refusal

# The bounds of answers are those of a dataset but for these: the beginning of a text may be its summary, and
# an answer is read before it is used.
ANSWERS = {
    "filter": {
        "paraphrase": {"correct": {"min": 0.5}},
        "summary": {"prefix": False, "length_ratio": {"max": 0.9}, "correct": {"min": 0.3}},
    }
}
_CHUNK = 32  # texts whose outputs are scored together
_MAX_DRAWS = 200
_LAST: Rank = (0.0, -2.0)  # below all that critics rank


@dataclass(frozen=True, slots=True)
class Output:
    """One text that the student wrote.

    `by` is `draft`, or `edit` for an edit of the source by grammar. `verdict` is `kept` or the critic that
    rejects it; `protected` if it lost the protected terms `lost`, and then no critic was asked. `quality`
    ranks kept outputs (see `rank.quality`), `rank` all outputs (see `rank.ranked`). `scores` has the score of
    each critic that was run. `obeys` maps each requested control to whether the text has it; `likeness` is
    the similarity to the requested syntax template (1 if none was requested).
    """

    text: str
    verdict: str
    quality: float
    scores: Mapping[str, float]
    obeys: Mapping[str, bool]
    likeness: float = 1.0
    rank: Rank = (0.0, 0.0)
    by: str = "draft"
    lost: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the cascade keeps the output."""
        return self.verdict == KEPT


@dataclass(frozen=True, slots=True)
class Answer:
    """The outputs for a text, best first. `note` gives the reason if there are none.

    `protected` has the terms, slots and markup of the text that accepted outputs keep.
    """

    source: str
    outputs: tuple[Output, ...] = ()
    note: str = ""
    protected: tuple[str, ...] = ()

    @property
    def best(self) -> Output | None:
        """The first output if it is accepted, else None."""
        return self.outputs[0] if self.outputs and self.outputs[0].accepted else None


class RequestOptions(TypedDict, total=False):
    """Controls and sampling options of a request.

    `length`, `wording` and `syntax` are controls that the student has learned. `like` is an example sentence
    whose structure is used as `syntax`. `draws` is the number of outputs drawn per text, by default 4 · n and
    at least 8; twice as many if terms are protected. `protect` names terms that outputs must keep, besides
    slots such as `{name}` and markup; None protects nothing.
    """

    length: str | None
    wording: str | None
    syntax: str | None
    like: str | None
    seed: int
    draws: int | None
    protect: Sequence[str] | None


@dataclass(slots=True)
class Student:
    """A student of one or two tasks.

    Outputs depend on the text, controls, `n`, `draws` and seed, not on the other texts of a call. `edits` is
    the most edits of a text by grammar that are judged beside its drafts, the likeliest by the student.
    Without `order_rejected`, outputs are not ranked for texts without an accepted one, which saves time.
    """

    info: Info
    sampler: Sampler
    tokens: Tokens
    filter: Filter
    score: Score = field(default_factory=Score)
    execution: Execution = field(default_factory=Execution)
    order_rejected: bool = True
    edits: int = 0
    _critics: LazyCritics = field(init=False)
    _templates: Callable[[Sequence[str]], list[str]] | None = None
    _editor: Editor | None = None

    def __post_init__(self) -> None:
        self._critics = LazyCritics(self.score, self.execution)
        if self.edits:
            parser = ParsedSentences(load_parser(self.score.parser, lemmas=True))
            self._editor = Editor(parser, self.sampler, self.edits)

    @classmethod
    def load(
        cls,
        path: str | Path,
        filter: Filter | None = None,
        score: Score | None = None,
        execution: Execution | None = None,
        edits: int = 0,
    ) -> "Student":
        """Open a student's folder, or a run's best student.

        `filter` and `score` replace the bounds of answers and the critic models; `edits`: see Student.
        Raises ModelError.
        """
        folder, execution = best_student(Path(path)), execution or Execution()
        info = read_info(folder)
        tokens = open_student_tokens(folder, info.kind)
        sampler = open_sampler(folder, tokens, execution)
        filter, score = filter or resolve(ANSWERS).filter, score or Score()
        return cls(info, sampler, tokens, filter, score, execution, edits=edits)

    def paraphrase(self, texts: Sequence[str], n: int = 5, **options: Unpack[RequestOptions]) -> list[Answer]:
        """Return at most `n` paraphrases of each text, best first.

        The optional keywords are those of `RequestOptions`: `length`, `wording`, `syntax`, `like`, `seed`,
        `draws`, `protect`. Raises RecipeError if the student has not learned a task or control, DataError if
        a text is not a string.
        """
        return list(self.request("paraphrase", texts, n, **options))

    def summarize(self, texts: Sequence[str], n: int = 1, **options: Unpack[RequestOptions]) -> list[Answer]:
        """Return at most `n` summaries of each text; see `paraphrase`."""
        return list(self.request("summary", texts, n, **options))

    def request(
        self,
        task: str,
        texts: Sequence[str],
        n: int,
        *,
        length: str | None = None,
        wording: str | None = None,
        syntax: str | None = None,
        like: str | None = None,
        seed: int = 7,
        draws: int | None = None,
        protect: Sequence[str] | None = (),
    ) -> Iterator[Answer]:
        """Yield the answers to texts in order, as they are finished; see `RequestOptions`."""
        controls = self.controls(length, wording, syntax, like)
        return self.answers(task, texts, controls, n, seed, draws, protect)

    def answers(
        self,
        task: str,
        texts: Sequence[str],
        asked: Controls | Sequence[Controls] | None = None,
        n: int = 5,
        seed: int = 7,
        draws: int | None = None,
        protect: Sequence[str] | None = (),
    ) -> Iterator[Answer]:
        """Yield the answers to texts in order, as they are finished; `asked` is shared or one per text."""
        texts = [texts] if isinstance(texts, str) else texts
        each = list(asked) if isinstance(asked, Sequence) else [asked or Controls()] * len(texts)
        draws = draws or min(max(8, 4 * n) * (2 if protect else 1), _MAX_DRAWS)
        self._check(task, texts, each, n, draws)
        return self._answers(task, texts, each, n, seed, draws, protection(protect))

    def _check(self, task: str, texts: Sequence[str], asked: Sequence[Controls], n: int, draws: int) -> None:
        if task not in self.info.tasks:
            raise RecipeError(
                f"this student has not learned {task}; it has learned {', '.join(self.info.tasks)}"
            )
        if not 1 <= n <= draws <= _MAX_DRAWS:
            raise RecipeError(f"n = {n}, draws = {draws}: required: 1 ≤ n ≤ draws ≤ {_MAX_DRAWS}")
        if len(asked) != len(texts):
            raise DataError(
                f"{len(texts)} texts but {len(asked)} controls; give one for all texts, or one per text"
            )
        for one in dict.fromkeys(asked):
            check(one, task, self.info.controls)
        bad = next((i for i, text in enumerate(texts) if not isinstance(text, str)), None)
        if bad is not None:
            raise DataError(f"text {bad} is {texts[bad]!r}, not a string")

    def _answers(
        self,
        task: str,
        texts: Sequence[str],
        asked: Sequence[Controls],
        n: int,
        seed: int,
        draws: int,
        protected: Protection,
    ) -> Iterator[Answer]:
        causal = self.info.kind == "causal"
        for start in range(0, len(texts), _CHUNK):
            chunk, requests = texts[start : start + _CHUNK], asked[start : start + _CHUNK]
            prompts = [
                prompt(task, text, wanted, causal) for text, wanted in zip(chunk, requests, strict=True)
            ]
            notes = [self._note(text, p) for text, p in zip(chunk, prompts, strict=True)]
            valid = [i for i, note in enumerate(notes) if not note]
            drafts = self._draw([prompts[i] for i in valid], seed, draws)
            found = dict(zip(valid, drafts, strict=True))
            edited = {i: self._edited(task, chunk[i], prompts[i], found[i]) for i in valid}
            outputs = self._outputs(
                task,
                chunk,
                [found.get(i, []) for i in range(len(chunk))],
                [edited.get(i, []) for i in range(len(chunk))],
                requests,
                protected,
            )
            for text, note, ordered in zip(chunk, notes, outputs, strict=True):
                note = note or ("" if ordered else "the student wrote no text")
                yield Answer(text, tuple(ordered[:n]), note, protected.held(one_line(text)))

    def _note(self, text: str, prompt: str) -> str:
        """Return the reason for skipping a text, or ""."""
        if note := refusal(text):
            return note
        tokens = len(self.tokens.prompt(prompt))
        if tokens > self.info.max_tokens:
            return f"too long: {tokens} tokens, the maximum is {self.info.max_tokens}; split it"
        return ""

    def _draw(self, prompts: Sequence[str], seed: int, draws: int) -> Iterator[list[str]]:
        seeds = [seed_for(seed, text_id(p), "student") for p in prompts]
        return map(finished, self.sampler.sample(prompts, draws, seeds, self.decoding(draws)))

    def _edited(self, task: str, text: str, prompt: str, drafts: Sequence[str]) -> list[str]:
        """Return edits of a text by grammar that are no drafts."""
        if self._editor is None:
            return []
        known = {normalised(draft) for draft in drafts}
        return [one.text for one in self._editor.edits(task, one_line(text), prompt, known, "")]

    def decoding(self, draws: int) -> Decoding:
        """Return the decoding up to the end token, at most about twice as long as the prompt."""
        how = decoding(draws, self.info.max_tokens)
        return replace(how, sentences=0, max_ratio=2, min_tokens=int(self.tokens.seq2seq))

    def _outputs(
        self,
        task: str,
        texts: Sequence[str],
        drafts: Sequence[Sequence[str]],
        edits: Sequence[Sequence[str]],
        asked: Sequence[Controls],
        protected: Protection,
    ) -> list[list[Output]]:
        """Return the distinct drafts and edits of each text, best first; ties are ordered by draw count."""
        times = [Counter(text for text in found if text) for found in drafts]
        for counted, made in zip(times, edits, strict=True):
            counted.update(dict.fromkeys(made, 0))
        where = [i for i, found in enumerate(times) for _ in found]
        sources = [one_line(texts[i]) for i in where]
        targets = [text for found in times for text in found]
        keyed: list[list[tuple[tuple[float, ...], Output]]] = [[] for _ in texts]
        if not targets:
            return [[] for _ in texts]
        judged = self._judged(task, sources, targets, [asked[i] for i in where], protected)
        for i, output in zip(where, judged, strict=True):
            obeyed = sum(ok for name, ok in output.obeys.items() if name != "syntax") + output.likeness
            drawn = times[i][output.text]
            key = (output.accepted, obeyed, *output.rank, drawn)
            keyed[i].append((key, output if drawn else replace(output, by="edit")))
        return [[o for _, o in sorted(row, key=lambda pair: pair[0], reverse=True)] for row in keyed]

    def _judged(
        self,
        task: str,
        sources: Sequence[str],
        targets: Sequence[str],
        asked: Sequence[Controls],
        protected: Protection,
    ) -> list[Output]:
        """Judge pairs; those that lost a protected term get no scores and rank last."""
        lost = [protected.lost(source, target) for source, target in zip(sources, targets, strict=True)]
        whole = [i for i, terms in enumerate(lost) if not terms]
        kept_sources, kept_targets = [sources[i] for i in whole], [targets[i] for i in whole]
        judged = iter(
            self.judge(task, kept_sources, kept_targets, [asked[i] for i in whole]) if whole else []
        )
        return [
            Output(target, PROTECTED, 0.0, {}, {}, 0.0, _LAST, lost=terms) if terms else next(judged)
            for target, terms in zip(targets, lost, strict=True)
        ]

    def judge(
        self,
        task: str,
        sources: Sequence[str],
        targets: Sequence[str],
        asked: Sequence[Controls] | None = None,
    ) -> list[Output]:
        """Judge given pairs as outputs: scores, verdict, and whether each has the requested controls."""
        asked = asked or [Controls()] * len(targets)
        requests = list(zip(sources, asked, strict=True))
        scores, verdicts, rank = ranked(
            self._critics, sources, targets, task, self.bounds(task), requests, self.order_rejected
        )
        shown = self.shown(task, sources, targets, any(wanted.syntax for wanted in asked))
        return [
            Output(
                text,
                verdicts[i],
                rank[i][0],
                {name: float(column[i]) for name, column in scores.items() if not np.isnan(column[i])},
                {name: getattr(shown[i], name) == value for name, value in wanted.given()},
                likeness(wanted.syntax, shown[i].syntax or "") if wanted.syntax else 1.0,
                rank[i],
            )
            for i, (text, wanted) in enumerate(zip(targets, asked, strict=True))
        ]

    def bounds(self, task: str) -> Bounds:
        """Return the cascade's bounds for a task. Raises RecipeError if there are none."""
        found: Bounds | None = getattr(self.filter, task)
        if found is None:
            raise RecipeError(f"filter.{task} is missing, so outputs cannot be judged")
        return found

    def shown(
        self, task: str, sources: Sequence[str], targets: Sequence[str], syntax: bool = False
    ) -> list[Controls]:
        """Return the control values of pairs; `syntax`, which needs a parser, only if requested."""
        rouge = RougeL().score(sources, targets)
        templates = self.templates(targets) if syntax else [None] * len(targets)
        return [
            Controls(length(task, s, t) if s and t else None, wording(float(r)), built)
            for s, t, r, built in zip(sources, targets, rouge, templates, strict=True)
        ]

    def controls(
        self,
        length: str | None = None,
        wording: str | None = None,
        syntax: str | None = None,
        like: str | None = None,
    ) -> Controls:
        """Build controls; `like` is an example sentence in place of `syntax`. Raises RecipeError."""
        if like is None:
            return Controls(length, wording, syntax)
        if syntax is not None:
            raise RecipeError("syntax and like both set the structure of the output; give only one")
        [built] = self.templates([one_line(like)])
        if not built:
            raise RecipeError(f"like = {like!r} has no words, so it has no structure")
        return Controls(length, wording, built)

    def templates(self, texts: Sequence[str]) -> list[str]:
        """Return the syntactic templates of texts, in the form of the control `syntax`."""
        if self._templates is None:
            nlp = load_parser(self.info.settings.parser)
            parsed, read = ParsedSentences(nlp), template_reader(nlp)
            self._templates = lambda texts: [read(doc) for doc in parsed(texts)]
        return self._templates(texts)
