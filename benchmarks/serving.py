"""Measure `impossible serve`: requests a second and latency by number of clients, against the batch command.

python benchmarks/serving.py STUDENT SENTENCES.txt [--requests 64] [--clients 1 8 64]

A server of its own is started, and each client asks for one paraphrase after another with OpenAI's client;
all numbers of clients get the same sentences. The last row is `student.paraphrase` of them in one call,
which is what the batch command does. "Same" is the share of answers with the text of that call.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import openai

from impossible import open_student

SERVE = [sys.executable, "-m", "impossible", "serve", "--port", "0", "--student"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("student", type=Path)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--requests", type=int, default=64)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    options = parser.parse_args()
    texts = options.sentences.read_text(encoding="utf-8").splitlines()[: options.requests]
    student = open_student(options.student)
    student.order_rejected = False
    student.paraphrase(texts[:1], 1)  # loads the critics
    start = time.perf_counter()
    answers = student.paraphrase(texts, 1)
    batch = time.perf_counter() - start
    wanted = {answer.source: answer.best.text if answer.best else answer.source for answer in answers}
    print("| clients | requests/s | median s | 95 % s | 99 % s | same |\n|---|---:|---:|---:|---:|---:|")
    with subprocess.Popen(
        [*SERVE, str(options.student)], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as server:
        assert server.stdout is not None
        client = openai.OpenAI(base_url=server.stdout.readline().split()[0], api_key="none", timeout=3600)

        def ask(text: str) -> tuple[float, bool]:
            start = time.perf_counter()
            answer = client.chat.completions.create(
                model="paraphrase", messages=[{"role": "user", "content": text}]
            )
            return time.perf_counter() - start, answer.choices[0].message.content == wanted.get(text)

        ask(texts[0])
        for n in options.clients:
            start = time.perf_counter()
            with ThreadPoolExecutor(n) as threads:
                found = list(threads.map(ask, texts))
            clock = time.perf_counter() - start
            seconds = np.percentile([one for one, _ in found], [50, 95, 99])
            cells = [
                f"{len(texts) / clock:.2f}",
                *(f"{s:.2f}" for s in seconds),
                f"{np.mean([s for _, s in found]):.2f}",
            ]
            print(f"| {n} | {' | '.join(cells)} |", flush=True)
        server.send_signal(signal.SIGINT)
    print(f"| one call | {len(texts) / batch:.2f} | | | | |")


if __name__ == "__main__":
    main()
