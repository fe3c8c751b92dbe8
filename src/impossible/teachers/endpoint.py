"""Sample from an OpenAI-compatible completions server such as vLLM, llama.cpp, TGI or Ollama."""

import asyncio
import json
import threading
import time
import weakref
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from ..data.schema import seed_for
from ..errors import ModelError
from ..recipe.teacher import Teacher
from .base import Continuation, Decoding
from .completions import read_choices, seconds_to_wait
from .keys import key_of

_MAX_PAUSE = 600.0  # seconds; the maximum Retry-After and the maximum pause between retries
_MAX_REDIRECTS = 5
_TRANSIENT_STATUSES = {408, 409, 425, 429}  # and every status from 500
# Maximum size of a response in bytes, as a guard against filling the memory.
_MAX_BYTES, _MAX_BYTES_PER_TOKEN = 2**20, 2**12


class _Transient(Exception):
    """A transient failure; the request is retried."""


class _Rejected(Exception):
    """The server rejects the request as invalid."""


class EndpointSampler:
    """Samples with concurrent `POST {url}/completions` requests.

    Requests carry seeds, so that results are reproducible if the server honours them. The event loop runs on
    its own thread, so that Ctrl-C does not wait for a response and notebooks can keep their own event loop.
    Raises ModelError if the key is missing, or not bound to the server.
    """

    def __init__(self, settings: Teacher):
        assert settings.endpoint is not None
        self._model, self._settings = settings.model, settings.endpoint
        self._url = settings.endpoint.url.rstrip("/").removesuffix("/completions")
        self._key = key_of(settings.endpoint)
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            timeout=settings.endpoint.timeout,
            limits=httpx.Limits(max_connections=settings.endpoint.concurrency),
            trust_env=not settings.endpoint.on_loopback,  # no proxy for loopback
            verify=self._url.startswith("https"),  # loading certificates is slow
        )
        self._slots = asyncio.Semaphore(settings.endpoint.concurrency)
        self._rate_lock, self._next_request_at = asyncio.Lock(), 0.0
        self._max_n = settings.endpoint.per_request  # halved when the server rejects a request
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="endpoint", daemon=True).start()
        weakref.finalize(self, self._loop.call_soon_threadsafe, self._loop.stop)

    def sample(
        self, prompts: Sequence[str], n: int, seeds: Sequence[int], decoding: Decoding
    ) -> Iterator[list[Continuation]]:
        """See Sampler. Raises ModelError."""
        size = self._settings.per_request
        chunks = [
            [
                self._submit(self._chunk(prompt, start, min(size, n - start), seed, decoding))
                for start in range(0, n, size)
            ]
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]
        try:
            for prompt_chunks in chunks:
                yield [continuation for chunk in prompt_chunks for continuation in chunk.result()]
        finally:
            # on Ctrl-C, an error or a closed iterator, cancel pending requests
            for chunk in [chunk for prompt_chunks in chunks for chunk in prompt_chunks]:
                chunk.cancel()

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """Raise ModelError: these servers have no common parameter for scoring a given text."""
        raise ModelError("an endpoint cannot score given texts; use another teacher.backend for that")

    def _submit(self, work: Coroutine[Any, Any, list[Continuation]]) -> Future[list[Continuation]]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _chunk(
        self, prompt: str, start: int, count: int, seed: int, decoding: Decoding
    ) -> list[Continuation]:
        """Return `count` continuations in requests that the server accepts; keep partial responses."""
        drawn: list[Continuation] = []
        while (left := count - len(drawn)) > 0:
            n = min(left, self._max_n)
            body = self._body(prompt, n, seed_for(seed, str(start + len(drawn)), "request"), decoding)
            try:
                drawn += (await self._request(body, decoding))[:n]
            except _Rejected as error:
                if n == 1:
                    raise ModelError(f"{self._url} rejects the request: {error}{_hint(str(error))}") from None
                self._max_n = min(self._max_n, n // 2)  # llama.cpp accepts at most as many as it has slots
        return drawn

    def _body(self, prompt: str, n: int, seed: int, decoding: Decoding) -> dict[str, Any]:
        """Build the request body. Leave out unset parameters, since OpenAI's server rejects unknown ones."""
        body = {
            "model": self._model,
            "prompt": decoding.framed(prompt),
            "n": n,
            "max_tokens": decoding.max_tokens,
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
        }
        optional = {
            "stop": list(self._settings.stop),
            "logprobs": self._settings.logprobs,
            "seed": self._settings.seed and seed,
            "top_k": decoding.top_k,
            "min_tokens": decoding.min_tokens,
        }
        return self._settings.extra | body | {name: value for name, value in optional.items() if value}

    async def _request(self, body: dict[str, Any], decoding: Decoding) -> list[Continuation]:
        """Return at least one continuation; retry with exponential backoff and full jitter."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._settings.attempts),
            wait=wait_random_exponential(multiplier=self._settings.backoff, max=_MAX_PAUSE),
            retry=retry_if_exception_type(_Transient),
            reraise=True,
        )
        try:
            return await retrying(self._try, body, decoding)
        except _Transient as error:
            raise ModelError(
                f"{self._url} {error} (tried {self._settings.attempts} times); "
                "finished work is kept; run the same command again to resume"
            ) from None

    async def _try(self, body: dict[str, Any], decoding: Decoding) -> list[Continuation]:
        limit = _MAX_BYTES + _MAX_BYTES_PER_TOKEN * body["n"] * body["max_tokens"]
        async with self._slots:
            await self._wait_for_turn()
            response, content = await self._send("POST", "completions", limit, body)
        if response.status_code != 200:
            await self._raise_for_status(response, content)
        continuations = read_choices(content, decoding.sentences)
        if not continuations:
            raise _Transient(f"returned no completion: {self._one_line(content) or 'empty response'}")
        return continuations

    async def _send(
        self, method: str, path: str, limit: int, body: Mapping[str, Any] | None = None
    ) -> tuple[httpx.Response, bytes]:
        """Return status and content; follow redirects within the server, to which alone the key is sent.

        Raises _Transient if the response is incomplete or late, ModelError if it leads elsewhere.
        """
        url = f"{self._url}/{path}"
        for _ in range(_MAX_REDIRECTS):
            response, content = await self._send_once(method, url, limit, body)
            if not response.has_redirect_location:
                return response, content
            old, new = httpx.URL(url), httpx.URL(url).join(response.headers["Location"])
            if new.netloc != old.netloc or new.scheme not in (old.scheme, "https"):
                raise ModelError(
                    f"{self._url} leads to {self._one_line(str(new))}, where nothing is sent; if that is the "
                    "server, set teacher.endpoint.url to its base URL"
                )
            url = str(new)
        raise ModelError(f"{self._url} redirects {_MAX_REDIRECTS} times; check teacher.endpoint.url")

    async def _send_once(
        self, method: str, url: str, limit: int, body: Mapping[str, Any] | None
    ) -> tuple[httpx.Response, bytes]:
        content = bytearray()
        try:
            # httpx limits each read only; asyncio limits the whole response
            async with (
                asyncio.timeout(self._settings.timeout),
                self._client.stream(method, url, json=body) as response,
            ):
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > limit:
                        raise ModelError(
                            f"{url} returned more than {limit // 2**20} MiB, too large for a completion"
                        )
        except TimeoutError:
            raise _Transient(f"did not complete its response in {self._settings.timeout:g} s") from None
        except httpx.TimeoutException:
            raise _Transient(f"did not respond in {self._settings.timeout:g} s") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _Transient(
                f"broke the connection: {self._one_line(str(error)) or type(error).__name__}"
            ) from None
        return response, bytes(content)

    async def _wait_for_turn(self) -> None:
        """Wait until the rate limit and the server's Retry-After allow another request."""
        async with self._rate_lock:
            while (pause := self._next_request_at - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            rate = self._settings.per_second
            self._next_request_at = time.monotonic() + (1 / rate if rate else 0)

    async def _raise_for_status(self, response: httpx.Response, content: bytes) -> None:
        """Raise the error for a status other than 200."""
        status, summary = response.status_code, f"{response.status_code}, {self._message(content)}"
        if status in _TRANSIENT_STATUSES or status >= 500:
            self._delay_requests(response.headers.get("Retry-After"))
            raise _Transient(f"returned {summary}")
        if status in (400, 422):
            raise _Rejected(summary)
        if status in (401, 403):
            name = self._settings.key_env
            hint = (
                f"the key in {name} is not accepted" if name else "set key_env to the variable with its key"
            )
            raise ModelError(f"{self._url} returned {summary}; {hint}")
        if status == 404:
            raise ModelError(
                f"{self._url}/completions returned {summary}; model {self._model!r}: {await self._models()}"
            )
        raise ModelError(f"{self._url}/completions returned {summary}; check teacher.endpoint.url")

    def _delay_requests(self, retry_after: str | None) -> None:
        """Delay further requests by a Retry-After header. Raises ModelError above `_MAX_PAUSE`."""
        seconds = seconds_to_wait(retry_after)
        if seconds > _MAX_PAUSE:
            raise ModelError(
                f"{self._url} asks to wait for {seconds:.0f} s; run the same command again later"
            )
        self._next_request_at = max(self._next_request_at, time.monotonic() + seconds)

    async def _models(self) -> str:
        """List the server's models, as a hint for a misspelt model name."""
        try:
            _, content = await self._send("GET", "models", _MAX_BYTES)
            names = [str(model["id"]) for model in json.loads(content)["data"]]
        except (_Transient, ModelError, ValueError, TypeError, KeyError, RecursionError):
            return "the server does not list its models; check that the URL ends in /v1"
        return self._one_line(f"the server has {', '.join(names) or 'none'}")

    def _message(self, content: bytes) -> str:
        """Return the error message of a response body."""
        try:
            body = json.loads(content)
            error = body.get("error") or body.get("detail") or body.get("message") or body
            return self._one_line(
                str(error.get("message") or error) if isinstance(error, dict) else str(error)
            )
        except (ValueError, AttributeError, RecursionError):
            return self._one_line(content)

    def _one_line(self, text: bytes | str) -> str:
        """Return a server's text as one short line, with the key masked, since some servers echo it."""
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        text = text.replace(self._key, "***") if self._key else text
        line = " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
        return line if len(line) <= 200 else f"{line[:199]}…"


def _hint(refusal: str) -> str:
    """The setting that leaves out a parameter which a server refuses."""
    if "logprobs" in refusal:
        return "; set teacher.endpoint.logprobs = 0 and sampling.min_logprob = false"
    return "; set teacher.endpoint.seed = false" if "seed" in refusal else ""
