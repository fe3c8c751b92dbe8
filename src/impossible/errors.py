"""The errors a caller may see. Third-party errors are mapped to these once, where they arise.

ImpossibleError
├── RecipeError   a recipe, or a setting given on the command line
├── ModelError    weights, tokenizers, backends
├── DataError     a corpus, a pairs file, a sentence
└── StoreError    a run's folder: shards, manifest, disk
"""


def first_line(error: BaseException) -> str:
    """The first line of what a library says went wrong; the error's type where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


class ImpossibleError(Exception):
    """Something the user can mend; its message is one line: what, where and how to mend it."""


class RecipeError(ImpossibleError):
    """A recipe holds an unknown key, a wrong type or an impossible value."""


class ModelError(ImpossibleError):
    """A model cannot be found, read or run, or its extra is not installed."""


class DataError(ImpossibleError):
    """A corpus or a file of pairs cannot be read as asked."""


class StoreError(ImpossibleError):
    """A run's folder cannot be read or written, or holds something broken."""
