import sys
import warnings
from pathlib import Path

import pytest
from tqdm import tqdm

from impossible.models.locate import build_once


def noisy(folder: Path) -> None:
    for _ in tqdm(range(3), desc="Converting"):
        print("loading …", file=sys.stderr)
    warnings.warn("soon to be gone", FutureWarning, stacklevel=1)
    folder.mkdir()


@pytest.mark.filterwarnings("error")
def test_preparing_is_one_line_whatever_libraries_say(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        build_once(tmp_path / "model-1", noisy, "embedded:model")
    assert capfd.readouterr().err == ""
    assert caplog.messages == ["preparing embedded:model (once) …"]


def test_what_cannot_be_made_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    def make(folder: Path) -> None:
        folder.mkdir()
        raise ValueError("no such tensor")

    with pytest.raises(ValueError, match="no such tensor"):
        build_once(tmp_path / "cache" / "model-1", make)
    assert not [p for p in (tmp_path / "cache").iterdir() if p.is_dir()]
