"""Settings of the teacher: the language model, and what runs it."""

import json
import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from .base import Settings

Backend = Literal["ctranslate2", "tree", "transformers", "endpoint", "own"]


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

    backend: Backend = "ctranslate2"
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
