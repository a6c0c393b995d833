"""An export folder to write files into, and one call that reads a dataset of it whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from erp_sync.model.extract import DatasetReport, Rejection
from erp_sync.ports import Chunk
from erp_sync.sources.csv_options import CsvOptions
from erp_sync.sources.csv_source import CsvSource


@dataclass
class Read:
    chunks: list[Chunk]
    report: DatasetReport
    rejections: Sequence[Rejection]

    @property
    def rows(self) -> list[tuple[str | None, ...]]:
        """Cells of all chunks in order; null is None."""
        return [
            row
            for chunk in self.chunks
            for row in zip(*(chunk.frame[c].array.__arrow_array__().to_pylist() for c in chunk.frame), strict=True)
        ]

    @property
    def lines(self) -> list[int | str]:
        return [chunk.origin(i).at for chunk in self.chunks for i in range(len(chunk.frame))]

    @property
    def places(self) -> list[str]:
        return [chunk.place for chunk in self.chunks]


def read_all(source: Any, dataset: str, columns: Sequence[str] | None = None) -> Read:
    with source.open() as extract:
        chunks = list(extract.chunks(dataset, columns))
        (report,) = extract.report().datasets
        return Read(chunks, report, list(extract.rejections()))


def csv_source(folder: Path, /, **options: Any) -> CsvSource:
    return CsvSource.from_options("erp", CsvOptions.model_validate(options), folder)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    """``read(b"a;b\\n1;2\\n", delimiter=";")``: one file, or several by name, as the dataset `items`."""

    def reading(
        content: bytes | dict[str, bytes], wanted: Sequence[str] | None = None, files: Any = "items*", **options: Any
    ) -> Read:
        named = content if isinstance(content, dict) else {"items.csv": content}
        for name, data in named.items():
            (tmp_path / name).write_bytes(data)
        chunk_rows = options.pop("chunk_rows", 50_000)
        source = csv_source(tmp_path, chunk_rows=chunk_rows, datasets={"items": {"files": files, **options}})
        return read_all(source, "items", wanted)

    return reading
