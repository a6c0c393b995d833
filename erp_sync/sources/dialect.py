"""How a delimited text file is written: delimiter, row end, quote; told, or found in its first rows."""

from __future__ import annotations

import re
from dataclasses import dataclass

AUTO = "auto"
_CANDIDATES = (b";", b"\t", b",", b"|")
_ROWS_LOOKED_AT = 25


@dataclass(frozen=True, slots=True)
class Dialect:
    """In UTF-8. ``row_end`` b"\\n" means LF or CR LF, whichever comes; every other one means exactly itself."""

    delimiter: bytes
    row_end: bytes
    quote: bytes | None

    @property
    def line_break(self) -> bytes:
        """What an editor counts as a line: the line feed, or the row end where it holds none."""
        return b"\n" if b"\n" in self.row_end else self.row_end


def find_dialect(start: bytes, delimiter: str, row_end: str, quote: str | None) -> tuple[Dialect, list[str]]:
    """``start`` is UTF-8 from the first row on; also gives notes on what was found rather than told."""
    notes = []
    mark = quote.encode() if quote else None
    if row_end == AUTO:
        end = b"\r" if b"\r" in start and b"\n" not in start else b"\n"
        if end == b"\r":
            notes.append("row end CR, found")
    else:
        end = row_end.encode()
    if delimiter == AUTO:
        cut = _find_delimiter(start, end, mark)
        notes.append(f"delimiter {cut.decode()!r}, found" if cut else "no delimiter found: one column")
        cut = cut or b";"
    else:
        cut = delimiter.encode()
    return Dialect(cut, end, mark), notes


def _find_delimiter(start: bytes, row_end: bytes, quote: bytes | None) -> bytes | None:
    """The candidate that every one of the first rows holds, equally often; else the most frequent in the first row."""
    if quote:
        start = re.sub(quote + b"[^" + quote + b"]*(?:" + quote + b"|$)", b"", start)
    rows = [r for r in start.split(row_end) if r.strip()][:_ROWS_LOOKED_AT]
    if len(rows) > 1 and not start.endswith(row_end):
        rows.pop()  # cut by the end of the block, not by the file
    counts = {c: {row.count(c) for row in rows} for c in _CANDIDATES}
    even = [c for c, found in counts.items() if len(found) == 1 and 0 not in found]
    if even:
        return max(even, key=lambda c: min(counts[c]))
    if not rows:
        return None
    best = max(_CANDIDATES, key=rows[0].count)
    return best if best in rows[0] else None
