"""The committed export is what its generator writes, and has the odd things that it is meant to have."""

from __future__ import annotations

import csv
import io

import pytest
from stdnum import ean

from fixtures.company.company import company
from fixtures.company.generate import EXPORT, files


def rows(table: str) -> list[dict[str, str]]:
    text = (EXPORT / f"{table}.csv").read_bytes().decode("windows-1252")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_committed_files_are_what_the_generator_writes() -> None:
    written = files()
    assert sorted(p.name for p in EXPORT.iterdir()) == sorted(written)
    assert [n for n, content in written.items() if (EXPORT / n).read_bytes() != content] == []


def test_the_company_has_the_size_it_is_meant_to_have() -> None:
    customers = [c["Customer Posting Group"] for c in rows("Customer")]
    assert len(rows("Item")) == 78
    assert (customers.count("RETAIL"), customers.count("WHOLESALE")) == (40, 15)
    assert len(rows("Customer Price Group")) == 3
    assert len(rows("Location")) == 2
    assert len(rows("Sales Invoice Header")) == 30


def test_every_barcode_is_a_valid_ean() -> None:
    codes = [r["Cross-Reference No."] for r in rows("Item Cross Reference") if r["Cross-Reference Type"] == "Bar Code"]
    assert len(codes) > 900
    assert len(set(codes)) == len(codes)
    assert [c for c in codes if not ean.is_valid(c)] == []


@pytest.mark.parametrize(
    ("table", "column", "odd"),
    [
        ("Item", "Web Description", "\n"),  # a line break inside a cell
        ("Item", "Description", "“"),  # a quote that Latin-1 does not have
        ("Sales Price", "Unit Price", "."),  # a thousands separator
        ("Customer", "Post Code", "0210"),  # leading zeros
        ("Customer", "Country/Region Code", "UK"),  # a country code that is none
        ("Sales Invoice Line", "Type", " "),  # a line of text only
    ],
)
def test_the_export_has_its_odd_things(table: str, column: str, odd: str) -> None:
    assert any(odd in row[column] for row in rows(table))


def test_another_seed_is_another_company() -> None:
    assert company(1)["Stock"].rows != company()["Stock"].rows
