"""The HTML page in a real browser, as wide as a phone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from erp_sync.report import html
from tests.report.plan import report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None and "CI" not in os.environ, reason="there is no chromium here"),
]


def browse(page: Path, *options: str) -> str:
    assert CHROMIUM is not None, "chromium is to be installed where CI is set; see .ci/run"
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=500,900",
         f"--user-data-dir={page.parent / 'profile'}", *options, page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "plan.html"
    with path.open("w", encoding="utf-8") as out:
        html.write(report(), out)
    return path


def test_nothing_is_wider_than_the_screen(page: Path) -> None:
    measuring = "<script>document.title = document.documentElement.scrollWidth + '/' + window.innerWidth</script>"
    text = re.sub(r"<meta http-equiv[^\n]*\n", "", page.read_text("utf-8"))
    page.write_text(text.replace("</body>", f"{measuring}</body>"), "utf-8")
    found = re.search(r"<title>(\d+)/(\d+)</title>", browse(page, "--dump-dom"))
    assert found is not None
    assert int(found[1]) <= int(found[2])


def test_the_page_is_drawn_and_runs_nothing(page: Path) -> None:
    picture = page.parent / "plan.png"
    browse(page, f"--screenshot={picture}")
    assert picture.read_bytes().startswith(b"\x89PNG")
    dom = browse(page, "--dump-dom")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in dom
    assert dom.count("<article") == page.read_text("utf-8").count("<article")
