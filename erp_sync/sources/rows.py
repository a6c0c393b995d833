"""Where the rows of delimited text begin and end: whole blocks at a time, quoted row ends left alone."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from erp_sync.errors import FixSource
from erp_sync.sources.dialect import Dialect

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
LONGEST_ROW = 64 * 1024 * 1024  # bytes; longer means a quote that is never closed


def row_ends(data: bytes, dialect: Dialect) -> Positions:
    """Positions just after each row end that stands outside quotes; ``data`` begins where a row begins."""
    ends = _ends(data, dialect.row_end)
    if dialect.quote is None or dialect.quote not in data:
        return ends
    outside = np.searchsorted(_quoted(data, dialect), ends - len(dialect.row_end)) % 2 == 0
    found: Positions = ends[outside]
    return found


def line_starts(data: bytes, dialect: Dialect) -> Positions:
    """Positions where a line begins, but for the first; lines as an editor counts them."""
    return _ends(data, dialect.line_break)


def ends_in_quotes(data: bytes, dialect: Dialect) -> bool:
    if dialect.quote is None or dialect.quote not in data:
        return False
    return len(_quoted(data, dialect)) % 2 == 1


def _ends(data: bytes, token: bytes) -> Positions:
    if len(token) == 1:
        return np.flatnonzero(np.frombuffer(data, np.uint8) == token[0]) + 1
    return np.fromiter((m.end() for m in re.finditer(re.escape(token), data)), np.int64)


def _quoted(data: bytes, dialect: Dialect) -> Positions:
    """Positions of quotes, opening and closing in turn; doubled ones inside may count as a close and an open.

    A quote opens only where a cell begins, as pyarrow.csv reads it. Where quotes are in order, their count alone
    tells inside from outside; stray ones (5" pipe) are walked through one by one.
    """
    assert dialect.quote is not None
    octets = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(octets == dialect.quote[0])
    can_open = _follows(octets, quotes, dialect.delimiter, dialect.row_end)
    doubled, second = np.zeros(len(quotes), bool), np.zeros(len(quotes), bool)
    doubled[:-1] = np.diff(quotes) == 1
    second[1:] = doubled[:-1]
    after = np.zeros(256, bool)
    after[[dialect.delimiter[0], dialect.row_end[0], 13 if dialect.row_end == b"\n" else dialect.row_end[0]]] = True
    closing = quotes[1::2]
    can_close = doubled[1::2] | after[octets[np.minimum(closing + 1, len(data) - 1)]] | (closing == len(data) - 1)
    if (can_open | second)[0::2].all() and can_close.all():
        return quotes
    return _walk(quotes, can_open, doubled)


def _follows(octets: npt.NDArray[np.uint8], positions: Positions, *tokens: bytes) -> Flags:
    """Which positions stand right after one of the tokens, or at the very begin."""
    found: Flags = positions == 0
    if all(len(token) == 1 for token in tokens):
        before = np.zeros(256, bool)
        before[[token[0] for token in tokens]] = True
        return found | before[octets[positions - 1]]
    for token in tokens:
        here = positions >= len(token)
        for back, octet in enumerate(reversed(token), 1):
            here &= octets[np.maximum(positions - back, 0)] == octet
        found |= here
    return found


def _walk(quotes: Positions, can_open: Flags, doubled: Flags) -> Positions:
    turns: list[int] = []
    inside = skip = False
    for position, opens, twice in zip(quotes.tolist(), can_open.tolist(), doubled.tolist(), strict=True):
        if skip:
            skip = False
        elif inside and twice:
            skip = True
        elif inside or opens:
            turns.append(position)
            inside = not inside
    return np.array(turns, np.int64)


class Block(NamedTuple):
    """Whole rows as UTF-8, the line of the first, and where each ends, as far as that had to be found out."""

    text: bytes
    line: int
    ends: Positions | None = None


class RowBlocks:
    """Cuts a stream of UTF-8 into blocks that end where a row ends, and knows the line on which each begins."""

    def __init__(self, dialect: Dialect, place: str, *, line: int = 1, trailer: bytes | None = None) -> None:
        self._dialect, self._place, self._trailer = dialect, place, trailer
        self.line = line  # of the first byte of ``rest``
        self.rest = b""  # no row end in it, or nothing but the trailer

    def feed(self, data: bytes) -> Block | None:
        """The rows that are whole by now; what comes after them waits for more."""
        self.rest += data
        quoted = self._dialect.quote is not None and self._dialect.quote in self.rest
        ends = row_ends(self.rest, self._dialect) if quoted else None
        cut = self._cut(ends)
        if not cut:
            if len(self.rest) > LONGEST_ROW:
                raise FixSource(
                    f"{self._place}:{self.line}: a row does not end within {LONGEST_ROW >> 20} MB",
                    advice="A quote may be open: check `quote` (none where quotes are plain text) and `row_end`.",
                )
            return None
        block = Block(self.rest[:cut], self.line, None if ends is None else ends[ends <= cut])
        self.rest = self.rest[cut:]
        self.line += block.text.count(self._dialect.line_break)
        return block

    def _cut(self, ends: Positions | None) -> int:
        cut = self._last_end(len(self.rest), ends)
        if self._trailer is None or not cut:
            return cut
        # A trailer may be the file's last row: it stays behind until the end of the file is known.
        content = _content(self.rest[:cut], self._dialect.row_end)
        start = self._last_end(content, ends)
        return start if self.rest.startswith(self._trailer, start) else cut

    def _last_end(self, before: int, ends: Positions | None) -> int:
        if ends is None:
            found = self.rest.rfind(self._dialect.row_end, 0, before)
            return found + len(self._dialect.row_end) if found >= 0 else 0
        fitting = ends[ends <= before]
        return int(fitting[-1]) if len(fitting) else 0


def _content(data: bytes, row_end: bytes) -> int:
    """The length of ``data`` without the row ends and blanks at its end."""
    length = -1
    while length != len(data):
        length = len(data)
        data = data.rstrip().removesuffix(row_end)
    return length
