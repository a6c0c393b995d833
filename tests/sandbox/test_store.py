"""The state in an SQLite file: it outlives the sandbox."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from erp_sync.errors import FixSettings
from erp_sync.sandbox import Options, Sandbox
from erp_sync.sandbox.control import perform
from tests.sandbox.speaking import (
    call,
    done,
    errors,
    ids,
    ok,
    product,
    read,
    refused,
    sizes,
    stock,
    update,
    variation,
)


def opened(tmp_path: Path) -> Sandbox:
    return Sandbox(Options(state=tmp_path / "state.db"))


def refund(order: str) -> dict[str, object]:
    return {"id": order, "shipments": {"shipment": [{"id": "1", "refunds": {"refund": [{"id": "R"}]}}]}}


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    box = opened(tmp_path)
    ok(update(box, "sizes", *sizes("Small", "Medium")))
    ok(update(box, "products", product("P1", variation("V1"))))
    ok(update(box, "products", stock("P1", "V1", "S", "Main", "7")))
    ok(update(box, "accounts", {"id": "A1", "buyers": {"buyer": [{"id": "B1"}]}}))
    ok(update(box, "orders", refund("O1")))
    refused(update(box, "customers", {"id": "C1"}, {"id": "C2", "store": "x"}), "store")
    box.admin.delete("customer", box.admin.create("customer", {"firstname": "Eva"}))
    ok(done(box, "1"))
    box.close()

    again = opened(tmp_path)
    assert again.state == box.state
    assert ids(read(again)) == ids(read(box))
    refused(update(again, "products", product("P2", variation("V1"))), "already used")
    refused(update(again, "orders", refund("O2")), "another order")
    ok(update(again, "invoices", {"id": "I1", "buyer": {"id": "B1"}}))
    again.close()


def test_prices_and_delivery_windows_are_kept_record_by_record(tmp_path: Path) -> None:
    box = opened(tmp_path)
    ok(update(box, "sizes", *sizes("Small")))
    ok(update(box, "products", product("P1", variation("V1")), product("P2", variation("V2")), product("P3")))
    ok(update(box, "pricelists", {"id": "R", "currency": "SEK"}, {"id": "W", "currency": "SEK"}))

    def price(pricelist: str, key: str, text: str) -> None:
        ok(update(box, "pricelists", {"id": pricelist, "items": {"product": [{"id": key, "price": text}]}}))

    for key in ("P1", "P2", "P3"):
        price("R", key, "1")
    price("W", "P1", "1")
    price("R", "P2", "2")
    variation_price = {"id": "P1", "variation": [{"id": "V1", "price": "3"}]}
    ok(update(box, "pricelists", {"id": "R", "description": "Retail", "items": {"product": [variation_price]}}))
    both = {"variation": [{"id": "V1"}, {"id": "V2"}]}
    ok(update(box, "deliverywindows", {"id": "D1", "variations": both}))
    ok(update(box, "deliverywindows", {"id": "D1", "variationsremove": {"variation": [{"id": "V1"}]}}))
    box.admin.edit("price", ("W", "P1"), {"price": "9"})
    box.admin.delete("product", "P3")
    box.admin.convert("pricelist", "W", "Wholesale")
    box.close()
    again = opened(tmp_path)
    assert again.state == box.state
    assert again.objects("price") == {("R", "P1"): {"price": "1"}, ("R", "P2"): {"price": "2"},
                                      ("Wholesale", "P1"): {"price": "9"}}  # fmt: skip
    assert set(again.objects("deliverywindow_variation")) == {("D1", "V2")}
    again.admin.delete("pricelist", "R")
    again.close()
    last = opened(tmp_path)
    assert set(last.objects("price")) == {("Wholesale", "P1")}
    last.close()


def test_conversions_and_resets_last(tmp_path: Path) -> None:
    box = opened(tmp_path)
    number = box.admin.create("market", {"description": "Sverige"})
    box.admin.convert("market", number, "SE")
    box.close()
    box = opened(tmp_path)
    assert (box.objects("market"), box.state.numbers["market"]) == ({("SE",): {"description": "Sverige"}}, {"SE": 1})
    box.forget()
    box.close()
    box = opened(tmp_path)
    assert box.objects("market") == {}
    box.close()


def test_a_request_that_cannot_be_saved_is_undone(tmp_path: Path) -> None:
    box = opened(tmp_path)
    ok(update(box, "customers", {"id": "C1", "city": "Lund"}))
    before = len(box.state.events)
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("CREATE TRIGGER full BEFORE INSERT ON objects BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    response = update(box, "customers", {"id": "C1", "city": "Umeå"}, {"id": "C2"})
    assert response.status == 500
    assert "could not be saved" in errors(response)[0]
    assert perform(box, "create", b'{"entity": "customer"}')[0] == 500
    box.faults.inject("meddle")
    assert update(box, "markets").status == 500
    assert box.objects("customer") == {("C1",): {"city": "Lund"}}
    assert len(box.state.events) == before
    box.close()


def test_a_file_that_is_no_state_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"certainly no database, and long enough to be told apart from an empty one")
    with pytest.raises(FixSettings, match="cannot be opened"):
        opened(tmp_path)


def test_events_that_cannot_be_marked_stay(tmp_path: Path) -> None:
    box = opened(tmp_path)
    ok(update(box, "customers", {"id": "C1"}))
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("CREATE TRIGGER full BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    assert call(box, "events_Done", "<event>1</event>").status == 500
    assert ids(read(box)) == ["1"]
    box.close()
