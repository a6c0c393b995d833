"""How many complete extracts in a row did not have a record."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from erp_sync.ledger.tables import META, RECORD, RUN
from erp_sync.ledger.upsert import upsert


def count(connection: Connection, run: int, entity: str, absent: Sequence[str]) -> None:
    """Once per plan: a run that goes on with a plan after a crash has seen no second extract."""
    mark = f"absences:{entity}"
    plan = connection.execute(select(RUN.c.plan).where(RUN.c.id == run)).scalar_one()
    if connection.scalar(select(META.c.value).where(META.c.name == mark)) == plan:
        return
    gone = set(absent)
    missed = select(RECORD.c.key).where(RECORD.c.entity == entity, RECORD.c.absences > 0)
    back = [key for key in connection.scalars(missed) if key not in gone]
    one = update(RECORD).where(RECORD.c.entity == entity, RECORD.c.key == bindparam("wanted"))
    if back:
        connection.execute(one.values(absences=0), [{"wanted": key} for key in back])
    if gone:
        connection.execute(one.values(absences=RECORD.c.absences + 1), [{"wanted": key} for key in sorted(gone)])
    upsert(connection, META, [{"name": mark, "value": plan}])
