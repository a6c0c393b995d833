"""One delimited text file, from its bytes to tables: decoded, cut into rows, its header and its end looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import FixSource
from erp_sync.sources.cells import Misfit, Parsed, first_row, parse_block
from erp_sync.sources.csv_options import CsvDataset
from erp_sync.sources.dialect import AUTO, find_dialect
from erp_sync.sources.encoding import ToUtf8
from erp_sync.sources.files import Part, Watch, blocks
from erp_sync.sources.header import column_names
from erp_sync.sources.reading import Reading
from erp_sync.sources.rows import Block, RowBlocks, ends_in_quotes, row_ends

LOOK = 64 * 1024  # bytes in which delimiter and row end are looked for
_END_OF_FILE = b"\x1a"  # DOS programs end text with it
_LINE_ENDS = (b"\n", b"\r\n", b"\r")


class DelimitedFile:
    """``columns`` are those of the file, in its order, once its first row was read; empty where the file is."""

    def __init__(self, part: Part, settings: CsvDataset, watch: Watch, reading: Reading) -> None:
        self._part, self._settings, self._reading = part, settings, reading
        self._problems_before = len(reading.problems)
        decoder = ToUtf8(settings.encoding, part.place)
        self._texts = self._decoded(blocks(part, watch, reading), decoder)
        start, self._line = self._first_text()
        quote = None if settings.quote == "none" else settings.quote
        self._dialect, found = find_dialect(start[:LOOK], settings.delimiter, settings.row_end, quote)
        if start:
            for note in found:
                reading.note(f"{part.place}: {note}")
        trailer = settings.trailer.starts_with.encode() if settings.trailer else None
        self._rows = RowBlocks(self._dialect, part.place, line=self._line, trailer=trailer)
        self._ready = self._rows.feed(start)
        self.empty = not start.strip()
        self._head: list[str] = []  # the header's cells as they stand there
        self._head_again: list[int] = []
        self.columns = self._header() if settings.header else list(settings.columns or self._counted())

    def _decoded(self, raw: Iterator[bytes], decoder: ToUtf8) -> Iterator[bytes]:
        for block in raw:
            if text := decoder.feed(block):
                yield text
        if text := decoder.feed(b"", final=True):
            yield text
        if decoder.note:
            self._reading.note(f"{self._part.place}: {decoder.note}")

    def _first_text(self) -> tuple[bytes, int]:
        """The text from the header or the first row on, enough of it to find the dialect in, and its line."""
        text, line, skip = b"", 1, self._settings.skip
        any_line = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)")
        # Where line ends do not end rows, an empty line may be the begin of a cell.
        usual = self._settings.row_end == AUTO or self._settings.row_end.encode() in _LINE_ENDS
        blank_line = re.compile(rb" *(?:\r\n|\n|\r)" if usual else rb"(?!)")
        for more in self._texts:
            text += more
            while cut := (any_line if skip else blank_line).match(text):
                text, line, skip = text[cut.end() :], line + 1, max(skip - 1, 0)
            if len(text) >= LOOK and text.strip():
                break
        return (b"" if skip else text), line

    def _take_first_row(self) -> tuple[bytes, int]:
        """Cuts the first row off what was read."""
        while self._ready is None:
            more = next(self._texts, None)
            if more is None:
                row, line = self._rows.rest + self._dialect.row_end, self._rows.line
                self._rows.rest = b""
                return row, line
            self._ready = self._rows.feed(more)
        text, line, ends = self._ready
        ends = row_ends(text, self._dialect) if ends is None else ends
        cut = int(ends[0])
        row = text[:cut]
        next_line = line + row.count(self._dialect.line_break)
        self._ready = Block(text[cut:], next_line, ends[1:] - cut) if cut < len(text) else None
        return row, line

    def _header(self) -> list[str]:
        if self.empty:
            return []
        row, line = self._take_first_row()
        with self._told_where(line):
            self._head = first_row(row, self._dialect)
        self._head_text = row.rstrip(b"\r\n")
        names, notes = column_names(self._head)
        for note in notes:
            self._reading.note(f"{self._part.place}:{line}: {note}")
        return names

    def _counted(self) -> list[str]:
        """Names for the columns of a file without any: counted in its first row."""
        if self.empty:
            return []
        block = self._ready.text if self._ready else self._rows.rest
        ends = row_ends(block, self._dialect)
        row = block[: ends[0]] if len(ends) else block + self._dialect.row_end
        return column_names([""] * len(first_row(row, self._dialect)))[0]

    def tables(self, wanted: Sequence[str]) -> Iterator[Parsed]:
        """All rows but header and trailer; says on the reading what is wrong with the file's end."""
        count, fitted = 0, False
        for block in self._blocks():
            with self._told_where(block.line):
                parsed = parse_block(block, self._dialect, self.columns, wanted, self._settings.null)
            if self._head and self._head_text in block.text:
                parsed = self._without_head(parsed, wanted)
            fitted |= parsed.table.num_rows > 0
            if not fitted:
                self._refuse_dialect(parsed.misfits, block.text)
            count += parsed.table.num_rows + len(parsed.misfits)
            yield parsed
        last = self._last(wanted)
        if last is not None:
            count += last.table.num_rows + len(last.misfits)
            yield last
        if self._head_again:
            again, more = self._head_again[0], len(self._head_again) - 1
            stands = f"the header stands there again{f', and {more} times below' if more else ''}; it is no row"
            self._reading.note(f"{self._part.place}:{again}: {stands}")
        self._check_trailer(count)

    def _without_head(self, parsed: Parsed, wanted: Sequence[str]) -> Parsed:
        """Exports that were put together, or made in pages, hold their header more than once."""
        same = pa.array(np.ones(parsed.table.num_rows, bool))
        for name in wanted:
            same = pc.and_(same, pc.equal(parsed.table[name], self._head[self.columns.index(name)]))
        again = np.asarray(pc.fill_null(same, False))
        self._head_again += parsed.lines[again].tolist()
        return replace(parsed, table=parsed.table.filter(pa.array(~again)), lines=parsed.lines[~again])

    @contextmanager
    def _told_where(self, line: int) -> Iterator[None]:
        try:
            yield
        except FixSource as error:
            raise FixSource(f"{self._part.place}:{line}: {error.message}", advice=error.advice) from None

    def _blocks(self) -> Iterator[Block]:
        if self._ready is not None:
            yield self._ready
        for text in self._texts:
            if (ready := self._rows.feed(text)) is not None:
                yield ready

    def _refuse_dialect(self, misfits: Sequence[Misfit], text: bytes) -> None:
        """Where not one row of a whole block fits, the settings are wrong rather than the rows."""
        wrong = [m for m in misfits if m.cells is not None]
        if not wrong:
            return
        other, _ = find_dialect(text[:LOOK], AUTO, self._settings.row_end, None)
        meant = other.delimiter.decode()
        raise FixSource(
            f"{self._part.place}:{wrong[0].line}: no row has the {len(self.columns)} cells that are expected; "
            f"this one has {wrong[0].cells} with the delimiter {self._dialect.delimiter.decode()!r}",
            advice=f"Correct `columns`, `header`, `quote` or `delimiter` ({meant!r} stands in the first row)."
            if meant.encode() in text
            else "Correct `columns`, `header`, `quote` or `delimiter`.",
        )

    def _last(self, wanted: Sequence[str]) -> Parsed | None:
        """The row after the last row end, if any: whole only where an editor may have left its line end out."""
        rest, line = self._rows.rest.rstrip(_END_OF_FILE), self._rows.line
        if not rest.strip() or self._is_trailer(rest):
            return None
        block = Block(rest + self._dialect.row_end, line)
        parsed = parse_block(block, self._dialect, self.columns, wanted, self._settings.null)
        why = ""
        if len(self._reading.problems) > self._problems_before:
            why = "the file is"
        elif ends_in_quotes(rest, self._dialect):
            why = "it ends inside quotes"
        elif parsed.misfits and (parsed.misfits[0].cells or 0) < len(self.columns):
            why = parsed.misfits[0].reason
        elif self._dialect.row_end not in _LINE_ENDS:
            why = f"the row end {self._dialect.row_end.decode()!r} does not follow it"
        if not why:
            self._reading.note(f"{self._part.place}:{line}: the last row has no row end")
            return parsed
        self._reading.problem(f"{self._part.place}:{line}: the last row is cut off: {why}")
        cut_off = Misfit(line, f"cut off: {why}", text=rest.decode("utf-8", "replace"))
        return Parsed(parsed.table[:0], parsed.lines[:0], [cut_off])

    def _is_trailer(self, rest: bytes) -> bool:
        trailer = self._settings.trailer
        return trailer is not None and rest.startswith(trailer.starts_with.encode())

    def _check_trailer(self, count: int) -> None:
        trailer, rest = self._settings.trailer, self._rows.rest
        if trailer is None:
            return
        row, _, more = rest.partition(self._dialect.row_end)
        if not self._is_trailer(rest):
            self._reading.problem(
                f"{self._part.place} does not end with a row that starts with {trailer.starts_with!r}"
            )
        elif more.rstrip(_END_OF_FILE).strip():
            self._reading.problem(f"{self._part.place}: there is text after its trailer")
        elif trailer.count:
            told = re.search(rb"\d+", row[len(trailer.starts_with.encode()) :])
            if told is None or int(told[0]) != count:
                said = told[0].decode() if told else "nothing"
                self._reading.problem(f"{self._part.place}: its trailer counts {said}, there are {count} rows")
