"""The JSON Schema allows what the settings allow."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from erp_sync.settings import project_schema
from erp_sync.sources.csv_options import CsvOptions
from tests.settings.test_loading import PROJECT


def validator() -> Any:
    schema = project_schema({"csv": CsvOptions})
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_a_right_file_passes() -> None:
    assert list(validator().iter_errors(yaml.safe_load(PROJECT))) == []


def test_a_number_may_be_a_variable() -> None:
    assert validator().is_valid(yaml.safe_load(PROJECT.replace("documents: 50", 'documents: "${SIZE}"')))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: demo", "nmae: demo"),
        ("1h30m", "soon"),
        ("version: 1", "version: 2"),
        ("folder: export", "fodler: export"),
    ],
)
def test_a_wrong_file_does_not(old: str, new: str) -> None:
    assert not validator().is_valid(yaml.safe_load(PROJECT.replace(old, new)))


def test_every_key_is_explained() -> None:
    schema = project_schema({"csv": CsvOptions})
    sections = [schema, *schema["$defs"].values()]
    unexplained = [n for s in sections for n, p in s.get("properties", {}).items() if not p.get("description")]
    assert unexplained == []
