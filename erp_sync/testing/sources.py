"""What every source must do, whatever it reads.

Subclass ``SourceContract`` in a test module, say in ``make`` how yours is made, over data with at least one row:

    class TestMySource(SourceContract):
        def make(self, folder):
            (folder / "items.txt").write_text("1 one")
            return MySource.from_options("mine", MyOptions(...), folder)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel

from erp_sync.errors import FixSource
from erp_sync.model.extract import DatasetReport
from erp_sync.ports import TEXT, Chunk, Extract, Memory, Source

Rows = list[tuple[str, str, tuple[str | None, ...]]]  # place, at, cells


def rows_of(chunks: Sequence[Chunk]) -> Rows:
    """Every row with its origin; null is None."""
    found: Rows = []
    for chunk in chunks:
        columns = [chunk.frame[c].array.__arrow_array__().to_pylist() for c in chunk.frame]
        for position in range(len(chunk.frame)):
            origin = chunk.origin(position)
            found.append((origin.place, str(origin.at), tuple(c[position] for c in columns)))
    return found


class RememberedExtract:
    """A memory of one earlier run: its watermarks, and that it was full."""

    def __init__(self, reports: Sequence[DatasetReport]) -> None:
        self._watermarks = {r.name: r.watermark for r in reports}

    def watermark(self, dataset: str) -> str | None:
        return self._watermarks.get(dataset)

    def since_full(self, dataset: str) -> int | None:
        return 0 if dataset in self._watermarks else None


class SourceContract:
    """The suite. ``make`` may be called more than once for a folder and must then give a source over the same data."""

    def make(self, folder: Path) -> Source:
        raise NotImplementedError

    def _read(self, source: Source, memory: Memory | None = None) -> tuple[dict[str, Rows], dict[str, DatasetReport]]:
        with source.open(memory) as extract:
            rows = {d: rows_of(list(extract.chunks(d))) for d in source.datasets()}
            return rows, {r.name: r for r in extract.report().datasets}

    def test_it_is_a_source_with_described_options(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        assert isinstance(source, Source)
        assert source.name
        options = getattr(type(source), "Options", None)
        assert isinstance(options, type), "the class says in `Options` what can be set"
        assert issubclass(options, BaseModel)
        schema = options.model_json_schema()
        assert schema.get("additionalProperties") is False, "an option that does not exist must be an error"
        bare = [name for name, about in schema.get("properties", {}).items() if not about.get("description")]
        assert not bare, f"options without a description: {bare}"

    def test_datasets_are_described_without_reading_them(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        names = source.datasets()
        assert names, "the contract needs data to read"
        assert len(set(names)) == len(names)
        for name in names:
            about = source.describe(name)
            assert about.name == name
            assert about.place
            columns = [c.name for c in about.columns]
            assert columns
            assert len(set(columns)) == len(columns)

    def test_every_cell_is_text_under_the_described_columns(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        total = 0
        with source.open() as extract:
            for name in source.datasets():
                columns = [c.name for c in source.describe(name).columns]
                for chunk in extract.chunks(name):
                    assert chunk.dataset == name
                    assert chunk.place
                    assert list(chunk.frame.columns) == columns
                    assert all(dtype == TEXT for dtype in chunk.frame.dtypes)
                    assert len(chunk.frame) > 0, "an empty chunk says nothing"
                    total += len(chunk.frame)
        assert total, "the contract needs data to read"

    def test_every_row_has_an_origin_of_its_own(self, tmp_path: Path) -> None:
        for name, rows in self._read(self.make(tmp_path))[0].items():
            origins = [(place, at) for place, at, _ in rows]
            assert all(at for _, at in origins), name
            assert len(set(origins)) == len(origins), name

    def test_reading_again_gives_the_same(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        rows, reports = self._read(source)
        again, reports_again = self._read(self.make(tmp_path))
        assert again == rows
        assert reports_again == reports
        with source.open() as extract:
            for name in source.datasets():
                assert rows_of(list(extract.chunks(name))) == rows_of(list(extract.chunks(name))) == rows[name]
            assert {r.name: r for r in extract.report().datasets} == reports

    def test_columns_are_given_in_the_order_asked_for(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        rows, reports = self._read(source)
        with source.open() as extract:
            for name in source.datasets():
                columns = [c.name for c in source.describe(name).columns]
                wanted = [columns[-1], *columns[:1]] if len(columns) > 1 else columns
                chunks = list(extract.chunks(name, wanted))
                assert all(list(chunk.frame.columns) == wanted for chunk in chunks)
                places = [columns.index(c) for c in wanted]
                expected = [(place, at, tuple(cells[p] for p in places)) for place, at, cells in rows[name]]
                assert rows_of(chunks) == expected
            assert {r.name: r.rows for r in extract.report().datasets} == {n: r.rows for n, r in reports.items()}

    def test_a_dataset_is_reported_once_it_was_read_to_its_end(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        with source.open() as extract:
            assert extract.report().datasets == ()
            for name in source.datasets():
                next(iter(extract.chunks(name)), None)  # left alone after its first chunk
            rows = {name: rows_of(list(extract.chunks(name))) for name in source.datasets()}
            report = extract.report()
            assert report.source == source.name
            assert report.taken_at.tzinfo is not None
            assert {d.name: d.rows for d in report.datasets} == {name: len(r) for name, r in rows.items()}
            for dataset in report.datasets:
                assert dataset.digest.startswith("sha256:")
                assert dataset.complete or dataset.problems, "an incomplete dataset says why"
            self._rejections_are_counted(source, extract)

    def _rejections_are_counted(self, source: Source, extract: Extract) -> None:
        incomplete = {d.name for d in extract.report().datasets if not d.complete}
        for rejection in extract.rejections():
            assert rejection.reason
            assert rejection.origin.dataset in source.datasets()
            assert rejection.origin.dataset in incomplete, "a row that is missing may be any record"

    def test_names_that_do_not_exist_are_told_with_those_that_do(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        name = source.datasets()[0]
        column = source.describe(name).columns[0].name
        self._refuses(lambda: source.describe(name + "X"), name + "X", name)
        with source.open() as extract:
            self._refuses(lambda: list(extract.chunks(name + "X")), name + "X", name)
            self._refuses(lambda: list(extract.chunks(name, [column + "X"])), column + "X", column)

    def _refuses(self, call: object, wrong: str, right: str) -> None:
        assert callable(call)
        try:
            call()
        except FixSource as e:
            assert wrong in str(e)
            assert right in str(e).replace(wrong, "")
        else:
            raise AssertionError(f"{wrong} was taken for a name")

    def test_digests_without_extracting_are_those_of_the_extract(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        digests = source.digests()
        if digests is not None:
            _, reports = self._read(source)
            assert digests == {name: r.digest for name, r in reports.items()}

    def test_an_incremental_extract_is_a_part_of_the_full_one(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        rows, reports = self._read(source)
        assert all(r.full for r in reports.values()), "without a memory everything is read"
        fewer, later = self._read(source, RememberedExtract(list(reports.values())))
        for name, report in later.items():
            if report.full:
                assert fewer[name] == rows[name]
            else:
                assert report.watermark is not None, "the next extract has to start somewhere"
                assert {r[2] for r in fewer[name]} <= {r[2] for r in rows[name]}
