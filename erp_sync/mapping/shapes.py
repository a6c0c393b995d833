"""What changes which rows there are: conditions, columns turned into rows, lists turned into rows, joins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import FixMapping, Place
from erp_sync.mapping.column import Column, Problem, any_of, constant, is_empty, none
from erp_sync.mapping.expressions import Condition, Node
from erp_sync.mapping.lookups import KeyIndex, joined, looked_for
from erp_sync.mapping.rows import Rows


@dataclass(frozen=True, slots=True)
class Shaped:
    """``refused`` are rows that cannot be used, each set with the problems that say why."""

    rows: Rows
    refused: tuple[tuple[Rows, tuple[Problem, ...]], ...] = ()


class Shape(ABC):
    place: Place

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Expressions that are evaluated over the rows before the change."""
        return ()

    @property
    def makes(self) -> frozenset[str]:
        """New columns."""
        return frozenset()

    @abstractmethod
    def apply(self, rows: Rows) -> Shaped: ...

    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        """The columns needed before, for these columns after."""
        return wanted.union(*(n.columns for n in self.nodes))


@dataclass(eq=False)
class Only(Shape):
    """Rows that meet a condition. A row for which it cannot be known is refused."""

    condition: Condition
    place: Place

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.condition,)

    def apply(self, rows: Rows) -> Shaped:
        answer, problems = self.condition.decide(rows)
        kept = rows.where(pc.fill_null(answer, False))
        if not answer.null_count:
            return Shaped(kept)
        return Shaped(kept, (refused(rows, problems),))


@dataclass(eq=False)
class Columns(Shape):
    """New columns. A row in which one of them cannot be made is refused."""

    new: Mapping[str, Node]
    place: Place

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(self.new.values())

    @property
    def makes(self) -> frozenset[str]:
        return frozenset(self.new)

    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        return (wanted - self.new.keys()).union(*(n.columns for n in self.nodes))

    def apply(self, rows: Rows) -> Shaped:
        made = {name: node.evaluate(rows) for name, node in self.new.items()}
        wider = rows.beside({name: column.values for name, column in made.items()})
        problems = [p for column in made.values() for p in column.problems if p.fatal]
        if not problems:
            return Shaped(wider)
        return Shaped(wider.where(pc.invert(fatal_rows(problems, len(rows)))), (refused(rows, problems),))


@dataclass(eq=False)
class Unpivot(Shape):
    """One row per column that holds something, in the order of the rows and then of the columns."""

    columns: Mapping[str, str]
    name: str
    value: str
    keep_empty: bool
    place: Place

    @property
    def makes(self) -> frozenset[str]:
        return frozenset({self.name, self.value})

    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        return wanted - {self.name, self.value} | self.columns.keys()

    def apply(self, rows: Rows) -> Shaped:
        cells = pa.concat_arrays([rows.column(column, self.place) for column in self.columns])
        count, width = len(rows), len(self.columns)
        # cells stand column by column: cell c * count + r belongs to row r
        order = np.arange(count * width).reshape(width, count).T.ravel()
        by_row = pc.take(cells, pa.array(order))
        names = pc.take(pa.array(list(self.columns.values()), pa.string()), pa.array(order // max(count, 1)))
        at = pa.array(order % max(count, 1))
        if not self.keep_empty:
            filled = pc.invert(is_empty(by_row))
            by_row, names, at = (pc.filter(a, filled) for a in (by_row, names, at))
        return Shaped(rows.take(at, {self.name: names, self.value: by_row}))


@dataclass(eq=False)
class Explode(Shape):
    """One row per element of a list in a cell; none for an empty cell or element."""

    column: str
    by: str
    name: str
    place: Place

    @property
    def makes(self) -> frozenset[str]:
        return frozenset({self.name})

    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        return wanted - {self.name} | {self.column}

    def apply(self, rows: Rows) -> Shaped:
        lists = pc.split_pattern(rows.column(self.column, self.place), self.by)
        elements = pc.utf8_trim_whitespace(pc.list_flatten(lists))
        filled = pc.invert(is_empty(elements))
        at = pc.filter(pc.list_parent_indices(lists), filled)
        return Shaped(rows.take(at, {self.name: pc.filter(elements, filled)}))


@dataclass(eq=False)
class Joined:
    """The other dataset of a join, read whole."""

    index: KeyIndex
    columns: Mapping[str, pa.Array]


@dataclass(eq=False)
class Join(Shape):
    """``none``: keep, drop or reject a row without a match. ``several``: each, first, last or reject."""

    dataset: str
    on: tuple[tuple[str, Node], ...]
    taken: Mapping[str, str]  # new column here -> column there
    only: Condition | None
    none: str
    several: str
    place: Place

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node for _, node in self.on)

    @property
    def there(self) -> frozenset[str]:
        """The columns of the other dataset that are read."""
        columns = frozenset(self.taken.values()).union(column for column, _ in self.on)
        return columns | self.only.columns if self.only is not None else columns

    @property
    def makes(self) -> frozenset[str]:
        return frozenset(self.taken)

    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        return (wanted - self.taken.keys()).union(*(n.columns for n in self.nodes))

    def load(self, chunks: Iterable[Rows]) -> Joined:
        """Read the other dataset; its rows for which the condition cannot be known are left out."""
        keys: list[pa.Array] = []
        columns: dict[str, list[pa.Array]] = {new: [] for new in self.taken}
        for rows in chunks:
            if self.only is not None:
                rows = Only(self.only, self.place).apply(rows).rows
            keys.append(joined([rows.column(name, self.place) for name, _ in self.on]))
            for new, old in self.taken.items():
                columns[new].append(rows.column(old, self.place))
        empty = [pa.array([], pa.string())]
        return Joined(KeyIndex(pa.concat_arrays(keys or empty)),
                      {new: pa.concat_arrays(pieces or empty) for new, pieces in columns.items()})  # fmt: skip

    def apply(self, rows: Rows) -> Shaped:
        clash = sorted(set(self.taken) & set(rows.names))
        if clash:
            raise FixMapping(f"{', '.join(clash)}: already a column of {rows.dataset}", place=self.place,
                             advice="give the joined column another name under take")  # fmt: skip
        other: Joined = rows.run.joined[id(self)]
        parts = [node.evaluate(rows) for _, node in self.on]
        keys = looked_for(self.nodes, [p.values for p in parts])
        code = pc.fill_null(other.index.find(keys), -1).to_numpy(zero_copy_only=False).astype(np.int64)
        found = code >= 0
        matches = np.where(found, np.append(other.index.counts, 0)[code], 0)
        bad = self._bad(keys, found, matches)
        problems = [p for part in parts for p in part.problems]
        if bad.any():
            problems.append(Problem(pa.array(bad), lambda row: self._why(parts, row, int(matches[row])), self.place))
        here, there = self._pairs(other.index, code, matches, bad)
        new = {name: pc.take(column, there) for name, column in other.columns.items()}
        shaped = rows.take(here, new)
        fatal = [p for p in problems if p.fatal and any_of(p.rows)]
        if not fatal:
            return Shaped(shaped)
        unusable = pc.take(fatal_rows(fatal, len(rows)), here)
        return Shaped(shaped.where(pc.invert(unusable)), (refused(rows, fatal),))

    def _bad(self, keys: pa.Array, found: np.ndarray, matches: np.ndarray) -> np.ndarray:
        bad = np.zeros(len(found), dtype=bool)
        if self.none == "reject":
            bad |= ~found & np.asarray(pc.is_valid(keys))
        if self.several == "reject":
            bad |= matches > 1
        return bad

    def _pairs(
        self, index: KeyIndex, code: np.ndarray, matches: np.ndarray, bad: np.ndarray
    ) -> tuple[pa.Array, pa.Array]:
        """Positions here and there of the rows that come out; there is null where a row is kept without a match."""
        repeat = matches.copy() if self.several == "each" else np.minimum(matches, 1)
        if self.none != "drop":
            repeat = np.maximum(repeat, 1)
        repeat[bad] = 0
        here = np.repeat(np.arange(len(code)), repeat)
        nth = np.arange(len(here)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
        if self.several == "last":
            nth = np.maximum(matches[here] - 1, 0)
        lonely = matches[here] == 0
        at = np.where(lonely, 0, np.append(index.starts, 0)[code[here]] + nth)
        order = index.order if len(index.order) else np.zeros(1, dtype=np.int64)
        there = order[np.minimum(at, len(order) - 1)]
        return pa.array(here), pa.array(there, mask=lonely)

    def _why(self, parts: list[Column], row: int, matches: int) -> str:
        pairs = zip(self.on, parts, strict=True)
        key = " and ".join(f'{name} = "{part.values[row].as_py() or ""}"' for (name, _), part in pairs)
        return f"{matches or 'no'} row{'s' if matches else ''} in {self.dataset} where {key}"


def fatal_rows(problems: Iterable[Problem], length: int) -> pa.Array:
    """True for each row that one of the problems makes unusable."""
    bad = none(length)
    for problem in problems:
        if problem.fatal:
            bad = pc.or_(bad, problem.rows)
    return bad


def refused(rows: Rows, problems: Iterable[Problem]) -> tuple[Rows, tuple[Problem, ...]]:
    """All rows with the problems that make some of them unusable."""
    return rows, tuple(p for p in problems if p.fatal and any_of(p.rows))


def concatenated(pieces: list[Rows], wanted: Iterable[str]) -> tuple[dict[str, pa.Array], pa.Array, pd.Index]:
    """Rows of many chunks as one: columns, the place of each row, its index within the place."""
    empty = [pa.array([], pa.string())]
    columns = {name: pa.concat_arrays([p.column(name) for p in pieces] or empty) for name in wanted}
    places = pa.concat_arrays([constant(p.place, len(p)) for p in pieces] or empty)
    index = pd.Index([]) if not pieces else pieces[0].index.append([p.index for p in pieces[1:]])
    return columns, places, index
