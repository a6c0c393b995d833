"""What is asked of the database for one reading of one dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Executable, TextClause, bindparam, column, or_, select, text

from erp_sync.errors import FixSource
from erp_sync.sources.reading import known
from erp_sync.sources.sql.incremental import lower_bound
from erp_sync.sources.sql.options import SqlDataset
from erp_sync.sources.sql.queries import WATERMARK, query_of
from erp_sync.sources.sql.session import Session
from erp_sync.sources.sql.tables import TableInfo, binary_in, declared_kind, refuse_binary, select_from


@dataclass(frozen=True, slots=True)
class Selection:
    """``names`` is None where only the result says which columns there are; ``kinds`` as ``text_column`` takes them."""

    place: str
    statement: Executable
    values: dict[str, Any]
    names: list[str] | None
    key: list[str]
    kinds: dict[str, str | int | None] = field(default_factory=dict)


def from_table(
    connected: Session, info: TableInfo, settings: SqlDataset, mark: str | None, columns: Sequence[str] | None
) -> Selection:
    """The columns asked for, those of the key and the watermark's; from ``mark`` on where there is one."""
    key = list(settings.key or (() if binary_in(info, info.key) else info.key))
    offered = settings.columns or [c.name for c in info.columns]
    wanted = list(offered if columns is None else columns)
    for name in wanted:
        known(name, offered, "column", info.place)
    watermark = settings.watermark
    names = list(dict.fromkeys([*wanted, *key, *([watermark.column] if watermark else [])]))
    refuse_binary(info, names, watermark.column if watermark else None)
    statement = select_from(info, names)
    values: dict[str, Any] = {}
    dialect = connected.connection.dialect
    if watermark is not None and mark is not None:
        values[WATERMARK] = lower_bound(mark, watermark.overlap_amount, dialect.name)
        kind = None if dialect.name == "sqlite" else info.column(watermark.column).type
        marks: ColumnElement[Any] = column(watermark.column)
        # A row without a mark would otherwise be seen by full extracts only.
        statement = statement.where(or_(marks >= bindparam(WATERMARK, type_=kind), marks.is_(None)))
    kinds = {name: declared_kind(info, name, dialect) for name in names}
    return Selection(info.place, statement, values, names, key, kinds)


def from_query(connected: Session, dataset: str, settings: SqlDataset, mark: str | None, folder: Path) -> Selection:
    """The query whole: columns are left out afterwards, so that it runs as it was written."""
    query = query_of(dataset, settings, connected.server, folder)
    values = dict(query.values)
    if settings.watermark is not None:
        start = mark if mark is not None else settings.watermark.start or ""
        overlap = settings.watermark.overlap_amount if mark is not None else 0
        values[WATERMARK] = lower_bound(start, overlap, connected.connection.dialect.name)
    return Selection(query.place, query.statement, values, None, list(settings.key or ()))


def without_rows(connected: Session, selection: Selection) -> Selection:
    """For looking at a query's columns only. MySQL would send all rows to be rid of them; others stop when told."""
    statement = selection.statement
    if connected.connection.dialect.name not in ("mysql", "mariadb") or not isinstance(statement, TextClause):
        return selection
    wrapped = select(text("*")).select_from(statement.columns().subquery("q")).limit(0)
    return Selection(selection.place, wrapped, selection.values, None, selection.key)


def distinct(names: list[str], place: str) -> list[str]:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise FixSource(
            f"{place}: more than one column is called {', '.join(map(repr, twice))}",
            advice="Give each its own name in the query: AS …",
        )
    return names
