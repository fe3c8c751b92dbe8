import pytest

from impossible.evaluate.models import Models
from tests import tiny


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Untrained encoder and NLI model, the real parser."""
    folder = tmp_path_factory.mktemp("models")
    return Models(str(tiny.encoder(folder / "encoder")), str(tiny.nli(folder / "nli")))
