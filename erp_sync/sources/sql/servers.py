"""What differs between database servers: how each is reached, read in one snapshot, kept from writing, and timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from erp_sync.sources.sql.guard import MYSQL, POSTGRESQL, SQLITE, TSQL, Syntax
from erp_sync.sources.sql.options import SqlOptions
from erp_sync.sources.sql.texts import BITS, MOMENT, TIME, UTC_MOMENT

ROWVERSION = "erp_sync.rowversion"  # in a connection's info: where the next incremental extract may start
Kinds = dict[Any, str]  # the driver's type code -> what the column holds, where its values do not say it


@dataclass(frozen=True, slots=True)
class Server:
    """``begin`` starts a read-only snapshot and says in words what is missing from one; no words where nothing is."""

    title: str
    driver: str  # SQLAlchemy's drivername
    package: str  # what to install for it
    connect_args: Callable[[SqlOptions], dict[str, Any]]
    begin: Callable[[Connection, SqlOptions], str]
    engine_args: Callable[[SqlOptions], dict[str, Any]] = lambda options: {}
    before_statement: Callable[[Connection, SqlOptions], None] = lambda connection, options: None
    leave: Callable[[Any], None] = lambda driver: None  # before its connection is cut with rows under way
    autocommit: bool = True  # the transaction is begun by a statement of ours
    kinds: Kinds = field(default_factory=dict)
    streams: bool = True  # more than one result can be open at a time
    syntax: Syntax = field(default_factory=Syntax)


def _run(connection: Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


# PostgreSQL. Values come as the server writes them: exact, and free of what Python's dates cannot hold (infinity).

_POSTGRESQL_TEXT = (114, 790, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2950, 3802)


def _postgresql_args(options: SqlOptions) -> dict[str, Any]:
    return {
        "application_name": options.application_name,
        "connect_timeout": options.connect_timeout,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 4,
        "tcp_user_timeout": 60_000,
    }


def _postgresql_begin(connection: Connection, options: SqlOptions) -> str:
    from psycopg.types.string import TextLoader

    driver: Any = connection.connection.driver_connection
    for oid in _POSTGRESQL_TEXT:
        driver.adapters.register_loader(oid, TextLoader)
    _run(
        connection,
        (
            f"SET statement_timeout = '{options.statement_timeout}s'",
            "SET idle_in_transaction_session_timeout = 0",
            "SET TimeZone = 'UTC'",
            "SET DateStyle = 'ISO'",
            "SET IntervalStyle = 'iso_8601'",
            "SET lc_monetary = 'C'",
            "SET synchronize_seqscans = off",  # else two readings of a table may begin at different rows
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            "SELECT 1",  # the snapshot is that of the first statement
        ),
    )
    return ""


# MySQL and MariaDB.


def _mysql_args(options: SqlOptions) -> dict[str, Any]:
    from pymysql.constants import FIELD_TYPE
    from pymysql.converters import conversions

    encoders = {k: v for k, v in conversions.items() if not isinstance(k, int)}
    return {
        "program_name": options.application_name,
        "connect_timeout": options.connect_timeout,
        "read_timeout": options.statement_timeout + 30,  # the server is to notice first
        # As a server of today expects it; the driver would send Latin-1, and fail beyond that.
        **({"password": options.password.get_secret_value().encode()} if options.password else {}),
        # Numbers and dates come as the server writes them: exact, and free of what Python cannot hold (0000-00-00).
        "conv": {**encoders, FIELD_TYPE.FLOAT: float, FIELD_TYPE.DOUBLE: float},
    }


def _mysql_begin(connection: Connection, options: SqlOptions) -> str:
    mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
    limit = f"max_statement_time = {options.statement_timeout}"
    if not mariadb:
        limit = f"max_execution_time = {options.statement_timeout * 1000}"
    _run(
        connection,
        (
            f"SET SESSION {limit}",
            # How long we may think about a row before the server takes us for dead.
            f"SET SESSION net_write_timeout = {max(options.statement_timeout, 60)}",
            "SET SESSION time_zone = '+00:00'",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "SET SESSION TRANSACTION READ ONLY",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ),
    )
    query = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
        "AND table_type = 'BASE TABLE' AND engine NOT IN ('InnoDB', 'ROCKSDB', 'TokuDB') ORDER BY table_name"
    )
    outside = [str(row[0]) for row in connection.exec_driver_sql(query)]
    return f"outside the snapshot, since their engine has none: {', '.join(outside[:10])}" if outside else ""


def _mysql_leave(driver: Any) -> None:
    """PyMySQL would fetch all rows that are still coming, even from a connection that is gone, to be rid of them."""
    result = getattr(driver, "_result", None)
    if result is not None:
        result.unbuffered_active = False


# SQLite: one file, opened read-only.


def _sqlite_begin(connection: Connection, options: SqlOptions) -> str:
    _run(connection, ("PRAGMA query_only = ON", "BEGIN", "SELECT count(*) FROM sqlite_master"))
    return ""


def _sqlite_watch(connection: Connection, options: SqlOptions) -> None:
    """SQLite has no statement time-out of its own: its progress handler stops what takes too long."""
    deadline = time.monotonic() + options.statement_timeout
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)


# SQL Server: a session cannot be made read-only; the guard and a login without rights to write must do.


def _mssql_args(options: SqlOptions) -> dict[str, Any]:
    return {
        "appname": options.application_name,
        "login_timeout": options.connect_timeout,
        "timeout": options.statement_timeout,
        "read_only": True,  # where there are replicas for reading, one of them serves us
        "use_datetime2": True,
        "arraysize": options.fetch_rows,
    }


def _mssql_begin(connection: Connection, options: SqlOptions) -> str:
    state = connection.exec_driver_sql(
        "SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()"
    ).scalar()
    level = "SNAPSHOT" if state == 1 else "READ COMMITTED"
    # Before the snapshot: every row version below this one is in it. A higher one that it holds may have lower
    # company that is not committed yet.
    version = connection.exec_driver_sql("SELECT MIN_ACTIVE_ROWVERSION()").scalar()
    connection.info[ROWVERSION] = "0x" + bytes(version or b"").hex()
    _run(
        connection,
        (
            "SET DEADLOCK_PRIORITY LOW",  # where the ERP and we lock each other out, the ERP wins
            f"SET LOCK_TIMEOUT {options.statement_timeout * 1000}",
            f"SET TRANSACTION ISOLATION LEVEL {level}",
            "BEGIN TRANSACTION",
        ),
    )
    if state == 1:
        return ""
    return "no snapshot: each dataset is read as it is then; ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON gives one"


# Oracle, by the driver that needs no client.


def _oracle_args(options: SqlOptions) -> dict[str, Any]:
    return {"program": options.application_name, "tcp_connect_timeout": float(options.connect_timeout)}


def _oracle_begin(connection: Connection, options: SqlOptions) -> str:
    driver: Any = connection.connection.driver_connection
    driver.call_timeout = options.statement_timeout * 1000
    _run(connection, ("ALTER SESSION SET TIME_ZONE = '+00:00'", "SET TRANSACTION READ ONLY"))
    return ""


_MYSQL_KINDS: Kinds = {7: UTC_MOMENT, 11: TIME, 12: MOMENT, 16: BITS}

SERVERS: dict[str, Server] = {
    "postgresql": Server(
        "PostgreSQL", "postgresql+psycopg", "erp-sync[postgresql]", _postgresql_args, _postgresql_begin,
        kinds={1114: MOMENT, 1184: UTC_MOMENT}, syntax=POSTGRESQL,
    ),
    "mysql": Server(
        "MySQL", "mysql+pymysql", "erp-sync[mariadb]", _mysql_args, _mysql_begin,
        leave=_mysql_leave, kinds=_MYSQL_KINDS, streams=False, syntax=MYSQL,
    ),
    "mariadb": Server(
        "MariaDB", "mariadb+pymysql", "erp-sync[mariadb]", _mysql_args, _mysql_begin,
        leave=_mysql_leave, kinds=_MYSQL_KINDS, streams=False, syntax=MYSQL,
    ),
    "sqlite": Server(
        "SQLite", "sqlite+pysqlite", "Python itself", lambda options: {"timeout": options.connect_timeout},
        _sqlite_begin, before_statement=_sqlite_watch, syntax=SQLITE,
    ),
    "mssql": Server(
        "SQL Server", "mssql+pymssql", "erp-sync[sqlserver]", _mssql_args, _mssql_begin, streams=False, syntax=TSQL,
    ),
    "oracle": Server(
        "Oracle", "oracle+oracledb", "erp-sync[oracle]", _oracle_args, _oracle_begin,
        engine_args=lambda options: {"arraysize": options.fetch_rows}, autocommit=False,
    ),
}  # fmt: skip
