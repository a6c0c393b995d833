"""The published schema: current, complete with descriptions, and of one mind with the reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from erp_sync.centra.catalog import CATALOG
from erp_sync.errors import FixMapping
from erp_sync.mapping.reading import parse_yaml, read_yaml
from erp_sync.mapping.schema import json_schema, schema_text

MAPPINGS = Path(__file__).parents[2] / "mappings"
BROKEN = Path(__file__).parent / "broken"
PUBLISHED = MAPPINGS / "mapping.schema.json"
SHIPPED = [p for p in sorted(MAPPINGS.glob("*/*.yaml")) if not p.name.endswith(".test.yaml")]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema(CATALOG)


def complaints(schema: dict[str, Any], text: str) -> list[str]:
    return [e.json_path for e in Draft202012Validator(schema).iter_errors(parse_yaml(text, "m.yaml").data)]


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(CATALOG), (
        "write it anew: erp-sync mapping schema > mappings/mapping.schema.json"
    )


def test_it_is_a_schema_and_describes_every_key(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    silent = [
        f"{name}.{key}"
        for name, definition in {"file": schema, **schema["$defs"]}.items()
        for form in (definition, *definition.get("anyOf", []))
        for key, inner in form.get("properties", {}).items()
        if not inner.get("description")
    ]
    assert silent == []


def test_an_editor_is_told_of_every_field_of_the_catalog(schema: dict[str, Any]) -> None:
    fields = schema["$defs"]["product.fields"]["properties"]
    assert set(fields) == set(CATALOG["product"].by_path)
    assert "active" in fields["status"]["description"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_shipped_mapping_fits_and_names_the_schema(schema: dict[str, Any], path: Path) -> None:
    assert [e.json_path for e in Draft202012Validator(schema).iter_errors(read_yaml(path).data)] == []
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../mapping.schema.json\n")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("entity: prodcut\nfrom: i\n", "$.entity"),
        ("entity: product\nfrom: i\nfields: {descriptoin: X}\n", "$.fields"),
        ("entity: product\nfrom: i\nkey: {id: X}\n", "$.key"),
        ("entity: product\nform: i\n", "$"),
        ("entity: product\nfrom: i\nfields: {sku: {from: X, owner: shop}}\n", "$.fields.sku"),
        ("entity: product\nfrom: i\nfields: {sku: {from: X, transform: [stripp]}}\n", "$.fields.sku"),
        ("entity: product\nfrom: i\nparts: [{entity: variation, fields: {x: X}}]\n", "$.parts[0].fields"),
    ],
)
def test_what_the_reader_refuses_an_editor_underlines(schema: dict[str, Any], text: str, where: str) -> None:
    assert where in complaints(schema, text)


def test_short_and_long_forms_both_fit(schema: dict[str, Any]) -> None:
    text = """
        entity: product
        from: items
        key: {product: No}
        fields:
          sku: Sku
          description: {from: D, transform: [strip, {truncate: 5}, {truncate: {limit: 5}}, {custom: "a:b"}]}
        parts:
          - {entity: variation, key: {variation: No}, vanish: {retire_after: 2}}
    """
    assert complaints(schema, text.replace("\n        ", "\n")) == []


BEYOND = {  # broken mappings that only the reader can refuse: it reads conditions, templates, names and data
    "bad-date-form", "bad-regular-expression", "calculate-with-text", "column-not-in-a-group", "condition-against-null",
    "condition-not-understood", "condition-with-blanks-in-a-column", "condition-with-doubled-signs", "custom-not-found",
    "dataset-of-itself", "file-not-there", "fragments-in-a-circle", "identity-missing", "include-of-a-text",
    "kind-of-a-chain", "norway-needs-no-quotes", "template-not-closed", "two-policies", "unknown-fragment",
    "unknown-parameter",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(BROKEN.glob("*.yaml")), ids=lambda p: p.stem)
def test_an_editor_refuses_broken_mappings_where_a_schema_can(schema: dict[str, Any], path: Path) -> None:
    try:
        data = read_yaml(path).data
    except FixMapping:
        return  # no YAML at all: an editor says so without a schema
    assert Draft202012Validator(schema).is_valid(data) == (path.stem in BEYOND)
