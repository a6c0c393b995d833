"""Values from another dataset: its rows are read once, before anything is mapped, and kept by key.

What stays in memory is one key and one value per distinct key; all rows only where a key is ambiguous.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import Place
from erp_sync.mapping.column import Column, Problem, Reason, any_of, is_empty
from erp_sync.mapping.expressions import Condition, Constant, Node, checked_rows
from erp_sync.mapping.rows import Rows
from erp_sync.model.key import SEPARATOR

_SHOWN = 5  # candidates in a message
_MANY = 20_000  # keys from which on it pays to keep their hashes


def joined(texts: list[pa.Array]) -> pa.Array:
    """One key per row; null where every part is empty."""
    if len(texts) == 1:
        key, empty = texts[0], is_empty(texts[0])
    else:
        key = pc.binary_join_element_wise(*(pc.fill_null(t, "") for t in texts), SEPARATOR)
        empty = pc.equal(key, SEPARATOR * (len(texts) - 1))
    return pc.if_else(empty, pa.scalar(None, pa.string()), key)


def looked_for(nodes: Sequence[Node], texts: list[pa.Array]) -> pa.Array:
    """As ``joined``, of what is looked up; null, too, where all that the row itself gives of the key is empty."""
    keys = joined(texts)
    own = [t for node, t in zip(nodes, texts, strict=True) if not isinstance(node, Constant)]
    if 0 < len(own) < len(texts):
        keys = pc.if_else(pc.is_null(joined(own)), pa.scalar(None, pa.string()), keys)
    return keys


def _hashes(keys: pa.Array) -> npt.NDArray[np.uint64]:
    texts = np.asarray(pc.fill_null(keys, "").to_numpy(zero_copy_only=False), dtype=object)
    return pd.util.hash_array(texts, categorize=False)


class KeyIndex:
    """Which rows of a dataset have which key. Rows without a key are in none."""

    def __init__(self, keys: pa.Array) -> None:
        encoded = pc.dictionary_encode(keys)
        self.distinct: pa.Array = encoded.dictionary
        self.codes: npt.NDArray[np.int64] = (
            pc.fill_null(pc.cast(encoded.indices, pa.int64()), -1).to_numpy(zero_copy_only=False)
        )  # fmt: skip

    def find(self, keys: pa.Array) -> pa.Array:
        """The number of each key among ``distinct``; null where it is in none."""
        if len(self.distinct) < _MANY or self._hashed is None:
            return pc.index_in(keys, value_set=self.distinct, skip_nulls=True)
        order, hashes = self._hashed
        at = order[np.minimum(np.searchsorted(hashes, _hashes(keys)), len(hashes) - 1)]
        same = pc.fill_null(pc.equal(pc.take(self.distinct, pa.array(at)), keys), False)
        return pa.array(at.astype(np.int32), mask=~np.asarray(same))

    @cached_property
    def _hashed(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint64]] | None:
        """The keys' hashes in order, and whose each is: Arrow would hash all keys anew for every chunk.

        None in the one case of millions of millions that two keys share a hash.
        """
        hashes = _hashes(self.distinct)
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        return None if np.any(ordered[1:] == ordered[:-1]) else (order, ordered)

    @cached_property
    def order(self) -> npt.NDArray[np.intp]:
        """Rows by key, and by their own order within a key."""
        return np.argsort(self.codes, kind="stable")

    @cached_property
    def starts(self) -> npt.NDArray[np.intp]:
        """Where each key's rows begin in ``order``; one more at the end."""
        return np.searchsorted(self.codes[self.order], np.arange(len(self.distinct) + 1))

    @property
    def counts(self) -> npt.NDArray[np.intp]:
        return np.diff(self.starts)

    def forget_rows(self) -> None:
        """Keep the keys only."""
        self.codes = np.empty(0, np.int64)
        self.__dict__.pop("order", None)
        self.__dict__.pop("starts", None)

    def firsts(self) -> npt.NDArray[np.intp]:
        return self.order[self.starts[:-1]]

    def lasts(self) -> npt.NDArray[np.intp]:
        return self.order[self.starts[1:] - 1]

    def rows(self, code: int) -> npt.NDArray[np.intp]:
        return self.order[self.starts[code] : self.starts[code + 1]]


@dataclass(slots=True)
class Where:
    """Origins of all rows of a dataset, as messages show them."""

    pieces: list[tuple[int, str, pd.Index]]

    def show(self, row: int) -> str:
        start, place, index = next(p for p in reversed(self.pieces) if p[0] <= row)
        return f"{place}:{index[row - start]}"


@dataclass(slots=True)
class Table:
    """One lookup's dataset by key. ``refused`` are keys whose rows cannot be used, and why."""

    index: KeyIndex
    values: pa.Array  # beside index.distinct
    ambiguous: pa.Array  # booleans beside index.distinct
    all_values: pa.Array | None  # where a key is ambiguous
    where: Where | None
    refused: dict[int, str]

    def candidates(self, code: int) -> str:
        if self.where is None or self.all_values is None:
            return ""
        rows = self.index.rows(code)
        shown = [f'"{self.all_values[int(r)].as_py() or ""}" ({self.where.show(int(r))})' for r in rows[:_SHOWN]]
        return ", ".join(shown) + (f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else "")


@dataclass(eq=False)
class Lookup(Node):
    """``none`` is reject, or what else becomes of it (``instead``; None: unset). ``several``: reject, first, last."""

    dataset: str
    on: tuple[tuple[str, Node], ...]
    take: Node
    only: Condition | None
    none: str
    instead: str | None
    several: str
    place: Place

    @property
    def below(self) -> tuple[Node, ...]:
        return tuple(node for _, node in self.on)

    @property
    def there(self) -> tuple[Node, ...]:
        """What is evaluated over the other dataset's rows."""
        return (self.take, self.only) if self.only is not None else (self.take,)

    @property
    def demand(self) -> frozenset[str]:
        """The columns of the other dataset that are read."""
        return frozenset(column for column, _ in self.on).union(*(n.columns for n in self.there))

    def build(self, chunks: Iterable[Rows]) -> Table:
        """Read the other dataset."""
        keys, values, refused, pieces = [], [], dict[int, str](), []
        total = 0
        for rows in chunks:
            messages: dict[int, str] = {}
            if self.only is not None:
                answer, problems = self.only.decide(rows)
                keep = pc.fill_null(answer, True)
                messages |= checked_rows(problems)
                if messages and not pc.all(keep).as_py():
                    messages = _renumbered(messages, keep)
                rows = rows.where(keep)
            column = self.take.evaluate(rows)
            messages = checked_rows(column.problems) | messages
            keys.append(joined([rows.column(name, self.place) for name, _ in self.on]))
            values.append(column.values)
            refused |= {total + row: f"{rows.origin(row)}: {message}" for row, message in messages.items()}
            pieces.append((total, rows.place, rows.index))
            total += len(rows)
        return self._table(pa.concat_arrays(keys or [pa.array([], pa.string())]),
                           pa.concat_arrays(values or [pa.array([], pa.string())]), refused, Where(pieces))  # fmt: skip

    def _table(self, keys: pa.Array, values: pa.Array, refused: dict[int, str], where: Where) -> Table:
        index = KeyIndex(keys)
        chosen = pc.take(values, pa.array(index.lasts() if self.several == "last" else index.firsts()))
        ambiguous = np.zeros(len(index.distinct), dtype=bool)
        if self.several == "reject" and len(index.distinct) < len(keys) - keys.null_count:
            at = pa.array(index.codes, mask=index.codes < 0)
            same = pc.equal(pc.fill_null(pc.take(chosen, at), ""), pc.fill_null(values, ""))
            ambiguous[index.codes[~np.asarray(pc.fill_null(same, True)) & (index.codes >= 0)]] = True
        any_ambiguous = bool(ambiguous.any())
        codes = {int(index.codes[row]): why for row, why in refused.items() if index.codes[row] >= 0}
        if not any_ambiguous:
            index.forget_rows()
            return Table(index, chosen, pa.array(ambiguous), None, None, codes)
        return Table(index, chosen, pa.array(ambiguous), values, where, codes)

    def unmatched(self, rows: Rows) -> pa.Array:
        """Rows that have a key for which there is no row in the other dataset."""
        nodes = [node for _, node in self.on]
        keys = looked_for(nodes, [node.evaluate(rows).values for node in nodes])
        return pc.and_(pc.is_valid(keys), pc.is_null(rows.run.tables[id(self)].index.find(keys)))

    def evaluate(self, rows: Rows) -> Column:
        table = rows.run.tables[id(self)]
        parts = [node.evaluate(rows) for _, node in self.on]
        keys = looked_for([node for _, node in self.on], [p.values for p in parts])
        at = table.index.find(keys)
        values = pc.take(table.values, at)
        source = parts[0].source if len(parts) == 1 else None
        problems = [problem for part in parts for problem in part.problems]
        absent = pc.and_(pc.is_null(at), pc.is_valid(keys))
        if any_of(absent):
            if self.none == "reject":
                problems.append(self._problem(absent, lambda row: self._no_row(parts, row), parts, source))
            else:
                values = pc.if_else(absent, pa.scalar(self.instead, pa.string()), values)
        if table.where is not None:
            several = pc.fill_null(pc.take(table.ambiguous, at), False)
            problems.append(self._problem(several, lambda row: self._several(parts, row, table, at), parts, source))
        if table.refused:
            refused = pc.fill_null(pc.is_in(at, value_set=pa.array(list(table.refused), at.type)), False)
            problems.append(self._problem(refused, lambda row: table.refused[at[row].as_py()], parts, source))
        rows.run.note(self.place, f"lookup in {self.dataset}", values)
        return Column(values, tuple(p for p in problems if any_of(p.rows)), source)

    def _problem(self, bad: pa.Array, reason: Reason, parts: list[Column], source: str | None) -> Problem:
        return Problem(bad, reason, self.place, parts[0].values if len(parts) == 1 else None, source)

    def _key_of(self, parts: list[Column], row: int) -> str:
        pairs = zip(self.on, parts, strict=True)
        return " and ".join(f'{name} = "{part.values[row].as_py() or ""}"' for (name, _), part in pairs)

    def _no_row(self, parts: list[Column], row: int) -> str:
        return f"no row in {self.dataset} where {self._key_of(parts, row)}"

    def _several(self, parts: list[Column], row: int, table: Table, at: pa.Array) -> str:
        found = table.candidates(at[row].as_py())
        return f"several rows in {self.dataset} where {self._key_of(parts, row)}: {found}"


def _renumbered(messages: dict[int, str], keep: pa.Array) -> dict[int, str]:
    """Messages by row, after the rows that are not kept are gone."""
    position = np.cumsum(np.asarray(keep.to_numpy(zero_copy_only=False), dtype=bool)) - 1
    return {int(position[row]): message for row, message in messages.items() if keep[row].as_py()}


def lookups_in(node: Node) -> Iterator[Lookup]:
    """Every lookup below a node, those inside lookups first."""
    for inner in node.walk():
        if isinstance(inner, Lookup):
            for there in inner.there:
                yield from lookups_in(there)
            yield inner
