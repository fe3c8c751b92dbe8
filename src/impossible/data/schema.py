"""What flows between the stages: a few small classes and the Arrow schema of every file."""

import hashlib
from dataclasses import dataclass

import pyarrow as pa


def text_id(*parts: str) -> str:
    """A 16-digit hexadecimal hash of texts: the id of a context or a pair."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()


def seed_for(seed: int, context_id: str, role: str) -> int:
    """A seed of 31 bits for one context and one use."""
    return int(text_id(str(seed), context_id, role), 16) % 2**31


@dataclass(frozen=True, slots=True)
class Context:
    """Text that the teacher continues. `id` is the hash of the text, `origin` says where it comes from."""

    id: str
    domain: str
    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """The first sentence of one continuation; `count` continuations gave it.

    `logprob` is the teacher's log-probability (natural, temperature 1, no truncation) of its tokens.
    """

    text: str
    count: int
    logprob: float


@dataclass(frozen=True, slots=True)
class Group:
    """A context with its distinct candidates, in the order of first appearance."""

    context: Context
    candidates: tuple[Candidate, ...]


def _schema(*fields: tuple[str, pa.DataType, str]) -> pa.Schema:
    return pa.schema([pa.field(n, t, metadata={"description": d}) for n, t, d in fields])


_CONTEXT = (
    ("context_id", pa.string(), "hash of the context's text"),
    ("domain", pa.string(), "domain of the prefix, or 'corpus'"),
    ("context", pa.string(), "the text that the teacher continued"),
    ("origin", pa.string(), "the prefix, or file and row of the corpus"),
)
# A prompt is a context still to be grown: `grow` sentences are to be sampled behind its text.
PROMPTS = _schema(
    *_CONTEXT[1:],
    ("grow", pa.int32(), "sentences that the teacher adds"),
    ("index", pa.int32(), "place in the run, so that a prefix used twice grows twice"),
)
CONTEXTS = _schema(*_CONTEXT)
GROUPS = _schema(
    *_CONTEXT,
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
)
SCORE_FIELDS = (
    ("length_ratio", pa.float32(), "characters of the target / characters of the source"),
    ("numbers_forward", pa.float32(), "share of the target's numbers that the source has"),
    ("numbers_backward", pa.float32(), "share of the source's numbers that the target has"),
    ("persons_forward", pa.float32(), "share of the target's grammatical persons that the source has"),
    ("persons_backward", pa.float32(), "share of the source's grammatical persons that the target has"),
    ("prefix", pa.float32(), "share of the target's words that the source opens with"),
    ("personal_data", pa.float32(), "1 if a side seems to hold personal data, else 0"),
    ("toxic", pa.float32(), "1 if a side has a crude word, else 0"),
    ("rouge_l", pa.float32(), "ROUGE-L F1 on tokens"),
    ("similarity", pa.float32(), "cosine of the bi-encoder's embeddings"),
    ("entities_forward", pa.float32(), "share of the target's named entities that the source has"),
    ("entities_backward", pa.float32(), "share of the source's named entities that the target has"),
    ("clause_forward", pa.float32(), "share of the target's time, modality and mood that the source has"),
    ("clause_backward", pa.float32(), "share of the source's time, modality and mood that the target has"),
    ("entailment_forward", pa.float32(), "NLI model's p(source entails target)"),
    ("entailment_backward", pa.float32(), "NLI model's p(target entails source)"),
    ("judge_forward", pa.float32(), "the judge's p(source entails target)"),
    ("judge_backward", pa.float32(), "the judge's p(target entails source); of a summary null"),
    ("retention", pa.float32(), "the judge's p(target entails source); of a paraphrase null"),
    ("tree_distance", pa.float32(), "tree edit distance between the parses, in node edits"),
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
