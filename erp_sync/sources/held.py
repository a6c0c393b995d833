"""An extract that is open already, as a source: two readers of it see the very same data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from erp_sync.model.extract import ExtractReport, Rejection
from erp_sync.ports import Chunk, DatasetInfo, Extract, Memory, Source


class HeldSource:
    """Opening it opens nothing, and closing it leaves the extract to whoever opened that."""

    def __init__(self, source: Source, extract: Extract) -> None:
        self.name = source.name
        self._source, self._extract = source, extract

    def datasets(self) -> Sequence[str]:
        return self._source.datasets()

    def describe(self, dataset: str) -> DatasetInfo:
        return self._source.describe(dataset)

    def open(self, memory: Memory | None = None) -> AbstractContextManager[Extract]:
        return nullcontext(_Own(self._extract))

    def digests(self) -> dict[str, str] | None:
        return self._source.digests()


class _Own:
    """Speaks of those datasets only that were read by way of it."""

    def __init__(self, extract: Extract) -> None:
        self._extract, self._read = extract, set[str]()

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        self._read.add(dataset)
        return self._extract.chunks(dataset, columns)

    def rejections(self) -> Sequence[Rejection]:
        return [r for r in self._extract.rejections() if r.origin.dataset in self._read]

    def report(self) -> ExtractReport:
        report = self._extract.report()
        return replace(report, datasets=tuple(d for d in report.datasets if d.name in self._read))
