"""The critics, one row each: range, cost, model, score columns, description. All other rooms read it."""

from dataclasses import dataclass
from typing import Literal

SCORE_TYPE = "float32"  # name of the type of all scores in Arrow and NumPy


@dataclass(frozen=True, slots=True)
class Column:
    """A score column. `backward`: the critic gets (target, source). `null_for`: the task without it."""

    name: str
    meaning: str
    backward: bool = False
    null_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticSpec:
    """The properties of a critic that are known without loading its model.

    `low` and `high` are the limits of its scores. A `cheap` critic scores every pair, and pairs that it
    rejects are only counted; an `expensive` critic scores the pairs that pass the gates before it. The score
    of a `symmetric` critic does not depend on the order of the sentences. `model` is the setting of `Score`
    that names its model, if any. `backward_of` is the critic whose backward score this is, so that both share
    one model. A `default` critic is in the default of `score.critics`. A `later` critic came after runs had
    been made: without a bound it is left out of fingerprints. `reads` are the critics whose scores it is
    computed from. `meaning` is shown in the settings.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    low: float = 0
    high: float = 1
    cost: Literal["cheap", "expensive"]
    symmetric: bool = False
    model: str | None = None
    backward_of: str | None = None
    default: bool = True
    later: bool = False
    reads: tuple[str, ...] = ()

    def read(self, task: str) -> tuple[Column, ...]:
        """The columns that a bound reads: both directions, or only forward for a summary."""
        return tuple(column for column in self.columns if not (column.backward and task == "summary"))


# In order of cost; verdicts and columns have the same order.
_TABLE = (
    CriticSpec(
        name="length_ratio",
        cost="cheap",
        meaning="Characters of the target over those of the source.",
        columns=(Column("length_ratio", "characters of the target / characters of the source"),),
    ),
    CriticSpec(
        name="numbers",
        cost="cheap",
        meaning="Share of one side's numbers that the other has.",
        columns=(
            Column("numbers_forward", "share of the target's numbers that the source has"),
            Column("numbers_backward", "share of the source's numbers that the target has", backward=True),
        ),
    ),
    CriticSpec(
        name="persons",
        cost="cheap",
        meaning="Share of one side's grammatical persons (I, we, she …) that the other has.",
        columns=(
            Column("persons_forward", "share of the target's grammatical persons that the source has"),
            Column(
                "persons_backward",
                "share of the source's grammatical persons that the target has",
                backward=True,
            ),
        ),
    ),
    CriticSpec(
        name="prefix",
        cost="cheap",
        meaning="Share of the target that the source opens with.",
        columns=(Column("prefix", "share of the target's words that the source opens with"),),
    ),
    CriticSpec(
        name="personal_data",
        cost="cheap",
        symmetric=True,
        meaning="1 if a side seems to hold an address, a phone, card or account number, a key or password; "
        "`max = 0` rejects it.",
        columns=(Column("personal_data", "1 if a side seems to hold personal data, else 0"),),
    ),
    CriticSpec(
        name="toxic",
        cost="cheap",
        symmetric=True,
        meaning="1 if a side has a crude word; `max = 0` rejects it.",
        columns=(Column("toxic", "1 if a side has a crude word, else 0"),),
    ),
    CriticSpec(
        name="rouge_l",
        cost="cheap",
        symmetric=True,
        meaning="ROUGE-L F1: words in common, in order.",
        columns=(Column("rouge_l", "ROUGE-L F1 on tokens"),),
    ),
    CriticSpec(
        name="similarity",
        low=-1,
        cost="cheap",
        symmetric=True,
        model="similarity",
        meaning="Cosine of the sentences' embeddings.",
        columns=(Column("similarity", "cosine of the bi-encoder's embeddings"),),
    ),
    CriticSpec(
        name="grounded",
        later=True,
        cost="cheap",
        model="judge",
        meaning="The judge's p(the restated sentence entails a side), of the less certain side; else 1.",
        columns=(Column("grounded", "the judge's lower p(restated sentence entails source, target)"),),
    ),
    CriticSpec(
        name="well_formed",
        later=True,
        cost="expensive",
        symmetric=True,
        model="parser",
        meaning="1 if both sides are whole sentences, with a finite main verb; `min = 1` rejects others.",
        columns=(Column("well_formed", "1 if both sides are whole sentences, else 0"),),
    ),
    CriticSpec(
        name="entities",
        cost="expensive",
        model="parser",
        meaning="Share of one side's named entities that the other has.",
        columns=(
            Column("entities_forward", "share of the target's named entities that the source has"),
            Column(
                "entities_backward", "share of the source's named entities that the target has", backward=True
            ),
        ),
    ),
    CriticSpec(
        name="clause",
        cost="expensive",
        model="parser",
        meaning="Share of time, modality and mood of one side's main clause that the other has.",
        columns=(
            Column("clause_forward", "share of the target's time, modality and mood that the source has"),
            Column(
                "clause_backward",
                "share of the source's time, modality and mood that the target has",
                backward=True,
            ),
        ),
    ),
    CriticSpec(
        name="support",
        later=True,
        cost="expensive",
        model="parser",
        meaning="Whether one side says of its words what the other does: who, whether, how many.",
        columns=(
            Column("support_forward", "how far the source says what the target says of its words"),
            Column(
                "support_backward", "how far the target says what the source says of its words", backward=True
            ),
        ),
    ),
    CriticSpec(
        name="entailment",
        cost="expensive",
        model="nli",
        meaning="p(entailment) of the small NLI model.",
        columns=(
            Column("entailment_forward", "NLI model's p(source entails target)"),
            Column("entailment_backward", "NLI model's p(target entails source)", backward=True),
        ),
    ),
    CriticSpec(
        name="judge",
        cost="expensive",
        model="judge",
        meaning="p(entailment) of the language model with an adapter.",
        columns=(
            Column("judge_forward", "the judge's p(source entails target)"),
            Column(
                "judge_backward",
                "the judge's p(target entails source); of a summary null",
                backward=True,
                null_for="summary",  # for a summary this score is `retention`
            ),
        ),
    ),
    CriticSpec(
        name="retention",
        cost="expensive",
        model="judge",
        backward_of="judge",
        meaning="The judge's p(target entails source): low where a summary loses the point.",
        columns=(
            Column(
                "retention",
                "the judge's p(target entails source); of a paraphrase null",
                null_for="paraphrase",
            ),
        ),
    ),
    CriticSpec(
        name="fluency",
        low=-100,
        later=True,
        cost="expensive",
        symmetric=True,
        meaning="The teacher's mean log-probability of a word, of the less likely side.",
        columns=(Column("fluency", "teacher's log-probability per word of the less likely side, in nats"),),
    ),
    CriticSpec(
        name="tree_distance",
        high=10_000,
        cost="expensive",
        symmetric=True,
        model="parser",
        default=False,
        meaning="Edits between the two parses.",
        columns=(Column("tree_distance", "tree edit distance between the parses, in node edits"),),
    ),
    CriticSpec(
        name="correct",
        later=True,
        cost="expensive",
        reads=("similarity", "grounded", "clause", "support", "entailment", "judge", "fluency"),
        meaning="Estimated probability that a reader calls the pair right, from the other critics' scores.",
        columns=(Column("correct", "estimated probability that the pair is right"),),
    ),
)
CRITICS = {spec.name: spec for spec in _TABLE}
