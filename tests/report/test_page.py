"""The HTML page in a real browser, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from erp_sync.report import html
from tests.browser import ABSENT, Browser, browsing
from tests.report.plan import report

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ABSENT, reason="chromium and chromedriver are not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture
def page(tmp_path: Path) -> str:
    path = tmp_path / "plan.html"
    with path.open("w", encoding="utf-8") as out:
        html.write(report(), out)
    return path.as_uri()


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_screen_and_no_word_is_cut(browser: Browser, page: str, width: int) -> None:
    browser.open(page, width)
    assert browser.too_wide() == []
    assert browser.cut_words() == []


def test_the_page_is_drawn_and_runs_and_loads_nothing(browser: Browser, page: str) -> None:
    browser.open(page)
    assert browser.complaints() == []
    assert browser.run("return document.querySelectorAll('script, img, link, iframe').length") == 0
    assert browser.run("return document.title") == browser.run("return document.querySelector('h1').innerText")
    assert "<script>alert(1)</script>" in browser.run("return document.body.innerText")
    entries = browser.run("return [...document.querySelectorAll('article')].map(entry => entry.offsetHeight)")
    assert entries and min(entries) > 10
