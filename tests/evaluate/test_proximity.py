import json
import os
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from impossible.cli.app import app
from impossible.cli.tables.evaluate import proximity_table, samples_table
from impossible.data.schema import Candidate, Context, Group
from impossible.errors import RecipeError
from impossible.evaluate.proximity import (
    Cell,
    Design,
    absent,
    across,
    design_of,
    difference,
    draw,
    proximity,
    sampled,
    within,
    write_proximity,
)
from impossible.metrics.statistics import Interval, bootstrap, ratio
from impossible.recipe.load import resolve
from impossible.recipe.recipe import Recipe
from impossible.recipe.write import dump
from tests import tiny

# hot enough for random weights to write sentences that are well formed
DESIGN = Design(contexts=2, per_context=150, pairs=5, temperatures=(2.0, 4.0), sentences=(0, 1))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("models")
    os.environ["IMPOSSIBLE_CACHE"] = str(folder / "cache")
    teacher, nli = tiny.llama(folder / "teacher"), tiny.nli(folder / "nli")
    return resolve(
        {
            "contexts": {"domains": ["news"]},
            "teacher": {"model": str(teacher), "compute_type": "float32"},
            "sampling": {"min_words": 1, "top_k": 0, "top_p": 1.0, "max_tokens": 12, "min_logprob": False},
            "score": {"nli": str(nli), "equivalence": 0.3},
        }
    )


@pytest.fixture(scope="module")
def cells(recipe: Recipe) -> list[Cell]:
    return proximity(recipe, DESIGN)


def group(name: str, *texts: str) -> Group:
    return Group(Context(name, "news", name, name), tuple(Candidate(t, 1, 0.0) for t in texts))


def test_a_cell_for_all_that_is_varied(cells: list[Cell]) -> None:
    found = {(c.domain, c.temperature, c.sentences) for c in cells}
    assert found == {("news", t, n) for t in (2.0, 4.0) for n in (0, 1)}
    for cell in cells:
        assert 1 <= cell.contexts <= 2 and 0 < cell.candidates <= 150
        assert cell.gain.value == pytest.approx(cell.within.value - cell.across.value)
        for rate in (cell.within, cell.across, cell.none):
            assert 0 <= rate.low <= rate.value <= rate.high <= 1
        assert [s.continuations for s in cell.samples] == [37, 75, 150]
        *_, half, whole = cell.samples
        assert half.candidates < whole.candidates == pytest.approx(cell.candidates)
        assert whole.within == cell.within and half.pairs.value <= whole.pairs.value


def test_again_the_same(recipe: Recipe, cells: list[Cell]) -> None:
    cold_and_short = [c for c in cells if (c.temperature, c.sentences) == (2.0, 0)]
    assert proximity(recipe, replace(DESIGN, temperatures=(2.0,), sentences=(0,))) == cold_and_short


def test_pairs_within_are_distinct_and_of_one_group() -> None:
    first, second = within([group("a", "1", "2", "3"), group("b", "4")], pairs=10, seed=0)
    assert {frozenset(pair) for pair in first} == {frozenset("12"), frozenset("13"), frozenset("23")}
    assert len(first) == 3 and second == []


def test_pairs_across_are_of_two_groups_and_never_equal() -> None:
    first, second = across([group("a", "1", "2"), group("b", "2", "3")], pairs=100, seed=0)
    assert set(first) == {("1", "2"), ("1", "3"), ("2", "3")}
    assert set(second) == {("2", "1"), ("3", "1"), ("3", "2")}


def test_a_group_without_candidates_gives_no_pairs() -> None:
    assert across([group("a"), group("b", "1")], pairs=5, seed=0) == [[], []]


def test_fewer_continuations_are_the_mean_of_all_draws_of_them() -> None:
    drawn = ["a", "a", "a", "b", "b", "c", None]  # None was malformed
    some = Group(
        Context("x", "news", "x", "x"), (Candidate("a", 3, 0), Candidate("b", 2, 0), Candidate("c", 1, 0))
    )
    [pairs] = within([some], 10, seed=0)
    flags = [np.array([set(pair) != {"b", "c"} for pair in pairs])]
    for n in (2, 4, 7):
        draws = [{drawn[i] for i in chosen} - {None} for chosen in combinations(range(7), n)]
        good = [("a" in d and "b" in d) + ("a" in d and "c" in d) for d in draws]
        every = [len(d) * (len(d) - 1) / 2 for d in draws]
        found = sampled([some], [pairs], flags, 7, n, seed=0)
        assert found.candidates == pytest.approx(np.mean([len(d) for d in draws]))
        assert found.pairs.value == pytest.approx(np.mean(good))
        assert found.within.value == pytest.approx(np.sum(good) / np.sum(every))
    assert absent([0, 7], 7, 3).tolist() == pytest.approx([1, 0])


def test_the_difference_of_two_rates() -> None:
    gain = difference(ratio([1, 1], [2, 2]), ratio([0, 1], [4, 4]))
    assert gain.value == pytest.approx(0.5 - 0.125)
    found = bootstrap(gain, seed=0)
    assert found.low < gain.value < found.high


def test_too_little_is_an_error(recipe: Recipe) -> None:
    with pytest.raises(RecipeError, match="two are needed"):
        proximity(recipe, Design(contexts=1))


@pytest.mark.parametrize(
    ("temperatures", "sentences", "samples", "picture", "says"),
    [
        ("0.5", "1", "", "a.gif", "must end in .svg, .png, .pdf"),
        ("0.5;1", "1", "", None, "numbers separated by commas"),
        ("0", "1", "", None, "above 0 and at most 5"),
        ("1", "-1", "", None, "0 to 20"),
        ("1", "1", "3,6", None, "--samples must be 2 to 5"),
    ],
)
def test_what_the_command_line_gives(
    temperatures: str, sentences: str, samples: str, picture: str | None, says: str
) -> None:
    with pytest.raises(RecipeError, match=says):
        design_of(5, 5, 5, temperatures, sentences, samples, Path(picture) if picture else None)


def test_a_design_counts_its_steps(recipe: Recipe) -> None:
    design = design_of(8, 5, 5, "0.5,1", "0,1,3", "4,2", None)
    assert design == Design(8, 5, 5, (0.5, 1.0), (0, 1, 3), (4, 2)) and design.sizes() == (2, 4)
    # two temperatures: eight contexts in one domain and three lengths, and two draws without any
    assert design.steps(recipe) == 2 * (8 * 3 + 2)


def test_json_table_and_picture(tmp_path: Path, recipe: Recipe, cells: list[Cell]) -> None:
    write_proximity(cells, recipe, DESIGN, tmp_path / "out.json")
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["nli"]["bound"] == 0.3 and report["teacher"]["digest"]
    assert report["cells"][0]["within"] == pytest.approx(
        {"value": cells[0].within.value, "low": cells[0].within.low, "high": cells[0].within.high}
    )
    assert len(proximity_table(cells).rows) == len(cells)
    assert len(samples_table(cells).rows) == 3 * len(cells)
    draw(cells, tmp_path / "picture.svg")
    assert ElementTree.parse(tmp_path / "picture.svg").getroot().tag.endswith("svg")


def test_rates_by_hand() -> None:
    nothing = Interval(0.0, 0.0, 0.0)
    assert bootstrap(ratio([0, 0], [3, 3]), seed=0) == nothing
    assert np.isnan(bootstrap(ratio([0], [0]), seed=0).value)


def test_the_command(tmp_path: Path, recipe: Recipe) -> None:
    (tmp_path / "recipe.toml").write_text(dump(recipe))
    size = "--contexts 2 --per-context 60 --pairs 3 --temperatures 3 --sentences 0".split()
    out, picture = tmp_path / "out.json", tmp_path / "picture.png"
    arguments = [
        "proximity",
        str(tmp_path / "recipe.toml"),
        *size,
        "--out",
        str(out),
        "--picture",
        str(picture),
    ]
    done = CliRunner(env={"COLUMNS": "250"}).invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "within" in done.output and json.loads(out.read_text())["design"]["pairs"] == 3
    assert picture.read_bytes().startswith(b"\x89PNG")
