"""Rows of a chunk while they are mapped: columns come to light when asked for, and only where rows are still wanted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import FixMapping, Place
from erp_sync.mapping.column import Column, as_texts
from erp_sync.mapping.complaints import suggest
from erp_sync.model.extract import Origin
from erp_sync.ports import Chunk

if TYPE_CHECKING:
    from erp_sync.mapping.lookups import Table
    from erp_sync.mapping.shapes import Joined


@dataclass(slots=True)
class Step:
    """One step of an explanation: where it stands in the mapping, what it did, and the texts after it."""

    place: Place
    what: str
    values: pa.Array


@dataclass(slots=True)
class Run:
    """What expressions may know besides their row: the day of the extract, and the datasets that are looked into."""

    today: date
    tables: dict[int, Table] = field(default_factory=dict)  # by identity of the lookup
    joined: dict[int, Joined] = field(default_factory=dict)  # by identity of the join
    trace: list[Step] | None = None

    def note(self, place: Place, what: str, values: pa.Array) -> None:
        if self.trace is not None:
            self.trace.append(Step(place, what, values))


class Rows:
    """``index`` says where each row stands within ``place``, as in the chunk that it came from."""

    def __init__(
        self,
        run: Run,
        dataset: str,
        place: str,
        index: pd.Index,
        names: Collection[str],
        read: Callable[[str], pa.Array],
    ) -> None:
        self.run, self.dataset, self.place, self.index, self.names = run, dataset, place, index, names
        self._read = read
        self._columns: dict[str, pa.Array] = {}
        self.results: dict[int, Column] = {}  # of named expressions, by identity

    def __len__(self) -> int:
        return len(self.index)

    @classmethod
    def of(cls, chunk: Chunk, run: Run) -> Rows:
        frame = chunk.frame
        return cls(run, chunk.dataset, chunk.place, frame.index, list(frame.columns),
                   lambda name: as_texts(pa.array(frame[name])))  # fmt: skip

    def column(self, name: str, place: Place | None = None) -> pa.Array:
        """Raises FixMapping where there is no such column."""
        found = self._columns.get(name)
        if found is None:
            if name not in self.names:
                raise FixMapping(
                    f'no column "{name}" in {self.dataset}',
                    place=place,
                    advice=suggest(name, self.names, "columns there"),
                )
            found = self._columns[name] = self._read(name)
        return found

    def origin(self, row: int) -> Origin:
        at = self.index[row]
        return Origin(self.dataset, self.place, at if isinstance(at, str) else int(at))

    def where(self, keep: pa.Array) -> Rows:
        """Only the rows for which ``keep`` is true."""
        mask = np.asarray(keep.to_numpy(zero_copy_only=False), dtype=bool)
        if mask.all():
            return self
        return Rows(self.run, self.dataset, self.place, self.index[mask], self.names,
                    lambda name: pc.filter(self.column(name), keep))  # fmt: skip

    def fresh(self) -> Rows:
        """The same rows, with named expressions yet to be evaluated."""
        return self.beside({})

    def nothing(self) -> Rows:
        """None of the rows."""
        return self.where(pa.repeat(pa.scalar(False), len(self)))

    def take(self, at: pa.Array, new: Mapping[str, pa.Array]) -> Rows:
        """The rows at these positions, in this order, and as often; ``new`` columns beside or instead of the old."""

        def read(name: str) -> pa.Array:
            return new[name] if name in new else pc.take(self.column(name), at)

        return Rows(self.run, self.dataset, self.place, self.index[at.to_numpy(zero_copy_only=False)],
                    [*(n for n in self.names if n not in new), *new], read)  # fmt: skip

    def beside(self, new: Mapping[str, pa.Array]) -> Rows:
        """The same rows with new columns."""

        def read(name: str) -> pa.Array:
            return new[name] if name in new else self.column(name)

        return Rows(self.run, self.dataset, self.place, self.index,
                    [*(n for n in self.names if n not in new), *new], read)  # fmt: skip
