"""The explorer as a person meets it: `impossible explore` in a process of its own, and headless Chromium."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from impossible.data.judgements import read_judgements
from impossible.recipe.load import distil_settings, load
from impossible.report.page import write_report
from impossible.students.distil import make_student
from tests.explore.ledgers import wild_run
from tests.planted import plant_rounds
from tests.students import models

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 240_000  # milliseconds: a busy machine is no failure


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with a run and a student."""
    out = tmp_path_factory.mktemp("browser")
    write_report(plant_rounds(wild_run(out / "run")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPOSSIBLE_CACHE", str(out / "cache"))
        base = models.llama(out / "base")
        sets = [
            f'base="{base}"',
            "epochs=1",
            "batch=8",
            "precision=float32",
            'controls=["length"]',
            "save_steps=2",
        ]
        make_student(models.pairs(8), out / "student", distil_settings(sets), 7)
    return out


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The running explorer; Ctrl-C has to end it cleanly."""
    command = [sys.executable, "-m", "impossible", "explore", "run", "--no-open", "--student", "student"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield next(line.split()[0] for line in process.stdout if line.startswith("http://127.0.0.1:"))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0 and "Traceback" not in errors


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page that may not say anything on its console."""
    context = browser.new_context(base_url=address)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(address)  # with the token
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert not [text for text in said if "400 (Bad Request)" not in text]


def expect(locator: Any) -> Any:
    sync_api.expect.set_options(timeout=PATIENCE)
    return sync_api.expect(locator)


def test_words_and_filters_narrow_the_list_while_one_types(page: Any) -> None:
    page.goto("/")
    expect(page.locator("#results [role=status]")).to_have_text("125 pairs, page 1 of 3")
    page.get_by_label("Words in source or target").press_sequentially("cold today")
    expect(page.locator("#results [role=status]")).to_have_text("2 pairs")
    page.get_by_label("Verdict").select_option("kept")
    expect(page.locator("#results [role=status]")).to_have_text("1 pair")
    expect(page.locator("td.pair ins").first).to_have_text("Today")
    assert "words=cold+today" in page.url and "verdict=kept" in page.url
    page.reload()
    expect(page.locator("#results [role=status]")).to_have_text("1 pair")


def test_order_and_pages_by_keyboard(page: Any) -> None:
    page.goto("/?words=plain")
    page.locator("#sort-entailment").focus()
    page.keyboard.press("Enter")
    expect(page.locator("td.pair").first).to_contain_text("It is plain, 119.")
    expect(page.locator("#sort-entailment")).to_be_focused()
    expect(page.get_by_label("Order")).to_have_value("-entailment")
    page.locator("#page-last").press("Enter")
    expect(page.locator("td.pair").last).to_contain_text("It is plain, 0.")


def test_nothing_that_a_model_wrote_runs(page: Any) -> None:
    page.goto("/?words=tea")
    expect(page.locator("td.pair")).to_contain_text("<script>")
    assert page.title() == "Pairs · run"


def test_labels_by_mouse_and_by_key_reach_calibrate(page: Any, folder: Path) -> None:
    page.goto("/?words=cold")
    rows = page.locator("table.ledger tbody tr")
    rows.nth(0).get_by_role("button", name="right").click()
    expect(rows.nth(0).get_by_role("button", name="right")).to_have_attribute("aria-pressed", "true")
    expect(rows.nth(0).get_by_role("button", name="right")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("w")
    expect(rows.nth(1).get_by_role("button", name="wrong")).to_have_attribute("aria-pressed", "true")
    assert sorted(map(str, read_judgements(folder / "run", "paraphrase").values())) == ["False", "True"]
    page.goto("/?label=wrong")
    expect(page.locator("#results [role=status]")).to_have_text("1 pair")


def test_the_story_of_a_pair(page: Any) -> None:
    page.goto("/?verdict=duplicate")
    page.get_by_role("link", name="duplicate").click()
    expect(page.get_by_role("heading", name="Preferred pair")).to_be_visible()
    expect(page.locator("blockquote")).to_have_text("Cold.")
    expect(page.locator("tr.own")).to_have_count(2)
    page.locator("ul.pairs a").first.click()
    expect(page.locator(".decision")).to_have_text("Kept")


def test_a_slider_shows_the_yield_and_its_bounds_are_written(page: Any, folder: Path) -> None:
    page.goto("/bounds")
    expect(page.locator("#spoken")).to_have_text("122 kept, 0 gained, 0 lost")
    slider = page.get_by_label("entailment, min, slider")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#spoken")).to_have_text("82 kept, 0 gained, 40 lost")
    expect(page.get_by_label("entailment, min", exact=True)).to_have_value("0.8")
    page.get_by_label("entailment, min", exact=True).fill("0.6")
    expect(page.locator("#spoken")).to_have_text("122 kept, 0 gained, 0 lost")
    page.get_by_label("entailment, min", exact=True).fill("0.55")
    expect(page.locator("#spoken")).to_have_text("123 kept, 1 gained, 0 lost")
    expect(page.get_by_role("region", name="gained")).to_contain_text("It was warm.")
    page.get_by_label("Recipe to write").fill("looser.toml")
    page.get_by_role("button", name="Write the recipe").click()
    expect(page.locator("#written")).to_contain_text("filter.paraphrase.entailment.min = 0.55")
    wanted = load(folder / "looser.toml").filter.paraphrase
    assert wanted is not None and wanted.entailment is not None and wanted.entailment.min == 0.55
    page.get_by_role("button", name="Write the recipe").click()
    expect(page.locator("#message")).to_contain_text("exists")


def test_the_playground_writes_and_judges(page: Any) -> None:
    page.goto("/play")
    page.get_by_label("English text").fill("The cat is old and it is very small.")
    page.get_by_label("Length").select_option("shorter")
    page.get_by_label("Number of outputs").fill("3")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#answers ol.pairs li")).to_have_count(3)
    expect(page.locator("#answers .verdict").first).to_contain_text("obeyed")
    page.get_by_label("English text").fill("это не английский")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#answers")).to_contain_text("not in the Latin alphabet")


def test_pages_work_without_a_script(browser: Any, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.goto("/?words=tea")
    page.get_by_role("button", name="wrong").click(timeout=PATIENCE)
    expect(page.locator("h1")).to_contain_text("Paraphrase pair")
    page.goto("/bounds")
    page.get_by_label("entailment, min", exact=True).fill("0.8")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#spoken")).to_have_text("82 kept, 0 gained, 40 lost")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_accessible(browser: Any, address: str, folder: Path, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    size = {"width": width, "height": 900}
    context = browser.new_context(base_url=address, color_scheme=scheme, viewport=size)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(address)
    page.goto("/?verdict=entailment")
    story = page.locator("td.what a").first.get_attribute("href")
    report = (folder / "run" / "report.html").as_uri()
    for at in (
        "/?score=entailment",
        story,
        "/bounds?entailment.min=0.8&judge.min=0.1",
        "/play",
        "/none",
        report,
    ):
        page.goto(at)
        found = axe.run(page).response["violations"]
        serious = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
        assert not serious, [(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in found]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), at
    context.close()
