"""The JSON Schemas that editors want: of the project file, of mappings and of their tests."""

from __future__ import annotations

import json

from erp_sync.centra.catalog import CATALOG
from erp_sync.mapping.schema import schema_text
from erp_sync.settings import project_schema
from erp_sync.sources.registry import kinds, source_class
from erp_sync.testing.mappings.schema import schema_text as tests_schema_text


def of_project() -> str:
    """With the options of every adapter that is installed."""
    schema = project_schema({kind: source_class(kind).Options for kind in kinds()})
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def of_mapping() -> str:
    return schema_text(CATALOG)


def of_mapping_tests() -> str:
    return tests_schema_text(CATALOG)
