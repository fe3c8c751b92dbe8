"""The recipe: settings of a run, presets, the reading of TOML. Imports neither torch nor pyarrow."""

import difflib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from .errors import RecipeError

TASKS = ("paraphrase", "summary")
Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """Base of all settings: frozen, no unknown keys, no silent conversion of strings."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)

    def canonical(self) -> str:
        """JSON with sorted keys: what is hashed into a fingerprint."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


class Contexts(Settings):
    """What the teacher continues: prefixes of `domains`, or openings of the documents of `corpus`."""

    domains: tuple[str, ...] = ("support", "reviews")
    """Built-in domains whose prefixes the teacher continues; they take turns."""
    corpus: str | None = None
    """A file of your own texts instead of domains: .txt, .jsonl, .jsonl.gz, .csv, .tsv or .parquet; as seen
    from the recipe.
    """
    field: str | None = None
    """The column or key of the corpus that holds the text; not for .txt."""
    count: int = Field(40, ge=1)
    """How many contexts: of a corpus the documents drawn, the same ones for the same seed."""
    sentences: tuple[int, int] = (1, 2)
    """From how many to how many sentences: the teacher adds them to a prefix, or a document opens with them.
    """
    temperature: float = Field(0.8, gt=0, le=5)
    """Of the sentences that the teacher adds to a prefix."""
    top_p: float = Field(0.9, gt=0, le=1)
    """The same: keep the likeliest tokens that together have this probability."""
    top_k: int = Field(50, ge=0)
    """The same: keep so many of the likeliest tokens; 0 keeps all."""
    max_chars: int = Field(1200, ge=20)
    """Contexts are cut to so many characters."""
    per_shard: int = Field(4, ge=1, le=10_000)
    """Contexts a file: what a kill can cost, and what is held at once."""

    def canonical(self) -> str:
        """As every setting's; of the corpus its name, since its path depends on where one stands."""
        corpus = self.corpus and Path(self.corpus).name
        return json.dumps(self.model_dump(mode="json") | {"corpus": corpus}, sort_keys=True)

    @field_validator("domains", "sentences", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        low, high = self.sentences
        if not 0 <= low <= high <= 20:
            raise ValueError(f"sentences: [{low}, {high}] must be two numbers, 0 ≤ low ≤ high ≤ 20")
        if self.corpus is None and not self.domains:
            raise ValueError("domains: give at least one domain, or a corpus")
        if self.corpus is not None and low < 1:
            raise ValueError("sentences: with a corpus at least 1")
        if self.corpus is None and self.field is not None:
            raise ValueError("field: names a field of the corpus, but there is no corpus")
        return self


class Endpoint(Settings):
    """A server of OpenAI-style completions."""

    url: str
    """What stands before `/completions`, as in `http://localhost:8000/v1`."""
    key_env: str | None = None
    """The environment variable that holds the server's key; never the key."""
    per_request: int = Field(50, ge=1, le=10_000)
    """Continuations that a request asks for, at most."""
    stop: tuple[str, ...] = Field((), max_length=4)
    """Strings before which a continuation ends, at most four."""
    logprobs: int = Field(1, ge=0, le=5)
    """Alternatives a token that are asked for; 0: no log-probabilities."""
    extra: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Parameters of your server, sent as they are, such as `{min_p = 0}`, which llama.cpp would set."""
    concurrency: int = Field(8, ge=1, le=1024)
    """Requests at once."""
    per_second: float | None = Field(None, gt=0)
    """Requests a second, at most."""
    timeout: float = Field(120.0, gt=0)
    """Seconds for a whole answer."""
    attempts: int = Field(6, ge=1, le=100)
    """How often what may pass is tried (429, 5xx, cut connections, malformed answers)."""
    backoff: float = Field(1.0, ge=0, le=600)
    """The pause before the second try is drawn from 0 to so many seconds, each further range twice as wide.
    """

    @field_validator("stop", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, given: Any) -> Any:
        """Here and not in the field's type, whose error would show what was given."""
        name = given.get("key_env") if isinstance(given, Mapping) else None
        if isinstance(name, str) and not re.fullmatch("[A-Z_][A-Z0-9_]*", name):
            raise ValueError("key_env: give the name of an environment variable (A-Z, 0-9, _), not the key")
        url = given.get("url") if isinstance(given, Mapping) else None
        if isinstance(url, str) and ("@" in url or "?" in url or "#" in url):
            raise ValueError("url: give no user, password, query or fragment; a key goes by key_env")
        return given

    @model_validator(mode="after")
    def _check(self) -> Self:
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        if not host or parts.scheme not in ("http", "https") or not self.url.isprintable():
            raise ValueError("url: give http://HOST:PORT/v1 or https://HOST/v1")
        if self.key_env is not None and parts.scheme == "http" and not self.on_loopback:
            raise ValueError(
                f"url: {self.url} would send the key in {self.key_env} unencrypted; use https, a tunnel to "
                "localhost, or leave out key_env"
            )
        return self

    @property
    def on_loopback(self) -> bool:
        """Whether the server is on this machine."""
        host = urlsplit(self.url).hostname or ""
        try:
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False


class Teacher(Settings):
    """The language model, and what runs it."""

    backend: Literal["ctranslate2", "tree", "transformers", "endpoint", "own"] = "ctranslate2"
    """What runs it. `tree`: Llama-like models on CPU, what continuations have in common is computed once;
    `ctranslate2`: fast on CPU and GPU; `transformers`: any causal LM; `endpoint`: a server that `endpoint`
    describes; `own`: a Sampler of yours that `impossible.run` gets from Python.
    """
    model: str = "embedded:smollm2-135m"
    """A hub id, a folder or `embedded:smollm2-135m`; of an endpoint its name there; of a Sampler of yours a
    name that changes when its text does.
    """
    compute_type: Literal["int8", "float32", "bfloat16", "float16"] = "int8"
    """The number format of the weights: `tree` runs int8 or float32, `transformers` all but int8."""
    endpoint: Endpoint | None = None
    """The server, with `backend = "endpoint"`."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.backend == "transformers" and self.compute_type == "int8":
            raise ValueError("compute_type: transformers runs float32, bfloat16 or float16")
        if self.backend == "tree" and self.compute_type not in ("int8", "float32"):
            raise ValueError("compute_type: the backend tree runs int8 or float32")
        if self.backend == "endpoint" and self.endpoint is None:
            raise ValueError('endpoint: the backend needs to know where: [teacher.endpoint] url = "…"')
        if self.backend != "endpoint" and self.endpoint is not None:
            raise ValueError('endpoint: only with backend = "endpoint"')
        return self

    @property
    def weights(self) -> str:
        """What `weights.locate` and `weights.digest` know the model as."""
        return f"{self.backend}:{self.model}" if self.backend in ("endpoint", "own") else self.model

    def canonical(self) -> str:
        """As every setting's, less what does not touch the text: where the server is, and how it is asked."""
        kept = self.model_dump(mode="json", exclude={"endpoint"})
        if self.endpoint is not None:
            of_text = {"per_request", "stop", "logprobs", "extra"}
            kept["endpoint"] = self.endpoint.model_dump(mode="json", include=of_text)
        return json.dumps(kept, sort_keys=True)


class Sampling(Settings):
    """How the teacher continues a context."""

    per_context: int = Field(200, ge=2, le=10_000)
    """Continuations of a context. Pairs grow with the square."""
    temperature: float = Field(0.6, gt=0, le=5)
    """Below 1 likelier words, above 1 less likely ones."""
    top_p: float = Field(0.9, gt=0, le=1)
    """Keep the likeliest tokens that together have this probability."""
    top_k: int = Field(30, ge=0)
    """Keep so many of the likeliest tokens; 0 keeps all."""
    min_tokens: int = Field(4, ge=0)
    """No continuation ends before: chat models like to stop behind a question."""
    max_tokens: int = Field(30, ge=4, le=1000)
    """A continuation that has no sentence end by then is dropped."""
    no_repeat_ngram: int = Field(0, ge=0, le=100)
    """Above 0: no sequence of so many tokens comes twice in the context and its continuation."""
    min_words: int = Field(4, ge=1)
    """Shorter sentences are dropped."""
    max_chars: int = Field(300, ge=10)
    """Longer sentences are dropped."""
    min_logprob: float | None = Field(None, le=0)
    """Sentences whose log-probability (natural, summed over tokens) is lower are dropped: the teacher's
    nonsense is improbable to itself.
    """


class Bound(Settings):
    """A score must lie within [min, max]; of a directed score of a paraphrase, both directions must."""

    min: float | None = None
    """The lowest score that passes."""
    max: float | None = None
    """The highest score that passes."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("min: give min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min: {self.min} is greater than max {self.max}, so nothing would be kept")
        return self


CriticName = Literal[
    "length_ratio",
    "numbers",
    "persons",
    "prefix",
    "personal_data",
    "toxic",
    "rouge_l",
    "similarity",
    "entities",
    "clause",
    "entailment",
    "judge",
    "retention",
    "tree_distance",
]
# critic → lowest and highest score it can give; the order is the order of cost
CRITICS: dict[CriticName, tuple[float, float]] = {
    "length_ratio": (0, 1),
    "numbers": (0, 1),
    "persons": (0, 1),
    "prefix": (0, 1),
    "personal_data": (0, 1),
    "toxic": (0, 1),
    "rouge_l": (0, 1),
    "similarity": (-1, 1),
    "entities": (0, 1),
    "clause": (0, 1),
    "entailment": (0, 1),
    "judge": (0, 1),
    "retention": (0, 1),
    "tree_distance": (0, 10_000),
}


CHEAP_TO_DEAR = tuple(CRITICS)


class Bounds(Settings):
    """One bound a critic; a critic without one has no say."""

    length_ratio: Bound | None = None
    """Characters of the target over those of the source."""
    numbers: Bound | None = None
    """Share of one side's numbers that the other has."""
    persons: Bound | None = None
    """Share of one side's grammatical persons (I, we, she …) that the other has."""
    prefix: Bound | None = None
    """Share of the target that the source opens with."""
    personal_data: Bound | None = None
    """1 if a side seems to hold a mail or street address, a phone or card number; `max = 0` rejects it."""
    toxic: Bound | None = None
    """1 if a side has a crude word; `max = 0` rejects it."""
    rouge_l: Bound | None = None
    """ROUGE-L F1: words in common, in order."""
    similarity: Bound | None = None
    """Cosine of the sentences' embeddings."""
    entities: Bound | None = None
    """Share of one side's named entities that the other has."""
    clause: Bound | None = None
    """Share of time, modality and mood of one side's main clause that the other has."""
    entailment: Bound | None = None
    """p(entailment) of the small NLI model."""
    judge: Bound | None = None
    """p(entailment) of the language model with an adapter."""
    retention: Bound | None = None
    """The judge's p(target entails source): low where a summary loses the point."""
    tree_distance: Bound | None = None
    """Edits between the two parses."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, bound in self.given():
            low, high = CRITICS[name]
            for side in ("min", "max"):
                value = getattr(bound, side)
                if value is not None and not low <= value <= high:
                    raise ValueError(f"{name}.{side}: {value} is impossible; allowed is {low} to {high}")
        return self

    def given(self) -> list[tuple[CriticName, Bound]]:
        """The critics that have a bound, in the order of cost."""
        return [(name, bound) for name in CRITICS if (bound := getattr(self, name)) is not None]


class Score(Settings):
    """The models that score, and the gates: looser bounds outside which dearer critics see nothing.

    Gates belong to scoring: changing one scores again. Bounds in `filter` must lie inside them.
    """

    similarity: str = "embedded:minilm-l6"
    """The encoder behind `similarity`: hub id, folder or embedded."""
    nli: str = "embedded:nli"
    """The classifier behind `entailment`; its label order is read from its config."""
    judge: str = "embedded:judge"
    """The classifier behind `judge`."""
    parser: str = "embedded:en-core-web-sm"
    """The spaCy pipeline behind `entities`, `clause` and `tree_distance`."""
    critics: tuple[CriticName, ...] = CHEAP_TO_DEAR[:-1]
    """The critics that score, the cheapest first whatever order is given."""
    equivalence: Share = 0.75
    """Sentences are compared for duplicates from this entailment on; no `duplicates` may be lower."""
    paraphrase: Bounds | None = None
    """Gates of paraphrases: looser bounds, outside which dearer critics see nothing."""
    summary: Bounds | None = None
    """Gates of summaries."""

    @field_validator("critics", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if "retention" in self.critics and "judge" not in self.critics:
            raise ValueError("critics: retention is the judge's, so it needs 'judge' too")
        return self


class TaskFilter(Bounds):
    """The bounds of a task, and what becomes of pairs that say the same."""

    duplicates: Share | None = 0.75
    """p(entailment) from which two sentences say the same; `false` keeps duplicates."""
    duplicate_rule: Literal["paper", "code"] = "paper"
    """`paper`: of pairs whose sources or targets say the same the most entailed one stays. `code`: the one
    least entailed backwards, first among like sources, then among like targets, and before the bounds on
    numbers and ROUGE-L are applied, so that the one that stays may then be rejected.
    """


class Filter(Settings):
    """Which pairs are kept. A task that is left out is not distilled."""

    paraphrase: TaskFilter | None = None
    """The bounds of paraphrases; `false`: none are made."""
    summary: TaskFilter | None = None
    """The bounds of summaries; `false`: none are made."""

    def tasks(self) -> list[tuple[str, TaskFilter]]:
        """The tasks that are asked for."""
        return [(task, bounds) for task in TASKS if (bounds := getattr(self, task)) is not None]


class Distil(Settings):
    """The student: what it starts from, and how it is trained; read by `impossible.students`."""

    base: str = "embedded:smollm2-135m"
    """What the student starts from: hub id, folder or embedded; a causal or a sequence-to-sequence model."""
    tasks: tuple[Literal["paraphrase", "summary"], ...] = ("paraphrase", "summary")
    """What it learns."""
    controls: tuple[Literal["length", "wording", "syntax"], ...] = ("length", "wording", "syntax")
    """What one can ask of it."""
    parser: str = "embedded:en-core-web-sm"
    """What the control of syntax is read off: a spaCy pipeline (dependencies), or `benepar:MODEL`
    (constituents; needs the extra `constituency`).
    """
    control_dropout: Share = 0.5
    """The chance that a control is left out of an example."""
    joined: Share = 0.0
    """So many more examples, as a share, are made of two each: long sentences are learned from short ones."""
    epochs: float = Field(3.0, gt=0, le=1000)
    """Passes over the pairs, at most."""
    learning_rate: float = Field(3e-4, gt=0)
    """The highest, after the warm-up."""
    warmup: Share = 0.05
    """Share of the steps in which the learning rate rises."""
    weight_decay: float = Field(0.01, ge=0)
    """Of AdamW."""
    lora_rank: int | None = Field(None, ge=0, le=4096)
    """Above 0: adapters of that rank (Hu et al. 2021); 0: all weights; left out: 16 for a causal base, 0 for
    a sequence-to-sequence one.
    """
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    """Number format in training; `auto`: bfloat16 where processor or GPU multiply it, else float32."""
    batch: int = Field(16, ge=1, le=100_000)
    """Examples that go through the model at once."""
    accumulate: int = Field(1, ge=1, le=100_000)
    """Batches a step."""
    max_tokens: int = Field(192, ge=8, le=100_000)
    """Longer examples are left out."""
    validation: float = Field(0.05, ge=0, lt=1)
    """Share of contexts held out."""
    patience: int = Field(3, ge=1)
    """Training stops after so many validations without a lower loss."""
    save_steps: int = Field(100, ge=1)
    """Steps between two checkpoints, each with a validation."""
    duplicates: Literal["drop", "learn"] = "drop"
    """`learn`: from the pairs too that only lost to one that says the same."""
    also: tuple[str, ...] = ()
    """Other runs, or files of pairs, whose pairs are learned from too."""
    texts: str | None = None
    """What the rounds rewrite: documents, as `contexts.corpus`, or another run's candidates; left out: this
    run's candidates in no pair."""
    field: str | None = None
    """The column or key of `texts` that holds the text."""
    rounds: int = Field(0, ge=0, le=20)
    """Rounds of self-distillation, at most; they end when one does not help."""
    sources: int = Field(2000, ge=1)
    """New sentences that a round rewrites, at most."""
    learn_from: Literal["all", "new"] = "all"
    """Whether a round trains on the pairs of all rounds so far or on its own alone."""
    filter: Filter | None = None
    """Laid over the bounds of `filter` in rounds, as for texts of another kind."""

    def canonical(self) -> str:
        """As every setting's; the usual parser and bounds go without saying."""
        kept = self.model_dump(mode="json")
        for name in ("parser", "filter"):
            if kept[name] == type(self).model_fields[name].default:
                del kept[name]
        return json.dumps(kept, sort_keys=True)

    @field_validator("tasks", "controls", "also", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.tasks:
            raise ValueError("tasks: give at least one of paraphrase, summary")
        if self.field is not None and self.texts is None:
            raise ValueError("field: names a field of texts, but there are no texts")
        return self


class Workers(Settings):
    """Ray workers of one kind: how many, and how much of its machine each is given.

    With `gpus` below 1 several share a GPU, which must have the memory for them all.
    """

    count: int = Field(1, ge=1, le=10_000)
    """How many workers."""
    cpus: float = Field(1.0, gt=0, le=1024)
    """Cores that Ray sets aside for each; so many threads it has."""
    gpus: float = Field(0.0, ge=0, le=64)
    """GPUs for each; 0.25: four share one."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, value in (("cpus", self.cpus), ("gpus", self.gpus)):
            if value > 1 and value != int(value):
                raise ValueError(f"{name}: {value} must be a whole number, or a share below 1")
        return self


class Ray(Settings):
    """Where and with what the engine `ray` works: `teachers` continue contexts, `critics` score.

    `address` is that of a running cluster, `auto` the one that this machine is in; without it the workers are
    processes of this machine.
    """

    address: str | None = None
    """`auto` or HOST:PORT of a running cluster; none: workers on this machine."""
    teachers: Workers = Workers()
    """Those that continue contexts."""
    critics: Workers = Workers()
    """Those that score pairs."""


class Execution(Settings):
    """How a run is executed: never part of a fingerprint, recorded in the manifest."""

    engine: Literal["local", "ray"] = "local"
    """`local`: one shard after the other in one process; `ray`: by workers, here or on many machines."""
    threads: int = Field(0, ge=0, le=1024)
    """Threads of the models; 0: as many as cores."""
    device: str = "cpu"
    """`cpu`, `cuda`, `cuda:1` …"""
    batch_size: int = Field(0, ge=0, le=100_000)
    """Pairs that an NLI critic reads at once on a GPU; 0: as many as fit."""
    order: Literal["forward", "reverse"] = "forward"
    """Of the shards; the result is the same."""
    ray: Ray = Ray()

    @model_validator(mode="after")
    def _check(self) -> Self:
        for kind, workers in (("teachers", self.ray.teachers), ("critics", self.ray.critics)):
            if workers.gpus and self.device == "cpu":
                raise ValueError(f'ray.{kind}.gpus: needs execution.device = "cuda"')
        return self


class Recipe(Settings):
    """A run, described."""

    preset: Literal["default", "paper", "code"] = "default"
    """What lies under the recipe: our measured defaults, the paper's settings, or those of its public code.
    """
    seed: int = Field(7, ge=0, lt=2**31)
    """All that is drawn follows from it."""
    contexts: Contexts = Contexts()
    """What the teacher continues."""
    teacher: Teacher = Teacher()
    """The language model."""
    sampling: Sampling = Sampling()
    """How the teacher continues a context."""
    score: Score = Score()
    """The models that score, and the gates."""
    filter: Filter = Filter()
    """Which pairs are kept."""
    distil: Distil | None = None
    """The student; without this table none is trained."""
    execution: Execution = Execution()
    """How a run is executed; changes no result."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.teacher.backend == "endpoint" and self.sampling.no_repeat_ngram:
            raise ValueError("sampling.no_repeat_ngram: an endpoint cannot do it; set 0")
        if self.teacher.backend == "own" and self.execution.engine == "ray":
            raise ValueError('teacher.backend: "own" lives in one process; set execution.engine = "local"')
        if not self.filter.tasks():
            raise ValueError("filter: ask for at least one task: [filter.paraphrase] or [filter.summary]")
        if self.filter.paraphrase and self.filter.paraphrase.retention:
            raise ValueError("filter.paraphrase.retention: the judge reads a paraphrase both ways already")
        for task, bounds in self.filter.tasks():
            for critic, _ in bounds.given():
                if critic not in self.score.critics:
                    raise ValueError(f"filter.{task}.{critic}: needs {critic!r} in score.critics")
            if bounds.duplicates is not None and "entailment" not in self.score.critics:
                raise ValueError(
                    f"filter.{task}.duplicates: needs 'entailment' in score.critics; false keeps duplicates"
                )
            if bounds.duplicates is not None and bounds.duplicates < self.score.equivalence:
                raise ValueError(
                    f"filter.{task}.duplicates: {bounds.duplicates} is below score.equivalence = "
                    f"{self.score.equivalence}, under which no sentences are compared; lower that too"
                )
            _inside(task, bounds, getattr(self.score, task) or Bounds())
        return self


def _inside(task: str, bounds: Bounds, gates: Bounds) -> None:
    for name, gate in gates.given():
        bound = getattr(bounds, name)
        for side in ("min", "max"):
            wall, value = getattr(gate, side), getattr(bound, side, None)
            if wall is None:
                continue
            if value is None or (value < wall if side == "min" else value > wall):
                raise ValueError(
                    f"filter.{task}.{name}.{side}: {value} is looser than the gate score.{task}.{name}.{side}"
                    f" = {wall}, outside which pairs are never scored; loosen the gate too"
                )


# The rows of the method table (Jung et al. 2024, section 3 and appendix; and their public code).
_PAPER_FILTER: dict[str, Any] = {
    "paraphrase": {
        "rouge_l": {"max": 0.75},
        "entailment": {"min": 0.75},
        "tree_distance": {"min": 12.0},
        "duplicates": 0.75,
    },
    "summary": {
        "length_ratio": {"max": 0.8},
        "rouge_l": {"max": 0.75},
        "entailment": {"min": 0.75},
        "duplicates": 0.75,
    },
}
PRESETS: dict[str, dict[str, Any]] = {
    "default": {
        "sampling": {"min_logprob": -16.0},
        "score": {
            "paraphrase": {
                "length_ratio": {"min": 0.5},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "rouge_l": {"max": 0.9},
                "similarity": {"min": 0.76},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "entailment": {"min": 0.65},
            },
            "summary": {
                "length_ratio": {"max": 0.85},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "prefix": {"max": 0.99},
                "rouge_l": {"max": 0.9},
                "similarity": {"min": 0.78},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "entailment": {"min": 0.75},
            },
        },
        "filter": {
            "paraphrase": {
                "length_ratio": {"min": 0.6},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "rouge_l": {"max": 0.8},
                "similarity": {"min": 0.8},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "entailment": {"min": 0.65},
                "judge": {"min": 0.87},
                "duplicates": 0.95,
            },
            "summary": {
                "length_ratio": {"max": 0.8},
                "numbers": {"min": 1.0},
                "persons": {"min": 1.0},
                "prefix": {"max": 0.99},
                "rouge_l": {"min": 0.5, "max": 0.85},
                "similarity": {"min": 0.8},
                "entities": {"min": 1.0},
                "clause": {"min": 1.0},
                "entailment": {"min": 0.85},
                "judge": {"min": 0.9},
                "retention": {"min": 0.6},
                "duplicates": 0.95,
            },
        },
    },
    "paper": {
        "contexts": {
            "domains": ["news"],
            "count": 1000,
            "sentences": [1, 5],
            "temperature": 1.0,
            "top_p": 0.9,
            "top_k": 0,
        },
        "sampling": {"per_context": 100, "temperature": 0.7, "top_p": 0.9, "top_k": 0, "max_tokens": 100},
        "score": {
            "critics": ["length_ratio", "rouge_l", "entailment", "tree_distance"],
            "paraphrase": {"rouge_l": {"max": 0.75}, "entailment": {"min": 0.75}},
            "summary": {"length_ratio": {"max": 0.8}, "rouge_l": {"max": 0.75}, "entailment": {"min": 0.75}},
        },
        "filter": _PAPER_FILTER,
    },
    "code": {
        "contexts": {"domains": ["news"], "count": 1000, "sentences": [0, 0]},
        "sampling": {
            "per_context": 100,
            "temperature": 0.5,
            "top_p": 0.9,
            "top_k": 0,
            "max_tokens": 100,
            "no_repeat_ngram": 3,
        },
        "score": {
            "critics": ["length_ratio", "numbers", "rouge_l", "entailment"],
            # numbers and ROUGE-L are no gates: its duplicates are settled before them
            "paraphrase": {"length_ratio": {"min": 0.667}, "entailment": {"min": 0.75}},
        },
        "filter": {
            "paraphrase": {
                "length_ratio": {"min": 0.667},  # 0.8 to 1.5, whichever sentence comes first
                "numbers": {"min": 1.0},
                "rouge_l": {"max": 0.75},
                "entailment": {"min": 0.75},
                "duplicates": 0.75,
                "duplicate_rule": "code",
            }
        },
    },
}


def load(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe: preset, then file, then `a.b=c` overrides (values in TOML; bare words are strings).

    The file that a run has written is whole: it is read as it stands, whatever the preset says today.
    Raises RecipeError: one line with file, key, what was found and what is allowed.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise RecipeError(f"recipe {path} does not exist{_nearest_file(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        hint = f'; for a corpus write a recipe: [contexts] corpus = "{path.name}"' if _is_corpus(path) else ""
        raise RecipeError(f"recipe {path} is not valid TOML: {error}{hint}") from error
    except RecursionError:
        raise RecipeError(f"recipe {path} is nested too deep") from None
    if path.name == "recipe.toml" and (path.parent / "manifest.json").exists():
        given["resolved"] = True  # early runs did not write it
    layers = [given, *map(_override, overrides)]
    for layer in layers:
        for table, key in (("contexts", "corpus"), ("distil", "texts")):
            file = _table(layer, table).get(key)
            if isinstance(file, str) and not Path(file).is_absolute() and not _exists(file):
                layer[table][key] = str(path.parent / file)  # as seen from the recipe
    try:
        return resolve(given, str(path), layers[1:])
    except RecipeError:
        if overrides and _is_sound(given):
            resolve(given, "--set", layers[1:])  # which raises it as theirs
        raise


def _is_sound(given: Mapping[str, Any]) -> bool:
    try:
        resolve(given)
    except RecipeError:
        return False
    return True


def distil_settings(overrides: Sequence[str]) -> Distil:
    """The settings of a student without a recipe: defaults and KEY=VALUE. Raises RecipeError."""
    layers = [_override(f"distil.{override}") for override in overrides]
    found = resolve({"distil": {}}, "--set", layers).distil
    assert found is not None
    return found


def resolve(
    given: Mapping[str, Any], name: str = "recipe", overrides: Sequence[Mapping[str, Any]] = ()
) -> Recipe:
    """Lay the given settings over their preset, each of `overrides` over that, and validate.

    Settings that say `resolved = true`, as `dump` writes them, are whole: no preset lies under them.
    Raises RecipeError.
    """
    whole = given.get("resolved") is True
    if whole:
        under, layers = {key: value for key, value in given.items() if key != "resolved"}, [*overrides]
    else:
        layers = [given, *overrides]
        preset = _lay(layers).get("preset", "default")
        if preset not in list(PRESETS):
            raise RecipeError(f"{name}: preset = {preset!r} is unknown; allowed are {', '.join(PRESETS)}")
        under = PRESETS[preset]
    try:
        laid = _ungated(_lay([under, *layers]), _lay(layers))
        if rounds := _table(laid, "distil", "filter"):
            laid = merge(laid, {"distil": {"filter": merge(_table(laid, "filter"), rounds)}})
        recipe = Recipe.model_validate(laid)
    except ValidationError as error:
        raise RecipeError(f"{name}: {_explain(error)}") from None
    if not (whole and recipe.contexts.corpus):  # a run is read wherever its corpus lies by now
        _check_world(recipe, name)
    return recipe


def _ungated(laid: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A bound that is taken away takes the preset's gate along, and the judge's takes retention."""
    for task in TASKS:
        removed = {critic for critic, bound in _table(laid, "filter", task).items() if bound is None}
        if "judge" in removed and "retention" not in _table(given, "filter", task):
            laid = merge(laid, {"filter": {task: {"retention": False}}})
        gates = removed & set(_table(laid, "score", task)) - set(_table(given, "score", task))
        if gates:
            laid = merge(laid, {"score": {task: dict.fromkeys(gates, False)}})
    return laid


def _table(tables: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """A table within tables; empty if there is none."""
    found: Any = tables
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _lay(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Nested tables as one, the last on top."""
    laid: dict[str, Any] = {}
    for layer in layers:
        laid = merge(laid, layer)
    return laid


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one nested table over another; `false` removes what lies under it (a bound, a task)."""
    out = dict(under)
    for key, value in over.items():
        if value is False:  # no setting is a boolean
            out[key] = None
        elif isinstance(value, Mapping):
            out[key] = merge(_table(out, key), value)
        else:
            out[key] = value
    return out


def _override(override: str) -> dict[str, Any]:
    """KEY=VALUE as nested tables."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"--set {override}: give KEY=VALUE, such as sampling.per_context=32")
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except (tomllib.TOMLDecodeError, RecursionError):
        value = text
    *tables, last = key.strip().split(".")
    found: dict[str, Any] = {last: value}
    for table in reversed(tables):
        found = {table: found}
    return found


def _explain(error: ValidationError) -> str:
    """pydantic's first error as one line: key, what was found, what is allowed."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    match first["type"]:
        case "extra_forbidden":
            return f"unknown key {key}{_nearest_key(first['loc'])}{more}"
        case "value_error":
            prefix = f"{key}." if key else ""
            return f"{prefix}{first['ctx']['error']}{more}"
        case "model_type":
            fits = "{min = 0.5}, {max = 0.9} or both" if key.split(".")[-1] in CRITICS else "a table"
            return f"{key} = {toml(first['input'])}: must be {fits}{more}"
        case _:
            message = first["msg"].replace("Input should be", "must be")
            return f"{key} = {toml(first['input'])}: {message}{more}"


def _nearest_key(location: tuple[int | str, ...]) -> str:
    model: type[BaseModel] | None = Recipe
    for part in location[:-1]:
        field = model.model_fields.get(str(part)) if model else None
        model = _model_of(field.annotation) if field else None
    if model is None:
        return ""
    near = difflib.get_close_matches(str(location[-1]), model.model_fields, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"; {hint}allowed: {', '.join(model.model_fields)}"


def _model_of(annotation: Any) -> type[BaseModel] | None:
    options = [annotation, *getattr(annotation, "__args__", ())]
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)


def _is_corpus(path: Path) -> bool:
    return any(path.name.endswith(end) for end in (".txt", ".jsonl", ".jsonl.gz", ".csv", ".tsv", ".parquet"))


def _nearest_file(path: Path) -> str:
    others = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, others, n=1)
    return f"; did you mean {path.with_name(near[0])}?" if near else ""


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # longer than a name may be
        return False


def _check_world(recipe: Recipe, name: str) -> None:
    """What only the file system and the tables of domains can tell."""
    from .domains import DOMAINS

    contexts = recipe.contexts
    if contexts.corpus is not None:
        if not _exists(contexts.corpus):
            raise RecipeError(
                f"{name}: contexts.corpus = {contexts.corpus!r}: there is no such file; "
                "say where it lies: --set contexts.corpus=PATH"
            )
        return
    for domain in contexts.domains:
        if domain not in DOMAINS:
            near = difflib.get_close_matches(domain, DOMAINS, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise RecipeError(
                f"{name}: contexts.domains: {domain!r} is unknown; {hint}allowed: {', '.join(DOMAINS)}"
            )


def dump(recipe: Recipe) -> str:
    """The resolved recipe as TOML that `load` reads back to an equal recipe."""
    lines = ["resolved = true"]  # nothing is to be laid under it
    _dump(recipe.model_dump(mode="json"), (), lines)
    return "\n".join(lines).strip() + "\n"


def _dump(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    if path:
        lines.append(f"\n[{'.'.join(path)}]")
    for key, value in table.items():
        if value is None:
            # TOML has no null: `false` stands for it
            if len(path) > 1 or path in (("filter",), ("score",), ("sampling",)):
                lines.append(f"{key} = false")
        elif not isinstance(value, dict):
            lines.append(f"{key} = {toml(value)}")
        elif len(path) == 2 and path[1] in TASKS:
            inner = ", ".join(f"{k} = {toml(v)}" for k, v in value.items() if v is not None)
            lines.append(f"{key} = {{{inner}}}")
    for key, value in table.items():
        if isinstance(value, dict) and not (len(path) == 2 and path[1] in TASKS):
            _dump(value, (*path, key), lines)


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml(v) for v in value)}]"
    if isinstance(value, str | bool | int | float):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
