"""The routes of the server: chat completions, completions, models, health; errors as OpenAI has them."""

import asyncio
import contextlib
import ipaddress
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ..errors import ImpossibleError
from ..students.student import Answer
from ..text.escape import json_value
from .batcher import Batcher, Closed, Full
from .requests import Body, Chat, Completion, read_body
from .rewritten import Sentence, choices, critics, sentences, text_of

_MAX_BYTES = 1_000_000  # of a body
_GONE = 1.0  # seconds between looks whether the client is still there
_JSON = "application/json"  # a page of another site cannot send it, as there are no CORS headers


def make_app(batcher: Batcher, token: str = "") -> Starlette:
    """Make the app; with a `token` it answers only who sends it, else only requests to a loopback name."""
    server = _Server(batcher, token)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(batcher.close)

    routes = [
        Route("/v1/chat/completions", server.chat, methods=["POST"]),
        Route("/v1/completions", server.completion, methods=["POST"]),
        Route("/v1/models", server.models),
        Route("/health", server.health),
    ]
    handlers: dict[Any, Any] = {HTTPException: _refused, ImpossibleError: _wrong, Exception: _failed}
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)


class _Server:
    def __init__(self, batcher: Batcher, token: str):
        self._batcher, self._token = batcher, token
        self._models = batcher.student.info.tasks
        self._started = int(time.time())

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "waiting": self._batcher.waiting})

    async def models(self, request: Request) -> Response:
        self._admit(request)
        data = [
            {"id": name, "object": "model", "created": self._started, "owned_by": "impossible-distillation"}
            for name in self._models
        ]
        return JSONResponse({"object": "list", "data": data})

    async def chat(self, request: Request) -> Response:
        return await self._answer(request, Chat)

    async def completion(self, request: Request) -> Response:
        return await self._answer(request, Completion)

    def _admit(self, request: Request) -> None:
        """Raise HTTPException unless the client may ask."""
        if self._token:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not secrets.compare_digest(given.encode(), self._token.encode()):
                raise HTTPException(401, "the token is missing or wrong: send Authorization: Bearer TOKEN")
        elif not is_loopback(request.url.hostname or ""):  # a name that a site has bound to this machine
            raise HTTPException(403, f"unknown host {request.url.hostname!r}: ask localhost")

    async def _answer(self, request: Request, kind: type[Body]) -> Response:
        self._admit(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            raise HTTPException(415, f"the content type must be {_JSON}")
        data = b""
        async for part in request.stream():
            data += part
            if len(data) > _MAX_BYTES:
                raise HTTPException(413, f"a body has at most {_MAX_BYTES:,} bytes")
        try:
            body = read_body(kind, data, self._models)
        except KeyError as error:
            names = ", ".join(self._models)
            raise HTTPException(404, f"no model {error.args[0]!r}; this server has {names}") from error
        texts = [sentences(text) for text in body.texts]
        try:
            futures = self._batcher.submit(body.asked(), [one.text for text in texts for one in text])
        except Full as error:
            raise HTTPException(429, "too many sentences wait; try again", {"retry-after": "1"}) from error
        except Closed as error:
            raise HTTPException(503, "the server stops") from error
        reply = _Reply(self._batcher, body, isinstance(body, Chat), texts)
        if body.stream:
            return StreamingResponse(reply.stream(futures), media_type="text/event-stream")
        return JSONResponse(reply.whole(await _all(request, futures)))


async def _all(request: Request, futures: "Sequence[Future[Answer]]") -> list[Answer]:
    """Wait for all answers; if the client goes, cancel those that still wait."""
    answers = asyncio.gather(*map(asyncio.wrap_future, futures))
    try:
        while not (await asyncio.wait([answers], timeout=_GONE))[0]:
            if await request.is_disconnected():
                raise HTTPException(499, "the client has gone")
        return list(answers.result())
    except Closed as error:
        raise HTTPException(503, "the server stops") from error
    finally:
        answers.cancel()


class _Reply:
    """Answers → the JSON of a reply, whole or as a stream of sentences."""

    def __init__(self, batcher: Batcher, body: Body, chat: bool, texts: Sequence[Sequence[Sentence]]):
        self._tokens, self._body, self._chat, self._texts = batcher.student.tokens, body, chat, texts
        self._head = {
            "id": f"{'chatcmpl' if chat else 'cmpl'}-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": body.model,
        }

    def whole(self, answers: Sequence[Answer]) -> dict[str, Any]:
        """The reply to a request that is not streamed."""
        rest, made = iter(answers), list[dict[str, Any]]()
        for text in self._texts:
            own = [next(rest) for _ in text]
            for k in range(choices(own, self._body.n)):
                said = "".join(
                    sentence.gap + text_of(answer, k) for sentence, answer in zip(text, own, strict=True)
                )
                choice: dict[str, Any] = {"index": len(made), "finish_reason": "stop", "logprobs": None}
                message = {"role": "assistant", "content": said, "refusal": None}
                choice |= {"message": message} if self._chat else {"text": said}
                made.append(choice | {"critics": [critics(answer, k) for answer in own]})
        usage = self._usage([c["message"]["content"] if self._chat else c["text"] for c in made])
        kind = "chat.completion" if self._chat else "text_completion"
        return {**self._head, "object": kind, "choices": made, "usage": usage}

    async def stream(self, futures: "Sequence[Future[Answer]]") -> AsyncIterator[str]:
        """Server-sent events: a sentence each, as soon as the critics have judged it."""
        said = []
        try:
            for sentence, future in zip(self._texts[0], futures, strict=True):
                answer = await asyncio.wrap_future(future)
                said.append(sentence.gap + text_of(answer))
                yield self._event(said[-1], len(said) == 1, [critics(answer)])
            yield self._event("", finish="stop")
            if self._body.stream_options.include_usage:
                yield self._send([], usage=self._usage(["".join(said)]))
            yield "data: [DONE]\n\n"
        except Exception as error:  # the status line is sent: only an event can tell
            if not isinstance(error, Closed):
                logging.getLogger(__name__).exception("a stream failed")
            yield f"data: {json.dumps({'error': _described(_said(error), 500)})}\n\n"
        finally:
            for future in futures:
                future.cancel()

    def _event(self, text: str, first: bool = False, critics: Any = None, finish: str | None = None) -> str:
        choice: dict[str, Any] = {"index": 0, "finish_reason": finish, "logprobs": None}
        delta = ({"role": "assistant"} if first else {}) | ({"content": text} if text else {})
        choice |= {"delta": delta} if self._chat else {"text": text}
        return self._send([choice | ({"critics": critics} if critics else {})])

    def _send(self, made: list[dict[str, Any]], **more: Any) -> str:
        kind = "chat.completion.chunk" if self._chat else "text_completion"
        return f"data: {json.dumps(json_value({**self._head, 'object': kind, 'choices': made, **more}))}\n\n"

    def _usage(self, said: Sequence[str]) -> dict[str, int]:
        """Tokens of the texts and of what is returned, not of all that was drawn."""
        given = sum(len(self._tokens.continuation(one.text)) for text in self._texts for one in text)
        made = sum(len(self._tokens.continuation(text)) for text in said)
        return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


def is_loopback(host: str) -> bool:
    """Whether a name or address is that of this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def _described(message: str, status: int) -> dict[str, Any]:
    kind = _TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"message": message, "type": kind, "param": None, "code": None}


def _said(error: Exception) -> str:
    known = isinstance(error, ImpossibleError | Closed)
    return (
        " ".join(str(error).split()) or "the server stops" if known else "the server failed; its log says why"
    )


def _refused(_: Request, error: HTTPException) -> Response:
    body = {"error": _described(error.detail, error.status_code)}
    return JSONResponse(body, error.status_code, error.headers)


def _wrong(_: Request, error: ImpossibleError) -> Response:
    return JSONResponse({"error": _described(_said(error), 400)}, 400)


def _failed(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": _described(_said(error), 500)}, 500)
