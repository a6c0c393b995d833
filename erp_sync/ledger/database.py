"""Connections to a ledger's database: what each of the three needs so that a commit is durable and a key is exact."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from erp_sync.errors import FixSettings
from erp_sync.ledger.faults import explained
from erp_sync.ledger.tables import VERSION_TABLE, metadata

_BUSY_SECONDS = 30  # how long to stand in line behind another writer's transaction
_CACHE_KIB = 65536


def parse(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise FixSettings("ledger.url is not a database URL", advice=_EXAMPLES) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql", "mysql", "mariadb"):
        raise FixSettings(f"ledger.url: no ledger on {parsed.get_backend_name()}", advice=_EXAMPLES)
    return parsed


_EXAMPLES = (
    "Write sqlite:///ledger.db, postgresql+psycopg://user@host/database or mariadb+pymysql://user@host/database."
)


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite ledger; None for servers."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


class Database:
    """An engine with the ledger's rules. ``read`` and ``write`` are one transaction each.

    SQLite: WAL, and ``synchronous=FULL``, so that each commit is on the disk before anything is sent because of it.
    A writer takes the lock at its start (BEGIN IMMEDIATE): it never finds out half-way that somebody was faster.
    """

    def __init__(self, url: URL, *, read_only: bool = False, engine: Engine | None = None) -> None:
        self.url = url
        with explained(url):
            self.engine = engine or (_sqlite(url, read_only) if url.get_backend_name() == "sqlite" else _server(url))
        self.dialect = "mariadb" if self.engine.dialect.name == "mysql" else self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with explained(self.url), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with explained(self.url), self.engine.connect() as connection:
            connection.info["immediate"] = True
            try:
                with connection.begin():
                    yield connection
            finally:
                connection.info["immediate"] = False

    def close(self) -> None:
        self.engine.dispose()


def absent(url: URL) -> Database:
    """What a reader gets where there is no ledger: one that is empty, in memory, and has no id."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    return Database(url, engine=engine)


def _sqlite(url: URL, read_only: bool) -> Engine:
    file = Path(url.database or "")
    if not url.database or url.database == ":memory:":
        raise FixSettings("ledger.url: a ledger in memory would forget what was sent", advice=_EXAMPLES)
    if not file.absolute().parent.is_dir():
        raise FixSettings(
            f"ledger.url: the folder {file.absolute().parent} does not exist", advice="Make it, or correct ledger.url."
        )
    query = dict(url.query)
    if read_only:
        # A folder that may not be written to has no room for SQLite's -shm: then read the file as it stands.
        frozen = not os.access(file.absolute().parent, os.W_OK) and not Path(f"{file}-wal").exists()
        query |= {"mode": "ro", "uri": "true"} | ({"immutable": "1"} if frozen else {})
        url = url.set(database=f"file:{file}", query=query)
    else:
        _make_private(file)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's BEGIN below, not the driver's own
        cursor = connection.cursor()
        if not read_only:
            if _is_ours(cursor):
                cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("immediate") else "BEGIN")

    return engine


def _is_ours(cursor: Any) -> bool:
    """WAL stays with a file: another program's, which is about to be refused, must not be touched by it."""
    tables = {name for (name,) in cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return not tables or VERSION_TABLE in tables


def _make_private(file: Path) -> None:
    """A new ledger is readable by its owner only: baselines hold customers' names and addresses."""
    if not file.exists() and os.access(file.absolute().parent, os.W_OK):
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def _server(url: URL) -> Engine:
    try:
        engine = create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
    except ModuleNotFoundError as missing:
        extra = "postgresql" if url.get_backend_name() == "postgresql" else "mariadb"
        raise FixSettings(
            f"ledger.url: the driver {missing.name} is not installed", advice=f"pip install 'erp-sync[{extra}]'"
        ) from missing
    if engine.dialect.name != "postgresql":

        @event.listens_for(engine, "connect")
        def _strict(connection: Any, _record: object) -> None:
            # Without it a text that is too long is cut off in silence, and another record's key comes of it.
            with connection.cursor() as cursor:
                cursor.execute("SELECT VERSION()")
                _told_from_mysql(cursor.fetchone()[0])
                cursor.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')")
                cursor.execute("SET SESSION innodb_lock_wait_timeout = %s", (_BUSY_SECONDS,))
    else:

        @event.listens_for(engine, "connect")
        def _patient(connection: Any, _record: object) -> None:
            connection.execute(f"SET lock_timeout = '{_BUSY_SECONDS}s'")
            connection.commit()

    return engine


def _told_from_mysql(said: str) -> None:
    """MySQL has no utf8mb4_nopad_bin, and JSON_TABLE came with MariaDB 10.6."""
    numbers = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)", said)
    if "MariaDB" not in said or numbers is None or (int(numbers[1]), int(numbers[2])) < (10, 6):
        raise FixSettings(f"ledger.url: this server is {said}; a ledger needs MariaDB 10.6 or newer", advice=_EXAMPLES)
