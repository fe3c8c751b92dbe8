"""Settings of the teacher: the language model and its backend."""

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
    """A server with an OpenAI-compatible completions API."""

    url: str
    """Base URL, without `/completions`, such as `http://localhost:8000/v1`."""
    key_env: str | None = None
    """The environment variable with the server's API key; never the key itself."""
    per_request: int = Field(50, ge=1, le=10_000)
    """Maximum continuations per request."""
    stop: tuple[str, ...] = Field((), max_length=4)
    """Stop strings, at most four."""
    seed: bool = True
    """Whether requests carry a seed; without one a run cannot be repeated."""
    logprobs: int = Field(1, ge=0, le=5)
    """Requested alternatives per token; 0: no log-probabilities."""
    extra: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Further parameters of the request body, such as `{min_p = 0}`, which llama.cpp sets by default."""
    concurrency: int = Field(8, ge=1, le=1024)
    """Concurrent requests."""
    per_second: float | None = Field(None, gt=0)
    """Maximum requests per second."""
    timeout: float = Field(120.0, gt=0)
    """Seconds for a complete response."""
    attempts: int = Field(6, ge=1, le=100)
    """Maximum attempts after transient errors (429, 5xx, lost connections, malformed responses)."""
    backoff: float = Field(1.0, ge=0, le=600)
    """Maximum seconds before the second attempt; the pause is random, and the maximum doubles with each
    attempt.
    """

    @field_validator("stop", mode="before")
    @classmethod
    def _tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, given: Any) -> Any:
        """Reject keys here, since an error of the field's type would print the value."""
        name = given.get("key_env") if isinstance(given, Mapping) else None
        if isinstance(name, str) and not re.fullmatch("[A-Z_][A-Z0-9_]*", name):
            raise ValueError("key_env: give the name of an environment variable (A-Z, 0-9, _), not the key")
        url = given.get("url") if isinstance(given, Mapping) else None
        if isinstance(url, str) and ("@" in url or "?" in url or "#" in url):
            raise ValueError("url: must not have user, password, query or fragment; give a key with key_env")
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
    """The language model and its backend."""

    backend: Backend = "ctranslate2"
    """The backend. `tree`: Llama-like models on CPU, computes shared prefixes of continuations once;
    `ctranslate2`: fast on CPU and GPU; `transformers`: any causal LM; `endpoint`: the server in `endpoint`;
    `own`: your own Sampler, passed to `impossible.run` in Python.
    """
    model: str = "embedded:smollm2-135m"
    """A hub ID, with `@REVISION` to pin it, a folder or `embedded:smollm2-135m`; for an endpoint, the
    server's name of the model; for your own Sampler, a name that you change when its output changes.
    """
    compute_type: Literal["int8", "float32", "bfloat16", "float16"] = "int8"
    """The number format of the weights: `tree` supports int8 and float32, `transformers` all but int8."""
    endpoint: Endpoint | None = None
    """The server, with `backend = "endpoint"`."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.backend == "transformers" and self.compute_type == "int8":
            raise ValueError("compute_type: the backend transformers supports float32, bfloat16 and float16")
        if self.backend == "tree" and self.compute_type not in ("int8", "float32"):
            raise ValueError("compute_type: the backend tree supports int8 and float32")
        if self.backend == "endpoint" and self.endpoint is None:
            raise ValueError('endpoint: the backend needs a URL: [teacher.endpoint] url = "…"')
        if self.backend != "endpoint" and self.endpoint is not None:
            raise ValueError('endpoint: only with backend = "endpoint"')
        return self

    @property
    def weights(self) -> str:
        """The name of the model for `models.locate`."""
        return f"{self.backend}:{self.model}" if self.backend in ("endpoint", "own") else self.model

    def canonical(self) -> str:
        """As `Settings.canonical`, without settings that do not affect the text, such as the server's URL."""
        kept = self.model_dump(mode="json", exclude={"endpoint"})
        if self.endpoint is not None:
            of_text = {"per_request", "stop", "logprobs", "extra"}
            kept["endpoint"] = self.endpoint.model_dump(mode="json", include=of_text)
        return json.dumps(kept, sort_keys=True)
