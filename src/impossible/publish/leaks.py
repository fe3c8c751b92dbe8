"""Search the files of a release for what must not leave the machine: secrets, servers, paths."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..critics.personal_data import personal_data
from ..recipe.public import private_texts
from ..recipe.recipe import Recipe
from .gate import Finding

_SECRET_NAME = re.compile("KEY|TOKEN|SECRET|PASSW")
_SHORTEST = 6  # characters; a shorter text is found by chance
_BINARY = {".safetensors", ".parquet", ".model"}
_VOCABULARY = {"tokenizer.json", "vocab.json", "vocab.txt", "merges.txt"}  # anything looks like a key there


def private(run: Path, recipe: Recipe) -> dict[str, str]:
    """Texts that no release may have, the longest first, and what each is."""
    known = {str(path): "a path of this machine" for path in (Path.home(), Path.cwd(), run.resolve())}
    known |= {text: "a private text of the recipe" for text in private_texts(recipe)}
    known |= {key: f"the value of {name}" for name, key in os.environ.items() if _SECRET_NAME.search(name)}
    return {text: known[text] for text in sorted(known, key=len, reverse=True) if len(text) >= _SHORTEST}


def masked(text: str, texts: Mapping[str, str]) -> str:
    """A message without private texts."""
    for part in texts:
        text = text.replace(part, "…")
    return text


def leaks(folder: Path, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Find private `texts`, and what looks like a key or a password, in the text files of a release."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in _BINARY):
        text, name = path.read_text(encoding="utf-8", errors="replace"), path.relative_to(folder)
        for part, what in texts.items():
            if re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text):
                yield Finding("secret", f"{name} has {what}")
        if path.name not in _VOCABULARY and any("secret" in personal_data(line) for line in text.split("\n")):
            yield Finding("secret", f"{name} has what looks like a key or a password")
