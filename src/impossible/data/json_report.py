"""Results as JSON files: strict (a value that is not defined is null), whole or not at all."""

import json
import math
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..text.escape import plain_json
from .store import write_text

STDOUT = Path("-")


def write_json(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report with the version that made it; STDOUT is standard output. Raises StoreError."""
    stamped = {"version": version("impossible-distillation"), **report}
    if path == STDOUT:
        print(plain_json(_defined(stamped), 1))
        return
    write_text(path, json.dumps(_defined(stamped), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _defined(value: Any) -> Any:
    """The same with null for NaN, which JSON does not have."""
    match value:
        case dict():
            return {key: _defined(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_defined(inner) for inner in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
