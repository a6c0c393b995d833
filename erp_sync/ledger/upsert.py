"""Insert or replace many rows, in each database's own words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import mysql, postgresql, sqlite

Rows = list[dict[str, Any]]


def insert_one(connection: Connection, table: Table, values: dict[str, Any]) -> int:
    """The number that the database gave the new row."""
    made = connection.execute(insert(table).values(values)).inserted_primary_key
    assert made is not None
    return int(made[0])


def upsert(connection: Connection, table: Table, rows: Rows) -> None:
    """Each row names every column that has no default. A row with a known primary key takes the place of the old."""
    if not rows:
        return
    own = {c.name for c in table.primary_key}
    others = [c for c in rows[0] if c not in own]
    if connection.dialect.name in ("mysql", "mariadb"):
        maria = mysql.insert(table)
        connection.execute(maria.on_duplicate_key_update({c: maria.inserted[c] for c in others}), rows)
        return
    new = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    statement = new.on_conflict_do_update(index_elements=sorted(own), set_={c: new.excluded[c] for c in others})
    connection.execute(statement, rows)
