"""Read the responses of a completions server: texts, their log-probabilities, times to wait."""

import json
import math
import time
from email.utils import parsedate_to_datetime
from typing import Any

from ..text.sentences import first_end
from .base import Continuation


def seconds_to_wait(retry_after: str | None) -> float:
    """Parse a Retry-After header, a number of seconds or a date; return 0 if it is neither."""
    try:
        return max(0.0, float(retry_after or 0))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(str(retry_after)).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def read_choices(content: bytes, sentences: int) -> list[Continuation]:
    """Return the valid choices of a response; none if it is malformed."""
    try:
        choices = json.loads(content)["choices"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    usable = [c for c in choices if isinstance(c, dict)] if isinstance(choices, list) else []
    return [_continuation(c, sentences) for c in usable if isinstance(c.get("text"), str)]


def _continuation(choice: dict[str, Any], sentences: int) -> Continuation:
    """Truncate a choice's text after `sentences` sentences (0: keep all) and sum its log-probabilities."""
    # lone surrogates are valid in JSON escapes, but invalid in UTF-8
    text = choice["text"].encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    end = 0 if sentences else len(text)
    length: int | None = None
    for _ in range(sentences):
        length = first_end(text[end:])
        end = end + length if length is not None else len(text)
    ended = length is not None or choice.get("finish_reason") == "stop"
    return Continuation(text[:end], _logprob(choice.get("logprobs"), text, end), ended)


def _logprob(logprobs: Any, text: str, end: int) -> float:
    """Sum the log-probabilities of the tokens that begin in the first `end` characters.

    NaN if the server does not say which these are. OpenAI and vLLM return lists; llama.cpp returns one object
    per token, as in chat completions. Tokens may be pieces of the vocabulary, so that only `text_offset`, or
    bytes that spell the text, tell where a token begins.
    """
    try:
        if "content" in logprobs:
            pieces = [_bytes(token) for token in logprobs["content"]]
            values = [float(token["logprob"]) for token in logprobs["content"]]
            starts = _spelt(pieces, text[:end])
        else:
            values = [float(value) for value in logprobs["token_logprobs"]]
            offsets = logprobs.get("text_offset")
            pieces = [token.encode("utf-8", "replace") for token in logprobs["tokens"]]
            starts = _offsets(offsets, text, end) if offsets else _spelt(pieces, text[:end])
        total = sum(value for value, start in zip(values, starts, strict=True) if start)
    except (TypeError, KeyError, ValueError, AttributeError, IndexError, OverflowError):  # 4,000 digits
        return math.nan
    return total if values and math.isfinite(total) else math.nan


def _bytes(token: dict[str, Any]) -> bytes:
    given = token.get("bytes")
    return bytes(given) if given else str(token["token"]).encode("utf-8", "replace")


def _offsets(offsets: list[int], text: str, end: int) -> list[bool]:
    """Which tokens begin before `end`. Raises ValueError unless the tokens cover the text up to there."""
    starts = [offset - offsets[0] for offset in offsets]  # some servers count from the prompt on
    # a token is at most a word: more after the last one has no token
    if starts != sorted(starts) or (starts[-1] < end and len(text[starts[-1] : end].split()) > 1):
        raise ValueError("the tokens do not cover the text")
    return [start < end for start in starts]


def _spelt(pieces: list[bytes], text: str) -> list[bool]:
    """Which tokens begin within `text`. Raises ValueError unless the tokens spell it."""
    if not b"".join(pieces).startswith(text.encode()):
        raise ValueError("the tokens do not spell the text")
    length, at, found = len(text.encode()), 0, []
    for piece in pieces:
        found.append(at < length)
        at += len(piece)
    return found
