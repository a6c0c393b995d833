"""A real browser for pages: Chromium by its own driver, spoken to in WebDriver's JSON, so that no library is needed.

Both programs are Debian's (``chromium``, ``chromium-driver``; .ci/run installs them) and fetch nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver") or shutil.which("chromium.chromedriver")
ABSENT = (CHROMIUM is None or DRIVER is None) and "CI" not in os.environ
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--no-first-run",
]  # fmt: skip
_STARTED = re.compile(rb"started successfully on port (\d+)")


class Browser:
    """One window. A page is looked at as wide as a test says, down to a phone's width."""

    def __init__(self, session: str) -> None:
        self._session = session

    def _do(self, command: str, body: dict[str, Any]) -> Any:
        answer = requests.post(f"{self._session}/{command}", json=body, timeout=120).json()["value"]
        assert not (isinstance(answer, dict) and "error" in answer), answer["message"]
        return answer

    def open(self, address: str, width: int = 1280) -> None:
        self.complaints()  # those of the page before
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self._do("goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": size})
        self._do("url", {"url": address})

    def run(self, script: str) -> Any:
        """What a script returns that runs as the page's own would."""
        return self._do("execute/sync", {"script": script, "args": []})

    def complaints(self) -> list[str]:
        """What the console said of this page, once: errors, refused loads, missing files."""
        return [entry["message"] for entry in self._do("se/log", {"type": "browser"})]

    def too_wide(self) -> list[str]:
        """What makes the page scroll sideways; tables may do so in a box of their own."""
        return list(
            self.run(
                """
                const page = document.documentElement
                if (page.scrollWidth <= page.clientWidth) return []
                const wide = e => e.getBoundingClientRect().right > page.clientWidth + 1 && !e.closest('.scroll')
                const names = [...document.querySelectorAll('body *')].filter(wide).map(e => e.outerHTML.slice(0, 200))
                return [page.scrollWidth + ' wide', ...names]
                """
            )
        )

    def cut_words(self) -> list[str]:
        """Words of letters only that stand on two lines, as a narrow column breaks them."""
        return list(
            self.run(
                r"""
                const cut = [], range = document.createRange()
                const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
                while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/\b[a-z]{3,15}\b/gi)) {
                    range.setStart(texts.currentNode, word.index)
                    range.setEnd(texts.currentNode, word.index + word[0].length)
                    if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) cut.push(word[0])
                }
                return cut
                """
            )
        )

    def links(self) -> list[str]:
        return list(self.run("return [...document.links].map(link => link.href)"))


@contextmanager
def browsing() -> Iterator[Browser]:
    assert CHROMIUM and DRIVER, "chromium and its driver are to be installed where CI is set; see .ci/run"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        log = Path(folder, "driver.log")
        with log.open("wb") as out:
            driver = subprocess.Popen([DRIVER, "--port=0"], stdout=out, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{_port(log)}/session"
            options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={folder}/profile"]}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            started = requests.post(address, json={"capabilities": {"alwaysMatch": wanted}}, timeout=120).json()
            assert "sessionId" in started["value"], started
            session = f"{address}/{started['value']['sessionId']}"
            yield Browser(session)
            requests.delete(session, timeout=60)
        finally:
            driver.terminate()
            driver.wait(30)


def _port(log: Path) -> str:
    until = time.monotonic() + 60
    while not (started := _STARTED.search(log.read_bytes())):
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)
    return started[1].decode()
