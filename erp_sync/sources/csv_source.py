"""A folder of exported files as a source: delimited text and spreadsheets, packed or not, whole or in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import pyarrow as pa

from erp_sync.errors import FixSource
from erp_sync.ports import Chunk, ColumnInfo, DatasetInfo, Extract, Memory
from erp_sync.sources.cells import Parsed
from erp_sync.sources.chunks import Chunks
from erp_sync.sources.csv_options import CsvDataset, CsvOptions, Numbers
from erp_sync.sources.delimited import DelimitedFile
from erp_sync.sources.files import (
    PACKED,
    SHEETS,
    Part,
    Watch,
    file_digest,
    find_files,
    joined_digest,
    parts_of,
    place_of,
)
from erp_sync.sources.header import difference
from erp_sync.sources.numbers import plain_numbers
from erp_sync.sources.reading import Extracting, Reading, known
from erp_sync.sources.rows import Positions
from erp_sync.sources.spreadsheet import SheetFile

_DELIMITED = (".csv", ".tsv", ".txt", ".tab")
_DONE_LAG = 2.0  # seconds by which a done file may seem older than its data: FAT and FTP round times


class CsvSource:
    """Options: see CsvOptions. Rows are known by their line in their file; every cell is text."""

    Options = CsvOptions

    def __init__(self, name: str, options: CsvOptions, folder: Path) -> None:
        self.name = name
        self._options, self._root = options, folder.resolve()
        self._folder = (folder / options.folder).resolve()

    @classmethod
    def from_options(cls, name: str, options: CsvOptions, folder: Path) -> CsvSource:
        """``folder`` is that of the project file; nothing is read yet."""
        return cls(name, options, folder)

    def datasets(self) -> Sequence[str]:
        return tuple(self._settings())

    def _settings(self) -> dict[str, CsvDataset]:
        if self._options.datasets:
            return {name: self._options.dataset(name) for name in self._options.datasets}
        named: dict[str, list[str]] = {}
        for path in find_files(self._folder, ["*"]):
            stem, ending = path.stem, path.suffix.lower()
            if ending in PACKED:
                stem, ending = (Path(stem).stem, Path(stem).suffix.lower()) if Path(stem).suffix else (stem, ".csv")
            if ending in (*_DELIMITED, *SHEETS):
                named.setdefault(stem, []).append(path.name)
        every = CsvOptions.model_validate(
            {**self._options.model_dump(exclude_unset=True), "datasets": {n: {"files": f} for n, f in named.items()}}
        )
        return {name: every.dataset(name) for name in every.datasets}

    def describe(self, dataset: str) -> DatasetInfo:
        settings = self._of(dataset)
        reading, watch = Reading(dataset), Watch()
        paths = find_files(self._folder, settings.patterns)
        columns: list[str] = []
        for part in (p for path in paths for p in parts_of(path, self._root)):
            file = _opened(part, settings, watch, reading)
            if not file.empty:
                columns = settings.columns or file.columns
                break
        place = ", ".join(place_of(p, self._root) for p in paths)
        return DatasetInfo(dataset, place, tuple(ColumnInfo(c, "text") for c in columns))

    def _of(self, dataset: str) -> CsvDataset:
        settings = self._settings()
        known(dataset, tuple(settings), "dataset", f"source {self.name}")
        return settings[dataset]

    def open(self, memory: Memory | None = None) -> AbstractContextManager[Extract]:
        """Files are watched: one that changes between its first and its last reading raises TryLater."""
        watch, settings = Watch(), self._settings()

        def read(dataset: str, columns: Sequence[str] | None, reading: Reading) -> Iterator[Chunk]:
            return self._read(dataset, columns, reading, settings[dataset], watch)

        return nullcontext(Extracting(self.name, settings, read))

    def digests(self) -> dict[str, str] | None:
        """By reading every file: SHA-256 of its bytes as they lie on disk, packed or not."""
        return {
            name: joined_digest([file_digest(p) for p in find_files(self._folder, settings.patterns)])
            for name, settings in self._settings().items()
        }

    def _read(
        self, dataset: str, columns: Sequence[str] | None, reading: Reading, settings: CsvDataset, watch: Watch
    ) -> Iterator[Chunk]:
        paths = watch.once(dataset, lambda: find_files(self._folder, settings.patterns))
        expected = settings.columns
        parts = {path: parts_of(path, self._root) for path in paths}
        for path in (path for path, found in parts.items() if not found):
            reading.problem(f"{place_of(path, self._root)} holds no file")
        for part in (part for found in parts.values() for part in found):
            _look_for_done(part, settings, reading)
            file = _opened(part, settings, watch, reading)
            if file.empty:
                reading.problem(f"{part.place} is empty")
                continue
            if expected is None:
                expected = file.columns
            elif not _fits(file.columns, expected, part, settings, reading):
                continue
            wanted = list(dict.fromkeys(expected if columns is None else columns))
            for column in wanted:
                known(column, expected, "column", f"{part.place} (dataset {dataset})")
            chunks = Chunks(dataset, part.place, self._options.chunk_rows)
            for parsed in file.tables(wanted):
                yield from chunks.add(*_usable(parsed, settings.numbers, part, reading))
            yield from chunks.rest()
        reading.digest = watch.digest(paths)


def _opened(part: Part, settings: CsvDataset, watch: Watch, reading: Reading) -> DelimitedFile | SheetFile:
    kind = Path(part.member or part.path.name).suffix.lower()
    if kind == ".xls":
        raise FixSource(f"{part.place} is of the old Excel format", advice="Save it as .xlsx or .csv.")
    if kind not in SHEETS:
        return DelimitedFile(part, settings, watch, reading)
    if part.member:
        raise FixSource(
            f"{part.place}: a spreadsheet inside a zip file", advice="It is packed already: leave the zip out."
        )
    return SheetFile(part, settings, watch, reading)


def _usable(parsed: Parsed, numbers: Numbers | None, part: Part, reading: Reading) -> tuple[pa.Table, Positions]:
    """The rows without those that are rejected; numbers in the declared columns as `1234.56`."""
    for misfit in parsed.misfits:
        reading.reject(part.place, misfit.line, misfit.reason, text=misfit.text)
    table, lines = parsed.table, parsed.lines
    for name in (c for c in (numbers.columns if numbers else ()) if c in table.column_names):
        assert numbers is not None
        column, wrong = plain_numbers(table[name], numbers)
        for at in np.flatnonzero(wrong).tolist():
            reason = f"column {name!r}: not a number with the decimal sign {numbers.decimal!r}"
            reading.reject(part.place, int(lines[at]), reason, text=table[name][at].as_py(), column=name)
        table = table.set_column(table.column_names.index(name), name, column)
        if wrong.any():
            table, lines = table.filter(pa.array(~wrong)), lines[~wrong]
    return table, lines


def _fits(found: list[str], expected: list[str], part: Part, settings: CsvDataset, reading: Reading) -> bool:
    """Whether the file's columns can be read as the dataset's, by name."""
    differs = difference(found, expected)
    if settings.columns is not None:
        if missing := [c for c in expected if c not in found]:
            raise FixSource(
                f"{part.place}: its header lacks {', '.join(map(repr, missing))}",
                advice=f"It has: {', '.join(found)}. Correct `columns`, `delimiter` or the export.",
            )
        if differs:
            reading.note(f"{part.place}: its header comes {differs} than `columns`")
    elif differs:
        reading.problem(f"{part.place}: its header comes {differs} than that of the first part; it is left out")
        return False
    elif found != expected:
        reading.note(f"{part.place}: its columns stand in another order; they are taken by name")
    return True


def _look_for_done(part: Part, settings: CsvDataset, reading: Reading) -> None:
    if settings.done_file is None:
        return
    path = part.path
    name = settings.done_file.replace("{file}", path.name).replace("{stem}", path.stem)
    done = path.with_name(name)
    if not done.exists():
        reading.problem(f"{part.place}: there is no {name} yet")
    elif done.stat().st_mtime + _DONE_LAG < path.stat().st_mtime:
        reading.problem(f"{part.place}: {name} is older than the file; it belongs to an earlier export")
