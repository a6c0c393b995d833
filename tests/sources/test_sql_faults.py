"""What goes wrong between us and a database: said clearly, told apart, and never with a password in it."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, text

from erp_sync.errors import ErpSyncError, FixSettings, FixSource, TryLater
from erp_sync.sources.sql.options import SqlOptions
from erp_sync.sources.sql.source import SqlSource
from tests.companies.databases import empty_database, url_of
from tests.sources.proxy import cable

SECRET = "s3cr€t/with@odd:signs%"


def sql_source(folder: Path = Path(), **options: Any) -> SqlSource:
    return SqlSource.from_options("erp", SqlOptions.model_validate({"connect_retries": 0, **options}), folder)


@pytest.fixture(params=["postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with empty_database(request.param, tmp_path) as made:
        with made.begin() as connection:
            connection.execute(text("CREATE TABLE items (no INTEGER PRIMARY KEY, filler VARCHAR(500))"))
            rows = [{"no": n, "filler": "x" * 500} for n in range(30_000)]
            connection.execute(text("INSERT INTO items VALUES (:no, :filler)"), rows)
        yield made


def everything_said(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error)


@pytest.mark.server
def test_the_network_is_pulled_out_in_the_middle(engine: Engine) -> None:
    with cable(engine.url.host or "", engine.url.port or 0) as wire:
        url = engine.url.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
        with sql_source(url=url, fetch_rows=100, chunk_rows=100).open() as extract:
            chunks = extract.chunks("items")
            next(chunks)
            wire.cut()
            with pytest.raises(TryLater, match=r"connection was lost while items was read: .*\n  Nothing was changed"):
                list(chunks)
            assert extract.report().datasets == ()


@pytest.mark.server
def test_the_server_ends_our_session(engine: Engine) -> None:
    with sql_source(url=url_of(engine), fetch_rows=100, chunk_rows=100, application_name="doomed").open() as extract:
        chunks = extract.chunks("items")
        next(chunks)
        with engine.connect() as other:
            if engine.name == "postgresql":
                other.execute(
                    text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'doomed'")
                )
            else:
                query = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
                for thread in other.execute(text(query)).scalars().all():
                    other.execute(text(f"KILL {thread}"))
        with pytest.raises(TryLater, match="the connection was lost while items was read"):
            list(chunks)


@pytest.mark.server
def test_left_in_the_middle_the_server_is_not_kept_busy(engine: Engine) -> None:
    with sql_source(url=url_of(engine), fetch_rows=10, chunk_rows=10).open() as extract:
        next(extract.chunks("items"))  # done with at once
        assert len(list(extract.chunks("items"))) == 3_000
        half_read = extract.chunks("items")
        next(half_read)
    half_read.close()  # type: ignore[attr-defined]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM items")).scalar() == 30_000


def test_nobody_listens_after_some_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=waits.append))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    source = sql_source(
        url=f"postgresql://erp@127.0.0.1:{port}/erp", password=SECRET, connect_retries=2, connect_timeout=2
    )
    with pytest.raises(TryLater, match=rf"source erp \(postgresql at 127\.0\.0\.1:{port}\) cannot be reached") as e:
        source.datasets()
    assert len(waits) == 2
    assert SECRET not in everything_said(e.value)


@pytest.mark.server
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_login_that_is_refused_is_not_tried_again(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as engine:
        url = engine.url.set(username="nobody_here", password=None).render_as_string(hide_password=False)
        source = sql_source(url=url, password=SECRET, connect_retries=5)
        with pytest.raises(FixSource, match=r"refuses us: .*nobody_here.*\n  Correct `url`, `username`") as e:
            source.datasets()
        assert SECRET not in everything_said(e.value)
        gone = engine.url.set(database="erp_gone").render_as_string(hide_password=False)
        with pytest.raises(FixSource, match="erp_gone"):
            sql_source(url=gone).datasets()


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    options = SqlOptions.model_validate({"url": "mssql://erp@127.0.0.1/erp", "password": SECRET})
    source = SqlSource.from_options("erp", options, tmp_path)
    assert SECRET not in repr(options) + str(options) + repr(source) + options.model_dump_json()
    with pytest.raises(FixSettings, match="a SQLite file has no user and no password") as e:
        sql_source(url="sqlite:///erp.db", password=SECRET)
    assert SECRET not in everything_said(e.value)
    with pytest.raises(FixSettings, match="`url` is no database URL") as f:
        sql_source(url=f"nonsense {SECRET}")
    assert SECRET not in everything_said(f.value)
    with pytest.raises(FixSettings) as g:
        sql_source(url=f"postgresql://erp:{SECRET}@host:port/x")
    assert SECRET not in everything_said(g.value)


@pytest.mark.server
def test_a_password_that_a_server_repeats_is_masked(tmp_path: Path) -> None:
    with empty_database("postgresql", tmp_path) as engine:
        query = "SELECT CAST(:p AS INTEGER)"
        source = sql_source(
            url=url_of(engine), password=SECRET, datasets={"q": {"query": query, "parameters": {"p": SECRET}}}
        )
        with source.open() as extract, pytest.raises(FixSource, match=r'syntax for type integer: "\*\*\*"') as e:
            list(extract.chunks("q"))
        assert SECRET not in everything_said(e.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "names no SQLite file"),
        ("sqlite:///:memory:", "names no SQLite file"),
        ("posgresql://u@h/d", "no kind of database 'posgresql', did you mean 'postgresql'"),
        ("db2://u@h/d", "There is: postgresql, mysql, mariadb, sqlite, mssql, oracle"),
    ],
)
def test_urls_that_lead_nowhere(url: str, message: str) -> None:
    with pytest.raises(FixSettings, match=message):
        sql_source(url=url)


def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "oracledb", None)
    with pytest.raises(FixSettings, match=r"driver for Oracle is not installed: oracledb\n.*erp-sync\[oracle\]"):
        sql_source(url="oracle://erp@127.0.0.1/erp").datasets()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "erp.db").write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(ErpSyncError, match="file is not a database"):
        sql_source(tmp_path, url="sqlite:///erp.db").datasets()
    with pytest.raises(FixSource, match="unable to open database file"):
        sql_source(tmp_path, url="sqlite:///gone.db").datasets()
    assert not (tmp_path / "gone.db").exists()
