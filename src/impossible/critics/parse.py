"""spaCy's parser: loading it, and parsing each sentence once for all critics that need it."""

from collections import OrderedDict
from collections.abc import Sequence

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import ModelError
from ..weights import locate


def load_parser(name: str = "embedded:en-core-web-sm") -> Language:
    """A spaCy pipeline: `embedded:…` from its data folder, importing no package; else as in spacy.load.

    Raises ModelError, with the command that installs it.
    """
    source = locate(name) if name.startswith("embedded:") else name
    try:
        return spacy.load(source, exclude=["lemmatizer"])  # unused, and a fifth of the time
    except OSError as error:
        raise ModelError(f"parser {name!r} is not installed; run: python -m spacy download {name}") from error


class ParsedSentences:
    """The last `capacity` parsed sentences; share one between critics, and each sentence is parsed once."""

    def __init__(self, nlp: Language, capacity: int = 4096):
        self._nlp = nlp
        self._capacity = capacity
        self._docs: OrderedDict[str, Doc] = OrderedDict()

    def __call__(self, sentences: Sequence[str]) -> list[Doc]:
        """One Doc a sentence, (n,), in the same order."""
        missing = [text for text in dict.fromkeys(sentences) if text not in self._docs]
        self._docs.update(zip(missing, self._nlp.pipe(missing), strict=True))
        for text in sentences:
            self._docs.move_to_end(text)
        docs = [self._docs[text] for text in sentences]
        while len(self._docs) > self._capacity:
            self._docs.popitem(last=False)
        return docs


def share(parser: Language | ParsedSentences) -> ParsedSentences:
    """A pipeline with a cache around it; a cache as it is."""
    return parser if isinstance(parser, ParsedSentences) else ParsedSentences(parser)
