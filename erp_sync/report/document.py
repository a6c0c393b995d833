"""What every form of a report is made from: a document of sections. What it says is for those who build it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from erp_sync.report.entries import Entry


@dataclass(frozen=True, slots=True)
class Section:
    """Entries one by one, so that a report of any length is written in constant memory.

    ``kind`` names its entries in JSON Lines. ``left_out`` is asked once they were read: ``480 more of price``.
    """

    title: str
    kind: str
    entries: Iterator[Entry]
    left_out: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Breach:
    """A guard's breach, as people read it."""

    message: str
    examples: tuple[str, ...]
    advice: tuple[str, ...]
    settled: bool


class Document(Protocol):
    """A plan's report or a run's."""

    @property
    def title(self) -> str: ...

    @property
    def header(self) -> list[tuple[str, str]]: ...

    @property
    def conclusion(self) -> str: ...

    @property
    def next_step(self) -> str: ...

    def table(self) -> tuple[list[str], list[tuple[str, list[int]]]]: ...

    def sections(self) -> Iterator[Section]: ...

    def guards(self) -> list[Breach]: ...

    def notes(self) -> list[str]: ...

    def plain(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What JSON Lines say beside the entries: kind and values."""


def short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def number(n: int) -> str:
    return f"{n:,}"


def more(totals: Mapping[str, int], limit: int | None) -> str:
    """What a limit leaves out: ``480 more of price, 20 of product``."""
    parts = [(n - limit, name) for name, n in totals.items() if limit is not None and n > limit]
    return ", ".join(f"{number(n)} {'of' if i else 'more of'} {name}" for i, (n, name) in enumerate(parts))
