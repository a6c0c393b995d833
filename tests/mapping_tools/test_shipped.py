"""Every shipped mapping has tests beside it, and all of them pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from erp_sync.centra.catalog import CATALOG
from erp_sync.mapping import load_mappings
from erp_sync.mapping.reading import read_yaml, shown_name
from erp_sync.testing.mappings import SUFFIX, read_tests, run_file
from erp_sync.testing.mappings.running import Sets
from erp_sync.testing.mappings.schema import json_schema, schema_text
from tests.companies.running import MAPPINGS

SETS = sorted(p for p in MAPPINGS.iterdir() if p.is_dir())
FILES = sorted(MAPPINGS.glob(f"*/*{SUFFIX}"))
LOADED = Sets(CATALOG, {})


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_shipped_mapping_makes_what_its_tests_expect(path: Path) -> None:
    done = list(run_file(read_tests(path), LOADED))
    assert done
    assert {one.test.name: one.differences for one in done if one.differences} == {}


@pytest.mark.parametrize("folder", SETS, ids=lambda p: p.name)
def test_every_file_that_makes_records_has_tests_and_every_entity_is_looked_at(folder: Path) -> None:
    units = load_mappings(folder, CATALOG, {}).units
    made: dict[str, set[str]] = {}
    for unit in units:
        made.setdefault(unit.place.file, set()).add(unit.entity)
    tested = {}
    for path in folder.glob(f"*{SUFFIX}"):
        file = read_tests(path)
        expected = [test.expect for test in file.model.tests if test.expect is not None]
        whole = {entity for e in expected if e.xml is not None for entity in made[shown_name(file.mapping)]}
        tested[shown_name(file.mapping)] = whole | {
            e for one in expected for e, of in (one.records or {}).items() if of
        }
    assert tested == made


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_shipped_file_of_tests_fits_and_names_the_schema(path: Path) -> None:
    found = [e.json_path for e in Draft202012Validator(json_schema(CATALOG)).iter_errors(read_yaml(path).data)]
    assert found == []
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../test.schema.json\n")


def test_the_published_schema_is_current() -> None:
    published = MAPPINGS / "test.schema.json"
    assert published.read_text(encoding="utf-8") == schema_text(CATALOG), (
        "write it anew: erp-sync mapping schema --tests > mappings/test.schema.json"
    )
