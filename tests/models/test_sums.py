import json
from pathlib import Path

import pytest

from impossible.models.locate import build_once, digest
from impossible.models.sums import SUMS, damaged, read_sums, write_sums
from tests import tiny


def test_a_changed_or_missing_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a", "sub/b"):
        (tmp_path / name).write_text(name)
    assert read_sums(tmp_path) == {} and damaged(tmp_path) == ""
    write_sums(tmp_path)
    assert set(read_sums(tmp_path)) == {"a", "sub/b"} and damaged(tmp_path) == ""
    (tmp_path / "sub/b").write_text("sub/c")
    assert damaged(tmp_path) == "sub/b"
    (tmp_path / "sub/b").write_text("sub/b")
    assert damaged(tmp_path) == ""
    (tmp_path / "a").unlink()
    assert damaged(tmp_path) == "a"
    (tmp_path / SUMS).write_text("[")
    assert damaged(tmp_path) == ""


def test_a_damaged_cache_is_made_again(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        folder.mkdir()
        (folder / "weights").write_bytes(b"weights")

    cache = build_once(tmp_path / "model-1", make)
    build_once(tmp_path / "model-1", make)
    assert len(made) == 1
    (cache / "weights").write_bytes(b"weightz")
    build_once(tmp_path / "model-1", make)
    assert len(made) == 2 and (cache / "weights").read_bytes() == b"weights"
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["model-1"]


@pytest.mark.parametrize("name", ["chat_template.jinja", "generation_config.json", "spiece.spm"])
def test_every_file_that_changes_text_is_in_the_digest(tmp_path: Path, name: str) -> None:
    digests = []
    for text in ("one", "two"):
        folder = tiny.gpt2(tmp_path / text)
        (folder / name).write_text(json.dumps(text))
        digests.append(digest(str(folder)))
    assert len(set(digests)) == 2


def test_a_parsers_weights_are_in_its_digest(tmp_path: Path) -> None:
    digests = []
    for text in ("one", "two"):
        (tmp_path / text / "ner").mkdir(parents=True)
        (tmp_path / text / "meta.json").write_text("{}")
        (tmp_path / text / "ner/model").write_text(text)
        digests.append(digest(str(tmp_path / text)))
    assert len(set(digests)) == 2
