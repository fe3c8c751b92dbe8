"""A completions server on loopback that misbehaves as it is told, and the table of what comes of it.

`python -m tests.teachers.misbehaving` prints the table of docs/faults.md.
"""

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from impossible.errors import ModelError
from impossible.recipe.execution import Execution
from impossible.recipe.teacher import Endpoint, Teacher
from impossible.teachers import open_teacher
from impossible.teachers.base import Continuation, Decoding

KEY = "sk-a-secret-that-nobody-may-see"
DECODING = Decoding(temperature=0.9, top_p=0.95, top_k=0, max_tokens=20)
Behaviour = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Answers the requests in turn as the server's script says; the last behaviour goes on for ever."""

    server: "Server"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.requests.append(body)
            self.server.keys.add(self.headers.get("Authorization", ""))
            self.server.times.append(time.monotonic())
            self.server.busy += 1
            self.server.busiest = max(self.server.busiest, self.server.busy)
            script = self.server.script
            behave = script[min(len(self.server.requests), len(script)) - 1]
        try:
            behave(self, body)
        except OSError:
            pass  # the client had enough
        finally:
            with self.server.lock:
                self.server.busy -= 1

    def do_GET(self) -> None:
        self.answer(200, json.dumps({"data": [{"id": "gpt2-xl"}]}).encode())

    def answer(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Server(ThreadingHTTPServer):
    """What was asked, when, and how many requests were under way at once."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *script: Behaviour):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.lock = script, threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.keys: set[str] = set()
        self.busy = self.busiest = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


@contextmanager
def serving(*script: Behaviour) -> Iterator[Server]:
    with Server(*script) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def bound(url: str, name: str = "TEST_KEY") -> Iterator[None]:
    """A user who has bound the key `name` to the host of `url`, and nothing else."""
    before = os.environ.get("XDG_CONFIG_HOME")
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_CONFIG_HOME"] = home
        (Path(home) / "impossible").mkdir()
        (Path(home) / "impossible/endpoints.toml").write_text(f'"{url.split("/")[2]}" = "{name}"\n')
        yield
    if before is None:
        del os.environ["XDG_CONFIG_HOME"]
    else:
        os.environ["XDG_CONFIG_HOME"] = before


def draw(server: Server, n: int = 6, prompts: int = 1, **settings: Any) -> list[list[Continuation]]:
    """Continuations of some prompts, asked for with little patience."""
    given = {"url": server.url, "timeout": 0.4, "attempts": 3, "backoff": 0.01, "per_request": 4, **settings}
    teacher = Teacher(backend="endpoint", model="tiny", endpoint=Endpoint(**given))
    sampler = open_teacher(teacher, Execution())
    return list(sampler.sample([f"Prompt {i}:" for i in range(prompts)], n, range(prompts), DECODING))


# --- behaviours ---------------------------------------------------------------------------------------------


def text(seed: int, i: int) -> str:
    return f" The {seed % 1000} dogs barked {i} times. Then"


def completion(body: dict[str, Any], n: int, logprobs: str = "openai") -> dict[str, Any]:
    """An answer as OpenAI's, vLLM's or llama.cpp's server gives it; the text depends on the seed alone."""
    choices = []
    for i in range(n):
        said = text(body["seed"], i)
        tokens = said.replace(" ", "| ").strip("|").split("|")
        forms = {
            "openai": {"tokens": tokens, "token_logprobs": [-0.5] * len(tokens)},
            "llama.cpp": {"content": [{"token": t, "logprob": -0.5} for t in tokens]},
            "none": None,
            "huge": {"tokens": tokens, "token_logprobs": [-(10**4000)] * len(tokens)},
        }
        choices.append({"index": i, "text": said, "logprobs": forms[logprobs]})
    return {"object": "text_completion", "choices": choices}


def well(handler: Handler, body: dict[str, Any]) -> None:
    handler.answer(200, json.dumps(completion(body, body["n"])).encode())


def well_in(form: str) -> Behaviour:
    return lambda h, b: h.answer(200, json.dumps(completion(b, b["n"], form)).encode())


def status(code: int, content: bytes = b"{}", **headers: str) -> Behaviour:
    return lambda handler, body: handler.answer(code, content, **headers)


def error(code: int, message: str) -> Behaviour:
    return status(code, json.dumps({"error": {"message": message}}).encode())


def cut(handler: Handler, body: dict[str, Any]) -> None:
    """A connection that ends in the middle of the answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"text": " The')


def drip(handler: Handler, body: dict[str, Any]) -> None:
    """A byte at a time, each well within the time limit of a read."""
    content = json.dumps(completion(body, body["n"])).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    for byte in content:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def silent(handler: Handler, body: dict[str, Any]) -> None:
    time.sleep(1)


def short(n: int) -> Behaviour:
    """At most `n` continuations, however many are asked for."""
    return lambda h, b: h.answer(200, json.dumps(completion(b, min(n, b["n"]))).encode())


def many(handler: Handler, body: dict[str, Any]) -> None:
    handler.answer(200, json.dumps(completion(body, body["n"] + 5)).encode())


def slots(n: int) -> Behaviour:
    """As llama.cpp: more than `n` at once are refused."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        (error(400, f"n must be 1 to {n}") if body["n"] > n else well)(handler, body)

    return behave


def half_broken(handler: Handler, body: dict[str, Any]) -> None:
    found = completion(body, body["n"])
    found["choices"][0] = {"index": 0}
    found["choices"][1] = None
    handler.answer(200, json.dumps(found).encode())


def huge(handler: Handler, body: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" " * 2**20)


# --- the table ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """What the server does, request by request; what comes of it: all continuations, or an error saying so."""

    what: str
    script: tuple[Behaviour, ...]
    requests: int
    says: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


TOLD_KEY = error(401, f"Incorrect API key provided: {KEY}")
CASES = [
    Case("answers well", (well,), 2),
    Case("429 with Retry-After in seconds", (status(429, Retry_After="0.2"), well), 3),
    Case("429 with Retry-After as a date", (status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), well), 3),
    Case("429 that asks to wait for a day", (status(429, Retry_After="86400"),), 1, "asks to wait for 86400 s", {"concurrency": 1}),
    Case("429 for ever", (error(429, "quota exceeded"),), 3, "returned 429, quota exceeded (tried 3 times)"),
    Case("500, then well", (status(500), well), 3),
    Case("503 for ever, with a page", (status(503, b"<html>\x1b[31mBad"),), 3, "returned 503, <html> [31mBad (tried 3"),
    Case("connection cut, then well", (cut, well), 3),
    Case("connection cut for ever", (cut,), 3, "broke the connection"),
    Case("slow drip, then well", (drip, well), 3),
    Case("slow drip for ever", (drip,), 3, "did not complete its response in 0.4 s"),
    Case("no answer at all", (silent,), 3, "in 0.4 s (tried 3 times)"),
    Case("malformed JSON, then well", (status(200, b'{"choices": ['), well), 3),
    Case("malformed JSON for ever", (status(200, b'{"choices": ['),), 3, "returned no completion: {\"choices\": ["),
    Case("JSON nested 100,000 deep", (status(200, b"[" * 100_000),), 3, "returned no completion: [[["),
    Case("JSON that is no object", (status(200, b"7"),), 3, "returned no completion: 7"),
    Case("no choices", (status(200, b'{"choices": []}'),), 3, "returned no completion"),
    Case("some choices broken, which are asked for again", (half_broken, well), 3),
    Case("one continuation, however many are asked for", (short(1),), 6),
    Case("more continuations than asked for", (many,), 2),
    Case("refuses more than 2 at once", (slots(2),), 4),
    Case("refuses everything", (error(400, "unknown argument top_k"),), 3, "rejects the request: 400, unknown argument top_k"),
    Case("an answer of 200 MiB", (huge,), 1, "returned more than 1 MiB, too large for a completion", {"concurrency": 1}),
    Case("401 that repeats the key", (TOLD_KEY,), 1, "Incorrect API key provided: ***; the key in TEST_KEY", {"key_env": "TEST_KEY"}),
    Case("401 where no key was given", (error(401, "missing"),), 1, "set key_env to the variable with its key"),
    Case("404 for the model", (error(404, "no model tiny"),), 1, "model 'tiny': the server has gpt2-xl"),
    Case("refuses log-probabilities", (error(400, "logprobs is not supported"),), 3, "set teacher.endpoint.logprobs = 0 and sampling.min_logprob = false"),
    Case("refuses seeds", (error(422, "unknown field: seed"),), 3, "set teacher.endpoint.seed = false"),
    Case("redirect to another path of it, then well", (status(307, Location="/v2/completions"), well), 3),
    Case("redirect for ever", (status(308, Location="/v1/completions"),), 5, "redirects 5 times", {"concurrency": 1}),
    Case("redirect to another server", (status(307, Location="http://localhost:9/v1/completions"),), 1, "leads to http://localhost:9/v1/completions, where nothing is sent", {"key_env": "TEST_KEY", "concurrency": 1}),
]  # fmt: skip


def provoke(case: Case) -> tuple[list[Continuation] | str, list[dict[str, Any]]]:
    """What six continuations of one prompt come to, or the error; and the requests that were sent."""
    os.environ["TEST_KEY"] = KEY
    with serving(*case.script) as server, bound(server.url):
        try:
            # one request at a time, so that each script is met in order
            [drawn] = draw(server, **{"concurrency": 1, **case.settings})
        except ModelError as wrong:
            return str(wrong).replace(server.url, "URL"), server.requests
        return drawn, server.requests


def _table() -> None:
    print("| the server | requests | outcome |\n|---|---|---|")
    for case in CASES:
        found, requests = provoke(case)
        outcome = f"`{found}`" if isinstance(found, str) else f"all {len(found)} continuations"
        print(f"| {case.what} | {len(requests)} | {outcome.replace('|', chr(92) + '|')} |")


if __name__ == "__main__":
    _table()
