"""coverage: what is mapped and read and what is not, with figures that a reader of the files comes to, too."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import create_engine

from erp_sync.mapping.coverage import DISTINCT, Fill
from fixtures.company.database import PREFIX, load
from tests.companies.running import MAPPINGS
from tests.mapping_tools.conftest import Edit, Run, golden


def plain(run: Run, *arguments: str) -> list[dict[str, Any]]:
    said = run("mapping", "coverage", "-q", "--json", *arguments)
    assert said.code == 0, said.err
    return [json.loads(line) for line in said.out.splitlines()]


def columns(said: list[dict[str, Any]], dataset: str) -> dict[str, dict[str, Any]]:
    return {p["column"]: p for p in said if p["kind"] == "column" and p["dataset"] == dataset}


def fields(said: list[dict[str, Any]], entity: str) -> dict[str, dict[str, Any]]:
    return {p["field"]: p for p in said if p["kind"] == "field" and p["entity"] == entity}


def test_coverage_of_one_entity(company: Run) -> None:
    golden("coverage.txt", company("mapping", "coverage", "customer", "-q").out)


def test_figures_are_those_of_the_files(company: Run, tmp_path: Path) -> None:
    said = plain(company, "--show-personal")
    for path in sorted((tmp_path / "export").iterdir()):
        text = path.read_bytes().decode("windows-1252")
        rows = list(csv.DictReader(text.splitlines(keepends=True), delimiter=";"))
        found = columns(said, path.stem)
        assert list(found) == list(rows[0])
        for name, column in found.items():
            counts = Counter(row[name] for row in rows if row[name])
            figures = column["rows"], column["filled"], column["distinct"]
            assert figures == (len(rows), counts.total(), len(counts)), (path.stem, name)
            if len(counts) <= 20:
                assert column["values"] == counts


def test_unused_columns_and_unread_datasets(company: Run, tmp_path: Path, edit: Edit) -> None:
    (tmp_path / "export" / "Vendor.csv").write_text("No.;Name\r\n1;A\r\n", "windows-1252")
    edit("mapping/product.yaml", "  harmcode.id: Tariff No.\n", "")
    edit("mapping/product.yaml", "collection.id: Season Code", "collection.id: {from: Season Code, owner: centra}")
    said = plain(company)
    unused = {p["column"] for p in columns(said, "Item").values() if not p["used_by"]}
    assert unused == {"Base Unit of Measure", "Tariff No."}
    assert columns(said, "Item")["Net Weight"]["used_by"] == ["product"]
    assert columns(said, "Item Cross Reference")["Cross-Reference No."]["used_by"] == ["variation_size"]
    product = next(p for p in said if p["kind"] == "entity" and p["entity"] == "product")
    assert product["unmapped"] == ["harmcode.id", "harmcode.description", "comment"]
    assert fields(said, "product")["collection.id"]["owners"] == ["centra"]
    assert [p["unread"] for p in said if p["kind"] == "source"] == [["Vendor"]]
    assert "datasets that are not read: Vendor" in company("mapping", "coverage", "-q").out


def test_columns_that_come_through_other_datasets_are_used(company: Run) -> None:
    """`skus` is made of variants joined with items and categories, and `colours` of `skus`."""
    said = plain(company, "variation")
    assert {p["dataset"] for p in said if p["kind"] == "dataset"} == {"Item", "Item Variant", "Item Category"}
    assert "variation" in columns(said, "Item Category")["Size Table Code"]["used_by"]
    assert fields(said, "variation")["cog"]["filled"] == 245


def test_nothing_personal_is_shown(company: Run, edit: Edit) -> None:
    """Not of fields, not of the columns that they are made of, not of columns beside these that nobody reads."""
    edit("mapping/account.yaml", "      lastname: Surname\n", "")
    text = company("mapping", "coverage", "-q").out
    said = plain(company)
    contact = columns(said, "Contact")
    assert contact["First Name"]["values"] == contact["Surname"]["values"] == "•••"
    assert contact["Surname"]["used_by"] == []
    shown = columns(plain(company, "--show-personal"), "Contact")["Surname"]["values"]
    assert len(shown) > 3
    assert "@" not in text
    assert [name for name in shown if f'"{name}"' in text] == []
    assert columns(said, "Customer")["No."]["values"] != "•••"  # ids are shown
    assert columns(said, "Item")["Description"]["values"] != "•••"


def test_rejected_rows_are_counted(company: Run, edit: Edit) -> None:
    edit("mapping/product.yaml", "{Nej: active, Ja: inactive}}\n  sku", "{Nej: active}}\n  sku")
    assert "product  75 records of 78 rows, 3 rejected" in company("mapping", "coverage", "product", "-q").out


def test_an_empty_dataset_still_has_its_columns(company: Run, tmp_path: Path) -> None:
    path = tmp_path / "export" / "Location.csv"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    said = plain(company, "warehouse")
    assert {c: p["rows"] for c, p in columns(said, "Location").items()} == {"Code": 0, "Name": 0}
    assert company("mapping", "coverage", "warehouse", "-q").out.splitlines()[:2] == [
        "warehouse  0 records of 0 rows, from Location (mapping/warehouse.yaml:2)",
        "  description  0 -  0 different",
    ]


def test_columns_of_a_database_that_hold_no_text(
    erp_sync: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every table of Navision has a `timestamp`, which is eight bytes."""
    url = f"sqlite:///{tmp_path / 'navision.db'}"
    engine = create_engine(url)
    load(engine)
    engine.dispose()
    monkeypatch.setenv("ERP_DATABASE", url)
    text = (MAPPINGS / "navision" / "project" / "erp-sync.yaml").read_text("utf-8")
    own = text.replace("CRONUS International Ltd_$ ", f"{PREFIX} ")
    (tmp_path / "erp-sync.yaml").write_text(own, "utf-8")
    found = columns(plain(erp_sync, "product"), "Item")
    assert [c for c, p in found.items() if not p["readable"]] == ["timestamp"]
    assert found["No_"]["distinct"] == 78


def test_an_entity_that_is_not_mapped_is_said(company: Run) -> None:
    said = company("mapping", "coverage", "custmer", "-q")
    assert (said.code, 'did you mean "customer"?' in said.err) == (2, True)


@pytest.mark.parametrize("different", [DISTINCT, DISTINCT + 1])
def test_different_texts_are_counted_exactly_up_to_a_bound(different: int) -> None:
    fill = Fill()
    for start in range(0, different, 999):
        some = [f"text {n}" for n in range(start, min(start + 999, different))]
        fill.add(pa.array([*some, *some, None, ""]))
    assert fill.filled == 2 * different
    assert fill.distinct == (different if different <= DISTINCT else None)
    assert not fill.counted


def test_what_stays_of_a_column_does_not_grow_with_it() -> None:
    fill = Fill()
    for start in range(0, 200_000, 10_000):
        fill.add(pa.array([f"{n}" + "x" * 1_000 for n in range(start, start + 10_000)]))
    assert (fill.rows, fill.distinct, len(fill.values)) == (200_000, None, 20)
    assert max(map(len, fill.values)) == 200
