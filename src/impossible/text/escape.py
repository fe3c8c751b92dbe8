"""Text of a model or a file made safe for a terminal, which would obey the escape sequences in it."""

import json
import re
from typing import Any

_CONTROLS = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")  # JSON leaves them


def plain(text: str) -> str:
    """The text with all that is not printable spelt: `\\x1b`, `\\x9b`, `\\x202e`."""
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def counted(n: int, noun: str) -> str:
    """`1 shard`, `2 shards`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def plain_json(value: Any, indent: int | None = None) -> str:
    """JSON that reads back to the same value, without a character that a terminal would obey."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
