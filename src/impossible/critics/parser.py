"""spaCy's parser: loading it, and parsing each sentence once for all critics that need it."""

import importlib
import importlib.util
from collections import OrderedDict
from collections.abc import Callable, Sequence

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import ModelError, first_line
from ..models.extras import require_extra
from ..models.locate import locate

_BENEPAR = "benepar:"


def load_parser(name: str = "embedded:en-core-web-sm") -> Language:
    """A spaCy pipeline: `embedded:…` from its data folder, importing no package; else as in spacy.load.

    `benepar:MODEL` is the embedded one with the constituents of benepar (Kitaev et al. 2019) on top.
    Raises ModelError, with the command that installs it.
    """
    if name.startswith(_BENEPAR):
        return _with_constituents(load_parser(), name.removeprefix(_BENEPAR))
    source = locate(name) if name.startswith("embedded:") else name
    try:
        return spacy.load(source, exclude=["lemmatizer"])  # unused, and a fifth of the time
    except OSError as error:
        raise ModelError(f"parser {name!r} is not installed; run: python -m spacy download {name}") from error


def check_parser(name: str) -> None:
    """Check that the extra is installed that a parser needs, without loading it. Raises ModelError."""
    if name.startswith(_BENEPAR):
        require_extra("constituency", f"parser {name}")


def _with_constituents(nlp: Language, model: str) -> Language:
    check_parser(f"{_BENEPAR}{model}")
    importlib.import_module("benepar")  # makes its component known to spaCy
    try:
        nlp.add_pipe("benepar", config={"model": model})
    except LookupError as error:
        raise ModelError(
            f"benepar's model {model!r} is not there; run: python -c \"import benepar; "
            f"benepar.download('{model}')\""
        ) from error
    except Exception as error:  # a pickle that this version of torch or transformers cannot read
        raise ModelError(f"benepar's model {model!r} cannot be loaded: {first_line(error)}") from error
    return nlp


def brackets_of(nlp: Language) -> Callable[[Doc], list[str]] | None:
    """What gives the Penn-bracketed tree of each sentence, if the pipeline finds constituents."""
    if "benepar" not in nlp.pipe_names:
        return None
    return lambda doc: [sentence._.parse_string for sentence in doc.sents]


class ParsedSentences:
    """The last `capacity` parsed sentences; share one between critics, and each sentence is parsed once."""

    def __init__(self, nlp: Language, capacity: int = 4096):
        self.nlp = nlp
        self._capacity = capacity
        self._docs: OrderedDict[str, Doc] = OrderedDict()

    def __call__(self, sentences: Sequence[str]) -> list[Doc]:
        """One Doc a sentence, (n,), in the same order."""
        missing = [text for text in dict.fromkeys(sentences) if text not in self._docs]
        self._docs.update(zip(missing, self.nlp.pipe(missing), strict=True))
        for text in sentences:
            self._docs.move_to_end(text)
        docs = [self._docs[text] for text in sentences]
        while len(self._docs) > self._capacity:
            self._docs.popitem(last=False)
        return docs


def share(parser: Language | ParsedSentences) -> ParsedSentences:
    """A pipeline with a cache around it; a cache as it is."""
    return parser if isinstance(parser, ParsedSentences) else ParsedSentences(parser)
