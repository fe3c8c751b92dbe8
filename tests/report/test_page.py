import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from impossible.errors import StoreError
from impossible.report.page import duration, marked, number, write_report
from impossible.text.escape import visible
from tests.planted import plant, recipe, row

SCRIPT = "<script>alert('planted')</script>"
ROWS = [
    row(f"A context {SCRIPT} with \x1b[31m colour.", f"I like {SCRIPT} tea.", "I love \x07 \u202e tea & milk.", 0.5, 0.9, 0.9),
    row("Another one.", "It is cold today.", "Today it is cold.", 0.6, 0.95, 0.8),
    row("Another one.", "It is cold today.", "It's cold today.", 0.7, 0.8, 0.8),
    row("Another one.", "It is cold.", "It was warm.", 0.5, 0.6, 0.55),
    row("A third one.", "We went home.", "We went home then.", 0.85, 0.9, 0.9),
]  # fmt: skip


class Page(HTMLParser):
    """What a page has, by tag."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    run = plant(tmp_path_factory.mktemp("report") / "run", ROWS, recipe())
    assert write_report(run) == run / "report.html"
    return (run / "report.html").read_text(encoding="utf-8")


def test_what_models_wrote_is_shown_and_never_run(text: str) -> None:
    assert len(Page(text).all("script")) == 1
    assert "&lt;script&gt;alert(" in text and SCRIPT not in text
    assert "\\x1b[31m" in text and "\\x202e" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text)


def test_the_page_needs_no_network(text: str) -> None:
    page = Page(text)
    addresses = [
        a[key] for _, a in page.tags for key in ("href", "src", "xlink:href", "action") if a.get(key)
    ]
    assert addresses and all(address.startswith("#") for address in addresses if address)
    assert not re.search(r"@import|url\((?!#)", text)
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'")


def test_verdicts_are_told_with_their_figures(text: str) -> None:
    assert "entailment 0.55 &lt; 0.75, by 0.2" in text
    assert "rouge_l 0.85 &gt; 0.8, by 0.05" in text
    assert "duplicate of" in text


def test_the_page_can_be_heard_and_used_by_keyboard(text: str) -> None:
    page = Page(text)
    assert page.tags[0] == ("html", {"lang": "en"})
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(th.get("scope") for th in page.all("th"))
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in page.all("svg"))
    ids = [a["id"] for _, a in page.tags if a.get("id")]
    assert len(ids) == len(set(ids))
    targets = [a["href"] for a in page.all("a")]
    assert all(target and target[1:] in ids for target in targets)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_text_stands_out_in_each_scheme(text: str) -> None:
    schemes = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", part)) for part in text.split(":root {")[1:3]]
    assert len(schemes) == 2
    for colours in schemes:
        for front in ("ink", "soft", "link"):
            for back in ("paper", "card"):
                assert contrast(colours[front], colours[back]) >= 4.5
        assert min(contrast(colours["ink"], colours[back]) for back in ("ins", "del")) >= 4.5
        assert min(contrast(colours[mark], colours["paper"]) for mark in ("kept", "bound", "line")) >= 3


def test_differing_words_are_marked_case_and_punctuation_aside() -> None:
    source, target = marked(("It is cold today.", "it was cold <b>today</b>"))
    assert source == Markup("It <del>is</del> cold <del>today.</del>")
    assert target == Markup("it <ins>was</ins> cold <ins>&lt;b&gt;today&lt;/b&gt;</ins>")
    assert marked(("Cold today.", "cold today"))[0] == "Cold today."


@given(st.text(), st.text())
def test_marking_loses_no_word_and_lets_no_tag_through(source: str, target: str) -> None:
    for side, text in zip(marked((source, target)), (source, target), strict=True):
        bare = Markup(re.sub("</?(ins|del)>", "", str(side))).unescape()
        assert bare.split() == visible(text).split()
        assert set(re.findall("<[^>]*>", str(side))) <= {"<ins>", "</ins>", "<del>", "</del>"}


def test_numbers_and_times_are_readable() -> None:
    assert [number(x) for x in (1234567, 0.123456, 1234.5, None, float("nan"))] == [
        "1,234,567", "0.123", "1,234", "–", "–",
    ]  # fmt: skip
    assert [duration(s) for s in (0.4, 61, 3720)] == ["0 s", "1 min 1 s", "1 h 2 min"]


def test_a_folder_without_a_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="has no run"):
        write_report(tmp_path)
