"""From YAML and rows to records and rejections."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from erp_sync.mapping import MappingSet, Owner
from tests.mapping.conftest import NOW, Given, Result

PRODUCT = """
    entity: product
    from: items
    where: Blocked != "2" and No_ != ""
    key: {product: No_}
    fields:
      status: {from: Blocked, values: {"0": active, "1": inactive}}
      description: {from: Description, transform: [strip, {truncate: 5}], required: true}
      brand.description: {lookup: {in: brands, on: {Code: Brand Code}, take: Name}}
      folder.description: {template: "{Category}[ / {Sub}]"}
      countryoforigin: {value: SE}
      weight.value: {from: Net Weight, transform: [{decimal: {decimal: ",", thousands: "."}}]}
    parts:
      - entity: variation
        from: variants
        key: {product: Item No_, variation: {template: "{Item No_}-{Code}"}}
        fields: {description: Name}
        parts:
          - entity: variation_size
            key: {size: Size}
            fields: {ean: EAN}
"""
BRANDS = [{"Code": "A", "Name": "Adidas"}, {"Code": "B", "Name": "Bik Bok"}]


def item(no: str | None, **more: str | None) -> dict[str, str | None]:
    row = {"No_": no, "Blocked": "0", "Description": "Shirt", "Brand Code": "A", "Category": "Tops", "Sub": "",
           "Net Weight": "1.250,50"}  # fmt: skip
    return row | {k.replace("__", " "): v for k, v in more.items()}


def variant(no: str, code: str, size: str = "S", name: str = "Red", ean: str = "") -> dict[str, str | None]:
    return {"Item No_": no, "Code": code, "Size": size, "Name": name, "EAN": ean}


def test_rows_become_records_with_their_origins(run: Callable[..., Result]) -> None:
    got = run(PRODUCT, {
        "items": [item("1"), item("2", Blocked="2"), item("3", Blocked="1", Sub="Polos", Net__Weight="")],
        "brands": BRANDS,
        "variants": [variant("1", "R"), variant("1", "R", "M", ean="123"), variant("3", "B", name="")],
    })  # fmt: skip
    assert got.rejections == []
    assert got.records["product"] == {
        "1": {"status": "active", "description": "Shirt", "brand.description": "Adidas", "folder.description": "Tops",
              "countryoforigin": "SE", "weight.value": "1250.5"},
        "3": {"status": "inactive", "description": "Shirt", "brand.description": "Adidas",
              "folder.description": "Tops / Polos", "countryoforigin": "SE", "weight.value": None},
    }  # fmt: skip
    assert got.records["variation"] == {"1 / 1-R": {"description": "Red"}, "3 / 3-B": {"description": ""}}
    assert got.records["variation_size"] == {
        "1 / 1-R / S": {"ean": ""},
        "1 / 1-R / M": {"ean": "123"},
        "3 / 3-B / S": {"ean": ""},
    }
    assert got.order["product"] == [("items.csv:2", "1"), ("items.csv:4", "3")]


def test_what_cannot_be_used_is_rejected_with_everything_that_is_wrong(run: Callable[..., Result]) -> None:
    got = run(PRODUCT, {
        "items": [
            item("1", Blocked="x", Net__Weight="1.5"),
            item("2", Brand__Code="Z", Description="  "),
            item(None),
            item("4", Description="a\x01b"),
            item("5"),
        ],
        "brands": [*BRANDS, {"Code": "A", "Name": "Asics"}],
        "variants": [],
    })  # fmt: skip
    several = 'several rows in brands where Code = "A": "Adidas" (brands.csv:2), "Asics" (brands.csv:4)'
    assert sorted(got.refused) == sorted([
        'items.csv:2 1 status Blocked "x" has no entry in `values`',
        'items.csv:2 1 weight.value Net Weight "1.5" is not a number as this mapping expects them (1.234,5)',
        'items.csv:3 2 description Description is required, and is empty',
        'items.csv:3 2 brand.description Brand Code no row in brands where Code = "Z"',
        'items.csv:5 4 description Description "a\x01b" holds a control character, which XML cannot carry: use the '
        "transform strip_control",
        *(f"items.csv:{at} brand.description Brand Code {several}" for at in ("2 1", "5 4", "6 5")),
    ])  # fmt: skip
    assert got.records["product"] == {}


def test_the_row_without_a_key_is_rejected_without_one(run: Callable[..., Result]) -> None:
    got = run("entity: warehouse\nfrom: w\nkey: {warehouse: Code}\n",
              {"w": [{"Code": None}, {"Code": ""}, {"Code": "A\x1fB"}, {"Code": " A "}]})  # fmt: skip
    assert sorted(got.refused) == [
        "w.csv:2 None None Code no key: warehouse is empty (column Code)",
        "w.csv:3 None None Code no key: warehouse is empty (column Code)",
        'w.csv:4 None None Code "A\x1fB" holds a control character, which XML cannot carry: use the transform '
        "strip_control",
    ]
    assert got.records["warehouse"] == {" A ": {}}


def test_truncation_is_a_notice(run: Callable[..., Result]) -> None:
    got = run(PRODUCT, {"items": [item("1"), item("2", Description="Trousers")], "brands": BRANDS, "variants": []})
    assert got.notices == ["m.yaml:8:55 description was cut to 5 characters x1 first items.csv:3"]
    assert got.records["product"]["2"]["description"] == "Trous"


def test_units_say_what_the_others_need(load: Callable[..., MappingSet]) -> None:
    mappings = load("""
        entity: product
        from: items
        key: {product: No}
        vanish: {retire_after: 3}
        owner: create_only
        fields:
          description: Name
          sku: {from: Sku, owner: centra}
        parts:
          - entity: variation
            key: {variation: Var}
            vanish: keep
    """)
    product, variation = mappings.units
    assert (product.entity, product.dataset, product.at) == ("product", "items", "m.yaml:2")
    assert product.owners == {"description": Owner.CREATE_ONLY, "sku": Owner.CENTRA}
    assert (product.vanish.retire_after, variation.vanish.keeps) == (3, True)
    assert product.columns == {"No", "Name", "Sku"}
    assert variation.columns == {"No", "Var"}


def test_only_the_columns_that_are_needed_are_read(load: Callable[..., MappingSet]) -> None:
    given = Given({"items": [item("1") | {"Unused": "x"}], "brands": BRANDS, "variants": [variant("1", "R")]})
    Result(load(PRODUCT).prepare(given, NOW))
    assert ("brands", ("Code", "Name")) in given.asked
    assert all("Unused" not in (columns or ()) for _, columns in given.asked)


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_chunks_change_nothing(run: Callable[..., Result], size: int) -> None:
    rows = {"items": [item(str(n)) for n in range(5)], "brands": BRANDS, "variants": [variant("1", "R")]}
    got = run(PRODUCT, rows, chunk_rows=size)
    assert list(got.records["product"]) == ["0", "1", "2", "3", "4"]
    assert got.order["product"][4] == ("items.csv:6", "4")
