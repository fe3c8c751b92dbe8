import pytest
from spacy.language import Language

from impossible.critics.parse import load_parser


@pytest.fixture(scope="session")
def nlp() -> Language:
    return load_parser()
