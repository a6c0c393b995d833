"""A folder of XML files as a source: an ERP's XML export, read element by element in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from erp_sync.ports import Chunk, ColumnInfo, DatasetInfo, Extract, Memory
from erp_sync.sources.chunks import Chunks
from erp_sync.sources.csv_options import Strict
from erp_sync.sources.elements import Cells, rows
from erp_sync.sources.files import Part, Watch, file_digest, find_files, joined_digest, parts_of, place_of
from erp_sync.sources.reading import Extracting, Reading, known

_BATCH = 5_000  # rows that are gathered before they become columns
_LOOKED_AT = 200  # rows in which columns are looked for


class XmlDataset(Strict):
    """One kind of element in one or more files; every such element is a row."""

    files: str | list[str] = Field(
        min_length=1, description="File name or pattern in the folder, as `items*.xml`; also .gz and .zip. Or a list."
    )
    row: str = Field(
        min_length=1, description="The element that is a row, by name or by the end of its path: `Item`, `Items/Item`."
    )
    columns: list[str] | None = Field(
        None,
        min_length=1,
        description="Paths below the row: `No`, `Price/Amount`, `@id`, `Price/@currency`; `../No` is the parent's. "
        "Unset: what the first rows hold.",
    )

    @property
    def patterns(self) -> list[str]:
        return [self.files] if isinstance(self.files, str) else self.files


class XmlOptions(Strict):
    """A folder of XML files. Namespaces are left out of names."""

    folder: str = Field(".", description="The folder of the files, seen from the project file.")
    chunk_rows: int = Field(50_000, ge=1, description="Rows that are worked on at a time.")
    datasets: dict[str, XmlDataset] = Field(min_length=1, description="Name -> files and the element that is a row.")


class XmlSource:
    """Options: see XmlOptions. Rows are known as `Item[17]`, their number in the file; an absent element is null."""

    Options = XmlOptions

    def __init__(self, name: str, options: XmlOptions, folder: Path) -> None:
        self.name = name
        self._options, self._root = options, folder.resolve()
        self._folder = (folder / options.folder).resolve()

    @classmethod
    def from_options(cls, name: str, options: XmlOptions, folder: Path) -> XmlSource:
        """``folder`` is that of the project file; nothing is read yet."""
        return cls(name, options, folder)

    def datasets(self) -> Sequence[str]:
        return tuple(self._options.datasets)

    def _of(self, dataset: str) -> XmlDataset:
        known(dataset, self.datasets(), "dataset", f"source {self.name}")
        return self._options.datasets[dataset]

    def describe(self, dataset: str) -> DatasetInfo:
        settings = self._of(dataset)
        paths = find_files(self._folder, settings.patterns)
        columns = self._columns(settings, self._parts(paths), dataset)
        place = ", ".join(place_of(p, self._root) for p in paths)
        return DatasetInfo(dataset, place, tuple(ColumnInfo(c, "text") for c in columns))

    def _columns(self, settings: XmlDataset, parts: Sequence[Part], dataset: str) -> list[str]:
        if settings.columns:
            return list(settings.columns)
        found: dict[str, None] = {}
        for part in parts:
            for cells in islice(rows(part, settings.row, Watch(), Reading(dataset)), _LOOKED_AT):
                found |= dict.fromkeys(cells)
            if found:
                break
        return list(found)

    def _parts(self, paths: Sequence[Path]) -> list[Part]:
        return [part for path in paths for part in parts_of(path, self._root)]

    def open(self, memory: Memory | None = None) -> AbstractContextManager[Extract]:
        """Always in full. Files are watched: one that changes between its readings raises TryLater."""
        watch = Watch()

        def read(dataset: str, columns: Sequence[str] | None, reading: Reading) -> Iterator[Chunk]:
            return self._read(dataset, columns, reading, watch)

        return nullcontext(Extracting(self.name, self.datasets(), read))

    def digests(self) -> dict[str, str] | None:
        """By reading every file: SHA-256 of its bytes as they lie on disk, packed or not."""
        return {
            name: joined_digest([file_digest(p) for p in find_files(self._folder, settings.patterns)])
            for name, settings in self._options.datasets.items()
        }

    def _read(self, dataset: str, columns: Sequence[str] | None, reading: Reading, watch: Watch) -> Iterator[Chunk]:
        settings = self._options.datasets[dataset]
        paths = watch.once(dataset, lambda: find_files(self._folder, settings.patterns))
        parts = self._parts(paths)
        offered = self._columns(settings, parts, dataset)
        wanted = list(dict.fromkeys(offered if columns is None else columns))
        for column in wanted:
            known(column, offered, "column", f"dataset {dataset}")
        for part in parts:
            chunks = Chunks(dataset, part.place, self._options.chunk_rows)
            batch: list[Cells] = []
            number = 0
            for cells in rows(part, settings.row, watch, reading):
                batch.append(cells)
                if settings.columns is None and (more := [p for p in cells if p not in offered]):
                    reading.note(f"{part.place}: {more[0]!r} comes in later rows only; name it in `columns` to have it")
                if len(batch) == _BATCH:
                    yield from chunks.add(_table(batch, wanted), _numbers(settings.row, number, len(batch)))
                    number, batch = number + len(batch), []
            yield from chunks.add(_table(batch, wanted), _numbers(settings.row, number, len(batch)))
            yield from chunks.rest()
        reading.digest = watch.digest(paths)


def _table(batch: Sequence[Cells], wanted: Sequence[str]) -> pa.Table:
    return pa.table({name: pa.array([cells.get(name) for cells in batch], pa.string()) for name in wanted})


def _numbers(row: str, start: int, count: int) -> npt.NDArray[np.object_]:
    return np.array([f"{row}[{n}]" for n in range(start + 1, start + count + 1)], dtype=object)
