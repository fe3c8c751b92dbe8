"""Take screenshots of a run's report and explorer: desktop and phone, light and dark.

python docs/screenshots.py runs/first docs/images
"""

import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
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
COLOURS = 128  # in the palette of a PNG
PATIENCE = 240_000  # milliseconds
SECTIONS_IN = (("desktop", "light"), ("phone", "dark"))
SECTIONS = ("frontier", "students", "compared", "pairs")  # of the report, in addition to its top


@contextmanager
def explorer(run: Path) -> Iterator[str]:
    """Serve the explorer of a run; yield its address."""
    command = [sys.executable, "-m", "impossible", "explore", str(run), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(line.split()[0] for line in process.stdout if line.startswith("http"))
        finally:
            process.terminate()


def chromium() -> str:
    """Return the path of Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return found or sys.exit("there is no chromium; install it: apt-get install chromium")


def move_a_bound(page: Page) -> None:
    """Loosen the bound of the most expensive critic, to show a change."""
    slider = page.locator(".bound input[type=range][data-for$='.min']").last
    with page.expect_response(lambda answer: "/bounds?" in answer.url):
        slider.evaluate(
            "x => { x.value = +x.value - 0.3; x.dispatchEvent(new Event('input', {bubbles: true})) }"
        )
    page.wait_for_selector("body:not([data-busy])")


def play(page: Page) -> None:
    """Request an output from the student."""
    page.get_by_label("English text").fill("I have no idea how I can fix this problem with my phone.")
    page.get_by_role("button", name="Generate").click()
    page.wait_for_selector("#answers li")


def shoot(page: Page, file: Path) -> None:
    """Write the visible page as a small PNG."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(file, optimize=True)


def explorer_pages(page: Page, address: str, end: Callable[[str], None]) -> None:
    """Capture pairs, bounds, the explanation of the best pair, and the playground if there is a student."""
    page.goto(address)  # with the token
    address = address.partition("?")[0]
    page.goto(address + "?sort=-judge")
    end("explorer-pairs")
    kept = page.locator("td.what a.kept").first.get_attribute("href")
    page.goto(address + "bounds")
    move_a_bound(page)
    end("explorer-bounds")
    page.goto(address.rstrip("/") + (kept or ""))
    end("explorer-story")
    if page.get_by_role("link", name="Playground").count():
        page.goto(address + "play")
        play(page)
        end("explorer-play")


def report_pages(page: Page, report: str, sections: Sequence[str], end: Callable[[str], None]) -> None:
    """Capture the top of the report and its sections, if present."""
    page.goto(report)
    end("report")
    for section in sections:
        if page.locator(f"#{section}").count():
            page.locator(f"#{section}").evaluate("x => x.scrollIntoView()")
            end(f"report-{section}")


def take(browser: Browser, run: Path, address: str, folder: Path) -> None:
    """Write PAGE-SIZE-SCHEME.png for each page, size and scheme."""
    folder.mkdir(parents=True, exist_ok=True)
    for size, (viewport, scale) in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport=viewport,
                device_scale_factor=scale,
                color_scheme=scheme,
                reduced_motion="reduce",  # no screenshot during a smooth scroll
            )
            context.set_default_timeout(PATIENCE)
            page = context.new_page()

            def end(name: str, page: Page = page, ending: str = f"{size}-{scheme}.png") -> None:
                shoot(page, folder / f"{name}-{ending}")

            explorer_pages(page, address, end)
            sections = SECTIONS if (size, scheme) in SECTIONS_IN else ()
            report_pages(page, (run / "report.html").resolve().as_uri(), sections, end)
            context.close()


def main(run: Path, folder: Path) -> None:
    """Take all screenshots."""
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
