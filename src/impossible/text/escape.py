"""Escapes untrusted text for terminals and writes strict JSON."""

import html
import json
import math
import re
from typing import Any

from pydantic import BaseModel

_CONTROLS = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")  # not escaped by json.dumps
_SPACES = str.maketrans(dict.fromkeys("\t\n\r\xa0", " "))


def plain(text: str) -> str:
    """Escape all unprintable characters: `\\x1b`, `\\x9b`, `\\x202e`."""
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def visible(text: str) -> str:
    """Replace white space of any kind by spaces, and escape all other unprintable characters."""
    return plain(text.translate(_SPACES))


def markdown(text: str) -> str:
    """Escape a text for a line or a table's cell of Markdown: its marks, HTML and line ends."""
    escaped = html.escape(visible(text), quote=False)
    return "".join(f"&#{ord(c)};" if c in "|`*_[]~\\!$" else c for c in escaped)


def counted(n: int, noun: str) -> str:
    """`1 shard`, `2 shards`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def json_value(value: Any) -> Any:
    """Convert a value to JSON types: NaN and infinity become null, settings a dict of their fields."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case BaseModel():
            return json_value(value.model_dump(mode="json"))
        case dict():
            return {key: json_value(inner) for key, inner in value.items()}
        case list() | tuple():
            return [json_value(inner) for inner in value]
        case _:
            return value


def plain_json(value: Any, indent: int | None = None) -> str:
    """Serialise `json_value(value)`, with control characters escaped so that a terminal can show it."""
    text = json.dumps(json_value(value), ensure_ascii=False, indent=indent, allow_nan=False)
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
