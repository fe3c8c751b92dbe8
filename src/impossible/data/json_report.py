"""Results as JSON files: strict (a value that is not defined is null), whole or not at all."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..text.escape import json_value, plain_json
from .store import write_text

STDOUT = Path("-")


def write_json(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report with the version that made it; STDOUT is standard output. Raises StoreError."""
    stamped = {"version": version("impossible-distillation"), **report}
    if path == STDOUT:
        print(plain_json(stamped, 1))
        return
    write_text(path, json.dumps(json_value(stamped), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
