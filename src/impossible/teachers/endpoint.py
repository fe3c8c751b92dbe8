"""Teacher behind an OpenAI-style completions server: vLLM, llama.cpp, TGI, Ollama and their like."""

import asyncio
import json
import math
import os
import threading
import time
import weakref
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from ..data.schema import seed_for
from ..errors import ModelError
from ..recipe.teacher import Endpoint, Teacher
from ..text.sentences import first_end
from .base import Continuation, Decoding

_LONGEST_PAUSE = 600.0  # seconds that a server may ask for, and between two tries
_PASSING = {408, 409, 425, 429}  # and all from 500 on
# An answer may be this long in bytes: more is no completion, or one that would fill the memory.
_BYTES, _BYTES_A_TOKEN = 2**20, 2**12


class _Passing(Exception):
    """Something that another try may mend."""


class _Refused(Exception):
    """The server does not take the request as it is."""


class EndpointSampler:
    """Samples with `POST {url}/completions`, several requests at once.

    Seeds go along, so that a server that honours them repeats itself; not every one does. Requests run on a
    thread of their own, so that Ctrl-C need not wait for an answer, and a notebook's event loop is no matter.
    Raises ModelError if the key is missing.
    """

    def __init__(self, settings: Teacher):
        assert settings.endpoint is not None
        self._model, self._settings = settings.model, settings.endpoint
        self._url = settings.endpoint.url.rstrip("/").removesuffix("/completions")
        self._key = _key(settings.endpoint)
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            timeout=settings.endpoint.timeout,
            limits=httpx.Limits(max_connections=settings.endpoint.concurrency),
            trust_env=not settings.endpoint.on_loopback,  # no proxy between here and here
            verify=self._url.startswith("https"),  # to load certificates takes long
        )
        self._slots = asyncio.Semaphore(settings.endpoint.concurrency)
        self._gate, self._free_at = asyncio.Lock(), 0.0
        self._most = settings.endpoint.per_request  # at once, as far as is known what the server takes
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
            for of_prompt in chunks:
                yield [continuation for chunk in of_prompt for continuation in chunk.result()]
        finally:
            # Ctrl-C, an error, or a caller who has had enough: what is under way is dropped at once
            for chunk in [chunk for of_prompt in chunks for chunk in of_prompt]:
                chunk.cancel()

    def logprobs(self, prompt: str, texts: Sequence[str]) -> list[float]:
        """Not to be had: no parameter that scores a given text is common to these servers."""
        raise ModelError("an endpoint cannot score given texts; use another teacher.backend for that")

    def _submit(self, work: Coroutine[Any, Any, list[Continuation]]) -> Future[list[Continuation]]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _chunk(
        self, prompt: str, start: int, count: int, seed: int, decoding: Decoding
    ) -> list[Continuation]:
        """`count` continuations, in as many requests as the server wants; an answer with fewer is kept."""
        drawn: list[Continuation] = []
        while (left := count - len(drawn)) > 0:
            asked = min(left, self._most)
            body = self._body(prompt, asked, seed_for(seed, str(start + len(drawn)), "request"), decoding)
            try:
                drawn += (await self._answer(body, decoding))[:asked]
            except _Refused as error:
                if asked == 1:
                    raise ModelError(f"{self._url} refuses the request: {error}") from None
                self._most = min(self._most, asked // 2)  # llama.cpp takes as many as it has slots
        return drawn

    def _body(self, prompt: str, n: int, seed: int, decoding: Decoding) -> dict[str, Any]:
        """What every server knows; the rest only where it is asked for, since OpenAI's refuses it."""
        body = {
            "model": self._model,
            "prompt": prompt,
            "n": n,
            "seed": seed,
            "max_tokens": decoding.max_tokens,
            "temperature": decoding.temperature,
            "top_p": decoding.top_p,
        }
        wanted = {
            "stop": list(self._settings.stop),
            "logprobs": self._settings.logprobs,
            "top_k": decoding.top_k,
            "min_tokens": decoding.min_tokens,
        }
        return self._settings.extra | body | {name: value for name, value in wanted.items() if value}

    async def _answer(self, body: dict[str, Any], decoding: Decoding) -> list[Continuation]:
        """At least one continuation; tried again, after pauses of full jitter, while that may help."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._settings.attempts),
            wait=wait_random_exponential(multiplier=self._settings.backoff, max=_LONGEST_PAUSE),
            retry=retry_if_exception_type(_Passing),
            reraise=True,
        )
        try:
            return await retrying(self._try, body, decoding)
        except _Passing as error:
            raise ModelError(
                f"{self._url} {error} (tried {self._settings.attempts} times); what is finished is kept, the "
                "same command goes on from there"
            ) from None

    async def _try(self, body: dict[str, Any], decoding: Decoding) -> list[Continuation]:
        limit = _BYTES + _BYTES_A_TOKEN * body["n"] * body["max_tokens"]
        async with self._slots:
            await self._turn()
            response, content = await self._send("POST", "completions", limit, body)
        if response.status_code != 200:
            await self._complain(response, content)
        found = _choices(content, decoding.sentences)
        if not found:
            raise _Passing(f"gave no completion but: {self._shown(content) or 'nothing'}")
        return found

    async def _send(
        self, method: str, path: str, limit: int, body: Mapping[str, Any] | None = None
    ) -> tuple[httpx.Response, bytes]:
        """Status and content; raises _Passing if the answer does not come whole and in time."""
        content = bytearray()
        try:
            # httpx knows a limit for each read only, within which a slow drip stays
            async with (
                asyncio.timeout(self._settings.timeout),
                self._client.stream(method, f"{self._url}/{path}", json=body) as response,
            ):
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > limit:
                        raise ModelError(
                            f"{self._url}/{path} answers with more than {limit // 2**20} MiB: no completion"
                        )
        except TimeoutError:
            raise _Passing(f"gave no whole answer in {self._settings.timeout:g} s") from None
        except httpx.TimeoutException:
            raise _Passing(f"gave no answer in {self._settings.timeout:g} s") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _Passing(f"broke off: {self._shown(str(error)) or type(error).__name__}") from None
        return response, bytes(content)

    async def _turn(self) -> None:
        """Wait until the rate limit, and a pause that the server asked for, allow another request."""
        async with self._gate:
            while (pause := self._free_at - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            rate = self._settings.per_second
            self._free_at = time.monotonic() + (1 / rate if rate else 0)

    async def _complain(self, response: httpx.Response, content: bytes) -> None:
        """Raise what a status other than 200 means."""
        status, said = response.status_code, f"{response.status_code}, {self._message(content)}"
        if status in _PASSING or status >= 500:
            self._pause(response.headers.get("Retry-After"))
            raise _Passing(f"answers {said}")
        if status in (400, 422):
            raise _Refused(said)
        if status in (401, 403):
            name = self._settings.key_env
            hint = f"the key in {name} is not accepted" if name else "name its key's variable in key_env"
            raise ModelError(f"{self._url} answers {said}; {hint}")
        if status == 404:
            raise ModelError(
                f"{self._url}/completions answers {said}; model {self._model!r}: {await self._models()}"
            )
        raise ModelError(f"{self._url}/completions answers {said}; check teacher.endpoint.url")

    def _pause(self, wanted: str | None) -> None:
        """No request before the time that a Retry-After names. Raises ModelError if that is long."""
        seconds = _seconds(wanted)
        if seconds > _LONGEST_PAUSE:
            raise ModelError(f"{self._url} asks to wait for {seconds:.0f} s; run the same command again then")
        self._free_at = max(self._free_at, time.monotonic() + seconds)

    async def _models(self) -> str:
        """What the server has, as a help for who misspelt a name."""
        try:
            _, content = await self._send("GET", "models", _BYTES)
            names = [str(model["id"]) for model in json.loads(content)["data"]]
        except (_Passing, ModelError, ValueError, TypeError, KeyError, RecursionError):
            return "the server does not say what it has; does the URL end in /v1?"
        return self._shown(f"the server has {', '.join(names) or 'none'}")

    def _message(self, content: bytes) -> str:
        """What an error's body says."""
        try:
            found = json.loads(content)
            error = found.get("error") or found.get("detail") or found.get("message") or found
            return self._shown(str(error.get("message") or error) if isinstance(error, dict) else str(error))
        except (ValueError, AttributeError, RecursionError):
            return self._shown(content)

    def _shown(self, said: bytes | str) -> str:
        """A short line of what a server said, without the key, which some servers repeat."""
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        text = text.replace(self._key, "***") if self._key else text
        line = " ".join("".join(c if c.isprintable() else " " for c in text[:2000]).split())
        return line if len(line) <= 200 else f"{line[:199]}…"


def _key(settings: Endpoint) -> str:
    """The key, or "" where none is wanted. Raises ModelError."""
    if settings.key_env is None:
        return ""
    key = os.environ.get(settings.key_env, "").strip()
    if not key:
        raise ModelError(f"teacher.endpoint.key_env: the environment has no {settings.key_env}; export it")
    if not (key.isascii() and key.isprintable()):
        raise ModelError(f"{settings.key_env} holds something that cannot be a key; export it again")
    return key


def _seconds(wanted: str | None) -> float:
    """A Retry-After, which is a number of seconds or a date; 0 if it is neither."""
    try:
        return max(0.0, float(wanted or 0))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(str(wanted)).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _choices(content: bytes, sentences: int) -> list[Continuation]:
    """The usable choices of an answer; none if it is malformed."""
    try:
        choices = json.loads(content)["choices"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    usable = [c for c in choices if isinstance(c, dict)] if isinstance(choices, list) else []
    return [_continuation(c, sentences) for c in usable if isinstance(c.get("text"), str)]


def _continuation(choice: dict[str, Any], sentences: int) -> Continuation:
    """The text up to the end of its last wanted sentence, and the log-probability of its tokens; with
    `sentences` 0 up to where the server stopped.
    """
    # JSON can spell half a character, nothing can store it
    text = choice["text"].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    end = 0 if sentences else len(text)
    found: int | None = None
    for _ in range(sentences):
        found = first_end(text[end:])
        end = end + found if found is not None else len(text)
    ended = found is not None or choice.get("finish_reason") == "stop"
    return Continuation(text[:end], _logprob(choice.get("logprobs"), len(text[:end].encode())), ended)


def _logprob(said: Any, length: int) -> float:
    """Sum over the tokens that begin in the first `length` bytes; NaN if the server does not say.

    OpenAI's and vLLM's completions have two lists, llama.cpp's the form of chats: an object a token.
    """
    try:
        if "content" in said:
            tokens = [(t["token"], t["logprob"]) for t in said["content"]]
        else:
            tokens = list(zip(said["tokens"], said["token_logprobs"], strict=True))
        total, at = 0.0, 0
        for token, logprob in tokens:
            if at >= length:
                break
            total, at = total + float(logprob), at + len(token.encode("utf-8", "replace"))
    except (TypeError, KeyError, ValueError, AttributeError):
        return math.nan
    return total if tokens and math.isfinite(total) else math.nan
