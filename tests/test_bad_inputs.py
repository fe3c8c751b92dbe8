from pathlib import Path

import pytest

from tests.bad_inputs import BAD, Bad, provoke


@pytest.mark.parametrize("bad", BAD, ids=[b.what for b in BAD])
def test_bad_input_gets_one_clear_line_and_exit_code_2(bad: Bad, tmp_path: Path) -> None:
    code, line = provoke(bad, tmp_path)
    assert code == 2, line
    assert line.startswith("error: ") and line.count("\n") == 1, line
    assert bad.says in line
    assert not (bad.what.startswith("corpus") and (tmp_path / "run").exists())  # nothing half begun is left
