"""The sandbox's pages in a real browser, wide and as narrow as a phone, with hostile names in every place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from erp_sync.sandbox import Server, serve
from tests.browser import ABSENT, Browser, browsing
from tests.sandbox.conftest import new_box
from tests.sandbox.speaking import ok, product, sizes, update, variation

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ABSENT, reason="chromium and chromedriver are not installed"),
]

EVIL = "<script>document.title = 'hacked'</script><img src=x onerror=\"document.title = 'hacked'\">"
LONG = "W" * 300


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    box = new_box()
    ok(update(box, "sizes", *sizes("Small", "Medium")))
    ok(update(box, "markets", {"id": EVIL, "store": "1", "description": EVIL}, {"id": LONG, "description": LONG}))
    red = variation("V1", EVIL, ("S", "M"))
    ok(update(box, "products", product("P1", red), product("a/b ?#&%", variation("V3", LONG)), product("P3")))
    ok(update(box, "customers", *({"id": f"C{n}", "firstname": EVIL, "lastname": LONG} for n in range(150))))
    box.handle(b"<a/>", {})
    box.handle(EVIL.encode(), {"Content-Type": "text/xml", "SOAPAction": f'"{EVIL}"'})
    with serve(box) as running:
        yield running


NOT_THERE = ("/log/999", "/objects/product/nothing")
PAGES = (
    "/", "/log", "/log/1", "/log/2", "/log/6", "/events", "/objects/market", "/objects/product", "/objects/customer",
    "/objects/customer?id=%3Cscript", "/objects/order", *NOT_THERE,
)  # fmt: skip


@pytest.mark.parametrize("width", [1280, 400])
def test_no_page_is_wider_than_the_screen_or_complains(browser: Browser, server: Server, width: int) -> None:
    for path in PAGES:
        browser.open(server.url + path, width)
        assert browser.too_wide() == [], path
        assert [c for c in browser.complaints() if not (path in NOT_THERE and "404" in c)] == [], path


@pytest.mark.parametrize("width", [1280, 400])
def test_no_word_is_cut_in_two(browser: Browser, server: Server, width: int) -> None:
    for path in ("/", "/log", "/events", "/objects/product", "/objects/customer"):
        browser.open(server.url + path, width)
        assert browser.cut_words() == [], path


def test_what_was_sent_is_shown_and_never_run(browser: Browser, server: Server) -> None:
    for path in PAGES:
        browser.open(server.url + path)
        assert "hacked" not in browser.run("return document.title"), path
        assert browser.run("return document.querySelectorAll('script, img').length") == 0, path
    browser.open(f"{server.url}/objects/market")
    assert EVIL in browser.run("return document.body.innerText")


def test_every_link_leads_somewhere(browser: Browser, server: Server) -> None:
    """All that can be reached from the first page by clicking, one customer of the many standing for all."""
    seen, waiting = set[str](), [f"{server.url}/"]
    while waiting:
        address = waiting.pop()
        seen.add(address)
        browser.open(address)
        assert browser.complaints() == [], address
        if not address.endswith(".json"):
            found = {link for link in browser.links() if "/customer/C1" not in link or link.endswith("/C1")}
            assert all(link.startswith(server.url) for link in found), address
            waiting += sorted(found - seen - set(waiting))
    assert any("/objects/product/a%2Fb%20" in address for address in seen)
    assert any("/objects/market/%3Cscript" in address for address in seen)
    assert any("/objects/customer?" in address for address in seen)
    assert len(seen) > 30


def test_an_object_is_found_by_typing(browser: Browser, server: Server) -> None:
    browser.open(f"{server.url}/objects/customer")
    browser.run("document.querySelector('input[name=id]').value = 'C77'; document.forms[0].submit()")
    browser.open(browser.run("return location.href"))
    assert browser.run("return document.querySelectorAll('tbody tr').length") == 1
    browser.open(browser.run("return document.querySelector('tbody a').href"))
    assert EVIL in browser.run("return document.body.innerText")
