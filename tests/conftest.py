"""What all tests share. A busy machine is no failure: property tests have no deadline."""

from pathlib import Path

import pytest
from hypothesis import settings

from .planted import ROWS, plant, recipe

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of `planted.ROWS`, to be read only."""
    return plant(tmp_path_factory.mktemp("planted") / "run", ROWS, recipe(), per_shard=2)
