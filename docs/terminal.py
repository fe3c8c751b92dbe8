"""Run the commands of the README's picture and record what a terminal shows: docs/images/terminal.svg.

python docs/terminal.py
"""

import io
import re
import shlex
import subprocess
from pathlib import Path

from rich.console import Console
from rich.text import Text

COMMANDS = (
    'impossible paraphrase "The meeting with the supplier has been moved to Thursday because of a strike."',
    'impossible summarize "The museum, which was damaged in 2019, will reopen to the public in May."',
)
PICTURE = Path(__file__).parent / "images" / "terminal.svg"
_WIDTH = 104


def record(folder: Path) -> str:
    """Run the commands in a folder; return the picture, an SVG."""
    console = Console(record=True, width=_WIDTH, force_terminal=True, file=io.StringIO())
    for command in COMMANDS:
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        done = subprocess.run(
            shlex.split(command), cwd=folder, capture_output=True, text=True, check=True, timeout=3600
        )
        console.print(Text.from_ansi(done.stdout.rstrip()))
        console.print()
    picture = console.export_svg(title="impossible")
    return re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)  # fonts of another site


if __name__ == "__main__":
    PICTURE.write_text(record(Path(__file__).parent.parent / "examples"), encoding="utf-8")
