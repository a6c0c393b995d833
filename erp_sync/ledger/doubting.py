"""A ledger that came from a backup: another one than before, and not to be trusted."""

from __future__ import annotations

import json
import uuid

from sqlalchemy import Connection, bindparam, select, update

from erp_sync.ledger.tables import LEASE, META, RECORD

_AT_ONCE = 5_000


def new_identity(connection: Connection) -> None:
    """Plans are bound to a ledger's id: none that was made on the old one fits any more."""
    connection.execute(update(META).where(META.c.name == "id").values(value=str(uuid.uuid4())))
    connection.execute(update(LEASE).values(token=None))


def doubt_everything(connection: Connection) -> None:
    """Every field of every record was, perhaps, sent again since. A record without fields may be gone or back."""
    connection.execute(update(RECORD).values(fingerprint=None))
    for entity in list(connection.scalars(select(RECORD.c.entity).distinct())):
        last = ""
        while True:
            query = select(RECORD.c.key, RECORD.c.fields, RECORD.c.present).where(
                RECORD.c.entity == entity, RECORD.c.key > last
            )
            rows = connection.execute(query.order_by(RECORD.c.key).limit(_AT_ONCE)).all()
            if not rows:
                break
            one = update(RECORD).where(RECORD.c.entity == entity, RECORD.c.key == bindparam("wanted"))
            connection.execute(
                one.values(doubtful=bindparam("all_of_it"), present=bindparam("there")),
                [
                    {
                        "wanted": row.key,
                        "all_of_it": json.dumps(sorted(json.loads(row.fields)), ensure_ascii=False),
                        "there": row.present and row.fields != "{}",
                    }
                    for row in rows
                ],
            )
            last = rows[-1].key
