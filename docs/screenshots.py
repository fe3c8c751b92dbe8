"""Screenshots of a page: desktop and phone, light and dark, and the PDF that printing gives.

python docs/screenshots.py chromium runs/first/report.html screenshots/
"""

import subprocess
import sys
import tempfile
from pathlib import Path

QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
SIZES = {"desktop": (1280, 1600), "phone": (390, 1600)}
SCHEMES = {"light": (), "dark": ("--force-dark-mode",)}


def take(chromium: str, page: Path, folder: Path) -> None:
    """Write PAGE-SIZE-SCHEME.png for each size and scheme, and PAGE.pdf."""
    folder.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        for scheme, options in SCHEMES.items():
            out = folder / f"{page.stem}-{size}-{scheme}.png"
            shoot(chromium, page, f"--screenshot={out}", f"--window-size={width},{height}", *options)
    shoot(chromium, page, f"--print-to-pdf={folder / page.stem}.pdf", "--no-pdf-header-footer")


def shoot(chromium: str, page: Path, *options: str) -> None:
    """One visit with a profile of its own."""
    with tempfile.TemporaryDirectory() as profile:
        command = [chromium, *QUIET, f"--user-data-dir={profile}", *options, page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    take(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
