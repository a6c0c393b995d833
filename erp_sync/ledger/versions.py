"""The schema's version: told apart on open, brought up to date by a writer, never by a reader."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, column, insert, inspect, select, table, text

from erp_sync.errors import FixSettings, RepairLedger, TryLater
from erp_sync.ledger.database import Database, parse, sqlite_file
from erp_sync.ledger.tables import LEASE, META, VERSION_TABLE, metadata

HEAD = "0001"
KNOWN = ("0001",)  # every version this program can bring up to HEAD, oldest first
_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 7305711
_PATIENCE = 60  # seconds in line behind another process that makes the ledger


def version(connection: Connection) -> str | None:
    """The schema's version, None where there is no ledger."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(table(VERSION_TABLE, column("version_num")).c.version_num))


def readable(database: Database, *, upgradable: bool = False) -> bool:
    """False where there is no ledger yet. Raises RepairLedger for one of another version; an older one may be
    ``upgradable``."""
    with database.read() as connection:
        found = version(connection)
    if found is None:
        return False
    _told_apart(found)
    if found != HEAD and not upgradable:
        raise RepairLedger(
            f"the ledger is of version {found}, this program reads version {HEAD}",
            advice="Take an `erp-sync ledger backup`; the next `erp-sync sync` or `apply` brings it up to date.",
        )
    return True


@contextmanager
def existing(url: str, *, upgradable: bool = False) -> Iterator[Database]:
    """A ledger to look at. Raises FixSettings where there is none."""
    parsed = parse(url)
    file = sqlite_file(parsed)
    none = FixSettings(f"there is no ledger {file or 'in this database'}", advice="The first run makes it.")
    if file is not None and not file.exists():
        raise none
    with closing(Database(parsed, read_only=True)) as database:
        if not readable(database, upgradable=upgradable):
            raise none
        yield database


def upgrade(database: Database) -> None:
    """Make the ledger, or bring an older one up to date. Two processes at once do it one after the other."""
    with database.read() as connection:
        found = version(connection)
    if found is not None:
        _told_apart(found)
    if found == HEAD:
        return
    with _in_line(database), database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})
        found = version(connection)
        if found is None:
            _not_somebody_elses(connection, database)
        if found != HEAD:
            _migrate(connection)
        if connection.scalar(select(META.c.value).where(META.c.name == "id")) is None:
            connection.execute(
                insert(META), [{"name": "id", "value": str(uuid.uuid4())}, {"name": "generation", "value": "0"}]
            )
            connection.execute(insert(LEASE), {"id": 1})


@contextmanager
def _in_line(database: Database) -> Iterator[None]:
    """MariaDB commits each CREATE TABLE by itself and holds a named lock by session: it is given back only once the
    other session's transaction has ended, or the next in line would find tables without a version. SQLite's write
    transaction and PostgreSQL's advisory lock within it need nothing around them."""
    if database.dialect != "mariadb":
        yield
        return
    with database.read() as line:
        if line.scalar(text(f"SELECT GET_LOCK(CONCAT('erp_sync_', DATABASE()), {_PATIENCE})")) != 1:
            raise TryLater(
                f"another process has been making the ledger for {_PATIENCE} seconds",
                advice="Wait for it to end, then run again.",
            )
        try:
            yield
        finally:
            line.execute(text("DO RELEASE_LOCK(CONCAT('erp_sync_', DATABASE()))"))


def _told_apart(found: str) -> None:
    if found not in KNOWN:
        raise RepairLedger(
            f"the ledger is of version {found}, this program knows versions up to {HEAD}",
            advice="A newer erp-sync made it: run that version (`pip install --upgrade erp-sync`).",
        )


def _not_somebody_elses(connection: Connection, database: Database) -> None:
    """A new ledger is made where nothing is. In a file there is nothing beside it; on a server others may have their
    tables in the same database, as long as none is called as one of ours."""
    tables = set(inspect(connection).get_table_names())
    strange = sorted(tables if database.dialect == "sqlite" else tables & set(metadata.tables))
    if strange:
        raise FixSettings(
            f"{sqlite_file(database.url) or 'the database'} belongs to another program: it has tables that are no "
            f"ledger's ({', '.join(strange[:5])})",
            advice="Name a file or a database of its own in ledger.url; the first run makes the ledger.",
        )


def _migrate(connection: Connection) -> None:
    from alembic import command  # takes a while to load, and is needed once in a ledger's life
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
