"""Shared fixtures. Property tests have no deadline, so that a busy machine causes no failure."""

from pathlib import Path

import pytest
from hypothesis import settings
from spacy.language import Language

import impossible  # noqa: F401  # before torch: it says how OpenMP waits
from impossible.critic_training.export_onnx import export
from impossible.critics.parser import load_parser
from impossible.metrics.models import Models
from tests import tiny
from tests.planted import ROWS, plant, recipe

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of `planted.ROWS`; do not modify it."""
    return plant(tmp_path_factory.mktemp("planted") / "run", ROWS, recipe(), per_shard=2)


@pytest.fixture(scope="session")
def nlp() -> Language:
    return load_parser()


@pytest.fixture(scope="session")
def exported_nli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny.nli(tmp_path_factory.mktemp("exported"))
    export(folder)
    return folder


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """Untrained encoder and NLI model, and the real parser."""
    folder = tmp_path_factory.mktemp("models")
    return Models(str(tiny.encoder(folder / "encoder")), str(tiny.nli(folder / "nli")))
