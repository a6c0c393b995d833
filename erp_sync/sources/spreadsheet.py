"""One sheet of an .xlsx file as text: what stands in a cell, not how it is dressed.

Numbers have at most 15 digits, as spreadsheets keep them, and no exponent; a format of zeros (00000) pads, since
article numbers are written so. Dates are ISO, truth is 1 or 0, an empty cell is empty text.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from erp_sync.errors import FixSource
from erp_sync.sources.cells import Misfit, Parsed
from erp_sync.sources.csv_options import CsvDataset
from erp_sync.sources.files import Part, Watch
from erp_sync.sources.header import column_names
from erp_sync.sources.reading import Reading, known

_ROWS = 5_000
_NOT_COMPUTED = "\0formula"  # stands where a formula has no result; no cell can hold a null character
_FORMULA_ALONE = re.compile(rb"<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_SCANNED, _LONGEST_FORMULA = 4 * 1024 * 1024, 64 * 1024  # bytes
_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")


class SheetFile:
    """``columns`` are those of the sheet, in its order; empty where the sheet is."""

    def __init__(self, part: Part, settings: CsvDataset, watch: Watch, reading: Reading) -> None:
        self._part, self._settings, self._reading, self._watch = part, settings, reading, watch
        watch.look(part.path, part.place)
        self._head: list[str] = []
        self._rows = self._filled_rows()
        self._first = next(self._rows, None)
        self.empty = self._first is None
        self.columns: list[str] = []
        if self._first is not None and settings.header:
            line, self._head = self._first
            self.columns, notes = column_names(self._head)
            for note in notes:
                reading.note(f"{part.place}:{line}: {note}")
            self._first = None
        elif self._first is not None:
            self.columns = list(settings.columns or column_names([""] * len(self._first[1]))[0])

    def _filled_rows(self) -> Iterator[tuple[int, list[str]]]:
        with ExitStack() as stack:
            rows = self._sheet_rows(stack, results=True)
            formulas = self._sheet_rows(stack, results=False) if _lacks_results(self._part) else None
            for number, row in enumerate(rows, 1):
                cells = [cell_text(c.value, getattr(c, "number_format", "") or "") for c in row]
                if formulas is not None:
                    for at, formula in enumerate(next(formulas)):
                        # a computed text may be empty: "str"
                        if formula.data_type == "f" and row[at].value is None and row[at].data_type != "str":
                            cells[at] = _NOT_COMPUTED
                while cells and not cells[-1]:
                    cells.pop()
                if cells and number > self._settings.skip:
                    yield number, cells

    def _sheet_rows(self, stack: ExitStack, *, results: bool) -> Iterator[Sequence[Any]]:
        """The rows of the sheet, of formulas their results or themselves."""
        try:
            book = openpyxl.load_workbook(self._part.path, read_only=True, data_only=results)
        except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as e:
            raise FixSource(
                f"{self._part.place} is no whole .xlsx file: {e}", advice="Have it exported or sent again."
            ) from e
        stack.callback(book.close)
        if self._settings.sheet is not None:
            known(self._settings.sheet, book.sheetnames, "sheet", self._part.place)
        sheet = book[self._settings.sheet] if self._settings.sheet else book.worksheets[0]
        sheet.reset_dimensions()  # programs that write sheets often state them wrong
        return iter(sheet.iter_rows())

    def _rest(self) -> Iterator[tuple[int, list[str]]]:
        if self._first is not None:
            yield self._first
        yield from self._rows

    def tables(self, wanted: Sequence[str]) -> Iterator[Parsed]:
        """All rows but header and trailer, some thousand at a time."""
        trailer, count, ended = self._settings.trailer, 0, False
        taken = [(name, self.columns.index(name)) for name in wanted]
        lines: list[int] = []
        cells: list[list[str]] = [[] for _ in wanted]
        misfits: list[Misfit] = []
        for line, row in self._rest():
            if trailer and row[0].startswith(trailer.starts_with):
                ended = True
                self._check_count(row, count)
                continue
            if row == self._head:
                self._reading.note(f"{self._part.place}:{line}: the header stands there again; it is no row")
                continue
            count += 1
            if misfit := self._misfit(line, row, taken):
                misfits.append(misfit)
                continue
            lines.append(line)
            for column, (_, at) in zip(cells, taken, strict=True):
                column.append(row[at] if at < len(row) else "")
            if len(lines) == _ROWS:
                yield _parsed(wanted, cells, lines, misfits)
                lines, cells, misfits = [], [[] for _ in wanted], []
        yield _parsed(wanted, cells, lines, misfits)
        if trailer and not ended:
            self._reading.problem(
                f"{self._part.place} does not end with a row that starts with {trailer.starts_with!r}"
            )
        self._watch.look(self._part.path, self._part.place)

    def _misfit(self, line: int, row: list[str], taken: Sequence[tuple[str, int]]) -> Misfit | None:
        width = len(self.columns)
        if len(row) > width:
            return Misfit(line, f"expected {width} cells, found {len(row)}", len(row), "; ".join(row))
        for name, at in taken:
            if at < len(row) and row[at] in _ERRORS:
                return Misfit(line, f"column {name!r} holds the error {row[at]}", text=row[at])
            if at < len(row) and row[at] == _NOT_COMPUTED:
                return Misfit(line, f"column {name!r} holds a formula that no spreadsheet program has computed")
        return None

    def _check_count(self, row: list[str], count: int) -> None:
        assert self._settings.trailer is not None
        if self._settings.trailer.count:
            told = re.search(r"\d+", " ".join(row)[len(self._settings.trailer.starts_with) :])
            if told is None or int(told[0]) != count:
                said = told[0] if told else "nothing"
                self._reading.problem(f"{self._part.place}: its trailer counts {said}, there are {count} rows")


def _lacks_results(part: Part) -> bool:
    """Whether some formula may have no result: programs that write sheets leave results to those that show them."""
    with zipfile.ZipFile(part.path) as packed:
        sheets = [name for name in packed.namelist() if re.fullmatch(r"xl/worksheets/[^/]*\.xml", name)]
        return any(_FORMULA_ALONE.search(text) for name in sheets for text in _overlapping(packed, name))


def _overlapping(packed: zipfile.ZipFile, name: str) -> Iterable[bytes]:
    with packed.open(name) as file:
        before = b""
        while block := file.read(_SCANNED):
            yield before + block
            before = block[-_LONGEST_FORMULA:]


def _parsed(wanted: Sequence[str], cells: list[list[str]], lines: list[int], misfits: list[Misfit]) -> Parsed:
    columns = [pa.array(column, pa.string()) for column in cells]
    return Parsed(pa.table(columns, names=list(wanted)), np.array(lines, np.int64), misfits)


def cell_text(value: Any, number_format: str) -> str:
    """What a person reads in the cell, without the dress of currency signs, percent and rounding."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        timed = value.time() != time() or "h" in number_format.lower()
        return str(value) if timed else str(value.date())
    if isinstance(value, int | float):
        text = format(Decimal(format(value, ".15g")), "f")
        return text.zfill(len(number_format)) if re.fullmatch("0{2,}", number_format) else text
    if isinstance(value, date | time):
        return str(value)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)
