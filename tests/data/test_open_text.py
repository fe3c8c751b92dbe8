import gzip
import os
from pathlib import Path

import pytest

from impossible.data.open_text import open_text
from impossible.errors import DataError


def test_files_are_read_as_they_are(tmp_path: Path) -> None:
    content = b"".join(b"line %d\n" % i for i in range(300_000))
    (tmp_path / "a.txt").write_bytes(content)
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(content))
    for name in ("a.txt", "a.txt.gz"):
        with open_text(tmp_path / name) as file:
            assert file.read(4) == content[:4]
            file.seek(0)
            assert b"".join(file) == content


def test_a_text_that_repeats_itself_may_shrink_a_lot_while_it_is_small(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"same line\n" * 2_000_000))
    with open_text(tmp_path / "a.txt.gz") as file:
        assert sum(1 for _ in file) == 2_000_000


def test_what_unpacks_to_far_more_than_a_text_stops_early(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.txt.gz", "wb") as file:
        for _ in range(256):
            file.write(b"\n" * 2**20)
    with (
        pytest.raises(DataError, match="over 300 times its size"),
        open_text(tmp_path / "a.txt.gz") as opened,
    ):
        while opened.read(2**20):
            pass


def test_a_line_without_end(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(2**31)  # a hole, which takes no disk
    with pytest.raises(DataError, match="a line of over 128 MiB"), open_text(path) as opened:
        opened.readline()


def test_a_pipe_and_a_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path in (tmp_path / "pipe.txt", Path("/dev/zero")):
        with pytest.raises(DataError, match="is a pipe or a device"):
            open_text(path)
