"""One fresh place for a ledger per test, on each of the three databases."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

SERVERS = {
    "postgresql": ("ERP_SYNC_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"),
    "mariadb": ("ERP_SYNC_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/test"),
}


def reachable(kind: str) -> Engine:
    variable, default = SERVERS[kind]
    engine = create_engine(os.environ.get(variable, default), isolation_level="AUTOCOMMIT")
    try:
        engine.connect().close()
    except OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no {kind} server; set {variable}")
    return engine


def fresh_database(kind: str) -> Iterator[URL]:
    """A database of its own on the server, dropped afterwards."""
    engine = reachable(kind)
    name = f"ledger_{uuid.uuid4().hex[:12]}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield engine.url.set(database=name)
    finally:
        force = " WITH (FORCE)" if kind == "postgresql" else ""
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}{force}"))
        engine.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server),
                        pytest.param("mariadb", marks=pytest.mark.server)])  # fmt: skip
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.db'}"
        return
    for url in fresh_database(request.param):
        yield make_url(url).render_as_string(hide_password=False)
