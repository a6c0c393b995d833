"""The event queue: a window of 100, oldest first, again until done (soap.md, "The event queue")."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from erp_sync.sandbox import Sandbox
from tests.sandbox.conftest import new_box
from tests.sandbox.speaking import call, done, ids, ok, product, read, refused, sizes, update, variation, xml


def filled(count: int) -> Sandbox:
    box = new_box()
    for number in range(count):
        box.admin.create("customer", {"firstname": f"Customer {number}"})
    return box


def test_234_queued_10_done_then_the_same_90_and_10_new_ones() -> None:
    box = filled(234)
    first = ids(read(box))
    assert first == [str(n) for n in range(1, 101)]
    assert ids(read(box)) == first
    ok(done(box, *first[:10]))
    second = ids(read(box))
    assert second == first[10:] + [str(n) for n in range(101, 111)]
    assert len(box.state.events) == 224


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 230), st.lists(st.sets(st.integers(0, 99), max_size=40), max_size=6))
def test_the_window_is_always_the_oldest_that_are_not_done(count: int, rounds: list[set[int]]) -> None:
    box = filled(count)
    waiting = [str(n) for n in range(1, count + 1)]
    for positions in rounds:
        window = ids(read(box))
        assert window == waiting[:100]
        chosen = [window[p] for p in positions if p < len(window)]
        ok(done(box, *chosen))
        ok(done(box, *chosen))
        waiting = [n for n in waiting if n not in chosen]
    assert ids(read(box)) == waiting[:100]


def test_types_are_told_apart_and_products_have_no_events(shop: Sandbox) -> None:
    shop.admin.edit("product", ("P1",), {"description": "By hand"})
    shop.admin.delete("product", "P2")
    shop.admin.create("customer", {"firstname": "Eva"})
    shop.admin.edit("salesrep", (shop.admin.create("salesrep", {"name": "Bo"}),), {"percent": "5"})
    types = [str(e.text) for e in read(shop).iterfind(".//{*}event/{*}type")]
    assert set(types) == {"size", "market", "paymentterm", "shippingterm", "pricelist", "customer", "salesrep"}
    assert {str(e.text) for e in read(shop, "salesrep").iterfind(".//{*}event/{*}type")} == {"salesrep"}
    assert len(ids(read(shop, "salesrep"))) == 2
    refused_types = call(shop, "events_Get", xml({"type": "product"}), element="events_GetRequest")
    refused(refused_types, "not allowed")


def test_an_event_holds_the_whole_current_object_under_the_erps_ids(shop: Sandbox) -> None:
    ok(update(shop, "accounts", {"id": "A1", "status": "active", "market": {"id": "SE"},
                                 "buyers": {"buyer": [{"id": "B1", "password": "secret"}]}}))  # fmt: skip
    shop.admin.edit("account", ("A1",), {"description": "Later <name>"})
    events = read(shop, "account").findall(".//{*}event")
    assert [e.findtext("{*}mission") for e in events] == ["update", "update"]
    for event in events:
        account = event.find("{*}data/{*}account")
        assert account is not None
        assert event.findtext("{*}entry") == account.findtext("{*}id") == "A1"
        assert account.findtext("{*}description") == "Later <name>"
        assert account.findtext("{*}market/{*}id") == "SE"
        assert account.findtext("{*}buyers/{*}buyer/{*}id") == "B1"
        assert account.find("{*}buyers/{*}buyer/{*}password") is None


def test_what_an_event_holds_can_be_sent_back_unchanged(shop: Sandbox) -> None:
    ok(update(shop, "pricelists", {"id": "W", "items": {"product": [{"id": "P1", "price": "5"}]}}))
    [*_, data] = read(shop, "pricelist").findall(".//{*}data/{*}pricelist")
    before, waiting = shop.objects("price"), len(shop.state.events)
    inner = etree.tostring(data, encoding="unicode")
    ok(call(shop, "pricelists_Update", f"<pricelists>{inner}</pricelists>"))
    assert shop.objects("price") == before
    assert len(shop.state.events) == waiting, "an update that changes nothing makes no event"


def test_sizes_are_shown_turned_inside_out(box: Sandbox) -> None:
    ok(update(box, "sizes", *sizes("Small", "Medium")))
    first, second = read(box, "size").findall(".//{*}data/{*}size")
    assert (first.findtext("{*}id"), second.findtext("{*}id")) == ("S", "M")
    assert second.findtext("{*}sizetable/{*}id") == "SML"


def test_a_deletion_says_so_and_keeps_the_last_data(shop: Sandbox) -> None:
    ok(update(shop, "customers", {"id": "C1", "city": "Lund"}))
    shop.admin.delete("customer", "C1")
    event = read(shop, "customer").findall(".//{*}event")[-1]
    assert event.findtext("{*}mission") == "delete"
    assert event.findtext("{*}data/{*}customer/{*}city") == "Lund"


def test_by_markets(shop: Sandbox) -> None:
    ok(update(shop, "markets", {"id": "NO"}))
    for id_, market in (("A1", "SE"), ("A2", "NO")):
        ok(update(shop, "accounts", {"id": id_, "market": {"id": market}}))
    ok(update(shop, "customers", {"id": "C1"}))
    found = read(shop, "all", "NO").findall(".//{*}event")
    assert [(e.findtext("{*}type"), e.findtext("{*}entry")) for e in found] == [("market", "NO"), ("account", "A2")]
    assert len(ids(read(shop, "account", "NO", "SE"))) == 2
    refused(call(shop, "events_GetByMarkets", "<type>all</type>"), "market")


def test_both_forms_of_a_date_appear(box: Sandbox) -> None:
    for number in range(2):
        box.admin.create("customer", {"firstname": str(number)})
    dates = [str(e.text) for e in read(box).iterfind(".//{*}event/{*}date")]
    assert dates == ["2026-11-24 12:00:00", "2026-11-24T12:00:00+00:00"]
    box.knobs.skew = 90
    box.knobs.event_dates = "plain"
    box.admin.create("customer", {})
    assert str(read(box).findall(".//{*}event/{*}date")[-1].text) == "2026-11-24 12:01:30"


def test_done_takes_any_type_and_unknown_ids_but_only_numbers(box: Sandbox) -> None:
    box.admin.create("customer", {})
    ok(done(box, "999"))
    refused(done(box, "1", "x"), "not the id of an event")
    ok(done(box, "1"))
    assert ids(read(box)) == []


def test_without_echo_only_admins_make_events(box: Sandbox) -> None:
    box.knobs.echo = False
    ok(update(box, "customers", {"id": "C1"}))
    assert ids(read(box)) == []
    box.admin.edit("customer", ("C1",), {"city": "Lund"})
    assert len(ids(read(box))) == 1


def test_an_order_takes_stock_and_can_hold_a_bundle(shop: Sandbox) -> None:
    sized = {"id": "S", "warehouseitems": {"warehouse": [{"id": "Main", "qty": "5"}]}}
    ok(update(shop, "products", product("P3", variation("V3", sizes={"size": [sized]}))))
    customer = shop.admin.create("customer", {"firstname": "Eva"})
    number = shop.admin.order([("P3", "V3", "S", 2)], customer=customer, bundle="P1", fields={"market.id": "SE"})
    assert shop.get("stock", "P3", "V3", "S", "Main") == {"qty": "3"}
    [order] = read(shop, "order").findall(".//{*}data/{*}order")
    assert order.findtext("{*}id") == order.findtext("{*}ordernumber") == number
    flags = [p.findtext("{*}bundleinfo/{*}isbundle") for p in order.iterfind("{*}products/{*}product")]
    assert flags == ["false", "true"]
    assert order.findtext(".//{*}partof/{*}product/{*}id") == "P1"
    assert order.findtext(".//{*}orderitem/{*}id") == "1"
    ok(update(shop, "orders", {"id": number, "locked": "yes", "status": "confirmed"}))
    assert (shop.get("order", number) or {})["locked"] == "yes"
