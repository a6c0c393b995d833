"""A database as a source: tables and queries, read-only, in one snapshot, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import CursorResult

from erp_sync.errors import TryLater
from erp_sync.ports import Chunk, ColumnInfo, DatasetInfo, Extract, Memory
from erp_sync.sources.chunks import Chunks
from erp_sync.sources.reading import Extracting, Reading, known
from erp_sync.sources.sql.incremental import HighMark, last_mark
from erp_sync.sources.sql.options import SqlDataset, SqlOptions
from erp_sync.sources.sql.selection import Selection, distinct, from_query, from_table, without_rows
from erp_sync.sources.sql.servers import ROWVERSION
from erp_sync.sources.sql.session import Session, database_url, session
from erp_sync.sources.sql.tables import TableInfo, binary_in, binary_refused, count_of, table_info, table_names
from erp_sync.sources.sql.texts import MARK, Unreadable, text_column

_COUNTING = 3  # seconds


class SqlSource:
    """Options: see SqlOptions. Rows are known by their key where there is one, else by their number."""

    Options = SqlOptions

    def __init__(self, name: str, options: SqlOptions, folder: Path) -> None:
        self.name = name
        self._options, self._folder = options, folder.resolve()
        database_url(name, options, self._folder)

    @classmethod
    def from_options(cls, name: str, options: SqlOptions, folder: Path) -> SqlSource:
        """``folder`` is that of the project file. Raises FixSettings; nothing is connected to yet."""
        return cls(name, options, folder)

    def _session(self) -> AbstractContextManager[Session]:
        return session(self.name, self._options, self._folder)

    def datasets(self) -> Sequence[str]:
        if self._options.datasets:
            return tuple(self._options.datasets)
        with self._session() as connected:
            return tuple(self._settings(connected))

    def _settings(self, connected: Session) -> dict[str, SqlDataset]:
        if self._options.datasets:
            return self._options.datasets
        with connected.faults.reading("the list of tables"):
            tables = table_names(connected.connection, self._options.table_schema)
        prefix = self._options.table_prefix
        names = [t.removeprefix(prefix) for t in tables if t.startswith(prefix)]
        return {name: SqlDataset.model_validate({"table": name}) for name in names}

    def describe(self, dataset: str) -> DatasetInfo:
        """Rows are counted where the server can do so within seconds."""
        if dataset in self._options.datasets and self._options.datasets[dataset].table is None:
            return self._describe_query(dataset, self._options.datasets[dataset])
        settings = self._of(dataset)
        hasty = self._options.model_copy(update={"statement_timeout": _COUNTING})
        with session(self.name, hasty, self._folder) as connected:
            try:
                info = self._table(connected, settings)
                with connected.stream(count_of(info), {}, info.place) as result:
                    rows = int(result.scalar_one())
            except TryLater:  # a large table, or one that is locked: nobody needs to wait for a number
                rows = None
        if rows is None:
            with self._session() as connected:
                info = self._table(connected, settings)
        found = [info.column(c) for c in settings.columns or [c.name for c in info.columns]]
        binary = binary_in(info, [c.name for c in found])
        columns = tuple(ColumnInfo(c.name, c.kind, c.name not in binary) for c in found)
        return DatasetInfo(dataset, info.place, columns, rows)

    def _describe_query(self, dataset: str, settings: SqlDataset) -> DatasetInfo:
        with self._session() as connected:
            selection = without_rows(connected, from_query(connected, dataset, settings, None, self._folder))
            with connected.stream(selection.statement, selection.values, selection.place) as result:
                names = settings.columns or distinct(list(result.keys()), selection.place)
            return DatasetInfo(dataset, selection.place, tuple(ColumnInfo(name, "") for name in names))

    def _of(self, dataset: str) -> SqlDataset:
        """Without settings every table is a dataset: one that does not exist is found out when it is looked at."""
        if not self._options.datasets:
            return SqlDataset.model_validate({"table": dataset})
        known(dataset, tuple(self._options.datasets), "dataset", f"source {self.name}")
        return self._options.datasets[dataset]

    def _table(self, connected: Session, settings: SqlDataset) -> TableInfo:
        name = self._options.table_prefix + (settings.table or "")
        schema = settings.table_schema or self._options.table_schema
        with connected.faults.reading(f"table {name}"):
            return table_info(connected.connection, name, schema, f"source {self.name}")

    def open(self, memory: Memory | None = None) -> AbstractContextManager[Extract]:
        """One read-only session; what its snapshot does not cover is noted on every dataset."""
        return self._open(memory)

    @contextmanager
    def _open(self, memory: Memory | None) -> Iterator[Extract]:
        with self._session() as connected:
            settings = self._settings(connected)

            def read(dataset: str, columns: Sequence[str] | None, reading: Reading) -> Iterator[Chunk]:
                return self._read(connected, dataset, settings[dataset], columns, reading, memory)

            yield Extracting(self.name, settings, read)

    def digests(self) -> dict[str, str] | None:
        """A database cannot say what it holds without being read."""
        return None

    def _read(
        self,
        connected: Session,
        dataset: str,
        settings: SqlDataset,
        columns: Sequence[str] | None,
        reading: Reading,
        memory: Memory | None,
    ) -> Iterator[Chunk]:
        if connected.note:
            reading.note(connected.note)
        mark = last_mark(memory, dataset, settings.watermark) if settings.watermark else None
        reading.full = mark is None
        if settings.table is not None:
            selection = from_table(connected, self._table(connected, settings), settings, mark, columns)
        else:
            selection = from_query(connected, dataset, settings, mark, self._folder)
        high = HighMark(mark)
        number = 0
        with connected.stream(selection.statement, selection.values, selection.place) as result:
            names = selection.names or distinct(list(result.keys()), selection.place)
            wanted = list(dict.fromkeys(columns if columns is not None else settings.columns or names))
            for name in (*wanted, *selection.key, *([settings.watermark.column] if settings.watermark else [])):
                known(name, names, "column", selection.place)
            kinds = self._kinds(connected, result, names, selection)
            chunks = Chunks(dataset, selection.place, self._options.chunk_rows)
            while rows := self._fetch(connected, result, selection.place):
                texts = _texts(rows, names, {*wanted, *selection.key}, kinds, settings, selection.place)
                if settings.watermark:
                    high.see(texts[settings.watermark.column])
                yield from chunks.add(
                    pa.table({name: texts[name] for name in wanted}), _index(texts, selection.key, number, len(rows))
                )
                number += len(rows)
            yield from chunks.rest()
        if settings.watermark:
            version = connected.connection.info.get(ROWVERSION)
            reading.watermark = version if kinds[settings.watermark.column] == MARK and version else high.value

    def _fetch(self, connected: Session, result: CursorResult[Any], place: str) -> Sequence[Any]:
        with connected.faults.reading(place):
            return result.fetchmany(self._options.fetch_rows)

    def _kinds(
        self, connected: Session, result: CursorResult[Any], names: list[str], selection: Selection
    ) -> dict[str, str | int | None]:
        description = (result.cursor.description if result.cursor else None) or ()
        told = {name: connected.server.kinds.get(about[1]) for name, about in zip(names, description, strict=True)}
        return {name: selection.kinds.get(name) or told[name] for name in names}


def _texts(
    rows: Sequence[Any],
    names: list[str],
    needed: set[str],
    kinds: dict[str, str | int | None],
    settings: SqlDataset,
    place: str,
) -> dict[str, pa.Array]:
    texts = {}
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        mark = settings.watermark is not None and name == settings.watermark.column
        if name in needed or mark:
            try:
                texts[name] = text_column(values, kinds[name] or (MARK if mark else None))
            except Unreadable:
                raise binary_refused(place, [name]) from None
    return texts


def _index(texts: dict[str, pa.Array], key: list[str], number: int, count: int) -> npt.NDArray[Any]:
    """The key of each row as people know it, or its number from 1."""
    if not key:
        return np.arange(number + 1, number + count + 1)
    parts = [pc.fill_null(texts[name], "") for name in key]
    return np.asarray(pc.binary_join_element_wise(*parts, " / ").to_numpy(zero_copy_only=False), dtype=object)
