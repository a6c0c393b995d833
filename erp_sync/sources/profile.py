"""What a dataset's columns look like: fill, distinct values, range, and what they are suspected to be.

Exact for the rows that were read; whole columns at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.ports import Chunk

_FREQUENT = 3  # values shown of each column
_PAIRED = 12  # columns that are tried in pairs for a key
_MOST = 0.9  # share of the values that has to look so
_WHOLE = r"^-?\d+$"
_COMMA = r"^-?(\d+|\d{1,3}([. \x{00A0}]\d{3})+),\d+$"
_POINT = r"^-?(\d+|\d{1,3}([, ]\d{3})+)\.\d+$"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """``pattern`` has to match ``share`` of the values that are not blank. What matches ``beside`` speaks neither for
    it nor against it: ``12`` among ``12,5``."""

    name: str
    pattern: str
    share: float = _MOST
    beside: str = ""


SUSPICIONS = (
    Suspicion("leading zeros: a code, not a number", r"^0\d+$", 0.0),
    Suspicion("scientific: a code that a spreadsheet spoiled", r"^\d[.,]\d+[eE]\+\d+$", 0.0),
    Suspicion("blanks around it", r"^\s|\s$", 0.0),
    Suspicion("control characters", r"[\x00-\x08\x0b\x0c\x0e-\x1f]", 0.0),
    Suspicion("whole numbers", _WHOLE),
    Suspicion("decimal comma", _COMMA, beside=_WHOLE),
    Suspicion("decimal point", _POINT, beside=_WHOLE),
    Suspicion("dates, 2026-11-24", r"^\d{4}-\d\d-\d\d([ T].*)?$"),
    Suspicion("dates, 24.11.2026", r"^\d{1,2}\.\d{1,2}\.\d{2,4}( .*)?$"),
    Suspicion("dates, 11/24/2026 or 24/11/2026", r"^\d{1,2}/\d{1,2}/\d{2,4}( .*)?$"),
    Suspicion("dates, 20261124", r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"),
    Suspicion("yes or no", r"(?i)^(ja|nej|nein|nei|yes|no|y|n|j|true|false|0|1|x)$"),
    Suspicion("e-mail addresses", r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    Suspicion("EAN or GTIN", r"^\d{12,14}$"),
)


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """``least`` and ``greatest`` are by number where all values are numbers, else by text; as they are written."""

    name: str
    nulls: int
    blanks: int
    distinct: int
    least: str
    greatest: str
    frequent: tuple[tuple[str, int], ...]
    suspected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """``keys``: columns, or pairs of them, that no two rows have in common and that are never blank."""

    rows: int
    all_rows: bool
    columns: tuple[ColumnProfile, ...]
    keys: tuple[tuple[str, ...], ...]


def profile(chunks: Iterable[Chunk], most: int) -> Profile:
    """Of the first ``most`` rows. Memory grows with them, not with the dataset."""
    taken, tables = 0, []
    more = False
    for chunk in chunks:
        if taken >= most:
            more = True
            break
        some = chunk.frame.iloc[: most - taken]
        more = len(some) < len(chunk.frame)
        taken += len(some)
        tables.append(pa.table({c: pa.chunked_array(pa.array(some[c], pa.string())) for c in some.columns}))
        if more:
            break
    if not tables:
        return Profile(0, True, (), ())
    table = pa.concat_tables(tables)
    columns = tuple(_column(name, table.column(name)) for name in table.column_names)
    return Profile(taken, not more, columns, tuple(_keys(table, columns)))


def _column(name: str, values: pa.ChunkedArray) -> ColumnProfile:
    filled = values.filter(pc.fill_null(pc.greater(pc.utf8_length(values), 0), False))
    counts = filled.value_counts() if len(filled) else None
    distinct = len(counts) if counts is not None else 0
    frequent: tuple[tuple[str, int], ...] = ()
    if counts is not None:
        top = pc.array_sort_indices(counts.field("counts"), order="descending").slice(0, _FREQUENT)
        frequent = tuple((c["values"], c["counts"]) for c in counts.take(top).to_pylist())
    least, greatest = _range(filled)
    return ColumnProfile(
        name=name,
        nulls=values.null_count,
        blanks=len(values) - values.null_count - len(filled),
        distinct=distinct,
        least=least,
        greatest=greatest,
        frequent=frequent,
        suspected=tuple(_suspected(filled)),
    )


def _range(filled: pa.ChunkedArray) -> tuple[str, str]:
    """The ends as they are written."""
    if not len(filled):
        return "", ""
    by = _numbers(filled)
    if by is None:
        ends = pc.min_max(filled).as_py()
        return ends["min"], ends["max"]
    ends = pc.min_max(by).as_py()
    return tuple(filled[pc.index(by, ends[end]).as_py()].as_py() for end in ("min", "max"))


def _numbers(filled: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The values as numbers, where all of them are, in one way of writing, and none is a code with leading zeros."""
    if pc.any(pc.match_substring_regex(filled, r"^-?0\d")).as_py():
        return None
    for pattern, thousands, decimal in ((_WHOLE, "", ""), (_COMMA, r"[. \x{00A0}]", ","), (_POINT, "[, ]", ".")):
        if pc.all(pc.match_substring_regex(filled, f"{pattern}|{_WHOLE}")).as_py():
            plain = pc.replace_substring_regex(filled, thousands, "") if thousands else filled
            return pc.replace_substring(plain, decimal, ".").cast(pa.float64()) if decimal else plain.cast(pa.float64())
    return None


def _suspected(filled: pa.ChunkedArray) -> Iterator[str]:
    for suspicion in SUSPICIONS:
        hits = pc.sum(pc.match_substring_regex(filled, suspicion.pattern)).as_py() or 0
        neutral = pc.sum(pc.match_substring_regex(filled, suspicion.beside)).as_py() if suspicion.beside else 0
        if hits and hits + neutral >= suspicion.share * len(filled):
            some = "" if hits == len(filled) else f" ({hits:,} of {len(filled):,})"
            yield suspicion.name + some


def _keys(table: pa.Table, columns: Sequence[ColumnProfile]) -> Iterator[tuple[str, ...]]:
    rows = table.num_rows
    if rows < 2:
        return
    whole = [c for c in columns if not c.nulls and not c.blanks]
    alone = [c.name for c in whole if c.distinct == rows]
    yield from ((name,) for name in alone)
    if alone:
        return
    likely = sorted((c for c in whole if c.distinct > 1), key=lambda c: -c.distinct)[:_PAIRED]
    order = {c.name: number for number, c in enumerate(columns)}
    for pair in combinations(likely, 2):
        names = tuple(sorted((c.name for c in pair), key=order.__getitem__))
        if pair[0].distinct * pair[1].distinct >= rows and table.group_by(list(names)).aggregate([]).num_rows == rows:
            yield names
