"""Measure the requests per second that the endpoint teacher sustains.

python benchmarks/endpoint.py [--latency 0.1] [--concurrency 1 8 32 128] [--per-second 20 100]
python benchmarks/endpoint.py --url http://127.0.0.1:8080/v1 --model NAME --concurrency 1 2 4

Without --url the server is a process on loopback that responds to every request after --latency seconds with
continuations of 20 tokens, regardless of load, so that the client is measured. The maximum rate is
concurrency / latency, or `per_second`; "of that" is the fraction reached. CPU is the client's time per
request: sending, reading, and finding the sentence end in each continuation.
"""

import argparse
import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from impossible.recipe.execution import Execution
from impossible.recipe.teacher import Endpoint, Teacher
from impossible.teachers import open_teacher
from impossible.teachers.base import Decoding

TOKENS = [
    " so",
    " we",
    " went",
    " to",
    " the",
    " old",
    " house",
    " by",
    " the",
    " sea",
    " and",
    " had",
    " a",
    " cup",
]
TOKENS += [" of", " tea", " with", " them", ".", " Then"]
DECODING = Decoding(temperature=0.7, top_p=0.9, top_k=0, max_tokens=len(TOKENS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32, 128])
    parser.add_argument("--per-second", type=float, nargs="*", default=[20, 100])
    parser.add_argument("--per-request", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=5, help="how long each row may take, about")
    parser.add_argument("--url")
    parser.add_argument("--model", default="stand-in")
    options = parser.parse_args()
    with _stand_in(options.latency) if not options.url else _given(options.url) as url:
        print("| at once | limit a second | requests | requests/s | of that | continuations/s | CPU ms |")
        print("|---|---|---|---|---|---|---|")
        for concurrency in options.concurrency:
            _row(url, options, concurrency, None)
        for limit in () if options.url else options.per_second:
            _row(url, options, max(options.concurrency), limit)


def _row(url: str, options: argparse.Namespace, concurrency: int, limit: float | None) -> None:
    per_request = options.per_request
    endpoint = Endpoint(url=url, concurrency=concurrency, per_second=limit, per_request=per_request)
    teacher = open_teacher(Teacher(backend="endpoint", model=options.model, endpoint=endpoint), Execution())
    possible = min(concurrency / options.latency, limit or float("inf"))
    requests = 4 * concurrency if options.url else max(4 * concurrency, round(possible * options.seconds))
    list(teacher.sample(["Warm up"], per_request, [1], DECODING))
    prompts = [f"It was the day number {i} of our holidays, and" for i in range(requests)]
    start, used = time.perf_counter(), time.process_time()
    drawn = sum(len(found) for found in teacher.sample(prompts, per_request, list(range(requests)), DECODING))
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    assert drawn == requests * per_request
    rate = requests / seconds
    held = "" if options.url else f"{rate / possible:.0%}"
    print(
        f"| {concurrency} | {limit or '–'} | {requests} | {rate:,.1f} | {held} | {drawn / seconds:,.0f} "
        f"| {1000 * cpu / requests:.2f} |",
        flush=True,
    )


@contextmanager
def _given(url: str) -> Iterator[str]:
    yield url


@contextmanager
def _stand_in(latency: float) -> Iterator[str]:
    """Start a server in its own process; yield its address."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(latency, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/v1"
    finally:
        process.terminate()


def _serve(latency: float, tell: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.start_server(_answers(latency), "127.0.0.1", 0, backlog=1024)
        tell.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def _answers(latency: float) -> Any:
    choice = {
        "text": "".join(TOKENS),
        "finish_reason": "length",
        "logprobs": {"tokens": TOKENS, "token_logprobs": [-0.5] * len(TOKENS)},
    }
    made: dict[int, bytes] = {}  # cached, so that the server is not the bottleneck

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if b"content-length" in line
                )
                n = json.loads(await reader.readexactly(length))["n"]
                if n not in made:
                    body = json.dumps({"choices": [{"index": i, **choice} for i in range(n)]}).encode()
                    made[n] = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                await asyncio.sleep(latency)
                writer.write(made[n])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return answer


if __name__ == "__main__":
    main()
