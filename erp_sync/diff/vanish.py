"""Records that the ledger knows and a complete extract no longer has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from erp_sync.diff.fingerprint import hash_keys
from erp_sync.diff.seen import Seen
from erp_sync.model.catalog import Entity, Leaving
from erp_sync.model.change import Action, Baseline, Change, FieldChange
from erp_sync.model.key import split_key
from erp_sync.ports import LedgerReader


@dataclass(frozen=True, slots=True)
class Vanished:
    """``change`` is None while the record waits for more complete runs without it, or cannot leave at all."""

    key: str
    absences: int  # complete runs in a row without it, this one included
    change: Change | None


def vanished(
    entity: Entity, reader: LedgerReader, seen: Seen, *, retire_after: int | None, mapping_at: str = ""
) -> Iterator[Vanished]:
    """Every live record that is not in ``seen``; ``retire_after`` None reports only. Invoices and such never leave."""
    for known in reader.scan(entity.name):
        live = [b for b in known if b.exists and not b.retired]
        if not live:
            continue
        there = seen.holds(hash_keys(pa.array([b.key for b in live], pa.string())))
        for baseline, present in zip(live, there, strict=True):
            if not present:
                yield _leave(entity, baseline, retire_after, mapping_at)


def _leave(entity: Entity, baseline: Baseline, retire_after: int | None, mapping_at: str) -> Vanished:
    absences = baseline.absences + 1
    if retire_after is None or absences < retire_after or entity.leaving is Leaving.NEVER:
        return Vanished(baseline.key, absences, None)
    retire = entity.leaving is Leaving.RETIRE
    fields = (FieldChange("status", baseline.fields.get("status"), entity.retired_status),) if retire else ()
    action = Action.RETIRE if retire else Action.UNLINK
    reason = f"not in {absences} complete extract(s) in a row"
    change = Change(entity.name, split_key(baseline.key), action, fields, None, 0, reason, mapping_at)
    return Vanished(baseline.key, absences, change)
