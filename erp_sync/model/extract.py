"""What an extract knows of itself: where rows came from, whether it is complete, what was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row stands: ``place`` is a file or a table, ``at`` its line (files, from 1) or its key or number."""

    dataset: str
    place: str
    at: int | str

    def __str__(self) -> str:
        return f"{self.place}:{self.at}"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row or a record that could not be used, and why. Nothing is lost: it is counted, reported, quarantined."""

    origin: Origin
    reason: str
    entity: str | None = None
    key: str | None = None  # joined; see model.key
    field: str | None = None
    column: str | None = None
    value: str | None = None  # the offending text; personal where `personal`
    mapping_at: str | None = None  # file:line:column of the mapping that rejected it
    personal: bool = False


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """One dataset after it was read to its end. Incomplete means: say nothing of the rows that are not there."""

    name: str
    rows: int
    digest: str  # of the content, "sha256:…"; equal content, equal digest
    complete: bool
    problems: tuple[str, ...] = ()  # why it is not complete, or what was odd
    notes: tuple[str, ...] = ()  # what was detected (encoding, delimiter)
    full: bool = True  # False: only rows changed since the last watermark; nothing is concluded from absence
    watermark: str | None = None  # where the next incremental extract may start, once this one is applied


@dataclass(frozen=True, slots=True)
class ExtractReport:
    source: str
    taken_at: datetime
    datasets: tuple[DatasetReport, ...]

    @property
    def complete(self) -> bool:
        return all(d.complete for d in self.datasets)
