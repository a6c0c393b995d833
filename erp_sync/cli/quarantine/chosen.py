"""Which of the waiting records a command is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from erp_sync.errors import FixSettings
from erp_sync.model.key import join_key
from erp_sync.model.quarantine import Quarantined, QuarantineKind
from erp_sync.wiring import Project

_ORDER = tuple(QuarantineKind)
F = TypeVar("F", bound=Callable[..., Any])


def filter_options(command: F) -> F:
    """``entity``, ``kind`` and ``key``."""
    for option in (
        click.option("--key", metavar="KEY", help='Only this record: "P1" or "P1 / V1".'),
        click.option("--kind", type=click.Choice([k.value for k in QuarantineKind]), help="Only these."),
        click.option("--entity", metavar="NAME", help="Only records of this entity."),
    ):
        command = option(command)
    return command


def found(project: Project, entity: str | None, kind: str | None, key: str | None) -> list[Quarantined]:
    """What waits: first what somebody has to look at, then what only waits for that; of each the longest first."""
    joined = join_key(part.strip() for part in key.split(" / ")) if key else None
    waiting = project.reader().quarantine(entity=entity, kind=QuarantineKind(kind) if kind else None, key=joined)
    return sorted(waiting, key=lambda q: _ORDER.index(q.kind))


def named(project: Project, ids: Sequence[str]) -> list[str]:
    """The ids, once each of them was found. Raises FixSettings naming those that were not."""
    reader = project.reader()
    unknown = [i for i in ids if reader.quarantine_entry(i) is None]
    if unknown:
        raise FixSettings(f"nothing waits by the id {', '.join(unknown)}", advice="see erp-sync quarantine list")
    return list(ids)
