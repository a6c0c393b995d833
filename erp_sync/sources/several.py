"""Several sources as one: prices from a database, stock from a CSV export, in one extract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime

from erp_sync.errors import FixSettings
from erp_sync.model.extract import ExtractReport, Rejection
from erp_sync.ports import Chunk, DatasetInfo, Extract, Memory, Source
from erp_sync.sources.reading import known


class SeveralSources:
    """Datasets are named over all sources. Raises FixSettings where two sources have a dataset of one name."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.name = ", ".join(s.name for s in sources)
        self._sources = sources
        self._owner: dict[str, Source] = {}
        for source in sources:
            for dataset in source.datasets():
                if dataset in self._owner:
                    raise FixSettings(
                        f"dataset {dataset} is in source {self._owner[dataset].name} and in source {source.name}",
                        advice="give it another name in one of them",
                    )
                self._owner[dataset] = source

    def datasets(self) -> Sequence[str]:
        return list(self._owner)

    def describe(self, dataset: str) -> DatasetInfo:
        return self._of(dataset).describe(dataset)

    def _of(self, dataset: str) -> Source:
        known(dataset, tuple(self._owner), "dataset", f"source {self.name}")
        return self._owner[dataset]

    def open(self, memory: Memory | None = None) -> AbstractContextManager[Extract]:
        """Each source gives its own snapshot; between two sources there is none."""
        return self._open(memory)

    @contextmanager
    def _open(self, memory: Memory | None) -> Iterator[Extract]:
        with ExitStack() as stack:
            extracts = {s.name: stack.enter_context(s.open(memory)) for s in self._sources}
            yield _Extracts(self.name, extracts, {d: s.name for d, s in self._owner.items()})

    def digests(self) -> dict[str, str] | None:
        """Of those sources that can tell without extracting."""
        found: dict[str, str] = {}
        for source in self._sources:
            found |= source.digests() or {}
        return found or None


class _Extracts:
    def __init__(self, name: str, extracts: Mapping[str, Extract], owner: Mapping[str, str]) -> None:
        self._name, self._extracts, self._owner = name, extracts, owner

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        known(dataset, tuple(self._owner), "dataset", f"source {self._name}")
        return self._extracts[self._owner[dataset]].chunks(dataset, columns)

    def rejections(self) -> Sequence[Rejection]:
        return [r for extract in self._extracts.values() for r in extract.rejections()]

    def report(self) -> ExtractReport:
        """The oldest moment counts: a stock figure is as old as the first snapshot that was taken."""
        reports = [extract.report() for extract in self._extracts.values()]
        taken: datetime = min(r.taken_at for r in reports)
        return ExtractReport(self._name, taken, tuple(d for r in reports for d in r.datasets))
