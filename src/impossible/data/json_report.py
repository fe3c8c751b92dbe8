"""Results as strict JSON (NaN and infinity become null), written atomically."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..text.escape import json_value, plain_json
from .store import write_text

STDOUT = Path("-")


def check_report(path: Path | None, endings: tuple[str, ...] = (".json",)) -> None:
    """Raise DataError unless a report can be written to a path; None is no report."""
    if path is None or path == STDOUT:
        return
    if path.suffix.lower() not in endings:
        raise DataError(f"cannot write {path}: the name must end in {' or '.join(endings)}")
    if path.is_dir():
        raise DataError(f"cannot write {path}: it is a folder")


def write_json(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report and the version of this package; STDOUT is standard output. Raises StoreError."""
    stamped = {"version": version("impossible-distillation"), **report}
    if path == STDOUT:
        print(plain_json(stamped, 1))
        return
    write_text(path, json.dumps(json_value(stamped), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
