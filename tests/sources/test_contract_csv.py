"""The contract of sources, run by exported files of several shapes."""

from __future__ import annotations

import gzip
from pathlib import Path

import openpyxl

from erp_sync.ports import Source
from erp_sync.testing.sources import SourceContract
from tests.sources.conftest import csv_source


class TestPlainFiles(SourceContract):
    def make(self, folder: Path) -> Source:
        (folder / "items.csv").write_bytes(b'No_;Name\n1;"a\nb"\n\n2;\n')
        (folder / "prices.csv").write_bytes(b"Item;Price;Currency\n1;9,50;EUR\n1;;\n")
        (folder / "empty.csv").write_bytes(b"Item\n")
        return csv_source(folder, chunk_rows=1, null="")


class TestPartsWithFaults(SourceContract):
    def make(self, folder: Path) -> Source:
        (folder / "items-1.csv").write_bytes("No_;Name\n1;å\n2\n3;c\n".encode("cp1252"))
        (folder / "items-2.csv.gz").write_bytes(gzip.compress(b"Name;No_\nd;4\ne;5\nf", mtime=0)[:-9])
        return csv_source(folder, delimiter=";", datasets={"items": {"files": "items-*"}})


class TestSpreadsheets(SourceContract):
    def make(self, folder: Path) -> Source:
        book = openpyxl.Workbook()
        assert book.active is not None
        for row in (["No_", "Price"], ["00123", 1.5], [7, None], [1, 2, 3]):
            book.active.append(row)
        if not (folder / "items.xlsx").exists():  # it holds the time of its making
            book.save(folder / "items.xlsx")
        return csv_source(folder)
