"""The server, asked by OpenAI's own client over a real socket."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import uvicorn

from impossible.explore.serve import listen
from impossible.recipe.critics import Bound, Filter, TaskFilter
from impossible.serving.app import is_loopback, make_app
from impossible.serving.batcher import Asked, Batcher, Closed, Full
from impossible.serving.rewritten import sentences
from impossible.students.controls import Controls
from impossible.students.distil import make_student
from impossible.students.student import Student
from tests.students import models

CHEAP = TaskFilter(numbers=Bound(min=1.0), rouge_l=Bound(max=0.95))
FILTER = Filter(paraphrase=CHEAP, summary=CHEAP)
OWNERS, THINGS = ("The", "A", "My", "Our"), ("cat", "dog", "house", "car", "phone", "room", "food", "door")
TEXTS = [
    f"{o} {t} is {a} and it is very {b}."
    for o in OWNERS for t in THINGS for a, b in (("old", "small"), ("new", "big"), ("red", "nice"), ("big", "old"),
    ("small", "new"), ("nice", "red"), ("new", "red"))
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("serving")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPOSSIBLE_CACHE", str(place / "cache"))
        base = models.llama(place / "base")
        settings = models.SETTINGS.model_copy(
            update={"base": str(base), "epochs": 12.0, "save_steps": 40, "validation": 0.1, "lora_rank": 0, "max_tokens": 64}
        )  # fmt: skip
        make_student(models.pairs(), place / "student", settings, 7)
        yield place / "student"


@pytest.fixture(scope="module")
def student(folder: Path) -> Student:
    return Student.load(folder, FILTER)


class Running:
    """A server in a thread; uvicorn's own signal handlers need the main one."""

    def __init__(self, student: Student, most: int = 512, token: str = ""):
        self.batcher = Batcher(student, most)
        self._socket = listen("127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(make_app(self.batcher, token), log_level="critical"))
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> "Running":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self._thread.join()
        self._socket.close()

    def client(self, key: str = "none", retries: int = 0) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.address}/v1", api_key=key, max_retries=retries, timeout=300)


@pytest.fixture(scope="module")
def running(student: Student) -> Iterator[Running]:
    with Running(student) as found:
        yield found


def say(client: openai.OpenAI, text: str, model: str = "paraphrase", **more: Any) -> Any:
    message: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]
    return client.chat.completions.create(model=model, messages=message, **more)


def test_200_clients_at_once_get_what_the_student_gives_and_nothing_is_lost(
    student: Student, running: Running
) -> None:
    wanted = {a.source: a.best.text if a.best else a.source for a in student.paraphrase(TEXTS[:200], 1)}
    assert len(wanted) == 200 and sum(text != source for source, text in wanted.items()) > 20
    client, ready = running.client(), threading.Barrier(200)

    def ask(text: str) -> tuple[str, Any]:
        ready.wait()
        return text, say(client, text)

    with ThreadPoolExecutor(200) as threads:
        found = list(threads.map(ask, TEXTS[:200]))
    assert {text: answer.choices[0].message.content for text, answer in found} == wanted
    assert len({answer.id for _, answer in found}) == 200 and running.batcher.waiting == 0


def test_scores_of_the_critics_are_in_a_field_of_their_own(student: Student, running: Running) -> None:
    [answer] = student.paraphrase(TEXTS[:1], 3)
    choice = say(running.client(), TEXTS[0], n=3).choices
    good = [o for o in answer.outputs if o.accepted]
    assert [c.message.content for c in choice] == ([o.text for o in good] or [TEXTS[0]])
    for output, one in zip(good, choice, strict=False):
        [said] = one.critics
        assert said["source"] == TEXTS[0] and said["accepted"] and said["verdict"] == "kept"
        assert said["scores"] == {name: round(score, 4) for name, score in output.scores.items()}


def test_a_stream_is_whole_sentences_and_the_same_text(running: Running) -> None:
    text = f"{TEXTS[0]}  {TEXTS[9]}\n\n{TEXTS[20]}"
    client = running.client()
    whole = say(client, text).choices[0]
    parts = list(say(client, text, stream=True, stream_options={"include_usage": True}))
    said = [part.choices[0].delta.content for part in parts if part.choices and part.choices[0].delta.content]
    assert len(said) == 3 and "".join(said) == whole.message.content
    assert said[1].startswith("  ") and said[2].startswith("\n\n")
    assert [one for part in parts[:3] for one in part.choices[0].critics] == whole.critics
    assert parts[3].choices[0].finish_reason == "stop" and parts[4].usage.completion_tokens > 5


def test_completions_take_several_prompts(student: Student, running: Running) -> None:
    wanted = [a.best.text if a.best else a.source for a in student.summarize(TEXTS[:3], 1)]
    found = running.client().completions.create(model="summary", prompt=TEXTS[:3])
    assert [choice.text for choice in found.choices] == wanted
    assert [choice.index for choice in found.choices] == [0, 1, 2]


def test_models_and_health(running: Running) -> None:
    assert [model.id for model in running.client().models.list()] == ["paraphrase", "summary"]
    assert httpx.get(f"{running.address}/health").json() == {"status": "ok", "waiting": 0}


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"model": "gpt-4o"}, openai.NotFoundError, "no model 'gpt-4o'; this server has paraphrase, summary"),
        ({"n": 0}, openai.BadRequestError, "n: Input should be greater than or equal to 1"),
        ({"n": 2, "stream": True}, openai.BadRequestError, "only one output"),
        ({"extra_body": {"length": "huge"}}, openai.BadRequestError, "huge"),
        ({"extra_body": {"protect": [" "]}}, openai.BadRequestError, "is no term"),
        (
            {"messages": [{"role": "system", "content": "x"}]},
            openai.BadRequestError,
            "no message of the role",
        ),
    ],
)
def test_what_cannot_be_answered_is_one_clear_line(
    running: Running, given: dict[str, Any], error: type[Exception], words: str
) -> None:
    asked: dict[str, Any] = {"model": "paraphrase", "messages": [{"role": "user", "content": TEXTS[0]}]}
    with pytest.raises(error, match=words):
        running.client().chat.completions.create(**(asked | given))


def test_a_text_without_an_answer_stays_and_says_why(running: Running) -> None:
    choice = say(running.client(), "1234 5678").choices[0]
    assert choice.message.content == "1234 5678"
    assert not choice.critics[0]["accepted"] and "no words" in choice.critics[0]["note"]


def test_other_sites_and_other_names_are_refused(running: Running) -> None:
    body, url = json.dumps({"model": "paraphrase", "prompt": "Hi."}), f"{running.address}/v1/completions"
    json_type = {"content-type": "application/json"}
    assert httpx.post(url, content=body, headers={"content-type": "text/plain"}).status_code == 415
    assert httpx.post(url, content=body, headers=json_type | {"host": "evil.example"}).status_code == 403
    assert httpx.post(url, content=b"x" * 1_000_001, headers=json_type).status_code == 413
    answer = httpx.post(url, content=b"[]", headers=json_type)
    assert answer.status_code == 400 and answer.json()["error"]["message"] == "the body is not a JSON object"
    assert httpx.get(f"{running.address}/nowhere").json()["error"]["message"] == "Not Found"


def test_with_a_token_nobody_else_is_answered(student: Student) -> None:
    with Running(student, token="right") as server:
        with pytest.raises(openai.AuthenticationError, match="token is missing or wrong"):
            say(server.client("wrong"), TEXTS[0])
        assert say(server.client("right"), TEXTS[0]).choices
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")] == [
        True, True, True, False, False
    ]  # fmt: skip


class Held(Student):
    """A student that answers only when it may: the real one, with a door before it."""

    door = threading.Event()
    entered = threading.Event()

    def _answers(self, *given: Any) -> Any:
        self.entered.set()
        self.door.wait()
        yield from Student._answers(self, *given)


@pytest.fixture
def held(student: Student) -> Iterator[Held]:
    Held.door, Held.entered = threading.Event(), threading.Event()
    yield Held(student.info, student.sampler, student.tokens, FILTER)
    Held.door.set()


def test_a_full_queue_says_429_and_later_requests_are_answered(held: Held) -> None:
    with Running(held, most=2) as server, ThreadPoolExecutor(4) as threads:
        client = server.client()
        first = threads.submit(say, client, TEXTS[0])
        assert held.entered.wait(60)  # it is in work, so two more can wait
        others = [threads.submit(say, client, text) for text in TEXTS[1:3]]
        while server.batcher.waiting < 2:
            time.sleep(0.01)
        with pytest.raises(openai.RateLimitError, match="too many sentences wait") as full:
            say(client, TEXTS[3])
        assert full.value.response.headers["retry-after"] == "1"
        patient = threads.submit(say, server.client(retries=9), TEXTS[3])
        held.door.set()
        assert all(one.result().choices for one in (first, *others, patient))
        with pytest.raises(openai.BadRequestError, match="3 sentences; this server takes 2"):
            say(client, " ".join(TEXTS[:3]))


def test_what_a_client_no_longer_wants_is_not_made(held: Held) -> None:
    batcher = Batcher(held, 8)
    asked = Asked("paraphrase", Controls(), 1, 7, None)
    [first] = batcher.submit(asked, TEXTS[:1])
    assert held.entered.wait(60)
    unwanted = batcher.submit(asked, TEXTS[1:3])
    assert all(future.cancel() for future in unwanted)
    held.door.set()
    assert first.result(60).source == TEXTS[0]
    batcher.close()
    with pytest.raises(Closed):
        batcher.submit(asked, TEXTS[:1])


def test_closing_ends_what_is_in_work_and_tells_the_rest(held: Held) -> None:
    batcher = Batcher(held, 3)
    asked = Asked("paraphrase", Controls(), 1, 7, None)
    [first] = batcher.submit(asked, TEXTS[:1])
    assert held.entered.wait(60)
    [second] = batcher.submit(asked, TEXTS[1:2])
    with pytest.raises(Full):
        batcher.submit(asked, TEXTS[:3])
    closing = threading.Thread(target=batcher.close)
    closing.start()
    with pytest.raises(Closed):
        second.result(60)
    held.door.set()
    closing.join(60)
    assert first.result(60).source == TEXTS[0]


def test_an_error_of_the_student_reaches_its_requests_and_the_server_lives_on(student: Student) -> None:
    broken = Student(student.info, student.sampler, student.tokens, Filter(paraphrase=None, summary=CHEAP))
    with Running(broken) as server:
        with pytest.raises(openai.BadRequestError, match="filter.paraphrase is missing"):
            say(server.client(), TEXTS[0])
        assert say(server.client(), TEXTS[0], model="summary").choices


def test_white_space_between_sentences_is_kept() -> None:
    text = "  One is here.   Two is\nthere.\n\nThree is not. "
    assert [(s.gap, s.text) for s in sentences(text)] == [
        ("", "One is here."), ("   ", "Two is there."), ("\n\n", "Three is not.")
    ]  # fmt: skip
    assert [s.text for s in sentences("")] == [""]


def test_the_command_ends_cleanly_and_answers_first(folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "cheap.toml"
    off = ", ".join(f"{c} = false" for c in ("persons", "similarity", "entities", "entailment", "well_formed", "clause", "judge", "grounded", "support", "correct"))  # fmt: skip
    recipe.write_text(
        "[score]\nparaphrase = false\nsummary = false\n"
        f"[filter]\nparaphrase = {{ {off} }}\nsummary = {{ {off} }}\n"
    )
    command = [sys.executable, "-m", "impossible", "serve", "--student", str(folder), "--port", "0", "--recipe", str(recipe)]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as server:
        assert server.stdout is not None and server.stderr is not None
        address = server.stdout.readline().split()[0]
        client = openai.OpenAI(base_url=address, api_key="none", max_retries=0, timeout=300)
        with ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(say, client, text) for text in TEXTS[:8]]
            asked[0].result()
            server.send_signal(signal.SIGTERM)
            done = [one for one in asked if one.exception() is None]
        assert server.wait(60) == 0 and done
        assert "Traceback" not in server.stderr.read()
