"""The ledger's tables, the same on SQLite, PostgreSQL and MariaDB.

Keys are compared to the letter: case, accents and trailing blanks tell records apart (soap.md, "What goes wrong in
practice"). Hence the collations: binary on SQLite by default, "C" on PostgreSQL, utf8mb4_nopad_bin on MariaDB.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.types import TypeDecorator

VERSION_TABLE = "erp_sync_version"
EXACT_MARIADB = "utf8mb4_nopad_bin"

Key = String(600).with_variant(String(600, collation="C"), "postgresql")  # model.key.LONGEST_KEY
Long = Text().with_variant(LONGTEXT(), "mysql", "mariadb")
Number = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up by itself only in an INTEGER


class Utc(TypeDecorator[datetime]):
    """A moment as text of one width, ``2026-11-24T03:45:37.000000Z``: it sorts, and no server shifts its zone."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


metadata = MetaData()


def _table(name: str, *columns: Column[Any] | Index) -> Table:
    return Table(
        f"erp_sync_{name}",
        metadata,
        *columns,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate=EXACT_MARIADB,
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate=EXACT_MARIADB,
    )


META = _table("meta", Column("name", String(100), primary_key=True), Column("value", Long, nullable=False))

# One row, there from the first migration on: what writers lock to stand in line. A null token: nobody holds it.
LEASE = _table(
    "lease",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("token", String(36)),
    Column("purpose", String(200)),
    Column("host", String(255)),
    Column("pid", BigInteger),
    Column("process", String(200)),
    Column("taken_at", Utc),
    Column("beat_at", Utc),
    Column("expires_at", Utc),
)

RUN = _table(
    "run",
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("plan", String(200), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("host", String(255), nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("status", String(20), nullable=False),
    Column("counts", Long, nullable=False),
    Column("generation", BigInteger, nullable=False),  # of its last settle; 0: none
    Column("memory", Long, nullable=False),  # datasets' rows, digests and watermarks, kept back until it is done
    Index("erp_sync_run_plan", "plan"),
    Index("erp_sync_run_generation", "generation"),
)

# What is about to be sent, committed before it is. `steps` and `outcomes` are JSON texts, so that a batch is one
# row however many steps it has: it is written once, and read again only after a crash or for the same plan.
BATCH = _table(
    "batch",
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("run", Number, ForeignKey(RUN.c.id), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("steps", Long, nullable=False),  # [[step id, entity, key, action, [path, ...]], ...]: never a value
    Column("outcomes", Long),  # {step id: outcome kind}
    Column("request_ids", Long),
    Index("erp_sync_batch_run", "run"),
    Index("erp_sync_batch_closed", "closed_at"),
)

RECORD = _table(
    "record",
    Column("entity", String(40), primary_key=True),
    Column("key", Key, primary_key=True),
    Column("fingerprint", BigInteger),
    Column("present", Boolean, nullable=False),  # Baseline.exists
    Column("retired", Boolean, nullable=False),
    Column("adopted", Boolean, nullable=False),  # Centra had it before we ever sent it
    Column("absences", Integer, nullable=False),
    Column("made_run", BigInteger, nullable=False),
    Column("changed_run", BigInteger, nullable=False),
    Column("own_id", Key),  # the last part of a key that has several
    Column("origin", Long),
    Column("fields", Long, nullable=False),
    Column("doubtful", Long, nullable=False),
    Index("erp_sync_record_own_id", "entity", "own_id"),
)

QUARANTINE = _table(
    "quarantine",
    Column("id", String(16), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("entity", String(40), nullable=False),
    Column("key", Key, nullable=False),
    Column("parent_key", Key, nullable=False),
    Column("step", String(100), nullable=False),
    Column("action", String(10), nullable=False),
    Column("reason", Long, nullable=False),
    Column("request_id", String(200), nullable=False),
    Column("dataset", String(200), nullable=False),
    Column("origin", Long, nullable=False),
    Column("mapping_at", Long, nullable=False),
    Column("detail", Long, nullable=False),  # JSON: field, column, value, personal, waits_for
    Column("first_at", Utc, nullable=False),
    Column("last_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("run", BigInteger, nullable=False),
    Column("again", Boolean, nullable=False),  # asked for, or its parent changed: the next plan may send it
    Index("erp_sync_quarantine_key", "entity", "key"),
    Index("erp_sync_quarantine_parent", "parent_key"),
)

DATASET = _table(
    "dataset",
    Column("name", String(200), primary_key=True),
    Column("rows", BigInteger),  # of the last complete, full extract
    Column("digest", String(100), nullable=False),
    Column("watermark", Long),  # JSON: the mark, and the digest of the mapping that was applied up to it
    Column("since_full", Integer, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("run", BigInteger, nullable=False),
)

EVENT = _table(
    "event",
    Column("number", Number, primary_key=True, autoincrement=True),  # the order of arrival
    Column("id", String(100), nullable=False),
    Column("type", String(100), nullable=False),
    Column("entry", Long, nullable=False),
    Column("mission", String(40), nullable=False),
    Column("date", String(60), nullable=False),
    Column("data", Long, nullable=False),
    Column("stored_at", Utc, nullable=False),
    Column("done_at", Utc),
    Column("handled_at", Utc),
    Index("erp_sync_event_id", "id", unique=True),
    Index("erp_sync_event_done", "done_at"),
    Index("erp_sync_event_handled", "handled_at"),
)

OVERRIDE = _table(
    "override",
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("plan", String(200), nullable=False),
    Column("guard", String(200), nullable=False),
    Column("given_at", Utc, nullable=False),
    Column("given_by", String(255), nullable=False),
    Column("reason", Long, nullable=False),
    Index("erp_sync_override_plan", "plan"),
)
