import os
import subprocess
import sys

import impossible


def test_all_is_sorted_and_every_name_is_there() -> None:
    assert impossible.__all__ == sorted(impossible.__all__)
    assert all(hasattr(impossible, name) for name in impossible.__all__)


def test_threads_wait_without_spinning_unless_the_user_says_so() -> None:
    ask = "import impossible, os; print(os.environ['OMP_WAIT_POLICY'])"
    for given, wanted in (({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")):
        environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"} | given
        answer = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True)
        assert answer.stdout.strip() == wanted
