"""Ids that come twice, with different contents: a plan would reject all of their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from erp_sync.diff import Seen, fingerprints, hash_keys
from erp_sync.diff.fingerprint import arrow_column
from erp_sync.mapping import Finding, Owner, Severity, Unit
from erp_sync.ports import KEY, Records
from erp_sync.report.document import number

_SHOWN = 3


class Doubles:
    """Shown every chunk of records; what it finds is known at the end."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = defaultdict(Seen)
        self._units: dict[str, Unit] = {}

    def see(self, unit: Unit, records: Records) -> None:
        self._units.setdefault(unit.entity, unit)
        sent = [c for c in records.frame.columns if c != KEY and unit.owners.get(c) is not Owner.CENTRA]
        keys = hash_keys(arrow_column(records.frame, KEY))
        self._seen[unit.entity].add(keys, fingerprints(records.frame, sent), records.place, records.frame.index)

    def findings(self) -> Iterator[Finding]:
        for entity, seen in self._seen.items():
            found = list(seen.conflicts().values())
            if found:
                rows = sum(map(len, found))
                some = "; ".join(" and ".join(places[:_SHOWN]) for places in found[:_SHOWN])
                more = f"; and {number(len(found) - _SHOWN)} more" if len(found) > _SHOWN else ""
                many = "1 id comes" if len(found) == 1 else f"{number(len(found))} ids come"
                message = f"{many} from {number(rows)} rows that differ: {some}{more}"
                advice = "nobody can say which row is right, and all are rejected: make the key longer, or pick one row"
                yield Finding(Severity.ERROR, self._units[entity].place, f"{entity}: {message}", advice, rows)
