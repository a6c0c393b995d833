"""`erp-sync ledger export`: what Centra acknowledged, for people and for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from erp_sync.ledger.tables import RECORD
from erp_sync.ledger.versions import existing
from erp_sync.model.key import split_key

_AT_ONCE = 5_000
Show = Callable[[str, str, str], str]


def export(url: str, show: Show, entity: str | None = None) -> Iterator[dict[str, Any]]:
    """Every record, by entity and key, as plain values for JSON. Memory does not grow with the ledger.

    ``show(entity, path, value)`` gives what may be shown of a value. Keys of the result: entity, key (its parts),
    fields, doubtful, exists, retired, adopted, absences, made_run, changed_run, origin (dataset, place, at; or None).
    Raises FixSettings where there is no ledger, RepairLedger, TryLater.
    """
    with existing(url) as database, database.read() as connection:
        names = [entity] if entity else sorted(connection.scalars(select(RECORD.c.entity).distinct()))
        for name in names:
            yield from _of_entity(connection, name, show)


def _of_entity(connection: Connection, entity: str, show: Show) -> Iterator[dict[str, Any]]:
    last = ""
    while True:
        query = select(RECORD).where(RECORD.c.entity == entity, RECORD.c.key > last).order_by(RECORD.c.key)
        rows = connection.execute(query.limit(_AT_ONCE)).all()
        if not rows:
            return
        for row in rows:
            yield {
                "entity": entity,
                "key": list(split_key(row.key)),
                "fields": {path: show(entity, path, value) for path, value in sorted(json.loads(row.fields).items())},
                "doubtful": json.loads(row.doubtful),
                "exists": row.present,
                "retired": row.retired,
                "adopted": row.adopted,
                "absences": row.absences,
                "made_run": row.made_run,
                "changed_run": row.changed_run,
                "origin": json.loads(row.origin) if row.origin else None,
            }
        last = rows[-1].key
