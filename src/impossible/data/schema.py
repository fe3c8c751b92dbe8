"""Data types that stages exchange, and the Arrow schema of every file."""

import hashlib
from dataclasses import dataclass

import pyarrow as pa

from ..recipe.critic_table import CRITICS, SCORE_TYPE


def text_id(*parts: str) -> str:
    """A 16-digit hexadecimal hash of texts: the ID of a context or a pair."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()


def seed_for(seed: int, context_id: str, role: str) -> int:
    """A 31-bit seed derived from the run's seed, a context and a role."""
    return int(text_id(str(seed), context_id, role), 16) % 2**31


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A pair that is shown to the teacher before a sentence."""

    task: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Context:
    """Text that the teacher continues, or a sentence that it restates after it saw the `demonstrations`.

    `id` is the hash of the text, `origin` names its source.
    """

    id: str
    domain: str
    text: str
    origin: str
    demonstrations: tuple[Demonstration, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A distinct first sentence; `count` continuations start with it, 0 if grammar made it.

    `logprob` is the teacher's log-probability (natural, temperature 1, no truncation) of its tokens.
    """

    text: str
    count: int
    logprob: float


@dataclass(frozen=True, slots=True)
class Group:
    """A context and its distinct candidates, in order of first appearance."""

    context: Context
    candidates: tuple[Candidate, ...]


def _schema(*fields: tuple[str, pa.DataType, str]) -> pa.Schema:
    return pa.schema([pa.field(n, t, metadata={"description": d}) for n, t, d in fields])


CORPUS = "corpus"  # the domain of contexts from a corpus
_CONTEXT = (
    ("context_id", pa.string(), "hash of the context's text"),
    ("domain", pa.string(), "domain of the prefix, or 'corpus'"),
    ("context", pa.string(), "the text that the teacher continued, or the sentence that it restated"),
    ("origin", pa.string(), "the prefix, or file and row of the corpus"),
)
_DEMONSTRATIONS = (
    "demonstrations",
    pa.list_(pa.struct([("task", pa.string()), ("source", pa.string()), ("target", pa.string())])),
    "pairs that the teacher saw before the sentence",
)
# A prompt becomes a context when the teacher has appended `grow` sentences to its text.
PROMPTS = _schema(
    *_CONTEXT[1:],
    ("grow", pa.int32(), "sentences that the teacher adds"),
    ("index", pa.int32(), "place in the run, so that a prefix used twice grows twice"),
    _DEMONSTRATIONS,
)
CONTEXTS = _schema(*_CONTEXT, _DEMONSTRATIONS)
GROUPS = _schema(
    *_CONTEXT,
    _DEMONSTRATIONS,
    (
        "candidates",
        pa.list_(pa.struct([("text", pa.string()), ("count", pa.int32()), ("logprob", pa.float32())])),
        "distinct first sentences of the continuations",
    ),
)
_PAIR = (
    ("context_id", pa.string(), "context that both sentences continue"),
    ("domain", pa.string(), "domain of the context"),
    ("task", pa.string(), "paraphrase, summary, or equivalence (scored only to find duplicates)"),
    ("source", pa.string(), "the longer sentence"),
    ("target", pa.string(), "the other one; of a summary pair the summary"),
    ("anchored", pa.bool_(), "whether one side is a sentence of the corpus as it stands there"),
)
SCORE_FIELDS = tuple(
    (column.name, pa.type_for_alias(SCORE_TYPE), column.meaning)
    for critic in CRITICS.values()
    for column in critic.columns
)
SCORES = _schema(*_PAIR, *SCORE_FIELDS)
LEDGER = _schema(
    ("pair_id", pa.string(), "hash of context, task, source and target"),
    *_PAIR,
    *SCORE_FIELDS,
    ("verdict", pa.string(), "kept, duplicate, unknown (a score is missing), or the critic that rejected it"),
    ("margin", pa.float32(), "how far the rejecting score is from its bound; of a kept pair null"),
    ("duplicate_of", pa.string(), "pair_id of the pair that a duplicate lost to"),
)
DATASET = _schema(
    ("pair_id", pa.string(), "hash of context, task, source and target"),
    *_PAIR[2:3],
    *_PAIR[3:],
    *_PAIR[1:2],
    *_PAIR[:1],
    ("context", pa.string(), "the text that the teacher continued"),
    *SCORE_FIELDS,
)


KEPT, DUPLICATE, UNKNOWN = "kept", "duplicate", "unknown"
