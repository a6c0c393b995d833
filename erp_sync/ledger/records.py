"""Records in the database: read, changed and written back, many at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from erp_sync.ledger.settling import State
from erp_sync.ledger.tables import RECORD
from erp_sync.ledger.upsert import upsert
from erp_sync.ledger.wanted import among, portions
from erp_sync.model.key import SEPARATOR

Name = tuple[str, str]  # entity, joined key
_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode  # made once: 2x faster


class Records:
    """The records that one settle touches. ``put`` as often as needed, then ``write`` once."""

    def __init__(self, connection: Connection, names: Iterable[Name], run: int) -> None:
        self._connection, self._run = connection, run
        self._rows: dict[Name, dict[str, Any]] = {}
        self._changed: dict[Name, State | None] = {}
        self._origins: dict[Name, str] = {}
        self._adopted: set[Name] = set()
        by_entity: dict[str, list[str]] = {}
        for entity, key in names:
            by_entity.setdefault(entity, []).append(key)
        for entity, keys in by_entity.items():
            for some in portions(keys):
                query = select(RECORD).where(among(connection, RECORD, entity, some))
                for row in connection.execute(query).mappings():
                    self._rows[entity, row["key"]] = dict(row)

    def get(self, name: Name) -> State | None:
        if name in self._changed:
            return self._changed[name]
        row = self._rows.get(name)
        return None if row is None else _state(row)

    def put(self, name: Name, state: State | None, origin: str | None = None, *, adopted: bool = False) -> None:
        self._changed[name] = state
        if origin is not None:
            self._origins[name] = origin
        if adopted:
            self._adopted.add(name)

    def write(self) -> None:
        _forget(self._connection, [n for n, state in self._changed.items() if state is None and n in self._rows])
        upsert(self._connection, RECORD, [self._row(n, s) for n, s in self._changed.items() if s is not None])

    def _row(self, name: Name, state: State) -> dict[str, Any]:
        entity, key = name
        known = self._rows.get(name, {})
        return {
            "entity": entity,
            "key": key,
            "fingerprint": state.fingerprint,
            "present": state.present,
            "retired": state.retired,
            "adopted": name in self._adopted or known.get("adopted", False),
            "absences": state.absences,
            "made_run": known.get("made_run", self._run),
            "changed_run": self._run,
            "own_id": key.rpartition(SEPARATOR)[2] if SEPARATOR in key else None,
            "origin": self._origins.get(name, known.get("origin")),
            "fields": _text(state.fields),
            "doubtful": _text(sorted(state.doubtful)) if state.doubtful else "[]",
        }


def refresh_fingerprints(connection: Connection, entity: str, keys: Sequence[str], prints: Sequence[int]) -> None:
    """Of records that an extract has, unchanged: they are not retired, whatever the ledger thought."""
    rows = [{"wanted": key, "new": fingerprint} for key, fingerprint in zip(keys, prints, strict=True)]
    if rows:
        one = update(RECORD).where(RECORD.c.entity == entity, RECORD.c.key == bindparam("wanted"))
        connection.execute(one.values(fingerprint=bindparam("new"), retired=False), rows)


def _forget(connection: Connection, names: Sequence[Name]) -> None:
    by_entity: dict[str, list[str]] = {}
    for entity, key in names:
        by_entity.setdefault(entity, []).append(key)
    for entity, keys in by_entity.items():
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            connection.execute(delete(RECORD).where(RECORD.c.entity == entity, RECORD.c.key.in_(some)))


def _state(row: dict[str, Any]) -> State:
    return State(
        json.loads(row["fields"]),
        frozenset(json.loads(row["doubtful"])),
        row["fingerprint"],
        row["present"],
        row["retired"],
        row["absences"],
    )
