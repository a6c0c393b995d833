"""Records that the ledger knows and a complete extract no longer has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.diff.fingerprint import hash_keys
from erp_sync.diff.seen import Seen
from erp_sync.model.catalog import Entity, Leaving
from erp_sync.model.change import Action, Baseline, Change, FieldChange
from erp_sync.model.key import split_key
from erp_sync.ports import LedgerReader


@dataclass(frozen=True, slots=True)
class Vanished:
    """A record that is gone from the ERP; ``change`` is None while it stays in Centra, and ``reason`` says why."""

    baseline: Baseline
    reason: str
    change: Change | None = None


def vanished(
    entity: Entity, reader: LedgerReader, seen: Seen, *, retire_after: int | None, mapping_at: str = ""
) -> Iterator[Vanished]:
    """Every live record that is not in ``seen``; ``retire_after`` None reports only. Invoices and such never leave."""
    for keys in reader.keys(entity.name):
        missing = pc.filter(keys, pa.array(~seen.holds(hash_keys(keys)), pa.bool_())) if len(keys) else keys
        if len(missing):
            for baseline in reader.baselines(entity.name, missing.to_pylist()).values():
                yield _leave(entity, baseline, retire_after, mapping_at)


def _leave(entity: Entity, baseline: Baseline, retire_after: int | None, mapping_at: str) -> Vanished:
    absences = baseline.absences + 1
    gone = f"not in {absences} complete extract(s) in a row"
    if entity.leaving is Leaving.NEVER:
        return Vanished(baseline, f"{gone}; a record of {entity.name} never leaves Centra")
    if retire_after is None:
        return Vanished(baseline, f"{gone}; the mapping says to report it only")
    if absences < retire_after:
        return Vanished(baseline, f"{gone}; it leaves after {retire_after}")
    retire = entity.leaving is Leaving.RETIRE
    if retire and baseline.fields.get("status") == entity.retired_status and "status" not in baseline.doubtful:
        return Vanished(baseline, f"{gone}; Centra has it as {entity.retired_status} already")
    fields = (FieldChange("status", baseline.fields.get("status"), entity.retired_status),) if retire else ()
    action = Action.RETIRE if retire else Action.UNLINK
    change = Change(entity.name, split_key(baseline.key), action, fields, None, 0, gone, mapping_at)
    return Vanished(baseline, gone, change)
