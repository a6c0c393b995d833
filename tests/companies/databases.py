"""Databases for a test: an empty one of its own on each kind of server, and copies of those in shared/data."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    DateTime,
    Double,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    create_engine,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import Date, TypeEngine

DATA = Path(__file__).parents[3] / "shared" / "data"
KINDS = ("sqlite", "postgresql", "mariadb")
_SERVERS = {
    "postgresql": ("ERP_SYNC_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"),
    "mariadb": ("ERP_SYNC_TEST_MARIADB", "mysql+pymysql://root@127.0.0.1:3306/test"),
}


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[Engine]:
    """A database of its own, dropped afterwards. Without its server the test skips, not in CI."""
    if kind == "sqlite":
        engine = create_engine(f"sqlite:///{folder / 'erp.db'}")
        yield engine
        engine.dispose()
        return
    variable, default = _SERVERS[kind]
    url = make_url(os.environ.get(variable, default))
    name = f"erp_{uuid.uuid4().hex[:12]}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"there is no {kind} server on this machine")
    engine = create_engine(url.set(database=name))
    try:
        yield engine
    finally:
        engine.dispose()
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
        server.dispose()


def url_of(engine: Engine) -> str:
    """As it stands in a project file's variable."""
    return engine.url.render_as_string(hide_password=False)


def copy(source: Path, engine: Engine) -> None:
    """All tables of a SQLite file, as they are, into another database."""
    origin = create_engine(f"sqlite:///file:{source}?mode=ro&uri=true")
    found, made = MetaData(), MetaData()
    found.reflect(origin)
    with origin.connect() as reading, engine.begin() as writing:
        for table in found.sorted_tables:
            columns = [
                Column(c.name, _portable(c), primary_key=c.primary_key, nullable=c.nullable, autoincrement=False)
                for c in table.columns
            ]
            target = Table(table.name, made, *columns)
            target.create(writing)
            rows = [dict(row._mapping) for row in reading.execute(select(table))]
            if rows:
                writing.execute(target.insert(), rows)
    origin.dispose()


def _portable(column: Column[Any]) -> TypeEngine[Any]:
    """A type that every server has and that holds what stands in the SQLite file."""
    kind = column.type
    match kind:
        case Float():
            return Double()
        case Numeric():
            return Numeric(19, kind.scale if kind.scale is not None else 4)
        case DateTime() | Date() | LargeBinary() | Integer():
            return kind.as_generic()
        case String(length=int(length)):
            return String(length)
        case _:
            return String(60 if column.primary_key else 700)
