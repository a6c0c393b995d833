"""Cells of .xlsx files as the text that a person reads in them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from erp_sync.errors import FixSource
from tests.sources.conftest import Read, csv_source, read_all

Reader = Callable[..., Read]


def sheet(path: Path, rows: list[list[Any]], formats: dict[str, str] | None = None, title: str = "Items") -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for cell, form in (formats or {}).items():
        book.active[cell].number_format = form
    book.create_sheet("Other").append(["x"])
    book.save(path)


def test_what_stands_in_the_cells(tmp_path: Path) -> None:
    sheet(
        tmp_path / "items.xlsx",
        [
            ["No_", "Price", "Sold", "At", "Active", "Note"],
            ["00123", 12.5, date(2024, 5, 1), datetime(2024, 5, 1, 13, 30), True, None],
            [123, 0.1 + 0.2, date(2024, 5, 1), time(8, 5), False, " kept "],
            [7300000000001, 1e-7, datetime(2024, 5, 1), timedelta(hours=30, minutes=5), None, "last"],
        ],
        {"A3": "00000", "C4": "yyyy-mm-dd hh:mm", "D4": "[h]:mm:ss", "B2": "0.00", "F4": "@"},
    )
    got = read_all(csv_source(tmp_path), "items")
    assert got.rows[:2] == [
        ("00123", "12.5", "2024-05-01", "2024-05-01 13:30:00", "1", ""),
        ("00123", "0.3", "2024-05-01", "08:05:00", "0", " kept "),
    ]
    assert got.rows[2][:4] == ("7300000000001", "0.0000001", "2024-05-01 00:00:00", "30:05:00")
    assert got.lines == [2, 3, 4]
    assert got.places == ["items.xlsx"]
    assert got.report.complete


def test_a_named_sheet_without_header_below_a_title(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Prices").append(["Prices of today"])
    for row in ([], ["A", 1], [None, None], ["B", 2]):
        book["Prices"].append(row)
    book.save(tmp_path / "p.xlsx")
    options = {"files": "p.xlsx", "sheet": "Prices", "header": False, "skip": 1, "columns": ["No_", "Price"]}
    got = read_all(csv_source(tmp_path, datasets={"p": options}), "p")
    assert got.rows == [("A", "1"), ("B", "2")]
    assert got.lines == [3, 5]
    with pytest.raises(FixSource, match="no sheet 'Price', did you mean 'Prices'"):
        read_all(csv_source(tmp_path, datasets={"p": {**options, "sheet": "Price"}}), "p")


def test_rows_that_do_not_fit_and_formulas_that_failed(tmp_path: Path) -> None:
    sheet(tmp_path / "items.xlsx", [["a", "b"], [1, 2, 3], [4, "#N/A"], [5], [6, 7]])
    got = read_all(csv_source(tmp_path), "items")
    assert got.rows == [("5", ""), ("6", "7")]
    assert [(r.origin.at, r.reason) for r in got.rejections] == [
        (2, "expected 2 cells, found 3"),
        (3, "column 'b' holds the error #N/A"),
    ]
    assert not got.report.complete


def test_formulas_that_were_never_computed(tmp_path: Path) -> None:
    sheet(tmp_path / "items.xlsx", [["a", "b", "c"], [1, "=1+1", 2], [3, 4, '=IF(A2="","",1)'], [5, 6, 7], [8, 9]])
    got = read_all(csv_source(tmp_path), "items", ["a", "b"])
    assert got.rows == [("3", "4"), ("5", "6"), ("8", "9")]
    assert [(r.origin.at, r.reason) for r in got.rejections] == [
        (2, "column 'b' holds a formula that no spreadsheet program has computed")
    ]
    assert [r.origin.at for r in read_all(csv_source(tmp_path), "items").rejections] == [2, 3]


def test_a_formula_whose_result_is_an_empty_text(tmp_path: Path) -> None:
    """As Excel keeps it: the cell's type says that there is a result."""
    sheet(tmp_path / "plain.xlsx", [["a", "b"], [1, '=IF(A2=1,"",1)']])
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as old, zipfile.ZipFile(tmp_path / "items.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'<c r="B2">', b'<c r="B2" t="str">'))
    got = read_all(csv_source(tmp_path, datasets={"items": {"files": "items.xlsx"}}), "items")
    assert got.rows == [("1", "")]
    assert got.report.complete


def test_a_header_that_stands_in_a_sheet_twice(tmp_path: Path) -> None:
    sheet(tmp_path / "items.xlsx", [["a", "b"], [1, 2], ["a", "b"], [3, 4]])
    got = read_all(csv_source(tmp_path), "items")
    assert got.rows == [("1", "2"), ("3", "4")]
    assert got.report.notes == ("items.xlsx:3: the header stands there again; it is no row",)
    assert got.report.complete


def test_a_trailer_in_a_sheet(tmp_path: Path) -> None:
    sheet(tmp_path / "items.xlsx", [["a", "b"], [1, 2], ["END", 2]])
    got = read_all(csv_source(tmp_path, trailer={"starts_with": "END", "count": True}), "items")
    assert got.report.problems == ("items.xlsx: its trailer counts 2, there are 1 rows",)


def test_an_empty_sheet_and_a_broken_file(read: Reader, tmp_path: Path) -> None:
    sheet(tmp_path / "items.xlsx", [])
    assert read_all(csv_source(tmp_path), "items").report.problems == ("items.xlsx is empty",)
    with pytest.raises(FixSource, match=r"items\.xlsx is no whole \.xlsx file"):
        read({"items.xlsx": (tmp_path / "items.xlsx").read_bytes()[:-20]})
    with pytest.raises(FixSource, match="of the old Excel format"):
        read({"old.xls": b"\xd0\xcf"}, files="old.xls")
