from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.errors import RecipeError
from impossible.recipe import PRESETS, dump, load, merge, resolve


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


def test_file_lies_over_preset_and_overrides_over_file(tmp_path: Path) -> None:
    path = write(tmp_path, 'preset = "paper"\n[sampling]\nper_context = 50\n')
    recipe = load(
        path, ["sampling.per_context=32", "teacher.model=gpt2-xl", "filter.paraphrase.rouge_l.max=0.7"]
    )
    assert recipe.sampling.per_context == 32
    assert recipe.teacher.model == "gpt2-xl"
    assert recipe.filter.paraphrase is not None and recipe.filter.paraphrase.rouge_l is not None
    assert recipe.filter.paraphrase.rouge_l.max == 0.7
    assert recipe.sampling.max_tokens == 100  # the preset's


@pytest.mark.parametrize("preset", PRESETS)
def test_a_resolved_recipe_reads_back_equal(tmp_path: Path, preset: str) -> None:
    recipe = resolve({"preset": preset, "filter": {"summary": False}})
    assert load(write(tmp_path, dump(recipe))) == recipe


@pytest.mark.parametrize("preset", ["paper", "code"])
def test_presets_hold_the_method_table(preset: str) -> None:
    recipe = resolve({"preset": preset})
    bounds = recipe.filter.paraphrase
    assert bounds is not None and bounds.entailment is not None and bounds.rouge_l is not None
    assert (bounds.entailment.min, bounds.rouge_l.max, bounds.duplicates) == (0.75, 0.75, 0.75)
    assert recipe.sampling.per_context == 100 and recipe.sampling.top_p == 0.9
    assert recipe.sampling.temperature == {"paper": 0.7, "code": 0.5}[preset]


def test_false_removes_a_bound_and_a_task(tmp_path: Path) -> None:
    recipe = resolve({"filter": {"summary": False, "paraphrase": {"entities": False}}})
    assert recipe.filter.summary is None
    assert recipe.filter.paraphrase is not None and recipe.filter.paraphrase.entities is None
    # the preset's gate goes with its bound
    assert recipe.score.paraphrase is not None and recipe.score.paraphrase.entities is None
    assert load(write(tmp_path, dump(recipe))) == recipe


def test_a_corpus_is_found_beside_its_recipe(tmp_path: Path) -> None:
    (tmp_path / "posts.txt").write_text("One post.\n")
    recipe = load(write(tmp_path, '[contexts]\ncorpus = "posts.txt"\n'))
    assert recipe.contexts.corpus == str(tmp_path / "posts.txt")


def test_a_bound_must_lie_inside_its_gate() -> None:
    with pytest.raises(RecipeError, match=r"rouge_l.max: 0.95 is looser than the gate .* = 0.9"):
        resolve({"filter": {"paraphrase": {"rouge_l": {"max": 0.95}}}})


TABLES = st.recursive(
    st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=8
).filter(lambda t: isinstance(t, dict))


@given(TABLES, TABLES)
def test_merge_keeps_every_key_and_prefers_the_upper_value(under: dict, over: dict) -> None:
    merged = merge(under, over)
    assert set(merged) == set(under) | set(over)
    assert merge(merged, over) == merged
    assert all(merged[k] == v for k, v in over.items() if not isinstance(v, dict))
