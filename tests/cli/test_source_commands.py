"""A look at the ERP's data."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from erp_sync.ports import TEXT, Chunk
from erp_sync.sources.profile import ColumnProfile, Profile, profile
from tests.cli.conftest import Run


def chunk(**columns: list[str | None]) -> Chunk:
    return Chunk("items", "items.csv", pd.DataFrame(columns, dtype=TEXT))


def column(*values: str | None) -> ColumnProfile:
    return profile([chunk(c=list(values))], 1000).columns[0]


def test_fill_distinct_and_frequent() -> None:
    found = column("a", "b", "a", "", None)
    assert (found.nulls, found.blanks, found.distinct) == (1, 1, 2)
    assert found.frequent == (("a", 2), ("b", 1))


@pytest.mark.parametrize(
    ("values", "least", "greatest"),
    [
        (["9", "10", "-1"], "-1", "10"),
        (["9,5", "1.200,00", "10,25"], "9,5", "1.200,00"),
        (["9.5", "1,200.00"], "9.5", "1,200.00"),
        (["00123", "9"], "00123", "9"),
        (["b", "a"], "a", "b"),
        (["12,5", "9", "100"], "9", "100"),
        (["", None], "", ""),
    ],
)
def test_the_range_is_by_number_where_all_are_numbers(values: list[str | None], least: str, greatest: str) -> None:
    found = column(*values)
    assert (found.least, found.greatest) == (least, greatest)


@pytest.mark.parametrize(
    ("values", "suspected"),
    [
        (["1.299,00", "19,90"], "decimal comma"),
        (["12", "12,5", "80"], "decimal comma (1 of 3)"),
        (["12", "12.5"], "decimal point (1 of 2)"),
        (["1,299.00", "19.90"], "decimal point"),
        (["00123", "456", "789"], "leading zeros: a code, not a number (1 of 3)"),
        (["7,35E+12", "7350000000019"], "scientific: a code that a spreadsheet spoiled (1 of 2)"),
        (["24.11.2026"], "dates, 24.11.2026"),
        (["2026-11-24 10:00"], "dates, 2026-11-24"),
        (["20261124"], "dates, 20261124"),
        (["Ja", "Nej"], "yes or no"),
        (["a@b.example"], "e-mail addresses"),
        (["7350000000019"], "EAN or GTIN"),
        (["a ", "b"], "blanks around it (1 of 2)"),
        (["a\x07", "b"], "control characters (1 of 2)"),
    ],
)
def test_suspicions(values: list[str | None], suspected: str) -> None:
    assert suspected in column(*values).suspected


def keys(**columns: list[str | None]) -> tuple[tuple[str, ...], ...]:
    return profile([chunk(**columns)], 1000).keys


def test_a_column_that_tells_rows_apart() -> None:
    assert keys(id=["1", "2", "3"], name=["a", "a", "b"]) == (("id",),)


def test_two_columns_that_do_so_together() -> None:
    assert keys(item=["1", "1", "2"], size=["S", "M", "S"], colour=["r", "r", "r"]) == (("item", "size"),)


def test_a_blank_is_in_no_key() -> None:
    assert keys(id=["1", "2", ""], other=["a", "b", None]) == ()


def test_only_so_many_rows_are_read() -> None:
    read = []

    def chunks():  # type: ignore[no-untyped-def]
        for number in range(10):
            read.append(number)
            yield chunk(c=[str(number)] * 10)

    assert profile(chunks(), 15) == Profile(15, False, profile([chunk(c=["0"] * 10 + ["1"] * 5)], 15).columns, ())
    assert read == [0, 1]
    assert profile([], 15) == Profile(0, True, (), ())


def test_list_describe_sample_profile(erp_sync: Run) -> None:
    assert erp_sync("source", "list").out == "items  export/items.csv  6 columns\n"
    assert json.loads(erp_sync("source", "list", "--json").out)["dataset"] == "items"
    described = erp_sync("source", "describe", "items").out.split()
    assert described[1::2] == ["Model", "Colour", "Name", "Category", "EAN", "Blocked"]
    sampled = erp_sync("source", "sample", "items", "--rows", "2")
    assert sampled.out.count("export/items.csv:") == 2
    assert 'Name      "Wool scarf"' in sampled.out
    rows = [json.loads(line) for line in erp_sync("source", "sample", "items", "--json").out.splitlines()]
    assert [r["row"]["Colour"] for r in rows] == ["Red", "Blue", "Black"]
    profiled = erp_sync("source", "profile", "items").out
    assert profiled.startswith("3 rows\nkey: Colour or EAN\n")
    assert "EAN: 3 filled, 3 distinct" in profiled
    assert json.loads(erp_sync("source", "profile", "items", "--json").out)["rows"] == 3


def test_a_table_with_pictures_in_it(erp_sync: Run, edit: Callable[[str, str, str], None], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "erp.db")) as database:
        database.execute("CREATE TABLE items (No TEXT PRIMARY KEY, Picture BLOB, Price NUMERIC(10, 2))")
        database.execute("INSERT INTO items VALUES ('00123', x'ffd8', 12.5)")
        database.commit()
    edit("erp-sync.yaml", "    kind: csv ", '    kind: sql\n    url: "sqlite:///erp.db" ')
    for line in (
        "    folder: export\n",
        '    delimiter: ";"\n',
        '      items: {files: "items*.csv"}\n',
        "    datasets:\n",
    ):
        edit("erp-sync.yaml", line, "")
    assert erp_sync("source", "list").out == "items  items  3 columns, 1 rows\n"
    described = erp_sync("source", "describe", "items").out.splitlines()
    assert described[2] == "  Picture  blob  (binary: it cannot be read)"
    sampled = erp_sync("source", "sample", "items")
    assert sampled.out == 'items:00123\n  No     "00123"\n  Price  "12.50"\n'
    assert sampled.err == "left out, since it is binary: Picture\n"
    assert "leading zeros: a code, not a number" in erp_sync("source", "profile", "items").out


def test_an_unknown_dataset(erp_sync: Run) -> None:
    for verb in ("describe", "sample", "profile"):
        said = erp_sync("source", verb, "itmes")
        assert said.code == 2
        assert 'did you mean "items"?' in said.err
