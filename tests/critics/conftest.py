from pathlib import Path

import pytest
from spacy.language import Language

from impossible.critics.export_onnx import export
from impossible.critics.parse import load_parser
from tests import tiny


@pytest.fixture(scope="session")
def nlp() -> Language:
    return load_parser()


@pytest.fixture(scope="session")
def exported_nli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.nli(tmp_path_factory.mktemp("exported"))
    export(folder)
    return folder
