import math
from pathlib import Path

import pytest

from impossible.data.rounds import Round, read_rounds, run_student, write_rounds
from impossible.errors import StoreError


def test_a_round_is_no_path(tmp_path: Path) -> None:
    write_rounds(tmp_path, [Round(0, 0, 2, 2, 0.5, 0.5)])
    assert run_student(tmp_path) == tmp_path / "round-0/student" and len(read_rounds(tmp_path)) == 1
    file = tmp_path / "rounds.json"
    file.write_text(file.read_text().replace('"number": 0', '"number": "/../../etc"'))
    with pytest.raises(StoreError, match="rounds.json cannot be read"):
        run_student(tmp_path)


def test_a_quality_that_is_no_number_is_null_in_the_file(tmp_path: Path) -> None:
    write_rounds(tmp_path, [Round(0, 0, 2, 2, 0.5, 0.5, math.nan)])
    text = (tmp_path / "rounds.json").read_text()
    assert "NaN" not in text and read_rounds(tmp_path)[0].pair_quality is None
