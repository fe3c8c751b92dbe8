import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from impossible.models.cores import available_cores, quota


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("150000 100000\n", 1.5),
        ("max 100000\n", math.inf),
        ("50000 100000", 0.5),
        ("", math.inf),
        ("x y", math.inf),
    ],
)
def test_the_quota_of_a_container(tmp_path: Path, text: str, cores: float) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert quota(tmp_path / "cpu.max", tmp_path / "none") == cores


@pytest.mark.parametrize(("limit", "cores"), [("300000", 3.0), ("-1", math.inf)])
def test_the_quota_of_an_old_container(tmp_path: Path, limit: str, cores: float) -> None:
    (tmp_path / "cpu.cfs_quota_us").write_text(limit + "\n")
    (tmp_path / "cpu.cfs_period_us").write_text("100000\n")
    assert quota(tmp_path / "none", tmp_path) == cores


def test_no_more_cores_than_the_process_may_use() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_a_process_that_is_bound_to_one_core_uses_one() -> None:
    ask = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    ask += "from impossible.models.cores import available_cores; print(available_cores())"
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "1"
