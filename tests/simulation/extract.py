"""The company's tables as an ERP's export, and a reporter that says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd

from erp_sync.model.extract import DatasetReport, ExtractReport, Rejection
from erp_sync.ports import TEXT, Chunk, ColumnInfo, DatasetInfo, Memory
from tests.simulation.company import TABLES, Company
from tests.simulation.world import World


@dataclass
class TablesExtract:
    """``cut_off``: tables of which only the first half arrives. ``unnoticed``: and nothing says that it is half."""

    name: str
    company: Company
    world: World
    cut_off: frozenset[str] = frozenset()
    unnoticed: bool = False

    def datasets(self) -> Sequence[str]:
        return self.company.tables

    def describe(self, dataset: str) -> DatasetInfo:
        keys, columns = TABLES[dataset]
        return DatasetInfo(dataset, dataset, tuple(ColumnInfo(c, "text") for c in (*keys, *columns)))

    def digests(self) -> dict[str, str]:
        return {table: self._digest(table) for table in self.company.tables}

    @contextmanager
    def open(self, memory: Memory | None = None) -> Iterator[TablesExtract]:
        self._taken_at = self.world.now
        yield self

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        self.world.touch()
        rows = self._rows(dataset)
        keys, others = TABLES[dataset]
        wanted = columns if columns is not None else (*keys, *others)
        frame = pd.DataFrame({c: pd.array([r[c] for r in rows], dtype=TEXT) for c in wanted})
        frame.index = pd.RangeIndex(2, len(rows) + 2)
        yield Chunk(dataset, f"{dataset}.csv", frame)

    def rejections(self) -> Sequence[Rejection]:
        return []

    def report(self) -> ExtractReport:
        noticed = frozenset[str]() if self.unnoticed else self.cut_off
        reports = (
            DatasetReport(t, len(self._rows(t)), self._digest(t), t not in noticed, ("cut off",) * (t in noticed))
            for t in self.company.tables
        )
        return ExtractReport(self.name, self._taken_at, tuple(reports))

    def _rows(self, table: str) -> list[dict[str, str]]:
        names, _ = TABLES[table]
        rows = []
        for key, row in self.company.rows[table].items():
            whole = dict(zip(names, key, strict=True)) | row
            rows.append(whole)
            if key in self.company.doubled[table]:
                last = TABLES[table][1][0]
                rows.append(whole | {last: f"{row[last]}1"})
        return rows[: len(rows) // 2] if table in self.cut_off else rows

    def _digest(self, table: str) -> str:
        return sha256(repr(self._rows(table)).encode()).hexdigest()


class Quiet:
    """A reporter that says nothing."""

    def stage(self, title: str, total: int | None = None) -> None: ...
    def advance(self, count: int = 1) -> None: ...
    def note(self, message: str) -> None: ...
    def warn(self, message: str) -> None: ...
