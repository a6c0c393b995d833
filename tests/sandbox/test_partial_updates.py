"""What is left out stays, what is empty is blanked, whatever the sequence of updates."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from erp_sync.sandbox import Sandbox
from tests.sandbox.conftest import new_box
from tests.sandbox.speaking import call as send
from tests.sandbox.speaking import ok, refused, update, xml

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=8
)
FIELDS = ("firstname", "lastname", "city", "zipcode", "email")
UPDATE = st.tuples(
    st.sampled_from(("C1", "C2", "c1", "C1 ")), st.dictionaries(st.sampled_from(FIELDS), TEXTS, max_size=4)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(UPDATE, min_size=1, max_size=4), max_size=6))
def test_a_customer_is_the_sum_of_its_updates(requests: list[list[tuple[str, dict[str, str]]]]) -> None:
    box = new_box()
    expected: dict[tuple[str, ...], dict[str, str]] = {}
    for request in requests:
        ok(update(box, "customers", *({"id": key, **fields} for key, fields in request)))
        for key, fields in request:
            expected.setdefault((key,), {}).update(fields)
    assert box.objects("customer") == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(UPDATE, min_size=1, max_size=5), st.integers(0, 4), st.sampled_from(("atomic", "partial")))
def test_a_refused_request_leaves_what_was_there(
    request: list[tuple[str, dict[str, str]]], at: int, batch: str
) -> None:  # fmt: skip
    box = new_box()
    ok(update(box, "customers", {"id": "C1", "city": "Umeå"}))
    before, numbers = box.objects("customer"), dict(box.state.numbers["customer"])
    box.knobs.batch = batch  # type: ignore[assignment]
    good = [{"id": key, **fields} for key, fields in request]
    position = min(at, len(good))
    refused(update(box, "customers", *good[:position], {"id": "C9", "city": "Lund", "store": "one"}, *good[position:]),
            "store")  # fmt: skip
    if batch == "atomic":
        assert (box.objects("customer"), box.state.numbers["customer"]) == (before, numbers)
    else:
        expected = {key: dict(fields) for key, fields in before.items()}
        for record in good[:position]:
            expected.setdefault((record["id"],), {}).update({k: v for k, v in record.items() if k != "id"})
        assert box.objects("customer") == expected


def test_parts_at_every_level_are_left_alone(shop: Sandbox) -> None:
    before = shop.state.tables["product"]["P1"]["variations"]["V1"]["sizes"]
    ok(update(shop, "products", {"id": "P1", "variations": {"variation": [{"id": "V1", "sku": "R"}]}}))
    ok(send(shop, "products_Update", "<products><product><id>P1</id><variations/></product></products>"))
    assert shop.get("variation", "P1", "V1") == {
        "stockid": "V1", "description": "Red", "sku": "R", "status": "active", "sizetable.id": "SML",
    }  # fmt: skip
    assert shop.state.tables["product"]["P1"]["variations"]["V1"]["sizes"] == before
    assert set(shop.state.tables["product"]["P1"]["variations"]) == {"V1", "V2"}


def test_groups_are_partial_too_and_an_empty_one_is_blanked(shop: Sandbox) -> None:
    ok(update(shop, "products", {"id": "P1", "brand": {"id": "B", "description": "Brand"}, "weight": {"value": "1.5"}}))
    ok(update(shop, "products", {"id": "P1", "brand": {"description": "New"}}))
    found = shop.get("product", "P1") or {}
    assert (found["brand.id"], found["brand.description"], found["weight.value"]) == ("B", "New", "1.5")
    ok(send(shop, "products_Update", "<products>" + xml({"product": {"id": "P1", "brand": ""}}) + "</products>"))
    found = shop.get("product", "P1") or {}
    assert (found["brand.id"], found["brand.description"], found["weight.value"]) == ("", "", "1.5")
