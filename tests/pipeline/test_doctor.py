"""The recipes of the paper's sizes, and what doctor says of them on any machine.

The families that they name run with tiny weights elsewhere: GPT-2 and BioGPT in teachers/test_samplers.py,
RoBERTa in critics/test_nli.py, T5 in students/.
"""

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.pipeline import doctor
from impossible.recipe.load import load, resolve
from impossible.recipe.recipe import Recipe
from tests import tiny
from tests.teachers.misbehaving import bound

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("paper-*.toml"))


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def test_there_is_one_for_each_of_the_papers_domains() -> None:
    assert [path.stem for path in RECIPES] == ["paper-biomedical", "paper-news", "paper-reddit"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_paper_recipe_says_what_its_preset_says(path: Path) -> None:
    recipe = load(path)
    preset = resolve({"preset": "paper"})
    assert recipe.filter == preset.filter and recipe.sampling == preset.sampling
    assert recipe.contexts.sentences == (1, 5) and recipe.contexts.temperature == 1.0
    assert recipe.score.nli == "alisawuffles/roberta-large-wanli"
    assert recipe.teacher.model in ("gpt2-xl", "microsoft/BioGPT-Large")
    assert (
        recipe.distil is not None
        and recipe.distil.base == "google/t5-v1_1-large"
        and recipe.distil.rounds == 1
    )
    assert path.stem.removeprefix("paper-") == recipe.contexts.domains[0]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_doctor_says_what_a_paper_recipe_lacks(path: Path) -> None:
    told = CliRunner().invoke(app, ["doctor", str(path), "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    roles = {need["role"]: need for need in found["needs"]}
    assert 1.5e9 < roles["teacher"]["parameters"] < 1.6e9 and roles["teacher"]["memory"] > 3
    assert 11 < roles["student"]["memory"] < 13  # weights, gradients, two moments: 16 bytes a parameter
    lacks = "\n".join(found["lacks"])
    assert (
        "the hub does not answer" in lacks
        and "no licence is known of alisawuffles/roberta-large-wanli" in lacks
    )
    assert any("100,000 continuations of 1,000 contexts" in line for line in found["takes"])


def test_doctor_measures_a_model_on_this_machine_and_misses_nothing(tmp_path: Path) -> None:
    gpt2, nli = tiny.gpt2(tmp_path / "gpt2"), tiny.nli(tmp_path / "nli")
    for folder in (gpt2, nli):
        (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    exact = sum(p.numel() for p in tiny_model(gpt2).parameters())
    critics = ["length_ratio", "numbers", "rouge_l", "entailment"]
    off = dict.fromkeys(
        ["similarity", "judge", "persons", "prefix", "well_formed", "entities", "clause"], False
    )
    recipe = resolve(
        {
            "preset": "continuation",
            "teacher": {"model": str(gpt2)},
            "score": {"nli": str(nli), "critics": critics, "paraphrase": off, "summary": off},
            "filter": {"paraphrase": off, "summary": off},
        }
    )
    found = doctor.examine(recipe, 0.1)
    teacher = found.needs[0]
    assert (teacher.place, teacher.licence) == ("folder", "mit")
    assert teacher.parameters == exact
    assert [line for line in found.lacks if not line.startswith("memory")] == []
    assert found.machine.cores >= 1 and found.machine.memory > 0.5 and not found.machine.hub


def tiny_model(folder: Path) -> torch.nn.Module:
    from transformers import AutoModel

    return AutoModel.from_pretrained(folder)


def test_doctor_says_what_an_endpoint_and_a_missing_model_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    endpoint = {"url": "https://host/v1", "key_env": "NO_SUCH_KEY"}
    recipe = resolve({"teacher": {"backend": "endpoint", "model": "m", "endpoint": endpoint}})
    with bound("https://host", "NO_SUCH_KEY"):
        found = doctor.examine(recipe, 0.1)
    assert found.needs[0].place == "server"
    assert any("the environment has no NO_SUCH_KEY" in line for line in found.lacks)
    assert any("NO_SUCH_KEY is not bound to host" in line for line in doctor.examine(recipe, 0.1).lacks)
    missing = Recipe.model_validate(recipe.model_dump() | {"teacher": {"model": "embedded:none"}})
    assert any("embedded:none is not installed" in line for line in doctor.examine(missing, 0.1).lacks)


def test_licences_of_wheels_are_compared_with_what_the_wheels_say() -> None:
    found = doctor.inspect_machine(0.1).licences
    assert found["embedded:smollm2-135m"] == "apache-2.0" and found["embedded:en-core-web-sm"] == "mit"
    assert found["embedded:minilm-l6"] == "apache-2.0 (its package says MIT)"  # its model card: apache-2.0
    told = CliRunner().invoke(app, ["doctor"])
    assert "licences   embedded:smollm2-135m apache-2.0" in told.stdout
