"""A guest in somebody's production database: cannot write, whatever the query calls, says who it is, and comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from erp_sync.errors import FixSource
from erp_sync.testing.sources import RememberedExtract
from tests.companies.databases import KINDS, empty_database
from tests.sources.conftest import read_all
from tests.sources.proxy import Cable
from tests.sources.test_sql_source import sql_source

pytestmark = pytest.mark.server


def run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with empty_database(request.param, tmp_path) as made:
        yield made


FUNCTION = {
    "postgresql": "CREATE FUNCTION note() RETURNS int AS 'INSERT INTO log VALUES (1); SELECT 1' LANGUAGE sql",
    "mysql": "CREATE FUNCTION note() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO log VALUES (1); RETURN 1; END",
}


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_function_that_writes_is_stopped_by_the_server(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as engine:
        run(engine, "CREATE TABLE log (n int)", FUNCTION[engine.dialect.name])
        source = sql_source(engine, datasets={"q": {"query": "SELECT note() AS n"}})
        with pytest.raises(FixSource, match=r"query q cannot be read: .*(read-only|READ ONLY) transaction"):
            read_all(source, "q")
        assert read_all(sql_source(engine), "log").rows == []


def test_a_session_cannot_be_made_to_write_again(tmp_path: Path) -> None:
    with empty_database("postgresql", tmp_path) as engine:
        query = "SELECT set_config('transaction_read_only', 'off', false) AS x"
        with pytest.raises(FixSource, match="must be set before any query"):
            read_all(sql_source(engine, datasets={"q": {"query": query}}), "q")


def test_the_server_sees_who_reads(tmp_path: Path) -> None:
    with empty_database("postgresql", tmp_path) as engine:
        run(engine, "CREATE TABLE t (a int)")
        source = sql_source(engine, application_name="night at Nordlys")
        with source.open() as extract, engine.connect() as other:
            list(extract.chunks("t"))
            seen = other.execute(text("SELECT state FROM pg_stat_activity WHERE application_name = 'night at Nordlys'"))
            assert seen.scalars().all() == ["idle in transaction"]
        with engine.connect() as other:  # and sees it leave
            for _ in range(100):
                left = other.execute(text("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'night%'"))
                if left.scalar() == 0:
                    break
                other.rollback()
                time.sleep(0.1)
            else:
                raise AssertionError("the session is still there")


def test_a_server_that_comes_up_while_we_wait(tmp_path: Path) -> None:
    with empty_database("postgresql", tmp_path) as engine:
        run(engine, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
        late = Cable(engine.url.host or "", engine.url.port or 0, None, listening=False)
        url = engine.url.set(host="127.0.0.1", port=late.port).render_as_string(hide_password=False)
        threading.Timer(0.7, late.listen).start()
        try:
            assert read_all(sql_source(engine, url=url, connect_retries=10), "t").rows == [("1",)]
        finally:
            late.cut()


@pytest.mark.parametrize("name", ["50% off", "a:b", "a :b", "%(a)s", ":watermark", "$1", "?", "Order", "Nr.", "å;--"])
def test_columns_of_any_name(engine: Engine, name: str) -> None:
    quoted = engine.dialect.identifier_preparer.quote_identifier(name)
    escaped = quoted.replace("%%", "%").replace(":", "\\:")
    run(
        engine,
        f"CREATE TABLE t (no int, {escaped} int)",
        "INSERT INTO t VALUES (1, 10)",
        "INSERT INTO t VALUES (2, 20)",
    )
    dataset = {"table": "t", "watermark": {"column": name}}
    source = sql_source(engine, datasets={"t": dataset})
    whole = read_all(source, "t")
    assert sorted(whole.rows) == [("1", "10"), ("2", "20")]
    with source.open(RememberedExtract([whole.report])) as extract:
        (chunk,) = extract.chunks("t", [name])
        assert list(chunk.frame[name]) == ["20"]
    query = f"SELECT no, {escaped} FROM t WHERE {escaped} % 20 = 0"
    assert read_all(sql_source(engine, datasets={"q": {"query": query}}), "q").rows == [("2", "20")]


@pytest.mark.parametrize(("kind", "binary"), [("sqlite", "BLOB"), ("postgresql", "BYTEA"), ("mariadb", "BINARY(1)")])
def test_a_table_whose_key_is_binary_is_told_by_its_rows(kind: str, binary: str, tmp_path: Path) -> None:
    value = r"'\x01'::bytea".replace(":", r"\:") if kind == "postgresql" else "x'01'"
    with empty_database(kind, tmp_path) as engine:
        run(
            engine,
            f"CREATE TABLE t (id {binary} NOT NULL PRIMARY KEY, name VARCHAR(5))",
            f"INSERT INTO t VALUES ({value}, 'a')",
        )
        got = read_all(sql_source(engine, datasets={"t": {"table": "t", "columns": ["name"]}}), "t")
        assert (got.rows, got.lines) == ([("a",)], [1])


def test_what_is_inside_an_array(tmp_path: Path) -> None:
    with empty_database("postgresql", tmp_path) as engine:
        query = "SELECT ARRAY[1.50, NULL] AS n, ARRAY[DATE '2024-01-01'] AS d, CAST('NaN' AS float8) AS x"
        got = read_all(sql_source(engine, datasets={"q": {"query": query}}), "q")
        assert got.rows == [('["1.50", null]', '["2024-01-01"]', "NaN")]
        bytes_inside = {"query": r"SELECT ARRAY['\x01'\:\:bytea] AS pictures"}
        with pytest.raises(FixSource, match="column 'pictures' holds binary data"):
            read_all(sql_source(engine, datasets={"q": bytes_inside}), "q")
