"""Tables as the database itself describes them, and the SELECT that reads one."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Inspector, Select, column, func, inspect, quoted_name, select, table
from sqlalchemy.exc import CompileError, NoSuchTableError, SAWarning
from sqlalchemy.types import DateTime, Numeric, Time, TypeEngine

from erp_sync.errors import FixSource
from erp_sync.sources.reading import known
from erp_sync.sources.sql.texts import MARK, MOMENT, TIME


@dataclass(frozen=True, slots=True)
class TableColumn:
    name: str
    kind: str  # the database's own word
    type: TypeEngine[Any]


@dataclass(frozen=True, slots=True)
class TableInfo:
    place: str
    name: str
    schema: str | None
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]  # the primary key; empty where there is none

    def column(self, name: str) -> TableColumn:
        known(name, [c.name for c in self.columns], "column", self.place)
        return next(c for c in self.columns if c.name == name)


def place_of(name: str, schema: str | None) -> str:
    return f"{schema}.{name}" if schema else name


def table_names(connection: Connection, schema: str | None) -> list[str]:
    """Tables and views, sorted."""
    inspector: Inspector = inspect(connection)
    return sorted({*inspector.get_table_names(schema), *inspector.get_view_names(schema)})


def table_info(connection: Connection, name: str, schema: str | None, where: str) -> TableInfo:
    """Raises FixSource, naming the nearest table that exists."""
    inspector: Inspector = inspect(connection)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of a type that it does not know: its values come as text
            columns = inspector.get_columns(name, schema)
        key = inspector.get_pk_constraint(name, schema).get("constrained_columns") or []
    except NoSuchTableError:
        known(name, table_names(connection, schema), "table", where + (f", schema {schema}," if schema else ""))
        raise
    if not columns:
        raise FixSource(f"{where}: table {place_of(name, schema)} has no columns that we may see")
    found = tuple(TableColumn(c["name"], _word(c["type"], connection.dialect), c["type"]) for c in columns)
    return TableInfo(place_of(name, schema), name, schema, found, tuple(key))


def _word(kind: TypeEngine[Any], dialect: Dialect) -> str:
    try:
        return str(kind.compile(dialect)).lower()
    except CompileError:
        return "unknown"


def select_from(info: TableInfo, columns: Sequence[str]) -> Select[Any]:
    """Names are quoted where the server needs it: spaces, %, $, capitals, its own words."""
    source = table(info.name, *(column(c) for c in columns), schema=_schema(info.schema))
    return select(*source.columns)


def count_of(info: TableInfo) -> Select[Any]:
    return select(func.count()).select_from(table(info.name, schema=_schema(info.schema)))


def _schema(schema: str | None) -> str | None:
    return quoted_name(schema, True) if schema and "." in schema else schema


def refuse_binary(info: TableInfo, columns: Sequence[str], allowed: str | None) -> None:
    """Before a single row is read. ``allowed`` may be binary: SQL Server's rowversion as a watermark."""
    if binary := binary_in(info, [c for c in columns if c != allowed]):
        raise binary_refused(info.place, binary)


def binary_in(info: TableInfo, columns: Sequence[str]) -> list[str]:
    return [c for c in columns if _is_binary(info.column(c).type)]


def _is_binary(kind: TypeEngine[Any]) -> bool:
    try:
        return kind.python_type is bytes
    except NotImplementedError:  # a type that SQLAlchemy does not know; its values are looked at as they come
        return False


def binary_refused(place: str, columns: Sequence[str]) -> FixSource:
    named = ", ".join(map(repr, columns))
    return FixSource(
        f"{place}: {'column' if len(columns) == 1 else 'columns'} {named} "
        f"{'holds' if len(columns) == 1 else 'hold'} binary data, which is no text",
        advice="Name the other columns in `columns` of the dataset, or read it by a query that leaves it out.",
    )


def declared_kind(info: TableInfo, name: str, dialect: Dialect) -> str | int | None:
    """What a column holds where the driver does not say: SQLite keeps dates as text and decimals as floats."""
    kind = info.column(name).type
    if _is_binary(kind):
        return MARK
    if dialect.name == "sqlite":
        if isinstance(kind, DateTime):
            return MOMENT
        if isinstance(kind, Time):
            return TIME
        if isinstance(kind, Numeric) and kind.asdecimal and kind.scale is not None:
            return int(kind.scale)
    return None
