"""Tables of text gathered into chunks of an even size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from erp_sync.ports import TEXT, Chunk


def text_frame(table: pa.Table, index: npt.NDArray[Any]) -> pd.DataFrame:
    """A chunk's frame; ``index`` says where each row stands: its line or number, or its key as text."""
    frame: pd.DataFrame = table.combine_chunks().to_pandas(types_mapper=lambda _: TEXT)
    frame.index = pd.Index(index)
    return frame


class Chunks:
    """Gathers tables of one place; a chunk never spans two places."""

    def __init__(self, dataset: str, place: str, rows: int) -> None:
        self._dataset, self._place, self._rows = dataset, place, rows
        self._tables: list[pa.Table] = []
        self._indexes: list[npt.NDArray[Any]] = []
        self._waiting = 0

    def add(self, table: pa.Table, index: npt.NDArray[Any]) -> Iterator[Chunk]:
        self._tables.append(table)
        self._indexes.append(index)
        self._waiting += table.num_rows
        if self._waiting >= self._rows:
            yield from self._cut(self._waiting - self._waiting % self._rows)

    def rest(self) -> Iterator[Chunk]:
        if self._waiting:
            yield from self._cut(self._waiting)

    def _cut(self, end: int) -> Iterator[Chunk]:
        table, index = pa.concat_tables(self._tables), np.concatenate(self._indexes)
        self._tables, self._indexes, self._waiting = [table[end:]], [index[end:]], table.num_rows - end
        for start in range(0, end, self._rows):
            stop = min(start + self._rows, end)
            yield Chunk(self._dataset, self._place, text_frame(table[start:stop], index[start:stop]))
