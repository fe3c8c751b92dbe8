"""Loads spaCy's parser and caches parses, so that each sentence is parsed once for all critics."""

import importlib
import importlib.util
from collections import OrderedDict
from collections.abc import Callable, Sequence

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Token

from ..errors import ModelError, first_line
from ..models.extras import require_extra
from ..models.locate import locate

_BENEPAR = "benepar:"


def load_parser(name: str = "embedded:en-core-web-sm", lemmas: bool = False) -> Language:
    """Load a spaCy pipeline: `embedded:…` is read from its data folder, other names go to spacy.load.

    `benepar:MODEL` adds the constituency parser benepar (Kitaev et al. 2019) to the embedded pipeline.
    Raises ModelError, with the command that installs the parser.
    """
    if name.startswith(_BENEPAR):
        return _with_constituents(load_parser(lemmas=lemmas), name.removeprefix(_BENEPAR))
    source = locate(name) if name.startswith("embedded:") else name
    try:
        # few critics need lemmas, and those of all words take a fifth of the time
        return spacy.load(source, disable=[] if lemmas else ["lemmatizer"])
    except OSError as error:
        raise ModelError(f"parser {name!r} is not installed; run: python -m spacy download {name}") from error


def check_parser(name: str) -> None:
    """Check that the extra a parser needs is installed, without loading it. Raises ModelError."""
    if name.startswith(_BENEPAR):
        require_extra("constituency", f"parser {name}")


def _with_constituents(nlp: Language, model: str) -> Language:
    check_parser(f"{_BENEPAR}{model}")
    importlib.import_module("benepar")  # registers its component with spaCy
    try:
        nlp.add_pipe("benepar", config={"model": model})
    except LookupError as error:
        raise ModelError(
            f"benepar's model {model!r} is not installed; run: python -c \"import benepar; "
            f"benepar.download('{model}')\""
        ) from error
    except Exception as error:  # a pickle that this version of torch or transformers cannot read
        raise ModelError(f"benepar's model {model!r} cannot be loaded: {first_line(error)}") from error
    return nlp


def brackets_of(nlp: Language) -> Callable[[Doc], list[str]] | None:
    """A function from a Doc to the Penn-bracketed tree of each sentence; None without constituents."""
    if "benepar" not in nlp.pipe_names:
        return None
    return lambda doc: [sentence._.parse_string for sentence in doc.sents]


class ParsedSentences:
    """A cache of the `capacity` latest parses; critics that share it parse each sentence once."""

    def __init__(self, nlp: Language, capacity: int = 4096):
        self.nlp = nlp
        self._capacity = capacity
        self._docs: OrderedDict[str, Doc] = OrderedDict()
        rules = nlp.get_pipe("lemmatizer") if "lemmatizer" in nlp.component_names else None
        self._lemmatize: Callable[[Token], list[str]] = (
            rules.lemmatize if rules else lambda token: [token.text]
        )

    def lemma(self, token: Token) -> str:
        """The lemma of a token, made on demand; its text without a lemmatizer in the pipeline."""
        return token.lemma_ or self._lemmatize(token)[0]

    def __call__(self, sentences: Sequence[str]) -> list[Doc]:
        """One Doc per sentence, in the same order."""
        missing = [text for text in dict.fromkeys(sentences) if text not in self._docs]
        self._docs.update(zip(missing, self.nlp.pipe(missing), strict=True))
        for text in sentences:
            self._docs.move_to_end(text)
        docs = [self._docs[text] for text in sentences]
        while len(self._docs) > self._capacity:
            self._docs.popitem(last=False)
        return docs


def share(parser: Language | ParsedSentences) -> ParsedSentences:
    """Wrap a pipeline in a cache; return a cache unchanged."""
    return parser if isinstance(parser, ParsedSentences) else ParsedSentences(parser)
