"""Screenshots of a run's report and explorer: desktop and phone, light and dark; and the report's PDF.

python docs/screenshots.py runs/first docs/images
"""

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
SIZES: dict[str, tuple[ViewportSize, float]] = {
    "desktop": ({"width": 1280, "height": 800}, 1),
    "phone": ({"width": 390, "height": 780}, 1.5),
}
COLOURS = 256  # of a PNG's palette


@contextmanager
def explorer(run: Path) -> Iterator[str]:
    """The address of an explorer of a run, while it is needed."""
    command = [sys.executable, "-m", "impossible", "explore", str(run), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(line.split()[0] for line in process.stdout if line.startswith("http"))
        finally:
            process.terminate()


def chromium() -> str:
    """Where Chromium is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return found or sys.exit("there is no chromium; install it: apt-get install chromium")


def move_a_bound(page: Page) -> None:
    """Loosen the dearest critic's bound, so that there is something to see."""
    slider = page.locator(".bound input[type=range][data-for$='.min']").last
    with page.expect_response(lambda answer: "/bounds?" in answer.url):
        slider.evaluate(
            "x => { x.value = +x.value - 0.3; x.dispatchEvent(new Event('input', {bubbles: true})) }"
        )
    page.wait_for_selector("body:not([data-busy])")


def shoot(page: Page, file: Path) -> None:
    """Write what is seen as a small PNG."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(file, optimize=True)


def take(browser: Browser, run: Path, address: str, folder: Path) -> None:
    """Write PAGE-SIZE-SCHEME.png for each page, size and scheme, and report.pdf."""
    folder.mkdir(parents=True, exist_ok=True)
    for size, (viewport, scale) in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport=viewport, device_scale_factor=scale, color_scheme=scheme)
            page = context.new_page()

            def end(name: str, page: Page = page, ending: str = f"{size}-{scheme}.png") -> None:
                shoot(page, folder / f"{name}-{ending}")

            page.goto(address + "?sort=-judge")
            end("explorer-pairs")
            duplicate = page.locator("td.what a.kept").first.get_attribute("href")
            page.goto(address + "bounds")
            move_a_bound(page)
            end("explorer-bounds")
            page.goto(address.rstrip("/") + (duplicate or ""))
            end("explorer-story")
            page.goto((run / "report.html").resolve().as_uri())
            end("report")
            context.close()
    page = browser.new_page()
    page.goto((run / "report.html").resolve().as_uri())
    page.pdf(path=folder / "report.pdf")


def main(run: Path, folder: Path) -> None:
    """Take all of them."""
    if not (run / "report.html").exists():
        sys.exit(f"{run} has no report.html; write it: impossible report {run}")
    with explorer(run) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        take(browser, run, address, folder)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
