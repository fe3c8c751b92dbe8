"""What the documentation says holds: generated pages, recipes, pictures, examples; commands are in test_snippets.py."""

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from impossible.data import dataset
from impossible.recipe.load import resolve

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EXAMPLES = ROOT / "examples"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
LINKING = [*PAGES, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "src").rglob("README.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Page and text of each fenced block."""
    for page in PAGES:
        for kind, text in FENCE.findall(page.read_text(encoding="utf-8")):
            if kind == language and "--8<--" not in text:
                yield page.name, text


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = made  # dataclasses look there
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("page", ["recipe.md", "cli.md", "../src/impossible/README.md"])
def test_generated_pages_are_those_of_the_code(page: str) -> None:
    made = module(DOCS / "generate.py").PAGES[page]()
    assert (DOCS / page).read_text(encoding="utf-8") == made, "run: python docs/generate.py"


@pytest.mark.parametrize(("page", "text"), list(blocks("toml")))
def test_recipes_in_the_docs_are_recipes(page: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import tomllib

    monkeypatch.chdir(EXAMPLES)  # where tickets.csv is
    resolve(tomllib.loads(text), page)


def anchors(page: Path) -> set[str]:
    """The addresses of a page's headings, as GitHub and MkDocs make them."""
    heads = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", [page.relative_to(ROOT).as_posix() for page in LINKING])
def test_links_lead_somewhere(page: str) -> None:
    """MkDocs checks those between pages of docs/; README and the cards of models are read on GitHub."""
    text = FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    for target, anchor in re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        found = (ROOT / page).parent / target if target else ROOT / page
        assert found.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(found), f"{page}: {target}#{anchor}"


def test_pictures_are_there() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"(?:src|srcset)=\"([^\"]+)\"|!\[[^\]]*\]\(([^)#]+)", text):
            assert (page.parent / "".join(name)).is_file(), f"{page.name}: {name}"


def test_a_backend_of_ones_own(tmp_path: Path) -> None:
    example = module(EXAMPLES / "own_backend.py")
    example.main(tmp_path / "run")
    pairs = dataset.read(tmp_path / "run")
    assert pairs.num_rows > 10 and set(pairs["task"].to_pylist()) == {"paraphrase"}
    example.main(tmp_path / "again")
    assert dataset.read(tmp_path / "again").equals(pairs)
    sampler = example.Trigrams(["a b c.", "a b d."])
    assert sampler.logprobs("a", ["b c."])[0] == pytest.approx(-0.6931, abs=1e-4)


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its code with the embedded models, on two contexts; what it shows is looked at when it is written."""
    cells = json.loads((EXAMPLES / "quickstart.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    settings, folder = '["contexts.count=6"]', '"../runs/notebook"'
    assert settings in code[0] and folder in code[0]
    code[0] = code[0].replace(settings, '["contexts.count=2"]')
    code[0] = code[0].replace(folder, repr(str(tmp_path / "run")))
    monkeypatch.chdir(EXAMPLES)
    names: dict[str, Any] = {}
    for text in code:
        exec(compile(text, "quickstart.ipynb", "exec"), names)
    assert (
        names["state"].counts["candidates"] > 5
        and names["scores"]["judge_min"][0] > names["scores"]["judge_min"][1]
    )
