"""Generate the pages made from the code; a test checks that they are current."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from impossible.cli.app import PANELS, app
from impossible.recipe.critic_table import CRITICS
from impossible.recipe.presets import PRESETS
from impossible.recipe.reference import Setting, settings, tables

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src" / "impossible"
NOUNS = {int: "whole number", float: "number", str: "text", Path: "path"}
MADE = "<!-- made by docs/generate.py -->"
RECIPE = f"""{MADE}
# The recipe

Every setting of a run: its default, its value in the other presets, and what it means. One TOML file describes a run. What it leaves out
comes from its `preset`: `default`, which [restates](restatement.md); `continuation`, which continues; `paper`, the settings of Jung et al.
(2024); `code`, those of their public code. On the command line `--set table.key=value` lies over both. `impossible settings WORD`
searches this page in a terminal. [Settings that matter](settings.md) has the few to start with.

```toml
# mine.toml: everything else stays as it is
seed = 7

[contexts]
corpus = "tickets.csv"
field = "body"
count = 200

[filter.paraphrase]
judge = {{ min = 0.9 }}          # stricter: fewer pairs, more of them right

[filter]
summary = false                # only paraphrases
```

`false` takes away what the preset has there: a bound, a task, `sampling.min_logprob`. Every run writes its whole recipe to
`RUN/recipe.toml`, and that file can be run again. A preset has a column where it differs from the default.
"""


ROOMS = """# The source, room by room

Each package has one idea. It may import from those above it in this list, which is the order of the layers in
`pyproject.toml`; `lint-imports` checks that. What runs when: `pipeline/stages.py`.
"""
_WIDTH = 30  # of the names in the list of rooms


def recipe_page() -> str:
    """Return the page of all settings, one section per table of the recipe."""
    found = settings()
    parts = [RECIPE, *_settings("The top", "Above all tables.", [s for s in found if not s.table])]
    for table, meaning in tables().items():
        if table.startswith("distil.filter."):
            continue  # same as [filter]
        plain = [s for s in found if s.table == table and not s.is_bound]
        bounds = [s for s in found if s.table == table and s.is_bound]
        if bounds:
            parts += _bounds(table, meaning, bounds)
            parts += _rows(plain)
        else:
            parts += _settings(f"[{table}]", meaning, plain)
    return "\n".join(parts)


def _settings(title: str, meaning: str, rows: list[Setting]) -> Iterator[str]:
    yield f"\n## {title}\n\n{meaning}\n"
    yield from _rows(rows)


def _rows(rows: list[Setting]) -> Iterator[str]:
    if not rows:
        return
    others = [p for p in PRESETS if p != "default" and any(_differs(row, p) for row in rows)]
    heads = ["setting", "default", *(f"`{p}`" for p in others), "meaning, and what it takes"]
    yield _row(heads)
    yield _row(["---"] * len(heads))
    for row in rows:
        told = [_code(row.presets[p]) if _differs(row, p) else "" for p in others]
        takes = _code(row.takes) if '"' in row.takes else f"*{row.takes}*"
        yield _row([f"`{row.name}`", _code(row.presets["default"]), *told, f"{row.meaning} {takes}"])
    yield ""


def _bounds(table: str, meaning: str, rows: list[Setting]) -> Iterator[str]:
    yield f"\n## [{table}]\n\n{meaning} Each is `{{min = …, max = …}}` or one of the two; `false`: none.\n"
    yield _row(["critic", *(f"`{p}`" for p in PRESETS), "score", "meaning"])
    yield _row(["---"] * (len(PRESETS) + 3))
    for row in rows:
        spec = CRITICS[row.name]
        given = [_code(row.presets[p]) for p in PRESETS]
        yield _row([f"`{row.name}`", *given, f"{spec.low:g} to {spec.high:g}", row.meaning])
    yield ""


def _differs(row: Setting, preset: str) -> bool:
    return row.presets[preset] != row.presets["default"]


def _code(text: str) -> str:
    return f"`{text}`" if text else "–"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


CLI = f"""{MADE}
# The command line

Every command and option, as `impossible COMMAND --help` shows them. An error is one line on standard error with what to do about it, and exit
code 2; Ctrl-C ends with 130, and the same command goes on. Colours follow the terminal, `NO_COLOR` and `FORCE_COLOR`; `COLUMNS` sets
the width. With `--json` standard output holds JSON and nothing else. For completion of commands, files, options and the keys behind
`--set`: `impossible --install-completion`, then a new shell.

| variable | |
|---|---|
| `IMPOSSIBLE_CACHE` | where converted weights are kept; else `impossible` in the user's cache |
| `IMPOSSIBLE_STUDENT` | the student of `paraphrase`, `summarize`, `serve`, `export-student` and `augment` |
| `IMPOSSIBLE_SERVE_TOKEN` | the token that `serve` asks for |
| `HF_HUB_OFFLINE=1` | never ask the model hub |
"""


def cli_page() -> str:
    """Return the page of all commands, one section per panel of --help."""
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    parts = [CLI]
    for panel, names in PANELS.items():
        parts.append(f"\n## {panel}")
        for name in names:
            parts += _command(name, root.commands[name])
    return "\n".join(parts) + "\n"


def _command(name: str, command: TyperCommand | TyperGroup) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for inner, below in command.commands.items():
            yield from _command(f"{name} {inner}", below)
        return
    text, _, example = (command.help or "").partition("Example: ")
    yield f"\n### {name}\n\n{_plain(text)}\n\n```bash\n{_plain(example)}\n```\n"
    yield _row(["", "takes", "default", ""])
    yield _row(["---"] * 4)
    yield from (_row(_parameter(parameter)) for parameter in command.params)


def _parameter(parameter: Any) -> list[str]:
    """Return the cells of an option: names, type, default, help. Its class is private to typer."""
    needed = "needed" if parameter.required else ""
    if not isinstance(parameter, TyperOption):
        return [f"`{parameter.metavar or parameter.name.upper()}`", "", needed, parameter.help or ""]
    names = " ".join(f"`{flag}`" for flag in (*parameter.opts, *parameter.secondary_opts))
    if parameter.is_flag:
        return [names, "", "", parameter.help or ""]
    takes = f"`{parameter.metavar}`" if parameter.metavar else _kind(parameter)
    default = "" if parameter.default in (None, "") else f"`{parameter.default}`"
    return [names, takes, needed or default, parameter.help or ""]


def _kind(option: Any) -> str:
    """Return the type in words, such as "whole number from 1"."""
    kind = option.type_descriptor.annotation
    inner = get_args(kind)[0] if get_args(kind) else kind
    ends = (("from", option.min), ("to", option.max))
    limits = "".join(f" {word} {end:g}" for word, end in ends if end is not None)
    return NOUNS[inner] + limits


def _plain(text: str) -> str:
    """Remove rich markup, keep paragraphs."""
    bare = re.sub(r"\[/?bold\]", "", text).strip()
    return "\n\n".join(" ".join(part.split()) for part in bare.split("\n\n"))


def rooms_page() -> str:
    """The tree of the source, a line a file, the lowest layer first."""
    [contract] = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    lines = []
    for layer in reversed(contract["layers"]):
        module = SOURCE / f"{layer}.py"
        lines += [_line(module, "")] if module.exists() else ["", *_room(SOURCE / layer, "")]
    return f"{MADE}\n{ROOMS}\n```\n" + "\n".join(lines).strip() + "\n```\n"


def _room(folder: Path, indent: str) -> Iterator[str]:
    """A package, its modules, and the packages in it."""
    opening = folder / "__init__.py"
    yield f"{indent + folder.name + '/':{_WIDTH}}{_first_line(opening)}"
    public = [name for name in _defined(opening) if not name.startswith("_")]
    if public:
        yield f"{indent + '  __init__.py':{_WIDTH}}Defines {', '.join(public)}."
    for module in sorted(folder.glob("*.py")):
        if module.stem != "__init__":
            yield _line(module, indent + "  ")
    for inner in sorted(path.parent for path in folder.glob("*/__init__.py")):
        yield from _room(inner, indent + "  ")


def _defined(module: Path) -> list[str]:
    """The names of a module's functions and classes."""
    body = ast.parse(module.read_text(encoding="utf-8")).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def _line(module: Path, indent: str) -> str:
    return f"{indent + module.name:{_WIDTH}}{_first_line(module)}"


def _first_line(module: Path) -> str:
    """The first sentence of a module's docstring."""
    paragraph = (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    return " ".join(paragraph.split())


PAGES = {"recipe.md": recipe_page, "cli.md": cli_page, "../src/impossible/README.md": rooms_page}

if __name__ == "__main__":
    for page, make in PAGES.items():
        (HERE / page).write_text(make(), encoding="utf-8")
