from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impossible.data.run_folder import read_recipe
from impossible.errors import RecipeError
from impossible.recipe.critics import Bound
from impossible.recipe.layers import merge
from impossible.recipe.load import load, resolve
from impossible.recipe.presets import PRESETS
from impossible.recipe.write import dump


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


def test_an_override_removes_what_the_preset_lacks(tmp_path: Path) -> None:
    (tmp_path / "posts.txt").write_text("One post.\n")
    path = write(tmp_path, '[contexts]\ncorpus = "posts.txt"\n')
    assert load(path, ["contexts.corpus=false"]).contexts.corpus is None


def test_an_override_gives_a_bound_to_a_critic_that_has_none(tmp_path: Path) -> None:
    path = write(tmp_path, "[filter]\nsummary = {judge = false}\n")
    for more in ([], ["filter.summary.judge=false"]):
        bounds = load(path, [*more, "filter.summary.judge.max=0.95"]).filter.summary
        assert bounds is not None and bounds.judge == Bound(max=0.95)  # the preset's min stays away


@pytest.fixture
def another_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A preset that has lost a gate and two bounds and gained a bound and a setting."""
    changed = {
        "sampling": {"top_k": 7},
        "score": {"paraphrase": {"length_ratio": {"min": 0.4}}},
        "filter": {"paraphrase": {"length_ratio": {"min": 0.6}, "prefix": {"max": 0.5}}},
    }
    monkeypatch.setitem(PRESETS, "default", changed)


# what a version that knew no clause critic has written
def without_clause(text: str) -> str:
    text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("clause = "))
    assert "clause = " not in text
    return text


@pytest.mark.parametrize("beside", [True, False])
def test_a_resolved_recipe_is_read_as_written_whatever_the_preset_says_today(
    tmp_path: Path, request: pytest.FixtureRequest, beside: bool
) -> None:
    off = {"clause": False, "judge": False}
    recipe = resolve({"filter": {"paraphrase": off, "summary": {"clause": False, "duplicates": False}}})
    text = without_clause(dump(recipe))
    if beside:  # as runs had it before a recipe said that it is resolved
        text = text.partition("\n")[2]
        (tmp_path / "manifest.json").write_text('{"contexts": 1, "shards": 1, "stages": ["contexts"]}')
    path = write(tmp_path, text)
    assert read_recipe(path) == recipe
    request.getfixturevalue("another_preset")
    assert read_recipe(path) == recipe
    assert read_recipe(path, ["sampling.per_context=3"]).sampling.per_context == 3


def test_a_bound_taken_from_a_resolved_recipe_takes_its_gate_along(tmp_path: Path) -> None:
    recipe = load(write(tmp_path, dump(resolve({}))), ["filter.paraphrase.entities=false"])
    assert recipe.score.paraphrase is not None and recipe.score.paraphrase.entities is None


def test_a_resolved_recipe_is_read_without_its_corpus(tmp_path: Path) -> None:
    corpus = tmp_path / "posts.txt"
    corpus.write_text("One post.\n")
    recipe = resolve({"contexts": {"corpus": str(corpus)}})
    corpus.unlink()
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


def test_a_corpus_lies_beside_the_recipe_whatever_lies_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("recipe", "work"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.txt").write_text(f"Text of {name}.")
    (tmp_path / "recipe/mine.toml").write_text('[contexts]\ncorpus = "t.txt"\n')
    monkeypatch.chdir(tmp_path / "work")
    corpus = load(Path("../recipe/mine.toml")).contexts.corpus
    assert corpus is not None and Path(corpus).read_text() == "Text of recipe."
    other = load(Path("../recipe/mine.toml"), ["contexts.corpus=t.txt"]).contexts.corpus
    assert other is not None and Path(other).read_text() == "Text of work."
