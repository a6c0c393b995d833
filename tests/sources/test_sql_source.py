"""The SQL source on real servers: every kind of value as text, in one snapshot, with rights to read only."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Time,
    text,
)

from erp_sync.errors import FixSettings, FixSource, TryLater
from erp_sync.ports import Source
from erp_sync.sources.sql.options import SqlOptions
from erp_sync.sources.sql.source import SqlSource
from erp_sync.testing.sources import SourceContract, rows_of
from tests.companies.databases import KINDS, empty_database, url_of
from tests.sources.conftest import csv_source, read_all

PRICES = "CRONUS International Ltd_$Sales Price"
ITEMS: list[dict[str, Any]] = [
    {"No_": "00123", "Unit Price": Decimal("12.50"), "%": 25, "Net": 0.1, "Sold": dt.date(2024, 5, 1),
     "At": dt.datetime(2024, 5, 1, 13, 30), "Time": dt.time(8, 5), "On": True, "Note": ""},
    {"No_": "å;'\"\\", "Unit Price": Decimal("-1234567.89"), "%": -1, "Net": 1e-7, "Sold": None,
     "At": dt.datetime(2024, 5, 1, 13, 30, 0, 967000), "Time": None, "On": False, "Note": None},
    {"No_": "Z", "Unit Price": Decimal("0.00"), "%": None, "Net": 14.0, "Sold": dt.date(1899, 12, 31),
     "At": None, "Time": dt.time(23, 59, 59), "On": None, "Note": " a\nb "},
]  # fmt: skip
CELLS = [
    ("00123", "12.50", "25", "0.1", "2024-05-01", "2024-05-01 13:30:00", "08:05:00", "1", ""),
    ("Z", "0.00", None, "14", "1899-12-31", None, "23:59:59", None, " a\nb "),
    ("å;'\"\\", "-1234567.89", "-1", "0.0000001", None, "2024-05-01 13:30:00.967", None, "0", None),
]


def fill(engine: Engine) -> None:
    tables = MetaData()
    Table(
        "Item", tables,
        Column("No_", String(20), primary_key=True), Column("Unit Price", Numeric(12, 2)), Column("%", Integer),
        Column("Net", Double), Column("Sold", Date), Column("At", _moment(engine)), Column("Time", Time),
        Column("On", Boolean), Column("Note", String(50)),
    )  # fmt: skip
    Table(
        PRICES, tables,
        Column("Item No_", String(20), primary_key=True), Column("Currency Code", String(3), primary_key=True),
        Column("Unit Price", Numeric(38, 20)),
    )  # fmt: skip
    Table("Picture", tables, Column("No", Integer), Column("Data", LargeBinary), Column("Thumb", LargeBinary))
    tables.create_all(engine)
    with engine.begin() as connection:
        connection.execute(tables.tables["Item"].insert(), ITEMS)
        prices = [("Z", "EUR", "1.23456789012345678901"), ("Z", "", "0"), ("A", "SEK", "100000000000000000")]
        connection.execute(
            tables.tables[PRICES].insert(),
            [{"Item No_": i, "Currency Code": c, "Unit Price": Decimal(p)} for i, c, p in prices],
        )
        connection.execute(tables.tables["Picture"].insert(), [{"No": 1, "Data": b"\xff\xd8", "Thumb": None}])


def _moment(engine: Engine) -> Any:
    if engine.dialect.name in ("mysql", "mariadb"):
        from sqlalchemy.dialects.mysql import DATETIME

        return DATETIME(fsp=6)
    return DateTime()


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with empty_database(request.param, tmp_path) as made:
        fill(made)
        yield made


def sql_source(engine: Engine, folder: Path = Path(), **options: Any) -> SqlSource:
    settings = {"url": url_of(engine), "connect_retries": 0, **options}
    return SqlSource.from_options("erp", SqlOptions.model_validate(settings), folder)


def prices(**more: Any) -> dict[str, Any]:
    return {"prices": {"table": PRICES, **more}}


def test_every_kind_of_value_has_the_same_text_everywhere(engine: Engine) -> None:
    got = read_all(sql_source(engine, datasets={"items": {"table": "Item"}}), "items")
    assert sorted(got.rows, key=lambda r: str(r[0])) == CELLS
    assert sorted(str(at) for at in got.lines) == ["00123", "Z", "å;'\"\\"]
    assert got.places == ["Item"]
    assert got.report.complete


def test_the_same_company_as_a_csv_export(engine: Engine, tmp_path: Path) -> None:
    def cell(value: str | None) -> str:
        return "NULL" if value is None else '"' + value.replace('"', '""') + '"'

    exported = "\n".join(";".join(map(cell, row)) for row in [tuple(ITEMS[0]), *CELLS])
    (tmp_path / "Item.csv").write_text(exported + "\n", "utf-16")
    from_file = read_all(csv_source(tmp_path, null="NULL", datasets={"Item": {"files": "Item.csv"}}), "Item")
    from_table = read_all(sql_source(engine, datasets={"Item": {"table": "Item"}}), "Item")
    assert list(from_file.chunks[0].frame.columns) == list(from_table.chunks[0].frame.columns)
    assert from_file.rows == sorted(from_table.rows, key=lambda r: str(r[0]))


def test_values_of_a_query_have_the_same_text(engine: Engine) -> None:
    quoted = engine.dialect.identifier_preparer.quote
    columns = ", ".join(quoted(c).replace("%%", "%") for c in ("No_", "%", "Net", "Sold", "Note"))
    query = f"SELECT {columns} FROM {quoted('Item')} ORDER BY No_" if engine.name != "postgresql" else (
        f'SELECT {columns} FROM "Item" ORDER BY "No_" COLLATE "C"'
    )  # fmt: skip
    got = read_all(sql_source(engine, datasets={"items": {"query": query, "key": ["No_"]}}), "items")
    assert sorted(got.rows, key=lambda r: str(r[0])) == [(r[0], r[2], r[3], r[4], r[8]) for r in CELLS]
    assert got.places == ["query items"]


def test_decimals_are_exact(engine: Engine) -> None:
    got = read_all(sql_source(engine, datasets=prices(key=["Item No_", "Currency Code"])), "prices")
    if engine.dialect.name == "sqlite":  # which keeps decimals as floats: 15 digits
        assert {r[2][:16] for r in got.rows if r[2]} == {"1.23456789012345", "0.00000000000000", "1000000000000000"}
    else:
        assert {r[2] for r in got.rows} == {
            "1.23456789012345678901", "0.00000000000000000000", "100000000000000000.00000000000000000000",
        }  # fmt: skip
    assert sorted(got.lines) == ["A / SEK", "Z / ", "Z / EUR"]


def test_a_prefix_stands_before_every_table(engine: Engine) -> None:
    source = sql_source(engine, table_prefix="CRONUS International Ltd_$")
    assert source.datasets() == ("Sales Price",)
    about = source.describe("Sales Price")
    assert about.place == PRICES
    assert [c.name for c in about.columns] == ["Item No_", "Currency Code", "Unit Price"]
    assert about.columns[2].kind == ("decimal(38, 20)" if "m" in engine.name else "numeric(38, 20)")
    assert len(read_all(source, "Sales Price", ["Unit Price"]).rows) == 3


def test_without_settings_every_table_is_a_dataset(engine: Engine) -> None:
    assert sql_source(engine).datasets() == (PRICES, "Item", "Picture")


def test_names_that_do_not_exist(engine: Engine) -> None:
    source = sql_source(engine, datasets={"items": {"table": "Itme"}})
    with pytest.raises(FixSource, match="no table 'Itme', did you mean 'Item'"):
        read_all(source, "items")
    source = sql_source(engine, datasets=prices(columns=["Item No"]))
    with pytest.raises(FixSource, match=r"Sales Price has no column 'Item No', did you mean 'Item No_'"):
        read_all(source, "prices")
    source = sql_source(engine, datasets={"items": {"query": "SELECT something FROM nowhere"}})
    with pytest.raises(FixSource, match=r"source erp .*query items cannot be read: .*nowhere"):
        read_all(source, "items")


def test_binary_columns_are_refused_by_name(engine: Engine) -> None:
    source = sql_source(engine)
    with pytest.raises(FixSource, match=r"Picture: columns 'Data', 'Thumb' hold binary data.*\n.*`columns`"):
        read_all(source, "Picture")
    assert read_all(source, "Picture", ["No"]).rows == [("1",)]
    assert read_all(source, "Picture", ["No"]).lines == [1]
    quote = engine.dialect.identifier_preparer.quote
    source = sql_source(engine, datasets={"p": {"query": f"SELECT {quote('Data')} FROM {quote('Picture')}"}})
    with pytest.raises(FixSource, match="query p: column 'Data' holds binary data"):
        read_all(source, "p")


def test_a_query_from_a_file_with_parameters(engine: Engine, tmp_path: Path) -> None:
    quote = engine.dialect.identifier_preparer.quote
    (tmp_path / "prices.sql").write_text(
        f"-- prices of one currency; a colon in text is no parameter\n"
        f"SELECT {quote('Item No_')} AS item, '10:30' AS at FROM {quote(PRICES)}\n"
        f"WHERE {quote('Currency Code')} = :currency;\n"
    )
    dataset = {"file": "prices.sql", "parameters": {"currency": "SEK"}}
    source = sql_source(engine, tmp_path, datasets={"prices": dataset})
    assert [c.name for c in source.describe("prices").columns] == ["item", "at"]
    got = read_all(source, "prices", ["at", "item"])
    assert got.rows == [("10:30", "A")]
    assert got.places == ["prices.sql"]
    source = sql_source(engine, tmp_path, datasets={"prices": {**dataset, "parameters": {"curency": "SEK"}}})
    with pytest.raises(FixSettings, match=r"parameter :currency has no value, did you mean :curency"):
        read_all(source, "prices")
    source = sql_source(engine, tmp_path, datasets={"prices": {**dataset, "parameters": {"currency": 1, "x": 2}}})
    with pytest.raises(FixSettings, match=r"prices\.sql: .*does not use :x"):
        read_all(source, "prices")


def test_a_query_with_two_columns_of_one_name(engine: Engine) -> None:
    source = sql_source(engine, datasets={"q": {"query": "SELECT 1 AS a, 2 AS a"}})
    with pytest.raises(FixSource, match="query q: more than one column is called 'a'"):
        read_all(source, "q")


def test_the_size_of_fetches_and_chunks_changes_nothing_but_the_chunks(engine: Engine) -> None:
    few = read_all(sql_source(engine, fetch_rows=1, chunk_rows=2), "Item")
    many = read_all(sql_source(engine), "Item")
    assert [len(c.frame) for c in few.chunks] == [2, 1]
    assert few.rows == many.rows
    assert few.report == many.report


def test_all_datasets_are_read_in_one_snapshot(engine: Engine) -> None:
    quote = engine.dialect.identifier_preparer.quote
    if engine.name == "sqlite":
        with engine.connect() as connection:  # else a reader keeps writers out, which is a snapshot too
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    with sql_source(engine).open() as extract:
        before = rows_of(list(extract.chunks("Item")))
        with engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {quote(PRICES)}"))
            connection.execute(text(f"UPDATE {quote('Item')} SET {quote('Note')} = 'changed'"))
        assert len(rows_of(list(extract.chunks(PRICES)))) == 3
        assert rows_of(list(extract.chunks("Item"))) == before
    assert read_all(sql_source(engine), PRICES).rows == []


def test_the_session_itself_cannot_write(engine: Engine) -> None:
    quote = engine.dialect.identifier_preparer.quote
    source = sql_source(engine)
    with source._session() as connected:
        for statement in (f"DELETE FROM {quote('Item')}", "CREATE TABLE t (a INTEGER)"):
            with pytest.raises(FixSource), connected.stream(text(statement), {}, "a trial"):
                pass
    assert len(read_all(source, "Item").rows) == 3


def test_a_statement_that_takes_too_long(engine: Engine) -> None:
    slow = {
        "postgresql": "SELECT pg_sleep(30)",
        "mysql": "SELECT SLEEP(30)",
        "mariadb": "SELECT SLEEP(30) FROM information_schema.tables",
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    }[engine.dialect.name]
    source = sql_source(engine, statement_timeout=1, datasets={"slow": {"query": slow}})
    with pytest.raises(TryLater, match="query slow took longer than 1 s\n  Raise `statement_timeout`"):
        read_all(source, "slow")


class _DatabaseContract(SourceContract):
    kind = ""

    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path) -> Iterator[None]:
        with empty_database(self.kind, tmp_path) as engine:
            fill(engine)
            with engine.begin() as connection:
                quote = engine.dialect.identifier_preparer.quote
                connection.execute(text(f"DROP TABLE {quote('Picture')}"))
            self.engine = engine
            yield

    def make(self, folder: Path) -> Source:
        quote = self.engine.dialect.identifier_preparer.quote
        return sql_source(
            self.engine,
            folder,
            fetch_rows=1,
            datasets={
                "items": {"table": "Item", "watermark": {"column": "No_", "full_every": 5}},
                "prices": {"table": PRICES, "columns": ["Unit Price", "Item No_"]},
                "few": {"query": f"SELECT {quote('No_')} AS no, {quote('Net')} AS net FROM {quote('Item')}"},
            },
        )


class TestSqliteContract(_DatabaseContract):
    kind = "sqlite"


@pytest.mark.server
class TestPostgresqlContract(_DatabaseContract):
    kind = "postgresql"


@pytest.mark.server
class TestMariadbContract(_DatabaseContract):
    kind = "mariadb"


def test_a_row_is_told_by_any_key(engine: Engine) -> None:
    got = read_all(sql_source(engine, datasets={"i": {"table": "Item", "key": ["%", "No_"]}}), "i", ["Note"])
    assert sorted(str(at) for at in got.lines) == [" / Z", "-1 / å;'\"\\", "25 / 00123"]
    assert all(list(c.frame.columns) == ["Note"] for c in got.chunks)


@pytest.mark.server
def test_types_that_only_postgresql_has(tmp_path: Path) -> None:
    one = uuid.UUID("6BE756D9-D7BE-4463-8F2C-AE60C710D606")
    with empty_database("postgresql", tmp_path) as engine:
        query = (
            f"SELECT '{one}'::uuid AS u, TIMESTAMPTZ '2024-05-01 13:30:00.5+02' AS z, 'infinity'::date AS i, "
            "TIMESTAMP '2024-05-01' AS m, '{\"a\": 1}'::jsonb AS j, 1e20::float8 AS f, 12.340::numeric AS n, "
            "9223372036854775807::bigint AS b, '1.5'::money AS c, true AS t, 1.5::float4 AS g, "
            "INTERVAL '1 day 2 hours' AS p, ARRAY[1,2] AS a, NULL AS nothing"
        )
        got = read_all(sql_source(engine, datasets={"q": {"query": query}}), "q")
    assert got.rows == [
        (
            "6be756d9-d7be-4463-8f2c-ae60c710d606", "2024-05-01 11:30:00.5+00:00", "infinity", "2024-05-01 00:00:00",
            '{"a": 1}', "100000000000000000000", "12.340", "9223372036854775807", "$1.50", "1", "1.5", "P1DT2H",
            "[1, 2]", None,
        )
    ]  # fmt: skip


@pytest.mark.server
def test_types_that_only_mariadb_has(tmp_path: Path) -> None:
    with empty_database("mariadb", tmp_path) as engine:
        with engine.begin() as connection:
            connection.execute(text("SET SESSION sql_mode = '', time_zone = '+02:00'"))
            connection.execute(
                text(
                    "CREATE TABLE t (b BIT(3), z TIMESTAMP(2), d DATE, y YEAR, e ENUM('a', 'b'), i TINYINT(1), "
                    "u BIGINT UNSIGNED ZEROFILL, n DOUBLE, f FLOAT) ENGINE = Aria"
                )
            )
            connection.execute(
                text(
                    "INSERT INTO t VALUES (5, '2024-05-01 13:30:00.50', '0000-00-00', 2024, 'b', 1, 7, 1e20, 0.1), "
                    "(NULL, '2024-05-01 13:30:00', NULL, NULL, '', NULL, NULL, NULL, NULL)"
                )
            )
        got = read_all(sql_source(engine), "t")
    zero_filled = "00000000000000000007"
    assert got.rows == [
        ("5", "2024-05-01 11:30:00.5+00:00", "0000-00-00", "2024", "b", "1", zero_filled, "1" + "0" * 20, "0.1"),
        (None, "2024-05-01 11:30:00+00:00", None, None, "", None, None, None, None),
    ]
    assert got.report.notes == ("outside the snapshot, since their engine has none: t",)
