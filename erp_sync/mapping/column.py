"""A column on its way through a mapping: its texts, and what is wrong with which rows. Whole columns, never rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import Place

_WORTH_IT, _SAMPLE = 4_000, 2_000

Reason = str | Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a transform hands back when it cannot do every row: ``bad`` rows, and why. Not ``fatal``: a notice only.

    ``reason`` follows the offending text in messages: ``"1.5.0" is not a number``.
    """

    values: pa.Array
    bad: pa.Array | None = None  # booleans, no nulls
    reason: Reason = ""
    fatal: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows that cannot be used. ``values`` are the offending texts, ``column`` the source column they came from."""

    rows: pa.Array  # booleans, no nulls
    reason: Reason
    place: Place
    values: pa.Array | None = None
    column: str | None = None
    fatal: bool = True

    def message(self, row: int) -> str:
        return self.message_of(row, self.values[row].as_py() if self.values is not None else None)

    def message_of(self, row: int, text: str | None) -> str:
        """As ``message``, with the offending text at hand."""
        if callable(self.reason):
            return self.reason(row)
        return self.reason if not text else f'"{text[:80]}" {self.reason}'

    def spread(self, codes: pa.Array) -> Problem:
        """The problem of all rows, after it was found on the different texts; ``codes`` says which text a row has."""
        reason = self.reason
        whole = (lambda row: reason(codes[row].as_py())) if callable(reason) else reason
        values = pc.take(self.values, codes) if self.values is not None else None
        return replace(self, rows=pc.fill_null(pc.take(self.rows, codes), False), values=values, reason=whole)

    def only(self, rows: pa.Array) -> Problem:
        return replace(self, rows=pc.and_(self.rows, rows))


@dataclass(frozen=True, slots=True)
class Column:
    """``values`` are texts, a null is UNSET; ``source`` is the ERP's column that they came from, if it is one."""

    values: pa.Array
    problems: tuple[Problem, ...] = ()
    source: str | None = None


def constant(text: str | None, length: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), length)


def none(length: int) -> pa.Array:
    return pa.repeat(pa.scalar(False), length)


def is_empty(texts: pa.Array) -> pa.Array:
    """True where there is no text: null or the empty text. No nulls."""
    return pc.fill_null(pc.equal(texts, ""), True)


def not_matching(texts: pa.Array, pattern: str) -> pa.Array:
    """True where there is a text that does not match. Null and the empty text are never wrong."""
    return pc.and_not(pc.invert(pc.fill_null(pc.match_substring_regex(texts, pattern), True)), is_empty(texts))


def any_of(rows: pa.Array) -> bool:
    return bool(pc.any(rows, min_count=0).as_py())


def has_controls(texts: pa.Array) -> bool:
    """Whether any text may hold a control character that XML cannot carry. A look at the bytes, not at each text."""
    data = texts.buffers()[2]
    if data is None or not len(texts):
        return False
    bounds = np.frombuffer(texts.buffers()[1], np.int32)
    raw = np.frombuffer(data, np.uint8)[bounds[texts.offset] : bounds[texts.offset + len(texts)]]
    low = raw[raw < 32]
    return bool(len(low)) and bool(np.any((low != 9) & (low != 10) & (low != 13)))


def only_where(texts: pa.Array, rows: pa.Array, function: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Apply a costly function to the rows that need it."""
    if not any_of(rows):
        return texts
    rows = pc.fill_null(rows, False)
    return pc.replace_with_mask(texts, rows, function(pc.filter(texts, rows)))


def is_repetitive(texts: pa.Array) -> bool:
    """Whether the texts look like few different ones, so that working on the different ones is cheaper."""
    return len(texts) >= _WORTH_IT and pc.count_distinct(texts.slice(0, _SAMPLE)).as_py() <= _SAMPLE // 20


def as_texts(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One contiguous array of ordinary texts, whatever the frame's backing was."""
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    return array if array.type == pa.string() else array.cast(pa.string())


def by_value(texts: pa.Array, function: Callable[[str], str | None]) -> Checked:
    """Apply a Python function to each distinct text once. A ValueError rejects the rows with its message."""
    encoded = pc.dictionary_encode(texts)
    results: list[str | None] = []
    refused: dict[int, str] = {}
    for code, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            results.append(function(text))
        except ValueError as cause:
            refused[code] = f'"{text[:80]}" {cause}'
            results.append(None)
    values = pc.take(pa.array(results, pa.string()), encoded.indices)
    if not refused:
        return Checked(values)
    codes = encoded.indices
    bad = pc.fill_null(pc.is_in(codes, value_set=pa.array(list(refused), codes.type)), False)
    return Checked(values, bad, lambda row: refused[codes[row].as_py()])
