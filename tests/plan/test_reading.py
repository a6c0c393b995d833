"""A plan is applied as it was written, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_sync.errors import FixSettings, Refused
from erp_sync.model.plan import Binding, Verdict
from erp_sync.plan import check_binding, open_plan, withholding
from tests.plan.memory import BINDING, CATALOG, NOW, change, extract, writer


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    path = tmp_path_factory.mktemp("plan") / "a.plan"
    with writer(path) as w:
        for n in range(20):
            w.add(change("product", f"P{n}", description=f"Name {n}"))
        w.add(change("variation", "P99", "V1"))
        w.close(BINDING, extract(items=20))
    return path.read_bytes().splitlines(keepends=True)


def edited(line: bytes, change: Callable[[dict[str, object]], object]) -> bytes:
    plain = json.loads(line)
    change(plain)
    return (json.dumps(plain, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


TAMPERED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "nothing in it": (lambda x: [], "no manifest at its end"),
    "never finished": (lambda x: x[:-1], "no manifest at its end"),
    "cut off within a line": (lambda x: [*x[:-1], x[-1][:-20]], "cut off"),
    "one step taken out": (lambda x: x[1:], "there are 19 steps, the manifest says 20"),
    "one step twice": (lambda x: [x[0], *x], "there are 21 steps, the manifest says 20"),
    "two steps exchanged": (lambda x: [x[1], x[0], *x[2:]], "changed or moved"),
    "a value edited": (lambda x: [x[0].replace(b"Name 0", b"Name 1"), *x[1:]], "changed or moved"),
    "a waiting line first": (lambda x: [x[20], *x[:20], x[21]], "a step line follows a waiting line"),
    "a waiting line left out": (lambda x: [*x[:20], x[21]], "changed or moved"),
    "two manifests": (lambda x: [*x, x[-1]], "a second manifest follows"),
    "something behind": (lambda x: [*x, x[0]], "another line follows"),
    "something else": (lambda x: [b"#!/bin/sh\n", *x], "not a line of a plan"),
    "a later expiry": (
        lambda x: [*x[:-1], edited(x[-1], lambda m: m.update(expires_at="2099-01-01T00:00:00+00:00"))],
        "the manifest was changed",
    ),
    "a breach taken out": (lambda x: [*x[:-1], edited(x[-1], lambda m: m.update(verdicts=[]))], "manifest was changed"),
    "another version": (lambda x: [*x[:-1], edited(x[-1], lambda m: m.update(version=9))], "of version 9, not"),
    "no JSON at the end": (lambda x: [*x[:-1], b'{"kind":"manifest"\n'], "it is not JSON"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_plan_that_was_touched_is_refused_and_says_what(case: str, lines: list[bytes], tmp_path: Path) -> None:
    touch, message = TAMPERED[case]
    path = tmp_path / "touched.plan"
    path.write_bytes(b"".join(touch(lines)))
    with pytest.raises(Refused, match=message) as refused:
        open_plan(path)
    assert refused.value.advice == "make a new plan"


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_single_byte_can_change(data: st.DataObject, lines: list[bytes], tmp_path: Path) -> None:
    whole = bytearray(b"".join(lines))
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != whole[at]))
    whole[at] = byte
    path = tmp_path / "touched.plan"
    path.write_bytes(whole)
    with pytest.raises(Refused):
        open_plan(path)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_cut_goes_unnoticed(data: st.DataObject, lines: list[bytes], tmp_path: Path) -> None:
    whole = b"".join(lines)
    path = tmp_path / "cut.plan"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(Refused):
        open_plan(path)


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FixSettings, match="there is no plan"):
        open_plan(tmp_path / "missing.plan")


MOVED = {
    "extract": "the ERP's data is another",
    "mapping": "the mapping was edited",
    "ledger": "another ledger",
    "generation": "another run has changed the ledger",
    "endpoint": "another Centra",
}


@pytest.mark.parametrize("what", MOVED)
def test_a_plan_that_no_longer_fits_names_what_moved(what: str, lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.plan"
    path.write_bytes(b"".join(lines))
    manifest = open_plan(path).manifest
    moved: Binding = replace(BINDING, **{what: 8 if what == "generation" else "other"})  # type: ignore[arg-type]
    with pytest.raises(Refused, match=MOVED[what]):
        check_binding(manifest, moved, NOW)
    check_binding(manifest, BINDING, NOW + timedelta(hours=11))
    with pytest.raises(Refused, match="it expired at"):
        check_binding(manifest, BINDING, NOW + timedelta(hours=12))


def test_stock_perishes_before_its_plan_and_a_refused_entity_stays_behind_with_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.plan"
    with writer(path, mapped=frozenset({"stock", "variation"})) as w:
        w.add(change("stock", "P1", "V1", "S", "W1", qty="4"))
        w.add(change("variation", "P1", "V1"))
        w.add(change("display", "P1", "V1", "1"))
        w.add(change("product", "P1"))
        manifest = w.close(BINDING, extract(items=1))
    product, variation, display = list(open_plan(path).steps())[:3]
    *_, stock = open_plan(path).steps()
    why = withholding(manifest, CATALOG)
    assert [why(s, NOW + timedelta(minutes=29)) for s in (product, variation, display, stock)] == [""] * 4
    assert why(stock, NOW + timedelta(minutes=30)).startswith("expired at")
    assert why(product, NOW + timedelta(minutes=30)) == ""
    breach = Verdict("updates", True, "variation", "too many")
    why = withholding(replace(manifest, verdicts=(breach,)), CATALOG)
    assert [bool(why(s, NOW)) for s in (product, variation, display, stock)] == [False, True, True, True]
