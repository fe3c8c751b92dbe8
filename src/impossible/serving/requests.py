"""The body of a request → what is asked of the student, and its texts."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from ..errors import DataError
from ..students.controls import Controls
from .batcher import Asked

_MAX_OUTPUTS = 20


class _StreamOptions(BaseModel):
    include_usage: bool = False


class Body(BaseModel):
    """The fields that chat and completions share. Others, such as `temperature`, have no effect."""

    model: str
    n: int = Field(1, ge=1, le=_MAX_OUTPUTS)
    seed: int = Field(7, ge=0, lt=2**31)
    stream: bool = False
    stream_options: _StreamOptions = _StreamOptions()
    length: str | None = None
    wording: str | None = None
    syntax: str | None = None
    draws: int | None = Field(None, ge=1)
    protect: tuple[str, ...] = ()

    @property
    def texts(self) -> list[str]:
        """The texts to rewrite; there is at least one."""
        raise NotImplementedError

    def asked(self) -> Asked:
        """What is asked of each sentence; the model's name is the task."""
        controls = Controls(self.length, self.wording, self.syntax)
        return Asked(self.model, controls, self.n, self.seed, self.draws, self.protect)


class _Part(BaseModel):
    type: Literal["text"]
    text: str


class _Message(BaseModel):
    role: str
    content: str | list[_Part] = ""


class Chat(Body):
    """The body of a chat completion: the last message of the user is the text."""

    messages: list[_Message]

    @property
    def texts(self) -> list[str]:
        """The last message of the user. Raises DataError if there is none."""
        said = [message.content for message in self.messages if message.role == "user"]
        if not said:
            raise DataError("messages: no message of the role user, whose content is the text to rewrite")
        last = said[-1]
        return [last if isinstance(last, str) else "\n\n".join(part.text for part in last)]


class Completion(Body):
    """The body of a completion: each prompt is a text."""

    prompt: str | list[str] = Field(min_length=1)

    @property
    def texts(self) -> list[str]:
        """The prompts."""
        return [self.prompt] if isinstance(self.prompt, str) else list(self.prompt)


def read_body(kind: type[Body], data: bytes, models: Sequence[str]) -> Body:
    """Read a body; null is a field left out. Raises DataError in one line, KeyError of an unknown model."""
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise DataError("the body is not a JSON object")
    try:
        body = kind.model_validate({name: value for name, value in found.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DataError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if body.model not in models:
        raise KeyError(body.model)
    if body.stream and (body.n > 1 or len(body.texts) > 1):
        raise DataError("stream: only one output of one text can be streamed")
    return body
