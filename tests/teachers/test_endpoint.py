"""The endpoint teacher against a server that misbehaves, and through whole stages of a run."""

import json
import math
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from impossible.data.schema import Context
from impossible.errors import ModelError, RecipeError
from impossible.generation.groups import generate
from impossible.pipeline.run import run
from impossible.pipeline.stages import plan
from impossible.recipe.execution import Execution
from impossible.recipe.load import load, resolve
from impossible.recipe.sampling import Sampling
from impossible.recipe.teacher import Endpoint, Teacher
from impossible.recipe.write import dump
from impossible.teachers import open_teacher
from impossible.teachers.completions import read_choices
from impossible.teachers.keys import key_of
from tests.teachers.misbehaving import (
    CASES,
    DECODING,
    KEY,
    TOLD_KEY,
    Case,
    Handler,
    bound,
    draw,
    provoke,
    serving,
    short,
    silent,
    slots,
    well,
    well_in,
)


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_a_server_may_misbehave(case: Case) -> None:
    found, requests = provoke(case)
    if case.says:
        assert isinstance(found, str) and case.says in found
        assert KEY not in found and found.isprintable()
    else:
        assert not isinstance(found, str) and len(found) == 6
        assert all(c.text.endswith("times.") and c.logprob == -3.0 for c in found)
    # of an error, a second part of the work may have been sent before the first one gave up
    assert len(requests) in (
        [case.requests] if not case.says else range(case.requests, 2 * case.requests + 1)
    )


def test_the_same_seeds_give_the_same_continuations_whatever_is_under_way_at_once() -> None:
    with serving(well) as server:
        one = draw(server, n=10, prompts=5, concurrency=1)
        many = draw(server, n=10, prompts=5, concurrency=9)
        assert one == many and len({c.text for group in one for c in group}) == 50
        seeds = [r["seed"] for r in server.requests]
    assert len(set(seeds)) == len(seeds) / 2 == 15


def test_how_many_a_server_gives_at_once_is_learnt_once_and_changes_no_draw() -> None:
    with serving(slots(2)) as server:
        endpoint = Endpoint(url=server.url, per_request=4)
        sampler = open_teacher(Teacher(backend="endpoint", model="m", endpoint=endpoint), Execution())
        first = list(sampler.sample(["A", "B"], 10, [1, 2], DECODING))
        sent = len(server.requests)
        later = list(sampler.sample(["A", "B"], 10, [1, 2], DECODING))
        assert first == later
        assert max(r["n"] for r in server.requests[:sent]) == 4
        assert max(r["n"] for r in server.requests[sent:]) == 2


def test_no_more_requests_at_once_and_a_second_than_allowed() -> None:
    with serving(well) as server:
        draw(server, n=8, prompts=6, concurrency=3, per_second=100)
        assert server.busiest <= 3
        assert server.times[-1] - server.times[0] >= 11 / 100 * 0.95


def test_retry_after_holds_back_every_request() -> None:
    case = next(case for case in CASES if "in seconds" in case.what)
    with serving(*case.script) as server:
        draw(server, n=4, prompts=3, concurrency=1)
        assert server.times[1] - server.times[0] >= 0.19


@pytest.mark.parametrize("form", ["openai", "llama.cpp"])
def test_log_probabilities_are_summed_to_the_end_of_the_sentence(form: str) -> None:
    with serving(well_in(form)) as server:
        [drawn] = draw(server)
    assert {c.logprob for c in drawn} == {-3.0}  # " The", " 123", " dogs", " barked", " 0", … of which six


BARKED = " barked at the man. Then he left."  # a sentence of five tokens, and four more
WORDS = [" barked", " at", " the", " man", ".", " Then", " he", " left", "."]
OFFSETS = [0, 7, 10, 14, 18, 19, 24, 27, 32]


def summed(tokens: list[str], offsets: list[int] | None = None, **given: object) -> float:
    """The log-probability of the first sentence where each token has -1."""
    logprobs = {"tokens": tokens, "token_logprobs": [-1.0] * len(tokens), "text_offset": offsets, **given}
    content = json.dumps({"choices": [{"text": BARKED, "logprobs": logprobs}]}).encode()
    (read,) = read_choices(content, 1)
    assert read.text == " barked at the man."
    return read.logprob


@pytest.mark.parametrize("mark", ["▁", "Ġ", "token_id:7"])
def test_log_probabilities_of_pieces_of_a_vocabulary(mark: str) -> None:
    pieces = [word.replace(" ", mark) for word in WORDS]
    assert summed(pieces, OFFSETS) == -5
    assert summed(pieces, [offset + 31 for offset in OFFSETS]) == -5  # counted from the prompt on
    assert math.isnan(summed(pieces)), "without offsets nobody knows where a token begins"


def test_log_probabilities_that_do_not_cover_the_text_are_none() -> None:
    assert summed(WORDS) == summed(WORDS[:5]) == summed(WORDS[:5], OFFSETS[:5]) == -5
    for n in (1, 3):
        assert math.isnan(summed(WORDS[:n])) and math.isnan(summed(WORDS[:n], OFFSETS[:n]))
    assert math.isnan(summed(WORDS, OFFSETS[::-1])) and math.isnan(summed(WORDS, OFFSETS[:-1]))
    assert math.isnan(summed(WORDS, token_logprobs=[None, *[-1.0] * 8]))


def test_bytes_say_where_a_token_begins_that_is_part_of_a_character() -> None:
    text = " é. Then"
    tokens = [(" \ufffd", [32, 0xC3]), ("\ufffd", [0xA9]), (".", [46]), (" Then", list(b" Then"))]
    content = [{"token": token, "bytes": spelt, "logprob": -1.0} for token, spelt in tokens]
    choice = {"text": text, "logprobs": {"content": content}, "finish_reason": "stop"}
    (read,) = read_choices(json.dumps({"choices": [choice]}).encode(), 0)
    assert read.logprob == -4
    for token in content:
        del token["bytes"]
    (read,) = read_choices(json.dumps({"choices": [choice]}).encode(), 0)
    assert math.isnan(read.logprob)


def test_a_seed_is_left_out_if_told() -> None:
    def echo(handler: Handler, body: dict[str, Any]) -> None:
        well(handler, {"seed": 1, **body})

    with serving(echo) as server:
        draw(server, seed=False)
        assert all("seed" not in request for request in server.requests)


@pytest.mark.parametrize("form", ["none", "huge"])
def test_a_server_without_log_probabilities_is_a_clear_error_only_if_they_are_needed(form: str) -> None:
    """One of 4,000 digits is none."""
    with serving(well_in(form)) as server:
        teacher = Teacher(backend="endpoint", model="m", endpoint=Endpoint(url=server.url))
        sampler = open_teacher(teacher, Execution())
        contexts = [Context("id", "news", "A context.", "here")]
        [group], _ = generate(contexts, sampler, Sampling(per_context=3), 7, 0, lambda: None)
        assert group.candidates and all(math.isnan(c.logprob) for c in group.candidates)
        with pytest.raises(ModelError, match="sampling.min_logprob = false"):
            generate(contexts, sampler, Sampling(per_context=3, min_logprob=-9), 7, 0, lambda: None)


def test_ctrl_c_waits_for_no_answer() -> None:
    with serving(silent) as server:
        teacher = Teacher(backend="endpoint", model="m", endpoint=Endpoint(url=server.url, timeout=60))
        drawing = open_teacher(teacher, Execution()).sample(["A"], 2, [1], DECODING)
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            next(drawing)
        signal.signal(signal.SIGALRM, before)
        assert time.monotonic() - start < 0.9  # the server sleeps for a second


REFUSED = [
    ({"key_env": KEY}, "give the name of an environment variable"),
    ({"url": f"https://user:{KEY}@host/v1"}, "must not have user, password"),
    ({"url": "ftp://host/v1"}, "give http://HOST:PORT/v1"),
    ({"url": "http://host:99999/v1"}, "give http://HOST:PORT/v1"),
    ({"url": "http://10.0.0.1/v1", "key_env": "A_KEY"}, "unencrypted; use https"),
]


@pytest.mark.parametrize(("given", "says"), REFUSED)
def test_what_would_give_a_key_away_is_refused_without_showing_it(given: dict[str, str], says: str) -> None:
    endpoint = {"url": "http://localhost:1/v1", **given}
    with pytest.raises(RecipeError, match=says) as caught:
        resolve({"teacher": {"backend": "endpoint", "model": "m", "endpoint": endpoint}})
    assert KEY not in str(caught.value)


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    endpoint = Endpoint(url="https://host/v1", key_env="NO_SUCH_KEY")
    with bound("https://host", "NO_SUCH_KEY"), pytest.raises(ModelError, match="has no NO_SUCH_KEY"):
        open_teacher(Teacher(backend="endpoint", model="m", endpoint=endpoint), Execution())


def test_a_key_goes_only_to_the_host_that_the_user_bound_it_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's recipe names a key of the user's and a server of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving(well) as server:
        for name in ("TEST_KEY", "OPENAI_API_KEY"):
            with pytest.raises(ModelError, match=rf"{name} is not bound to 127.0.0.1:\d+.*endpoints.toml"):
                draw(server, key_env=name)
        assert not server.requests
        with bound(server.url):
            draw(server, key_env="TEST_KEY")
        assert server.keys == {f"Bearer {KEY}"}
        with (
            bound(server.url.replace("127.0.0.1", "localhost")),
            pytest.raises(ModelError, match="not bound"),
        ):
            draw(server, key_env="TEST_KEY")
    assert key_of(Endpoint(url="https://API.openai.com/v1", key_env="OPENAI_API_KEY")) == KEY
    (tmp_path / "impossible").mkdir()
    (tmp_path / "impossible/endpoints.toml").write_text("no table")
    with pytest.raises(ModelError, match='endpoints.toml cannot be read.*"HOST" = "VARIABLE"'):
        key_of(Endpoint(url="https://host/v1", key_env="TEST_KEY"))


def test_where_the_server_is_and_how_it_is_asked_is_no_part_of_a_fingerprint(tmp_path: Path) -> None:
    def settings(**given: object) -> list[str]:
        endpoint = {"url": "http://localhost:1/v1", **given}
        recipe = resolve({"teacher": {"backend": "endpoint", "model": "m", "endpoint": endpoint}})
        (tmp_path / "recipe.toml").write_text(dump(recipe))
        assert load(tmp_path / "recipe.toml") == recipe
        return [stage.settings for stage in plan(recipe)]

    assert settings() == settings(url="https://host/v1", key_env="A", concurrency=1, timeout=1.0)
    assert settings() != settings(per_request=7)
    # runs from before there were endpoints go on
    assert (
        Teacher().canonical()
        == '{"backend": "ctranslate2", "compute_type": "int8", "model": "embedded:smollm2-135m"}'
    )


def test_a_run_is_stopped_and_goes_on_and_the_key_is_in_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first server fails after a shard; another one, elsewhere, gives the rest."""
    monkeypatch.setenv("TEST_KEY", KEY)
    (tmp_path / "posts.txt").write_text(
        "\n".join(f"My old cat number {i} was small today." for i in range(6))
    )
    contexts = {"corpus": str(tmp_path / "posts.txt"), "per_shard": 2, "sentences": [1, 1]}
    out = tmp_path / "run"

    def start(url: str) -> None:
        endpoint = {"url": url, "key_env": "TEST_KEY", "per_request": 4, "attempts": 2, "backoff": 0.0}
        teacher = {"backend": "endpoint", "model": "tiny", "endpoint": endpoint}
        recipe = resolve(
            {
                "preset": "continuation",
                "contexts": contexts,
                "teacher": teacher,
                "sampling": {"per_context": 8},
            }
        )
        with bound(url):
            run(recipe, out, until="generate")

    with serving(*[well] * 4, TOLD_KEY) as server, pytest.raises(ModelError) as broken:
        start(server.url)
    assert "key provided: ***" in str(broken.value) and KEY not in str(broken.value)
    assert len(list(out.glob("round-0/groups/*.parquet"))) == 1
    with serving(short(3)) as server:
        start(server.url)
        assert len(server.requests) == 16  # of the two shards that were missing
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 6 and all(KEY.encode() not in path.read_bytes() for path in files)
