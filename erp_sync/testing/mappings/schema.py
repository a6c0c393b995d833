"""The JSON Schema of files of tests: what an editor completes and explains."""

from __future__ import annotations

import json
from typing import Any

from erp_sync.mapping.schema import plain
from erp_sync.model.catalog import Catalog, FieldKind
from erp_sync.testing.mappings.language import MappingTests

_TITLE = "Tests of a mapping of erp_sync: rows of an ERP, and the records that they are to become"


def json_schema(catalog: Catalog) -> dict[str, Any]:
    """Draft 2020-12. Each entity's fields are known by name."""
    schema: dict[str, Any] = plain(MappingTests.model_json_schema(by_alias=True))
    records = schema["$defs"]["Expected"]["properties"]["records"]
    cell = records["additionalProperties"]["additionalProperties"]["additionalProperties"]
    records["properties"] = {}
    for entity in catalog:
        fields = {f.path: {**cell, "description": f.doc} for f in entity.fields if f.kind is not FieldKind.SECRET}
        of_key = {"type": "object", "properties": fields, "additionalProperties": False}
        records["properties"][entity.name] = {
            "type": "object",
            "description": entity.doc,
            "additionalProperties": of_key,
        }
    records["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": _TITLE}


def schema_text(catalog: Catalog) -> str:
    """The schema as it is published."""
    return json.dumps(json_schema(catalog), indent=1, ensure_ascii=False) + "\n"
