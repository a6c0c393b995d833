"""SQL Server's and Oracle's SQL, looked at: there is no such server on the machines that run these tests."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import TIMESTAMP, Connection, Dialect, Integer, Numeric, String
from sqlalchemy.dialects import mssql, oracle
from sqlalchemy.types import TypeEngine

from erp_sync.errors import FixSource
from erp_sync.sources.sql.options import SqlDataset, SqlOptions
from erp_sync.sources.sql.selection import from_table
from erp_sync.sources.sql.servers import ROWVERSION, SERVERS
from erp_sync.sources.sql.session import Session, database_url
from erp_sync.sources.sql.tables import TableColumn, TableInfo

dialects: Any = (mssql, oracle)  # SQLAlchemy's modules are typed in part
MSSQL, ORACLE = (module.dialect() for module in dialects)
mssql_types, oracle_types = dialects


def table(name: str, schema: str | None, key: tuple[str, ...], **columns: TypeEngine[Any]) -> TableInfo:
    found = tuple(TableColumn(c.replace("__", " "), "", t) for c, t in columns.items())
    return TableInfo(name, name, schema, found, key)


def compiled(
    info: TableInfo,
    dialect: Dialect,
    settings: dict[str, Any],
    mark: str | None = None,
    columns: list[str] | None = None,
) -> tuple[str, dict[str, Any]]:
    session = cast(Session, SimpleNamespace(connection=SimpleNamespace(dialect=dialect)))
    dataset = SqlDataset.model_validate({"table": "t", **settings})
    selection = from_table(session, info, dataset, mark, columns)
    return " ".join(str(selection.statement.compile(dialect=dialect)).split()), selection.values  # type: ignore[attr-defined]


PRICE = table(
    "CRONUS International Ltd_$Sales Price", "dbo", ("Item No_", "Currency Code"),
    Item__No_=String(20), Currency__Code=String(10), Unit__Price=Numeric(38, 20), timestamp=mssql_types.ROWVERSION(),
    Id=mssql_types.UNIQUEIDENTIFIER(), Amount__=Integer(),
)  # fmt: skip


def test_navision_names_on_sql_server() -> None:
    sql, values = compiled(PRICE, MSSQL, {}, columns=["Unit Price"])
    assert sql == (
        "SELECT dbo.[CRONUS International Ltd_$Sales Price].[Unit Price], "
        "dbo.[CRONUS International Ltd_$Sales Price].[Item No_], "
        "dbo.[CRONUS International Ltd_$Sales Price].[Currency Code] "
        "FROM dbo.[CRONUS International Ltd_$Sales Price]"
    )
    assert values == {}


def test_a_rowversion_is_a_watermark_and_nothing_else() -> None:
    settings = {"columns": ["Item No_"], "watermark": {"column": "timestamp"}}
    sql, values = compiled(PRICE, MSSQL, settings, mark="0x00000000000007d1")
    assert sql.endswith("WHERE timestamp >= :watermark OR timestamp IS NULL")
    assert values == {"watermark": bytes.fromhex("00000000000007d1")}
    with pytest.raises(FixSource, match="column 'timestamp' holds binary data"):
        compiled(PRICE, MSSQL, {})


def test_oracle_names_its_own_in_capitals() -> None:
    info = table(
        "item", "erp", ("no",), no=oracle_types.NUMBER(10), Unit__Price=oracle_types.NUMBER(12, 2), modified=TIMESTAMP()
    )
    watermark = {"watermark": {"column": "modified", "overlap": "15m"}}
    sql, values = compiled(info, ORACLE, watermark, mark="2024-05-01 13:30:00")
    assert sql == (
        'SELECT erp.item.no, erp.item."Unit Price", erp.item.modified FROM erp.item '
        "WHERE modified >= :watermark OR modified IS NULL"
    )
    assert str(values["watermark"]) == "2024-05-01 13:15:00"


class Recorder:
    """A connection that writes down what it is asked, and answers from a list."""

    def __init__(self, **answers: Any) -> None:
        self.said: list[str] = []
        self.info: dict[str, Any] = {}
        self._answers = answers
        self.connection = SimpleNamespace(driver_connection=SimpleNamespace())

    def exec_driver_sql(self, sql: str) -> Any:
        self.said.append(sql)
        answer = next((a for word, a in self._answers.items() if word in sql), None)
        return SimpleNamespace(scalar=lambda: answer)


OPTIONS = SqlOptions.model_validate({"url": "mssql://erp@db/erp", "statement_timeout": 60, "fetch_rows": 500})


@pytest.mark.parametrize(
    ("state", "level", "note"),
    [(1, "SNAPSHOT", ""), (0, "READ COMMITTED", "no snapshot: each dataset is read as it is then; ")],
)
def test_sql_server_gives_a_snapshot_where_its_database_allows_one(state: int, level: str, note: str) -> None:
    recorder = Recorder(snapshot_isolation_state=state, MIN_ACTIVE_ROWVERSION=bytes.fromhex("00000000000007d2"))
    said = SERVERS["mssql"].begin(cast(Connection, recorder), OPTIONS)
    assert recorder.said == [
        "SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()",
        "SELECT MIN_ACTIVE_ROWVERSION()",
        "SET DEADLOCK_PRIORITY LOW",
        "SET LOCK_TIMEOUT 60000",
        f"SET TRANSACTION ISOLATION LEVEL {level}",
        "BEGIN TRANSACTION",
    ]
    assert said.startswith(note)
    assert bool(said) == bool(note)
    assert recorder.info[ROWVERSION] == "0x00000000000007d2"


def test_oracle_reads_in_a_read_only_transaction() -> None:
    recorder = Recorder()
    assert SERVERS["oracle"].begin(cast(Connection, recorder), OPTIONS) == ""
    assert recorder.said == ["ALTER SESSION SET TIME_ZONE = '+00:00'", "SET TRANSACTION READ ONLY"]
    assert recorder.connection.driver_connection.call_timeout == 60_000
    assert not SERVERS["oracle"].autocommit


def test_drivers_are_told_who_asks_and_how_long_to_wait() -> None:
    assert SERVERS["mssql"].connect_args(OPTIONS) == {
        "appname": "erp_sync", "login_timeout": 10, "timeout": 60, "read_only": True, "use_datetime2": True,
        "arraysize": 500,
    }  # fmt: skip
    assert SERVERS["oracle"].connect_args(OPTIONS) == {"program": "erp_sync", "tcp_connect_timeout": 10.0}
    assert SERVERS["oracle"].engine_args(OPTIONS) == {"arraysize": 500}


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("mssql://erp@db:1433/erp", "mssql+pymssql"),
        ("mssql+pyodbc://erp@db/erp", "mssql+pymssql"),
        ("oracle://erp@db/?service_name=erp", "oracle+oracledb"),
        ("postgresql://erp@db/erp", "postgresql+psycopg"),
        ("mysql://erp@db/erp", "mysql+pymysql"),
        ("mariadb://erp@db/erp", "mariadb+pymysql"),
    ],
)
def test_the_driver_follows_from_the_server(url: str, driver: str) -> None:
    options = SqlOptions.model_validate({"url": url, "username": "reader", "password": "x"})
    found, _ = database_url("erp", options, Path())
    assert found.drivername == driver
    assert found.username == "reader"
