import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi

from impossible.errors import StoreError
from impossible.publish.hub import upload


class Hub(ThreadingHTTPServer):
    """What of the hub's API an upload of small files needs; it keeps what it is sent."""

    def __init__(self, refuse: bool = False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.refuse = refuse
        self.created: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.refuse:
            return 401, {"error": "Invalid user token."}
        address = f"http://127.0.0.1:{self.server_port}"
        match path.split("?")[0].strip("/").split("/"):
            case ["api", "repos", "create"]:
                self.created.append(json.loads(body))
                made = self.created[-1]
                kind = "datasets/" if made.get("type") == "dataset" else ""
                return 200, {"url": f"{address}/{kind}{made['organization']}/{made['name']}"}
            case ["api", "validate-yaml"]:
                return 200, {"errors": [], "warnings": []}
            case ["api", _, _, _, "preupload", "main"]:
                files = [file["path"] for file in json.loads(body)["files"]]
                return 200, {
                    "files": [{"path": f, "uploadMode": "regular", "shouldIgnore": False} for f in files]
                }
            case ["api", kind, owner, name, "commit", "main"]:
                for line in map(json.loads, body.splitlines()):
                    if line["key"] == "file":
                        content = base64.b64decode(line["value"]["content"])
                        self.files[f"{kind}/{owner}/{name}/{line['value']['path']}"] = content
                return 200, {
                    "commitUrl": f"{address}/{owner}/{name}/commit/{'0' * 40}",
                    "commitOid": "0" * 40,
                }
            case _:
                return 404, {"error": path}


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.reply(*self.server.answer(self.path, body))

    def do_GET(self) -> None:
        self.reply(404, {"error": self.path})

    def reply(self, status: int, answer: dict[str, Any]) -> None:
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    server = Hub(getattr(request, "param", False))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def api(hub: Hub) -> HfApi:
    return HfApi(endpoint=f"http://127.0.0.1:{hub.server_port}", token="hf_test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("README.md", "data/paraphrase-train.parquet", "student/config.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_dataset_and_student_become_private_repositories_of_their_own(hub: Hub, folder: Path) -> None:
    addresses = upload(folder, "me/pairs", api(hub))
    assert [a.rpartition("/me/")[2] for a in addresses] == ["pairs", "pairs-student"]
    assert [(c["name"], c["type"], c["visibility"]) for c in hub.created] == [
        ("pairs", "dataset", "private"),
        ("pairs-student", "model", "private"),
    ]
    assert hub.files == {
        "datasets/me/pairs/README.md": b"README.md",
        "datasets/me/pairs/data/paraphrase-train.parquet": b"data/paraphrase-train.parquet",
        "models/me/pairs-student/config.json": b"student/config.json",
    }


@pytest.mark.parametrize("hub", [True], indirect=True)
def test_a_hub_that_refuses_is_one_clear_line(hub: Hub, folder: Path) -> None:
    with pytest.raises(StoreError, match="hub:me/pairs: .*401.*hf auth login"):
        upload(folder, "me/pairs", api(hub))
