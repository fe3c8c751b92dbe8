"""A module is read at a sitting, a function fits a screen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import impossible

SRC = Path(impossible.__file__).parent
MODULE, FUNCTION = 400, 50


def modules() -> Iterator[tuple[str, str]]:
    for path in sorted(SRC.rglob("*.py")):
        yield path.relative_to(SRC).as_posix(), path.read_text(encoding="utf-8")


def test_no_module_is_longer_than_it_may_be() -> None:
    assert {name: n for name, text in modules() if (n := len(text.splitlines())) > MODULE} == {}


def lengths(name: str, text: str) -> Iterator[tuple[str, int]]:
    """Each function's lines; of a command its options, which are data, do not count."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            first = node.body[0].lineno if name.startswith("cli/") else node.lineno
            yield f"{name}:{node.name}", node.end_lineno - first + 1


def test_no_function_is_longer_than_it_may_be() -> None:
    found = [one for name, text in modules() for one in lengths(name, text)]
    assert len(found) > 1000
    assert {name: n for name, n in found if n > FUNCTION} == {}


def test_no_module_takes_a_private_name_from_another() -> None:
    private = [
        f"{name}: {alias.name}"
        for name, text in modules()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert private == []
