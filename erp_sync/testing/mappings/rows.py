"""Rows that a test gives, as an extract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import pandas as pd
import pyarrow as pa

from erp_sync.model.extract import DatasetReport, ExtractReport, Rejection
from erp_sync.ports import Chunk

Given = Mapping[str, Sequence[Mapping[str, str | None]]]


class GivenRows:
    """The first row of each dataset is number 1. A dataset that is not given is empty, a missing cell is NULL."""

    def __init__(self, rows: Given, now: datetime) -> None:
        self._rows, self._now = rows, now

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        rows = self._rows.get(dataset, ())
        names = columns if columns is not None else list(dict.fromkeys(name for row in rows for name in row))
        cells = {n: pd.arrays.ArrowExtensionArray(pa.array([r.get(n) for r in rows], pa.string())) for n in names}
        yield Chunk(dataset, dataset, pd.DataFrame(cells, index=pd.RangeIndex(1, len(rows) + 1)))

    def rejections(self) -> Sequence[Rejection]:
        return ()

    def report(self) -> ExtractReport:
        whole = [DatasetReport(name, len(rows), "", complete=True) for name, rows in self._rows.items()]
        return ExtractReport("rows of a test", self._now, tuple(whole))
