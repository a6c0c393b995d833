"""Reading only what changed: which rows come, what is remembered, and when everything is read again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Column, DateTime, Engine, Integer, MetaData, Table, insert, update
from sqlalchemy.dialects.mysql import DATETIME

from erp_sync.errors import FixSettings, FixSource
from erp_sync.model.extract import DatasetReport
from erp_sync.sources.sql.incremental import HighMark, lower_bound
from erp_sync.sources.sql.options import SqlOptions
from erp_sync.sources.sql.source import SqlSource
from tests.companies.databases import KINDS, empty_database, url_of

NOON = dt.datetime(2024, 5, 1, 12)


@dataclass
class Remembered:
    """What a ledger keeps of a dataset."""

    mark: str | None
    runs: int | None = 0

    def watermark(self, dataset: str) -> str | None:
        return self.mark

    def since_full(self, dataset: str) -> int | None:
        return self.runs


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with empty_database(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def items(engine: Engine) -> Table:
    precise = DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
    table = Table(
        "items",
        MetaData(),
        Column("no", Integer, primary_key=True, autoincrement=False),
        Column("Modified", precise),
        Column("seq", Integer),
    )
    table.create(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(table),
            [{"no": n, "Modified": NOON + dt.timedelta(minutes=n), "seq": n * 10} for n in range(5)]
            + [{"no": 5, "Modified": None, "seq": None}],
        )
    return table


def read(
    engine: Engine, memory: Remembered | None, watermark: dict[str, Any], **dataset: Any
) -> tuple[list[str], DatasetReport]:
    settings = {"table": "items", "watermark": watermark, **dataset}
    options = SqlOptions.model_validate({"url": url_of(engine), "datasets": {"items": settings}})
    with SqlSource.from_options("erp", options, Path()).open(memory) as extract:
        numbers = [n for chunk in extract.chunks("items", ["no"]) for n in chunk.frame["no"]]
        return sorted(numbers), extract.report().datasets[0]


MODIFIED = {"column": "Modified"}


def test_a_first_extract_is_full_and_says_where_the_next_may_start(engine: Engine, items: Table) -> None:
    for memory in (None, Remembered(None, None), Remembered(None, 3)):
        numbers, report = read(engine, memory, MODIFIED)
        assert numbers == ["0", "1", "2", "3", "4", "5"]
        assert report.full
        assert report.watermark == "2024-05-01 12:04:00"


def test_the_next_one_starts_at_the_mark(engine: Engine, items: Table) -> None:
    with engine.begin() as connection:
        connection.execute(update(items).where(items.c.no == 1).values(Modified=NOON + dt.timedelta(hours=1)))
    numbers, report = read(engine, Remembered("2024-05-01 12:04:00"), MODIFIED)
    assert numbers == ["1", "4", "5"]  # the mark's own row, and that without a mark, again: better twice than never
    assert not report.full
    assert report.complete
    assert report.watermark == "2024-05-01 13:00:00"


def test_fractions_of_a_second_count(engine: Engine, items: Table) -> None:
    with engine.begin() as connection:
        late = NOON + dt.timedelta(minutes=4, microseconds=500_000)
        connection.execute(update(items).where(items.c.no == 1).values(Modified=late))
    numbers, report = read(engine, Remembered("2024-05-01 12:04:00.25"), MODIFIED)
    assert numbers == ["1", "5"]
    assert report.watermark == "2024-05-01 12:04:00.5"


def test_an_overlap_goes_further_back(engine: Engine, items: Table) -> None:
    numbers, report = read(engine, Remembered("2024-05-01 12:04:00"), {**MODIFIED, "overlap": "2m"})
    assert numbers == ["2", "3", "4", "5"]
    assert report.watermark == "2024-05-01 12:04:00"


def test_nothing_new_keeps_the_mark(engine: Engine, items: Table) -> None:
    numbers, report = read(engine, Remembered("2025-01-01 00:00:00"), MODIFIED)
    assert numbers == ["5"]
    assert report.watermark == "2025-01-01 00:00:00"


def test_every_so_many_runs_all_is_read(engine: Engine, items: Table) -> None:
    full = [read(engine, Remembered("40", runs), {"column": "seq", "full_every": 3})[1].full for runs in range(4)]
    assert full == [False, False, True, True]
    assert read(engine, Remembered("40", 0), {"column": "seq", "full_every": 1})[1].full


def test_a_number_given_in_turn(engine: Engine, items: Table) -> None:
    numbers, report = read(engine, Remembered("30"), {"column": "seq", "overlap": "10"})
    assert numbers == ["2", "3", "4", "5"]
    assert report.watermark == "40"


def test_a_query_uses_the_mark_itself(engine: Engine, items: Table) -> None:
    quoted = engine.dialect.identifier_preparer.quote("Modified")
    query = {"table": None, "query": f"SELECT no, {quoted} FROM items WHERE {quoted} >= :watermark"}
    watermark = {**MODIFIED, "start": "1900-01-01 00:00:00"}
    numbers, report = read(engine, None, watermark, **query)
    assert numbers == ["0", "1", "2", "3", "4"]
    assert report.full
    numbers, report = read(engine, Remembered("2024-05-01 12:03:00"), watermark, **query)
    assert numbers == ["3", "4"]
    assert not report.full
    assert report.watermark is not None
    assert report.watermark.removesuffix(".000000") == "2024-05-01 12:04:00"  # SQLite says it as it is kept
    query["query"] = f"SELECT no, {quoted} FROM items"
    with pytest.raises(FixSettings, match=r"does not use :watermark\n.*WHERE Modified >= :watermark"):
        read(engine, None, watermark, **query)


def test_a_watermark_column_that_does_not_exist(engine: Engine, items: Table) -> None:
    with pytest.raises(FixSource, match="no column 'Modifed', did you mean 'Modified'"):
        read(engine, None, {"column": "Modifed"})


@pytest.mark.parametrize(
    ("seen", "highest"),
    [
        (["9", "10", None, "-3"], "10"),
        (["9.5", "10.25", "10"], "10.25"),
        (["2024-05-01 12:00:00", "2024-05-01 12:00:00.5"], "2024-05-01 12:00:00.5"),
        (["2024-05-01 12:00:00.5+00:00", "2024-05-01 12:00:00+00:00"], "2024-05-01 12:00:00.5+00:00"),
        (["0x00000000000007d1", "0x0000000000000a00"], "0x0000000000000a00"),
        ([None], None),
        ([], None),
    ],
)
def test_the_highest_mark_is_found_by_its_kind(seen: list[str | None], highest: str | None) -> None:
    mark = HighMark(None)
    for value in seen:
        mark.see(pa.array([value], pa.string()))
    assert mark.value == highest


@pytest.mark.parametrize(
    ("mark", "overlap", "dialect", "bound"),
    [
        ("40", 15, "postgresql", 25),
        ("0x00000000000007d1", 1, "mssql", bytes.fromhex("00000000000007d0")),
        ("2024-05-02", 86_400, "postgresql", dt.date(2024, 5, 1)),
        ("2024-05-02", 0, "sqlite", "2024-05-02"),
        ("2024-05-01 12:00:00+00:00", 60, "postgresql", dt.datetime(2024, 5, 1, 11, 59, tzinfo=dt.UTC)),
        ("2024-05-01 12:00:00+00:00", 60, "mysql", dt.datetime(2024, 5, 1, 11, 59)),
        ("A-100", 60, "mssql", "A-100"),
    ],
)
def test_the_bound_has_the_kind_of_the_column(mark: str, overlap: int, dialect: str, bound: object) -> None:
    assert lower_bound(mark, overlap, dialect) == bound
