"""Blocks of delimited text to columns, by pyarrow.csv.

pyarrow.csv cuts at one byte and at line ends. Any other delimiter or row end is first replaced by a byte that the
block does not hold, line ends inside cells likewise, and both are put back in the cells: every step is one pass in C.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from erp_sync.errors import FixSource
from erp_sync.sources.dialect import Dialect
from erp_sync.sources.encoding import MARK, marked
from erp_sync.sources.rows import Block, Positions, line_starts, row_ends

_SPARE = bytes([*range(1, 9), *range(14, 26), *range(28, 32), 127])  # control characters that exports do not use
_MARK = MARK.encode()


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that has no place in the table. ``cells`` is None where the number of cells is not what is wrong."""

    line: int
    reason: str
    cells: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    table: pa.Table  # text columns
    lines: npt.NDArray[np.int64]  # one per row of ``table``
    misfits: list[Misfit] = field(default_factory=list)


def parse_block(
    block: Block, dialect: Dialect, columns: Sequence[str], wanted: Sequence[str], null: str | None = None
) -> Parsed:
    """The cells of ``wanted``, which is not empty. Blank lines are no rows."""
    text, damaged = _looked_through(block.text)
    block = block if text is block.text else Block(text, block.line)
    plain = _Plain.of(text, dialect)
    invalid: list[tuple[int, int, str]] = []

    def misfit(row: csv.InvalidRow) -> str:
        invalid.append((row.number - 1, row.actual_columns, row.text))
        return "skip"

    table = csv.read_csv(
        pa.py_buffer(plain.text),
        csv.ReadOptions(use_threads=False, block_size=len(plain.text) + 1, column_names=list(columns)),
        csv.ParseOptions(
            delimiter=plain.delimiter,
            quote_char=dialect.quote.decode() if dialect.quote else False,
            newlines_in_values=True,
            invalid_row_handler=misfit,
        ),
        csv.ConvertOptions(
            column_types={name: pa.string() for name in columns},
            include_columns=list(wanted),
            strings_can_be_null=null is not None,
            quoted_strings_can_be_null=False,
            null_values=[] if null is None else [null],
        ),
    )
    rows = table.num_rows + len(invalid)
    if rows == text.count(dialect.line_break) and not damaged:
        starts: Positions = np.arange(block.line, block.line + rows, dtype=np.int64)
        broken: Positions = np.empty(0, np.int64)
    else:
        starts, broken = _exact_lines(block, dialect, rows)
    keep = np.ones(rows, bool)
    keep[[number for number, _, _ in invalid]] = False
    at = starts[keep]
    misfits = [
        Misfit(int(starts[n]), f"expected {len(columns)} cells, found {cells}", cells, plain.restored(row))
        for n, cells, row in invalid
        if row.strip()
    ]
    if len(broken):
        bad = np.isin(np.flatnonzero(keep), broken)
        misfits += [Misfit(int(found), "it holds bytes that are no text in this encoding") for found in at[bad]]
        table, at = table.filter(pa.array(~bad)), at[~bad]
    return Parsed(plain.put_back(table), at, sorted(misfits, key=lambda m: m.line))


def _looked_through(block: bytes) -> tuple[bytes, bool]:
    """The block with MARK where it is no text, and whether it holds any."""
    if block.isascii():
        return block, False
    mended = marked(block)
    block = block if mended is None else mended
    return block, _MARK in block


def first_row(row: bytes, dialect: Dialect) -> list[str]:
    """The cells of one row, which may lack its row end."""
    plain = _Plain.of(_looked_through(row)[0], dialect)
    table = csv.read_csv(
        pa.py_buffer(plain.text),
        csv.ReadOptions(use_threads=False, block_size=len(plain.text) + 1, autogenerate_column_names=True),
        csv.ParseOptions(
            delimiter=plain.delimiter,
            quote_char=dialect.quote.decode() if dialect.quote else False,
            newlines_in_values=True,
        ),
        csv.ConvertOptions(default_column_type=pa.string(), strings_can_be_null=False),
    )
    return [column[0].as_py() for column in plain.put_back(table).columns]


def _exact_lines(block: Block, dialect: Dialect, rows: int) -> tuple[Positions, Positions]:
    """The line of every row that is not empty, and the numbers of the rows that hold MARK."""
    text, line, known = block
    ends = row_ends(text, dialect) if known is None else known
    if not len(ends) or ends[-1] != len(text):  # the last row is cut off inside quotes
        ends = np.append(ends, len(text))
    begins = np.append(0, ends[:-1])
    sizes = ends - begins
    empty = sizes <= len(dialect.row_end)
    if dialect.row_end == b"\n":
        empty |= (sizes == 2) & (np.frombuffer(text, np.uint8)[begins] == 13)
    filled = begins[~empty]
    if len(filled) != rows:
        raise FixSource(
            f"rows cannot be told from lines from here on: {rows} rows, {len(filled)} row ends",
            advice="Quotes may be open or stray: check `quote` (none where quotes are plain text) and `row_end`.",
        )
    starts = line + np.searchsorted(line_starts(text, dialect), filled, side="right")
    marks = np.fromiter(_found(text, _MARK), np.int64)
    broken = np.unique(np.searchsorted(filled, marks, side="right") - 1)
    return starts.astype(np.int64), broken


def _found(data: bytes, token: bytes) -> list[int]:
    found, at = [], data.find(token)
    while at >= 0:
        found.append(at)
        at = data.find(token, at + 1)
    return found


@dataclass(frozen=True, slots=True)
class _Plain:
    """A block as pyarrow.csv can read it, and what to put back in its cells, in order."""

    text: bytes
    delimiter: str
    back: tuple[tuple[str, str], ...]
    real_delimiter: str

    @classmethod
    def of(cls, block: bytes, dialect: Dialect) -> _Plain:
        spare = (bytes([c]) for c in _SPARE if c not in block)
        quoted = dialect.quote is not None and dialect.quote in block
        steps: list[tuple[bytes, bytes]] = []
        back: list[tuple[bytes, bytes]] = []
        delimiter, row_end = dialect.delimiter, dialect.row_end
        if len(delimiter) > 1:
            delimiter = _take(spare)
            steps.append((dialect.delimiter, delimiter))
            if quoted:
                back.append((delimiter, dialect.delimiter))
        if row_end == b"\n":
            if b"\r" in block and block.count(b"\r") != block.count(b"\r\n"):  # lone carriage returns are text
                stand_in, held = _take(spare), _take(spare)
                steps += [(b"\r\n", held), (b"\r", stand_in), (held, b"\r\n")]
                back.append((stand_in, b"\r"))
        elif row_end != b"\r\n" or not block.count(b"\r") == block.count(b"\n") == block.count(b"\r\n"):
            held, carriage, feed = _take(spare), _take(spare), _take(spare)
            # The longer of the two goes first: one may be a part of the other.
            steps.insert(0 if len(row_end) >= len(dialect.delimiter) else 1, (row_end, held))
            steps += [(b"\r", carriage), (b"\n", feed), (held, b"\n")]
            back += [(b"\n", row_end)] if quoted else []
            back += [(carriage, b"\r"), (feed, b"\n")]
        for old, new in steps:
            block = block.replace(old, new)
        used = tuple((a.decode(), b.decode()) for a, b in back if a in block)
        return cls(block, delimiter.decode(), used, dialect.delimiter.decode())

    def put_back(self, table: pa.Table) -> pa.Table:
        for name in table.column_names if self.back else ():
            column = table[name]
            for stand_in, original in self.back:
                column = pc.replace_substring(column, stand_in, original)
            table = table.set_column(table.column_names.index(name), name, column)
        return table

    def restored(self, text: str) -> str:
        for stand_in, original in self.back:
            text = text.replace(stand_in, original)
        return text.replace(self.delimiter, self.real_delimiter)


def _take(spare: Iterator[bytes]) -> bytes:
    for octet in spare:
        return octet
    raise FixSource(
        "the file holds every control character, so none is left to stand for its delimiter",
        advice="It is probably no text file; check `encoding`.",
    )
