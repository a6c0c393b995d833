"""Every rule of soap.md, both ways: what is allowed goes through, what is not is refused and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from erp_sync.sandbox import Response, Sandbox
from tests.sandbox.speaking import call, errors, notices, ok, product, refused, sizes, stock, update, variation

Fields = dict[str, Any]


# Sizetables


def test_new_sizes_give_the_documented_notices_and_the_same_again_gives_none(box: Sandbox) -> None:
    sent = [*sizes("Small", "Medium"), *sizes("", table="One", title="One Size")]
    sent[2]["id"] = "OS"
    assert notices(update(box, "sizes", *sent)) == [
        "Added new size: S: Small to: Small Medium Large!",
        "Added new size: M: Medium to: Small Medium Large!",
        "Added new size: OS:  to: One Size!",
    ]
    again = update(box, "sizes", *sent)
    assert (errors(again), notices(again)) == ([], [])
    assert notices(update(box, "sizes", *sizes("Small", "Large"))) == [
        "Added new size: L: Large to: Small Medium Large!"
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "S", "description": "Tiny", "sizetable": {"id": "SML"}},
        {"id": "S", "sku": "9", "sizetable": {"id": "SML"}},
        {"id": "X", "description": "X", "sizetable": {"id": "SML", "description": "Other name"}},
    ],
)
def test_sizetables_and_sizes_cannot_be_changed(shop: Sandbox, change: Fields) -> None:
    before = shop.objects("size")
    refused(update(shop, "sizes", change), "cannot be changed")
    assert shop.objects("size") == before
    shop.knobs.sizetables = "ignore"
    ok(update(shop, "sizes", change))
    assert before.items() <= shop.objects("size").items()


def test_a_size_needs_its_sizetable(box: Sandbox) -> None:
    refused(update(box, "sizes", {"id": "S", "description": "Small"}), "sizetable")
    refused(update(box, "sizes", {"description": "Small", "sizetable": {"id": "SML"}}), "id")


def test_a_size_id_is_unique_within_its_sizetable_only(box: Sandbox) -> None:
    ok(update(box, "sizes", *sizes("Small"), *sizes("Short", table="Other", title="Other")))
    assert set(box.objects("size")) == {("SML", "S"), ("Other", "S")}


# Products


def test_products_need_their_sizetables(shop: Sandbox) -> None:
    refused(update(shop, "products", product("P9", variation("V9", sizetable={"id": "XXL"}))), "sizetable 'XXL'")
    lacking = variation("V9")
    del lacking["sizetable"], lacking["sizes"]
    refused(update(shop, "products", product("P9", lacking)), "needs a sizetable")
    refused(update(shop, "products", product("P9", variation("V9", size_ids=("Q",)))), "not in sizetable")
    assert shop.get("product", "P9") is None
    assert shop.get("variation", "P9", "V9") is None
    ok(update(shop, "products", product("P9", variation("V9"))))


def test_the_order_of_elements_does_not_matter(shop: Sandbox) -> None:
    turned = dict(reversed(variation("V9", "Green").items()))
    ok(update(shop, "products", dict(reversed(product("P9", turned).items()))))
    assert shop.get("variation_size", "P9", "V9", "S") == {}


def test_a_variation_id_is_unique_over_all_products(shop: Sandbox) -> None:
    refused(update(shop, "products", product("P2", variation("V1", "Other"))), "already used")
    assert shop.get("variation", "P1", "V1") is not None
    assert shop.get("variation", "P2", "V1") is None


def test_a_variation_keeps_its_sizetable(shop: Sandbox) -> None:
    ok(update(shop, "sizes", *sizes("Small", table="Other", title="Other")))
    refused(update(shop, "products", product("P1", variation("V1", sizetable={"id": "Other"}))), "cannot be changed")
    ok(update(shop, "products", product("P1", variation("V1"))))


def test_the_stockid_repeats_the_variation_id(shop: Sandbox) -> None:
    refused(update(shop, "products", product("P9", variation("V9", stockid="V8"))), "stockid")


def test_variation_names_are_unique_within_a_product_only(shop: Sandbox) -> None:
    refused(update(shop, "products", product("P1", variation("V3", "Red"))), "names must be unique")
    refused(update(shop, "products", {"id": "P1", "variations": {"variation": [{"id": "V2", "description": "Red"}]}}),
            "names must be unique")  # fmt: skip
    ok(update(shop, "products", product("P9", variation("V9", "Red"))))
    swap = [{"id": "V1", "description": "Blue"}, {"id": "V2", "description": "Red"}]
    ok(update(shop, "products", {"id": "P1", "variations": {"variation": swap}}))
    assert [v["description"] for v in shop.objects("variation").values()][:2] == ["Blue", "Red"]


@pytest.mark.parametrize("status", ["active", "inactive", "canceled"])
def test_status_words(shop: Sandbox, status: str) -> None:
    ok(update(shop, "products", {"id": "P1", "status": status}))
    assert (shop.get("product", "P1") or {})["status"] == status


@pytest.mark.parametrize("status", ["Active", "cancelled", "deleted", "", " active"])
def test_other_status_words_are_refused(shop: Sandbox, status: str) -> None:
    refused(update(shop, "products", {"id": "P1", "status": status}), "status")
    refused(update(shop, "products", {"id": "P1", "variations": {"variation": [{"id": "V1", "status": status}]}}),
            "status")  # fmt: skip
    refused(update(shop, "accounts", {"id": "A1", "status": status}), "status")


def test_a_folder_takes_no_id(shop: Sandbox) -> None:
    ok(update(shop, "products", {"id": "P1", "folder": {"description": "Sweaters / Turtleneck"}}))
    refused(update(shop, "products", {"id": "P1", "folder": {"id": "F1"}}), "nothing")


# Stock


def test_stock_needs_products_and_sizes_and_makes_warehouses(shop: Sandbox) -> None:
    ok(update(shop, "products", stock("P1", "V1", "S", "Main", "7")))
    assert shop.get("stock", "P1", "V1", "S", "Main") == {"qty": "7"}
    assert shop.get("warehouse", "Main") == {}
    refused(update(shop, "products", stock("P7", "V7", "S", "Main", "7")), "products that exist")
    refused(update(shop, "products", stock("P1", "V7", "S", "Main", "7")), "products that exist")
    refused(update(shop, "products", stock("P1", "V1", "L", "Main", "7")), "sizes that exist")
    refused(update(shop, "products", stock("P1", "V1", "S", "Second", "7,5")), "qty")
    assert set(shop.objects("warehouse")) == {("Main",)}
    assert shop.get("product", "P7") is None


# Pricelists


def test_a_pricelist_needs_a_currency_that_is_set_up(shop: Sandbox) -> None:
    refused(update(shop, "pricelists", {"id": "X", "type": "retail", "currency": "JPY"}), "not set up")
    refused(update(shop, "pricelists", {"id": "X", "type": "retail"}), "needs a currency")
    shop.knobs.currencies = (*shop.knobs.currencies, "JPY")
    ok(update(shop, "pricelists", {"id": "X", "type": "retail", "currency": "JPY"}))
    refused(update(shop, "pricelists", {"id": "X", "type": "both"}), "type")


def price(pricelist: str, product_id: str, **fields: Any) -> Fields:
    return {"id": pricelist, "items": {"product": [{"id": product_id, **fields}]}}


def test_prices_stand_on_products_or_variations_that_exist(shop: Sandbox) -> None:
    ok(update(shop, "pricelists", price("R", "P1", price="99.50")))
    ok(update(shop, "pricelists", price("R", "P1", variation=[{"id": "V1", "price": "89"}])))
    assert shop.get("price", "R", "P1") == {"price": "99.50"}
    assert shop.get("variation_price", "R", "P1", "V1") == {"price": "89"}
    refused(update(shop, "pricelists", price("R", "P7", price="1")), "does not exist")
    refused(update(shop, "pricelists", price("R", "P2", variation=[{"id": "V1", "price": "1"}])), "does not exist")
    refused(update(shop, "pricelists", price("R", "P1", price="1 000,00")), "price")


def test_prices_never_stand_on_sizes(shop: Sandbox) -> None:
    on_size = [{"id": "V1", "size": [{"id": "S", "price": "1"}]}]
    refused(update(shop, "pricelists", price("R", "P1", variation=on_size)), "'size' is not known")


@pytest.mark.parametrize("name", ["priceb", "alteredprice", "alteredpriceb"])
def test_some_prices_are_for_wholesale_only(shop: Sandbox, name: str) -> None:
    ok(update(shop, "pricealterationdates", {"id": "H26", "status": "active", "startdate": "2026-12-01"}))
    ok(update(shop, "pricelists", price("W", "P1", **{name: "5"})))
    ok(update(shop, "pricelists", price("W", "P1", variation=[{"id": "V1", name: "5"}])))
    refused(update(shop, "pricelists", price("R", "P1", **{name: "5"})), "wholesale")
    refused(update(shop, "pricelists", price("R", "P1", variation=[{"id": "V1", name: "5"}])), "wholesale")
    ok(update(shop, "pricelists", price("R", "P1", **{name: ""})))


def test_altered_prices_need_an_active_date(shop: Sandbox) -> None:
    refused(update(shop, "pricelists", price("W", "P1", alteredprice="5")), "alteration date")
    ok(update(shop, "pricealterationdates", {"id": "H26", "status": "inactive", "startdate": "2026-12-01"}))
    refused(update(shop, "pricelists", price("W", "P1", alteredprice="5")), "alteration date")
    refused(update(shop, "pricealterationdates", {"id": "H27", "startdate": "01/12/2026"}), "date")


# Remove lists


def test_remove_lists_of_displays(shop: Sandbox) -> None:
    def display(**fields: Any) -> Fields:
        inner = {"display": [{"store": "1", **fields}]}
        return {"id": "P1", "variations": {"variation": [{"id": "V1", "displays": inner}]}}

    both = [{"id": "C1", "description": "One"}, {"id": "C2", "description": "Two"}]
    ok(update(shop, "products", display(categories={"category": both}, markets={"market": [{"id": "SE"}]})))
    assert len(shop.objects("display_category")) == 2
    ok(update(shop, "products", display(categories={"category": [{"id": "C3"}]})))
    assert len(shop.objects("display_category")) == 3, "what is left out of a list stays"
    for _ in range(2):
        ok(update(shop, "products", display(categoriesremove={"category": [{"id": "C1"}]},
                                            marketsremove={"market": [{"id": "SE"}]})))  # fmt: skip
    assert set(shop.objects("display_category")) == {("P1", "V1", "1", "C2"), ("P1", "V1", "1", "C3")}
    assert shop.objects("display_market") == {}
    refused(update(shop, "products", display(markets={"market": [{"id": "NO"}]})), "does not exist")


def test_delivery_windows_need_variations_and_let_them_go(shop: Sandbox) -> None:
    def window(**fields: Any) -> Fields:
        return {"id": "D1", "startdate": "2027-01-01", "stopdate": "2027-02-01", "atonce": "false", **fields}

    ok(update(shop, "deliverywindows", window(variations={"variation": [{"id": "V1"}, {"id": "V2"}]})))
    refused(update(shop, "deliverywindows", window(variations={"variation": [{"id": "V9"}]})), "does not exist")
    ok(update(shop, "deliverywindows", window(variationsremove={"variation": [{"id": "V1"}]})))
    assert set(shop.objects("deliverywindow_variation")) == {("D1", "V2")}
    refused(update(shop, "deliverywindows", window(atonce="maybe")), "atonce")


# Accounts, customers, invoices


def account(**fields: Any) -> Fields:
    return {"id": "A1", "type": "wholesale", "status": "active", "description": "Shop",
            "buyers": {"buyer": [{"id": "B1", "firstname": "", "email": ""}]}, **fields}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("market", "SE", "NO"),
        ("pricelist", "W", "X"),
        ("paymentterms", "30NET", "60NET"),
        ("shippingterms", "DDU", "DDP"),
    ],
)
def test_accounts_need_what_they_name(shop: Sandbox, field: str, good: str, bad: str) -> None:
    ok(update(shop, "accounts", account(**{field: {"id": good}})))
    refused(update(shop, "accounts", account(**{field: {"id": bad}})), f"'{bad}' does not exist")
    assert (shop.get("account", "A1") or {})[f"{field}.id"] == good


def test_an_active_account_needs_a_buyer_and_a_blank_one_does(shop: Sandbox) -> None:
    bare = account()
    del bare["buyers"]
    refused(update(shop, "accounts", bare), "at least one buyer")
    ok(update(shop, "accounts", {**bare, "status": "inactive"}))
    refused(update(shop, "accounts", {"id": "A1", "status": "active"}), "at least one buyer")
    ok(update(shop, "accounts", account()))
    shop.knobs.account_without_buyer = "accept"
    ok(update(shop, "accounts", {**bare, "id": "A2"}))


def test_accounts_are_wholesale_and_customers_retail(shop: Sandbox) -> None:
    refused(update(shop, "accounts", account(type="retail")), "type")
    refused(update(shop, "customers", {"id": "C1", "type": "wholesale"}), "type")
    ok(update(shop, "customers", {"id": "C1", "type": "retail"}))


def test_a_buyers_password_is_never_shown(shop: Sandbox) -> None:
    ok(update(shop, "accounts", account(buyers={"buyer": [{"id": "B1", "password": "hunter2"}]})))
    assert shop.get("buyer", "A1", "B1") == {"password": "***"}


def test_invoices_need_account_buyer_customer_and_order(shop: Sandbox) -> None:
    ok(update(shop, "accounts", account(), account(id="A2", buyers={"buyer": [{"id": "B2"}]})))
    ok(update(shop, "customers", {"id": "C1"}))
    order = shop.admin.order([("P1", "V1", "S", 1)], account="A1")
    items = {
        "invoiceitem": [{"itemid": "1", "qty": "1", "price": "9.50"}],
        "additional": [{"id": "1", "subtotal": "5"}],
    }
    names = {"account": {"id": "A1"}, "buyer": {"id": "B1"}, "order": {"id": order}}
    ok(update(shop, "invoices", {"id": "I1", **names, "items": items}))
    assert shop.get("invoice_item", "I1", "1") == {"qty": "1", "price": "9.50"}
    assert shop.get("invoice_additional", "I1", "1") == {"subtotal": "5"}
    ok(update(shop, "invoices", {"id": "I2", "buyer": {"id": "C1"}}))
    refused(update(shop, "invoices", {"id": "I3", "account": {"id": "A9"}}), "does not exist")
    refused(update(shop, "invoices", {"id": "I3", "account": {"id": "A1"}, "buyer": {"id": "B2"}}), "does not exist")
    refused(update(shop, "invoices", {"id": "I3", "buyer": {"id": "C9"}}), "does not exist")
    refused(update(shop, "invoices", {"id": "I3", "order": {"id": "99"}}), "does not exist")
    refused(update(shop, "invoices", {"id": "I3", "items": {"invoiceitem": [{"qty": "1"}]}}), "itemid")
    assert set(shop.objects("invoice")) == {("I1",), ("I2",)}


def test_terms_have_a_name_and_a_longer_description(box: Sandbox) -> None:
    ok(update(box, "paymentterms", {"id": "30", "name": "30 days", "description": "Net", "duedays": "30"}))
    assert box.get("paymentterms", "30") == {"name": "30 days", "description": "Net", "duedays": "30"}


def test_a_refund_is_unique_over_all_orders(shop: Sandbox) -> None:
    def refund(order: str) -> Fields:
        shipment = {"id": f"{order}-1", "capture": "yes", "refunds": {"refund": [{"id": "R1"}]}}
        return {"id": order, "shipments": {"shipment": [shipment]}}

    ok(update(shop, "orders", refund("O1")))
    ok(update(shop, "orders", refund("O1")))
    refused(update(shop, "orders", refund("O2")), "belongs to another order")


# Requests as a whole


def test_an_identity_is_needed_at_every_level(shop: Sandbox) -> None:
    refused(update(shop, "products", {"description": "No id"}), "has no id")
    refused(update(shop, "products", {"id": ""}), "has no id")
    refused(update(shop, "products", {"id": "P1", "variations": {"variation": [{"description": "x"}]}}), "has no id")


def test_unknown_elements_are_refused_or_counted(box: Sandbox) -> None:
    refused(update(box, "markets", {"id": "SE", "colour": "red"}), "'colour' is not known")
    refused(call(box, "markets_Update", "<sizes/>"), "'sizes' is not known")
    refused(call(box, "markets_Update", "<markets><shop/></markets>"), "'shop' is not known")
    box.knobs.unknown = "tolerate"
    ok(update(box, "markets", {"id": "SE", "colour": "red"}))
    assert box.requests[-1].ignored == ("colour",)
    assert box.get("market", "SE") == {}


def test_an_element_that_occurs_twice_is_refused(box: Sandbox) -> None:
    def market(inner: str) -> Response:
        return call(box, "markets_Update", f"<markets><market><id>A</id>{inner}</market></markets>")

    refused(market("<store>1</store><store>2</store>"), "twice")
    refused(market("<store><x/></store>"), "text only")


def test_one_bad_record_undoes_the_whole_request(shop: Sandbox) -> None:
    before = {entity: shop.objects(entity) for entity in ("product", "variation", "warehouse", "stock")}
    events = len(shop.state.events)
    new = product("P5", variation("V5"))
    response = update(
        shop, "products", new, stock("P1", "V1", "S", "New", "3"), product("P6", status="odd"), product("P7")
    )
    refused(response, "status")
    assert {entity: shop.objects(entity) for entity in before} == before
    assert len(shop.state.events) == events
    assert (shop.requests[-1].applied, shop.requests[-1].documents) == (0, 4)
    assert "P6" in shop.requests[-1].detail
    assert "P6" not in errors(response)[0]


def test_a_knob_applies_the_good_ones_before_the_bad_one(shop: Sandbox) -> None:
    shop.knobs.batch = "partial"
    bad = {**product("P6"), "status": "odd"}
    refused(update(shop, "products", product("P5"), bad, product("P7")), "status")
    assert shop.get("product", "P5") is not None
    assert shop.get("product", "P6") is None
    assert shop.get("product", "P7") is None
    assert shop.requests[-1].applied == 1


def test_requests_are_logged_with_what_they_held(shop: Sandbox) -> None:
    ok(update(shop, "pricelists", price("W", "P1", variation=[{"id": "V1", "price": "5"}, {"id": "V2", "price": "6"}])))
    log = shop.requests[-1]
    assert (log.operation, log.documents, log.result) == ("pricelists_Update", 1, "success")
    assert log.records == {"pricelist": 1, "price": 1, "variation_price": 2}
    assert log.fields == 6
    assert [(s.entity, s.key, s.path, s.value) for s in shop.sent(log)] == [
        ("variation_price", ("W", "P1", "V1"), "price", "5"),
        ("variation_price", ("W", "P1", "V2"), "price", "6"),
    ]
