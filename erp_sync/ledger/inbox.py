"""The event inbox: events are stored for good before Centra is told that they are done (soap.md, "The event queue")."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from erp_sync.ledger.tables import EVENT
from erp_sync.model.event import Event


def store(connection: Connection, events: Sequence[Event], now: datetime) -> int:
    """Centra returns an event again until it is told: known ones stay as they are."""
    known = set(connection.scalars(select(EVENT.c.id).where(EVENT.c.id.in_([e.id for e in events]))))
    new = {e.id: e for e in events if e.id not in known}
    rows = [
        {"id": e.id, "type": e.type, "entry": e.entry, "mission": e.mission, "date": e.date, "data": e.data,
         "stored_at": now}
        for e in new.values()
    ]  # fmt: skip
    if rows:
        connection.execute(insert(EVENT), rows)
    return len(rows)


def open_events(connection: Connection) -> list[Event]:
    query = select(EVENT).where(EVENT.c.handled_at.is_(None)).order_by(EVENT.c.number)
    return [Event(r.id, r.type, r.entry, r.mission, r.date, r.data) for r in connection.execute(query)]


def mark(connection: Connection, column: str, ids: Sequence[str], now: datetime) -> None:
    connection.execute(update(EVENT).where(EVENT.c.id.in_(ids), EVENT.c[column].is_(None)).values({column: now}))
