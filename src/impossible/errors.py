"""The exceptions of the public API. Third-party errors are converted to them where they arise.

ImpossibleError
├── RecipeError   an invalid recipe or command-line setting
├── ModelError    weights, tokenizers, backends
├── DataError     a corpus, a pairs file, a sentence
└── StoreError    a run folder: shards, manifest, disk
"""


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or its type if the message is empty."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


class ImpossibleError(Exception):
    """An error that the user can fix; its message is one line: what is wrong, where, and how to fix it."""


class RecipeError(ImpossibleError):
    """A recipe has an unknown key, a wrong type or a value out of range."""


class ModelError(ImpossibleError):
    """A model cannot be found, loaded or run, or its extra is not installed."""


class DataError(ImpossibleError):
    """A corpus or a file of pairs cannot be read, or has the wrong content."""


class StoreError(ImpossibleError):
    """A run folder cannot be read or written, or contains a damaged file."""
