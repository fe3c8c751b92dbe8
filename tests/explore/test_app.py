"""The addresses of the explorer, without a browser."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from impossible.analysis.calibrate import population
from impossible.analysis.whatif import what_if
from impossible.cli.app import app as commands
from impossible.data.judgements import read_judgements
from impossible.errors import DataError, ModelError, StoreError
from impossible.explore.app import make_app
from impossible.explore.index import Index, open_index
from impossible.explore.serve import serve
from impossible.recipe.load import load
from tests.explore.ledgers import SCRIPT, random_run, wild_run

HOME = "http://127.0.0.1:8000"
ORIGIN = {"origin": HOME}
TOKEN = "a-token-of-this-start"
PART = {"x-part": "1"}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with open_index(wild_run(tmp_path / "run")) as found:
        yield found


@pytest.fixture
def client(index: Index) -> TestClient:
    return entered(index)


def entered(index: Index) -> TestClient:
    """A browser that has opened the printed address."""
    client = TestClient(make_app(index, TOKEN), base_url=HOME)
    assert client.get("/", params={"token": TOKEN}).url == f"{HOME}/"
    return client


def test_nobody_reads_or_writes_without_the_token(index: Index) -> None:
    """Another user of the machine can reach the port."""
    stranger = TestClient(make_app(index, TOKEN), base_url=HOME)
    for address in ("/", "/bounds", "/play", "/static/app.js", "/?token=", "/?token=guess", "/?words=tea"):
        answer = stranger.get(address)
        assert answer.status_code == 403 and "with its token" in answer.text and not stranger.cookies
    for sent in ("/bounds", "/label", f"/bounds?token={TOKEN}"):
        answer = stranger.post(sent, data={"file": "new.toml", "entailment.min": "0.8"}, headers=ORIGIN)
        assert answer.status_code == 403
    assert not Path("new.toml").exists()
    stranger.cookies.set("impossible-explore-8000", "guess")
    assert stranger.get("/").status_code == 403
    cookie = TestClient(make_app(index, TOKEN), base_url=HOME).get(
        "/", params={"token": TOKEN}, follow_redirects=False
    )
    assert "HttpOnly" in cookie.headers["set-cookie"] and TOKEN not in cookie.headers["location"]


def targets(page: str) -> list[str]:
    return [re.sub("<[^>]*>", "", t) for t in re.findall(r"target</span> <span>(.*?)</span></p>", page)]


def total(client: TestClient, **fields: str) -> int:
    page = client.get("/", params=fields).text
    return int(re.findall(r"<strong>([\d,]+)</strong> pair", page)[0].replace(",", ""))


def test_words_and_phrases_are_found_in_source_and_target(client: TestClient) -> None:
    assert total(client) == 125
    assert total(client, words="COLD today") == 2
    assert total(client, words='"cold today"') == 2 and total(client, words='"today it"') == 1
    assert total(client, words="it's") == 1 and total(client, words='"open quote') == 0
    assert total(client, words="100% _ ' ; DROP") == 0


def test_filters_narrow_down(client: TestClient) -> None:
    assert total(client, verdict="duplicate") == 1
    assert total(client, verdict="rejected") == 2 and total(client, verdict="entailment") == 1
    assert total(client, domain="support") == 125 and total(client, domain="news") == 0
    # of a directed score the weaker direction counts
    assert total(client, score="entailment", low="0.5", high="0.6") == 1
    assert total(client, score="entailment", low="0.55", high="0.55") == 1


def test_pages_and_order(client: TestClient) -> None:
    best = client.get("/", params={"sort": "-entailment", "words": "plain"}).text
    assert targets(best)[:2] == ["It is plain, 119.", "It is plain, 118."]
    worst = client.get("/", params={"sort": "entailment", "words": "plain", "page": "3"}).text
    assert targets(worst)[-1] == "It is plain, 119." and len(targets(worst)) == 20
    assert "page 3 of 3" in client.get("/", params={"words": "plain", "page": "99"}).text
    shown = [t for page in "123" for t in targets(client.get("/", params={"page": page}).text)]
    assert len(shown) == 125


def test_what_models_wrote_is_shown_and_never_run(client: TestClient, index: Index) -> None:
    [pair] = index.rows("SELECT pair_id FROM ledger WHERE contains(source, 'script')")
    for address in ("/?words=tea", f"/pair/{pair['pair_id']}", "/bounds?rouge_l.max=0.45"):
        page = client.get(address).text
        assert "&lt;script&gt;" in page and SCRIPT not in page
        assert "\\x07" in page and "\\x202e" in page and not re.search("[\x07\u202e]", page)
    answer = client.get("/", params={"words": '"><img src=x>', "sort": ""})
    assert "<img" not in answer.text


def test_the_story_of_a_duplicate_names_what_it_lost_to(client: TestClient, index: Index) -> None:
    [pair] = index.rows("SELECT pair_id, duplicate_of FROM ledger WHERE verdict = 'duplicate'")
    page = client.get(f"/pair/{pair['pair_id']}").text
    assert "Preferred pair" in page and f"/pair/{pair['duplicate_of']}" in page
    assert "Cold." in page and "Today it is cold." in page and "0.800" in page
    winner = client.get(f"/pair/{pair['duplicate_of']}").text
    assert "that this pair is preferred to" in winner and f"/pair/{pair['pair_id']}" in winner
    assert client.get("/pair/0000").status_code == 400


def test_the_bounds_answer_as_what_if_does(client: TestClient, index: Index) -> None:
    [change] = what_if(index.run, ["filter.paraphrase.entailment.min=0.8"])
    page = client.get("/bounds", params={"entailment.min": "0.8"}, headers=PART).text
    assert f"{change.after} kept, {change.gained} gained, {change.lost} lost" in page
    assert (change.after, change.lost) == (82, 40) and "<html" not in page
    assert "--set filter.paraphrase.entailment.min=0.8" in page
    looser = client.get("/bounds", params={"entailment.min": "0.3", "rouge_l.max": "0.95"}).text
    assert "unknown, outside a gate" not in looser and "never scored, at most" in looser


def write(client: TestClient, **fields: str) -> Any:
    return client.post("/bounds", data={"entailment.min": "0.8", **fields}, headers=ORIGIN | PART)


def test_bounds_are_written_to_a_new_recipe(client: TestClient, index: Index) -> None:
    answer = write(client, file="new.toml")
    assert answer.status_code == 200 and "filter.paraphrase.entailment.min = 0.8" in answer.text
    old, new = load(index.run / "recipe.toml"), load(Path("new.toml"))
    assert new.filter.paraphrase is not None and new.filter.paraphrase.entailment is not None
    assert new.filter.paraphrase.entailment.min == 0.8
    assert new.contexts == old.contexts and new.score == old.score


def test_no_file_is_overwritten_silently(client: TestClient, index: Index) -> None:
    mine = Path("mine.toml")
    mine.write_text("# mine\n[filter.paraphrase]\nrouge_l = {max = 0.5}  # strict\n")
    answer = write(client, file="mine.toml")
    assert answer.status_code == 400 and "exists" in answer.text and "0.8" not in mine.read_text()
    assert write(client, file="mine.toml", change="yes").status_code == 200
    assert mine.read_text().startswith("# mine\n[filter.paraphrase]\nrouge_l = {max = 0.5}  # strict\n")
    assert load(mine).filter.paraphrase.entailment.min == 0.8  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../../outside.toml", "an existing folder"),
        ("/etc/new.toml", "an existing folder"),
        ("none/new.toml", "an existing folder"),
        ("new.txt", "ends in .toml"),
        ("../run/recipe.toml", "made this run"),
        ("bad\0name.toml", "not a valid file name"),
        ("link/new.toml", "an existing folder"),
        ("", "ends in .toml"),
    ],
)
def test_recipes_are_written_nowhere_else(client: TestClient, index: Index, name: str, said: str) -> None:
    Path("link").symlink_to(index.run.parent)
    before = (index.run / "recipe.toml").read_bytes()
    answer = write(client, file=name, change="yes")
    assert answer.status_code == 400 and said in answer.text
    assert (index.run / "recipe.toml").read_bytes() == before


def test_what_is_no_recipe_is_not_written(client: TestClient, index: Index) -> None:
    looser = write(client, file="new.toml", **{"entailment.min": "0.3"})
    assert (
        looser.status_code == 400 and "looser than the gate" in looser.text and not Path("new.toml").exists()
    )
    same = write(client, file="new.toml", **{"entailment.min": "0.75"})
    assert same.status_code == 400 and "no bound differs" in same.text


def test_labels_are_those_of_calibrate(client: TestClient, index: Index) -> None:
    ids = [r["pair_id"] for r in index.rows("SELECT pair_id FROM ledger ORDER BY rowid LIMIT 2")]
    for pair, answer in ((ids[0], "right"), (ids[1], "wrong")):
        sent = client.post("/label", data={"pair_id": pair, "answer": answer}, headers=ORIGIN | PART)
        assert sent.status_code == 200 and 'aria-pressed="true"' in sent.text
    assert read_judgements(index.run, "paraphrase") == {ids[0]: True, ids[1]: False}
    assert total(client, label="right") == total(client, label="wrong") == 1
    assert total(client, label="none") == 123
    client.post("/label", data={"pair_id": ids[0], "answer": "none"}, headers=ORIGIN)
    assert total(client, label="right") == 0 and total(client, label="none") == 124
    for bad in ({"pair_id": ids[0], "answer": "maybe"}, {"pair_id": "0000", "answer": "right"}):
        assert client.post("/label", data=bad, headers=ORIGIN).status_code == 400


def test_the_sample_of_calibrate_can_be_listed(client: TestClient, index: Index) -> None:
    people = population(index.run, "paraphrase", "entailment", 100)
    drawn = {people.pair_id[i] for i in people.drawn()}
    assert 90 < len(drawn) < 125 and total(client, label="sample") == len(drawn)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""])
def test_a_rebound_name_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8000", "[::1]:8000", "192.168.0.7:8000"])
def test_our_own_names_are_not(client: TestClient, host: str) -> None:
    assert client.get("/static/look.css", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": HOME, "sec-fetch-site": "cross-site"},
    ],
)
def test_other_sites_cannot_write(client: TestClient, index: Index, headers: dict[str, str]) -> None:
    [pair] = index.rows("SELECT pair_id FROM ledger LIMIT 1")
    for address in ("/label", "/bounds", "/play"):
        answer = client.post(address, data={"pair_id": pair["pair_id"], "answer": "right"}, headers=headers)
        assert answer.status_code == 403
    assert not read_judgements(index.run, "paraphrase")


def test_a_form_is_small_and_answers_keep_to_themselves(client: TestClient) -> None:
    assert client.post("/label", data={"pair_id": "x" * 70_000}, headers=ORIGIN).status_code == 403
    headers = client.get("/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    page = client.get("/").text
    assert not re.search(r"""(href|src|action)="(https?:)?//""", page) and "style=" not in page


@pytest.mark.parametrize(
    "query",
    ["task=poem", "verdict=x", "score=source", "sort=pair_id;", "low=x", "page=nan", "high=inf", "label=x"],
)
def test_what_cannot_be_asked_is_said_in_a_line(client: TestClient, query: str) -> None:
    answer = client.get(f"/?{query}", headers=PART)
    assert answer.status_code == 400 and query.partition("=")[0] in answer.text


def test_there_is_a_page_for_what_is_not_there(client: TestClient) -> None:
    assert "there is no page /x" in client.get("/x").text and client.get("/x").status_code == 404
    assert "has no student" in client.get("/play").text
    assert client.get("/static/../app.py").status_code == 404


def test_both_tasks_have_their_pages(tmp_path: Path) -> None:
    with open_index(random_run(tmp_path / "run")) as found:
        client = entered(found)
        for task in ("paraphrase", "summary"):
            assert f'value="{task}"' in client.get("/bounds", params={"task": task}).text
            assert total(client, task=task) == len(found.tasks[task].row)


def test_without_the_extra_the_command_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ModelError, match=r"pip install 'impossible-distillation\[explore\]'"):
        CliRunner().invoke(commands, ("explore", str(tmp_path)), catch_exceptions=False)


def test_what_cannot_be_served_is_said(tmp_path: Path, index: Index) -> None:
    with pytest.raises(StoreError, match="has no run"):
        serve(tmp_path / "none", "127.0.0.1", 0, None, False, print)
    with pytest.raises(DataError, match="--port 0"):
        serve(index.run, "203.0.113.1", 0, None, False, print)
    shutil.rmtree(index.run / "round-0" / "ledger")
    with pytest.raises(StoreError, match="has no finished shard"):
        serve(index.run, "127.0.0.1", 0, None, False, print)
