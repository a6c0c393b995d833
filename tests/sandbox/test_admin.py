"""What people do in Centra's admin, and the ID conversion table."""

from __future__ import annotations

import pytest

from erp_sync.sandbox import Sandbox
from erp_sync.sandbox.work import Refusal
from tests.sandbox.conftest import new_box
from tests.sandbox.speaking import ok, product, read, refused, stock, update, variation


def test_what_centra_made_is_shown_by_its_number_until_converted(box: Sandbox) -> None:
    number = box.admin.create("market", {"description": "Sverige"})
    assert (number, box.state.numbers["market"]) == ("1", {"1": 1})
    box.admin.convert("market", number, "SE")
    ok(update(box, "markets", {"id": "SE", "description": "Sweden"}))
    assert box.objects("market") == {("SE",): {"description": "Sweden"}}
    assert box.state.numbers["market"] == {"SE": 1}
    ok(update(box, "markets", {"id": "NO"}))
    assert box.state.numbers["market"] == {"SE": 1, "NO": 2}


def test_a_number_that_an_erp_uses_as_its_own_id_is_not_given_again(box: Sandbox) -> None:
    ok(update(box, "customers", {"id": "2"}))
    assert box.admin.create("customer", {}) == "3"
    assert len(box.objects("customer")) == 2


def test_a_conversion_goes_wherever_the_object_is_named(shop: Sandbox) -> None:
    ok(update(shop, "accounts", {"id": "A1", "market": {"id": "SE"}}))
    ok(update(shop, "products", stock("P1", "V1", "S", "Main", "4")))
    display = {"display": [{"store": "1", "markets": {"market": [{"id": "SE"}]}}]}
    ok(update(shop, "products", product("P1", variation("V1", displays=display))))
    shop.admin.convert("market", "SE", "Sverige")
    shop.admin.convert("warehouse", "Main", "Lager")
    assert (shop.get("account", "A1") or {})["market.id"] == "Sverige"
    assert set(shop.objects("display_market")) == {("P1", "V1", "1", "Sverige")}
    assert shop.objects("stock") == {("P1", "V1", "S", "Lager"): {"qty": "4"}}
    with pytest.raises(Refusal, match="already"):
        shop.admin.convert("pricelist", "R", "W")
    with pytest.raises(Refusal, match="no market"):
        shop.admin.convert("market", "SE", "X")


def test_a_deleted_product_takes_its_prices_along_and_its_variations_can_be_used_again(shop: Sandbox) -> None:
    ok(update(shop, "pricelists", {"id": "R", "items": {"product": [{"id": "P1", "price": "5"}]}}))
    ok(update(shop, "deliverywindows", {"id": "D1", "variations": {"variation": [{"id": "V1"}]}}))
    shop.admin.delete("product", "P1")
    assert shop.get("product", "P1") is None
    assert shop.objects("price") == {}
    assert shop.objects("deliverywindow_variation") == {}
    refused(update(shop, "products", {"id": "P1", "variations": {"variation": [{"id": "V1", "sku": "x"}]}}),
            "needs a sizetable")  # fmt: skip
    ok(update(shop, "products", product("P9", variation("V1"))))


def test_edits_reach_every_level_and_only_known_fields(shop: Sandbox) -> None:
    shop.admin.edit("variation", ("P1", "V1"), {"description": "Scarlet", "sku": "SC"})
    shop.admin.edit("product", ("P1",), {"brand.description": "Brand"})
    assert (shop.get("variation", "P1", "V1") or {})["description"] == "Scarlet"
    assert (shop.get("product", "P1") or {})["brand.description"] == "Brand"
    for entity, key, fields in (
        ("product", ("P1",), {"colour": "red"}),
        ("product", ("P1",), {"brand": "x"}),
        ("product", ("P1",), {"variations.id": "x"}),
        ("product", ("P7",), {"description": "x"}),
    ):
        with pytest.raises(Refusal, match="There is no"):
            shop.admin.edit(entity, key, fields)


def test_a_locked_order_cannot_be_edited(shop: Sandbox) -> None:
    number = shop.admin.order([("P1", "V1", "S", 1)])
    shop.admin.edit("order", (number,), {"other": "please hurry"})
    ok(update(shop, "orders", {"id": number, "locked": "yes"}))
    with pytest.raises(Refusal, match="locked"):
        shop.admin.edit("order", (number,), {"other": "x"})
    with pytest.raises(Refusal, match="no size"):
        shop.admin.order([("P1", "V1", "L", 1)])


def test_meddling_is_the_same_for_the_same_seed() -> None:
    def story(seed: int) -> list[str]:
        box = new_box()
        ok(update(box, "customers", *({"id": f"C{n}", "city": "Lund"} for n in range(5))))
        for number in range(12):
            box.admin.meddle(f"{seed}/{number}")
        return box.admin.done

    assert story(1) == story(1)
    assert story(1) != story(2)
    words = {word.split()[0] for seed in range(3) for word in story(seed)}
    assert words == {"created", "edited", "deleted"}


def test_forget_empties_everything(shop: Sandbox) -> None:
    shop.forget()
    assert all(not table for table in shop.state.tables.values())
    assert len(read(shop).findall(".//{*}event")) == 0
