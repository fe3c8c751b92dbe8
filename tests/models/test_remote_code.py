"""A model's folder may hold code: it is never run, and nobody is asked whether it may."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import huggingface_hub.constants
import pytest

import impossible
from impossible.models.locate import locate
from tests import tiny

LOADING = """
import sys
from pathlib import Path
from impossible.critics.nli import Nli
from impossible.errors import ModelError
from impossible.students.base_model import kind_of, open_tokenizer
from impossible.teachers.tokens import open_tokens
for load in (kind_of, open_tokenizer, Nli, lambda folder: open_tokens(str(folder))):
    try:
        load(Path(sys.argv[1]))
    except ModelError as error:
        print("refused:", error)
"""


def test_the_code_of_a_model_is_never_run(tmp_path: Path) -> None:
    folder = tiny.gpt2(tmp_path / "lm")
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    autos = ("AutoConfig", "AutoModelForCausalLM", "AutoModelForSequenceClassification")
    given = {"model_type": "evil", "auto_map": dict.fromkeys(autos, "evil.Evil")}
    (folder / "config.json").write_text(json.dumps(given))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"auto_map": {"AutoTokenizer": ["evil.Evil", None]}})
    )
    command = [sys.executable, "-c", LOADING, str(folder)]
    told = subprocess.run(command, input="y\n" * 20, capture_output=True, text=True, timeout=300)
    assert not (tmp_path / "ran").exists()
    assert told.returncode == 0 and "[y/N]" not in told.stdout, told.stdout + told.stderr
    assert told.stdout.count("refused:") == 4


def test_every_loading_says_so() -> None:
    asked = []
    for path in sorted(Path(impossible.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                adapter = "PeftModel" in ast.unparse(node.func)  # has no code of its own
                if node.func.attr == "from_pretrained" and not adapter:
                    asked.append((path.name, "trust_remote_code=False" in ast.unparse(node)))
    assert len(asked) > 15 and [name for name, said in asked if not said] == []


def test_a_revision_of_a_hub_model_can_be_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    repository = tmp_path / "models--org--name"
    commits = {"main": "a" * 40, "v1": "b" * 40}
    for ref, commit in commits.items():
        (repository / "refs").mkdir(parents=True, exist_ok=True)
        (repository / "refs" / ref).write_text(commit)
        (repository / "snapshots" / commit).mkdir(parents=True)
        (repository / "snapshots" / commit / "config.json").write_text("{}")
    assert locate("org/name").name == commits["main"]
    assert locate("org/name@v1").name == locate(f"org/name@{commits['v1']}").name == commits["v1"]
