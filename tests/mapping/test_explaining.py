"""What a mapping does to single rows, before it runs and step by step."""

from __future__ import annotations

from collections.abc import Callable

from erp_sync.mapping import MappingSet
from erp_sync.mapping.explaining import explain, preview
from tests.mapping.conftest import NOW, Given

MAPPING = """
entity: product
from: items
where: Blocked != "2"
key: {product: {from: No, transform: [upper]}}
fields:
  status: {from: Blocked, values: {"0": active, "1": inactive}}
  description:
    with: {clean: {from: Name, transform: [strip]}}
    template: "{clean}[ ({Brand})]"
  brand.description: {lookup: {in: brands, on: {Code: Brand}, take: Label, none: unset}}
  weight.value: {from: Weight, transform: [{decimal: {decimal: ","}}, {round: 1}], owner: create_only}
parts:
  - entity: variation
    key: {variation: No}
    parts:
      - entity: variation_size
        unpivot: {columns: {S: small, L: large}, name: Size, value: Qty}
        key: {size: Size}
        fields: {description: "Qty"}
"""
ITEMS = [
    {"No": "a", "Blocked": "0", "Name": " Shirt ", "Brand": "X", "Weight": "1,25", "S": "1", "L": "2"},
    {"No": "b", "Blocked": "2", "Name": "Old", "Brand": "", "Weight": "", "S": "", "L": ""},
    {"No": "c", "Blocked": "9", "Name": "Odd", "Brand": None, "Weight": "q", "S": "", "L": "3"},
]
ROWS = {"items": ITEMS, "brands": [{"Code": "X", "Label": "Xtra"}]}


def test_preview_shows_row_record_and_why_not(load: Callable[..., MappingSet]) -> None:
    prepared = load(MAPPING).prepare(Given(ROWS, 2), NOW)
    product, _, size = prepared.mappings.units
    first, second, third = preview(prepared, product)
    assert first.row == {
        "Blocked": "0",
        "Brand": "X",
        "L": "2",
        "Name": " Shirt ",
        "No": "a",
        "S": "1",
        "Weight": "1,25",
    }
    assert first.records == ((("A",), {
        "status": "active", "description": "Shirt (X)", "brand.description": "Xtra", "weight.value": "1.3",
    }),)  # fmt: skip
    assert second.left_out and not first.left_out
    assert [r.field for r in third.rejections] == ["status", "weight.value"]
    assert [str(p.origin) for p in preview(prepared, product, rows=2)] == ["items.csv:2", "items.csv:3"]
    assert [p.records for p in preview(prepared, size, rows=1)] == [
        ((("A", "a", "small"), {"description": "1"}), (("A", "a", "large"), {"description": "2"}))
    ]
    assert [str(p.origin) for p in preview(prepared, size, key=("C",))] == ["items.csv:4"]


def test_explain_goes_from_the_row_through_each_step(load: Callable[..., MappingSet]) -> None:
    prepared = load(MAPPING).prepare(Given(ROWS, 2), NOW)
    (found,) = explain(prepared, prepared.mappings.units[0], ("A",))
    assert (str(found.origin), found.key, found.row["Name"]) == ("items.csv:2", ("A",), " Shirt ")
    shown = [f"{s.place.line}:{s.place.column} {s.what} -> {s.value}" for s in found.conditions + found.key_steps]
    assert shown == [
        "4:8 column Blocked -> 0", '4:8 if Blocked != "2" -> true', "5:23 column No -> a", "5:39 upper -> A",
        "2:1 key -> A",
    ]  # fmt: skip
    steps = {f.path: [f"{s.what} -> {s.value}" for s in f.steps] for f in found.fields}
    assert steps == {
        "status": ["column Blocked -> 0", "values -> active", "as status -> active"],
        "description": ["column Name ->  Shirt ", "strip -> Shirt", "column Brand -> X", "template -> Shirt (X)",
                        "as text -> Shirt (X)"],
        "brand.description": ["column Brand -> X", "lookup in brands -> Xtra", "as text -> Xtra"],
        "weight.value": ["column Weight -> 1,25", "decimal -> 1.25", "round -> 1.3", "as decimal -> 1.3"],
    }  # fmt: skip
    assert [str(s.place) for s in found.fields[0].steps] == ["m.yaml:7:18", "m.yaml:7:41", "m.yaml:7:3"]
    assert [(f.owner.value, f.value) for f in found.fields][-1] == ("create_only", "1.3")


def test_explain_one_field_and_a_refused_record(load: Callable[..., MappingSet]) -> None:
    prepared = load(MAPPING).prepare(Given(ROWS), NOW)
    (found,) = explain(prepared, prepared.mappings.units[0], ("C",), ["status"])
    (status,) = found.fields
    assert status.problems == ('"9" has no entry in `values`',)
    assert list(explain(prepared, prepared.mappings.units[0], ("B",))) == []


def test_explain_a_record_made_of_a_column(load: Callable[..., MappingSet]) -> None:
    prepared = load(MAPPING).prepare(Given(ROWS), NOW)
    (found,) = explain(prepared, prepared.mappings.units[2], ("A", "a", "large"))
    assert [(f.path, f.value) for f in found.fields] == [("description", "2")]
