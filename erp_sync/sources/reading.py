"""What is found out about a dataset while it is read, and the Extract that every adapter can use.

An adapter writes one generator, ``read(dataset, columns, reading) -> Iterator[Chunk]``, notes on ``reading`` what it
finds, and hands both to ``Extracting``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from erp_sync.errors import FixSource
from erp_sync.mapping.complaints import nearest
from erp_sync.model.extract import DatasetReport, ExtractReport, Origin, Rejection
from erp_sync.ports import Chunk
from erp_sync.sources.digest import ContentDigest, combined

REJECTIONS_KEPT = 10_000  # beyond it the settings are wrong, not the rows, and memory must stay flat
VALUE_SHOWN = 200  # characters of an unusable row that are kept


class Reading:
    """One dataset, read from its first row to its last: what was odd, what was detected, which rows fell out."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.rows = 0
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.rejections: list[Rejection] = []
        self.digest: str | None = None  # left at None, the content is hashed
        self.full = True
        self.watermark: str | None = None

    def problem(self, text: str) -> None:
        """The extract is not complete, because of this."""
        if text not in self.problems:
            self.problems.append(text)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def reject(self, place: str, at: int | str, reason: str, *, text: str = "", column: str | None = None) -> None:
        """A row has no place in a chunk. Nobody knows which record it was, so the dataset is not complete."""
        if len(self.rejections) == REJECTIONS_KEPT:
            first = self.rejections[0]
            raise FixSource(
                f"dataset {self.dataset}: more than {REJECTIONS_KEPT} rows cannot be read, "
                f"first at {first.origin}: {first.reason}",
                advice="Compare the file with the dataset's settings: delimiter, quote, columns, encoding.",
            )
        shown = text if len(text) <= VALUE_SHOWN else text[:VALUE_SHOWN] + "…"
        # The text of a whole row may hold anything, so it is personal until somebody knows better.
        self.rejections.append(
            Rejection(Origin(self.dataset, place, at), reason, column=column, value=shown or None, personal=bool(shown))
        )

    def report(self) -> DatasetReport:
        problems = list(self.problems)
        if self.rejections:
            first = self.rejections[0]
            problems.append(f"{len(self.rejections)} rows cannot be read, first {first.origin}: {first.reason}")
        return DatasetReport(
            self.dataset,
            self.rows,
            self.digest or "",
            not problems,
            tuple(problems),
            tuple(self.notes),
            full=self.full,
            watermark=self.watermark,
        )


Read = Callable[[str, Sequence[str] | None, Reading], Iterator[Chunk]]


class Extracting:
    """An Extract over an adapter's generator: counts rows, keeps rejections, hashes content where nobody else does."""

    def __init__(self, source: str, datasets: Iterable[str], read: Read) -> None:
        self._source, self._names, self._read = source, tuple(datasets), read
        self._taken_at = datetime.now(UTC)
        self._readings: dict[str, Reading] = {}
        self._digests: dict[str, dict[str, str]] = {}
        self._reports: dict[str, DatasetReport] = {}

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        known(dataset, self._names, "dataset", f"source {self._source}")
        return self._chunks(dataset, columns or None)

    def _chunks(self, dataset: str, columns: Sequence[str] | None) -> Iterator[Chunk]:
        reading = self._readings[dataset] = Reading(dataset)
        content = ContentDigest()
        for chunk in self._read(dataset, columns, reading):
            reading.rows += len(chunk.frame)
            if reading.digest is None:
                content.update(chunk.frame)
            yield chunk
        # A dataset may be read more than once, with other columns each time: its digest is that of all its readings.
        mine = self._digests.setdefault(dataset, {})
        mine["\x1f".join(columns) if columns is not None else ""] = reading.digest or content.hexdigest()
        distinct = set(mine.values())
        reading.digest = distinct.pop() if len(distinct) == 1 else combined(f"{k}={v}" for k, v in sorted(mine.items()))
        self._reports[dataset] = reading.report()

    def rejections(self) -> Sequence[Rejection]:
        return [r for reading in self._readings.values() for r in reading.rejections]

    def report(self) -> ExtractReport:
        return ExtractReport(self._source, self._taken_at, tuple(self._reports.values()))


def known(name: str, names: Sequence[str], what: str, where: str) -> None:
    """Raises FixSource, naming the nearest one that exists, where ``name`` does not."""
    if name not in names:
        meant = nearest(name, names)
        raise FixSource(
            f"{where} has no {what} {name!r}" + (f", did you mean {meant!r}?" if meant else ""),
            advice=f"It has: {', '.join(names) or 'none'}.",
        )
