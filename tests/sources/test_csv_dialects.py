"""Delimiters, row ends, quotes and headers: every cell comes out as the text that stands in the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_sync.errors import FixSource
from erp_sync.sources import delimited, files
from tests.sources.conftest import Read, csv_source, read_all

Reader = Callable[..., Read]


def test_every_cell_is_text(read: Reader) -> None:
    got = read(b"No_;Name;Price;Note\n00123; NA ;1.50;\n1e5;null;-0;NaN\n")
    assert got.rows == [("00123", " NA ", "1.50", ""), ("1e5", "null", "-0", "NaN")]
    assert got.report.complete
    assert got.report.rows == 2
    assert str(got.chunks[0].frame.dtypes["No_"]) == "string[pyarrow]"


def test_null_only_by_its_unquoted_marker(read: Reader) -> None:
    got = read(b'a;b;c\nNULL;"NULL";\n', null="NULL")
    assert got.rows == [(None, "NULL", "")]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_common_delimiters_are_found_and_reported(read: Reader, delimiter: str) -> None:
    rows = f"a{delimiter}b{delimiter}c\n1{delimiter}x y{delimiter}3\n"
    got = read(rows.encode())
    assert got.rows == [("1", "x y", "3")]
    assert f"items.csv: delimiter {delimiter!r}, found" in got.report.notes


def test_a_delimiter_inside_quotes_does_not_mislead(read: Reader) -> None:
    got = read(b'a,b\n"1;1;1",2\n"2;2;2",3\n')
    assert got.rows == [("1;1;1", "2"), ("2;2;2", "3")]


def test_one_column_without_delimiter(read: Reader) -> None:
    got = read(b"No_\nA1\nA2\n")
    assert got.rows == [("A1",), ("A2",)]
    assert "items.csv: no delimiter found: one column" in got.report.notes


def test_delimiter_and_row_end_of_several_characters(read: Reader) -> None:
    content = b'1+|say "hi"+|line one\nline two&|\n2+|+|\r\nx&|\n3+|a+b|c+|d&e&|\n'
    got = read(content, delimiter="+|", row_end=r"&|\n", quote="none", header=False, columns=["Id", "A", "B"])
    assert got.rows == [
        ("1", 'say "hi"', "line one\nline two"),
        ("2", "", "\r\nx"),
        ("3", "a+b|c", "d&e"),
    ]
    assert got.lines == [1, 3, 5]


def test_row_end_without_a_line_feed_counts_rows_as_lines(read: Reader) -> None:
    got = read("a¬b§1¬x\ny§2¬z§".encode(), delimiter="¬", row_end="§")
    assert got.rows == [("1", "x\ny"), ("2", "z")]
    assert got.lines == [2, 3]


def test_declared_crlf_keeps_single_line_feeds_as_text(read: Reader) -> None:
    got = read(b"a;b\r\n1;x\ny\r\n2;z\r\n", row_end=r"\r\n")
    assert got.rows == [("1", "x\ny"), ("2", "z")]
    assert got.lines == [2, 4]


def test_carriage_returns_alone_end_rows_where_there_is_nothing_else(read: Reader) -> None:
    got = read(b"a;b\r1;x\r2;y\r")
    assert got.rows == [("1", "x"), ("2", "y")]
    assert got.lines == [2, 3]


def test_a_lone_carriage_return_is_text_among_line_feeds(read: Reader) -> None:
    got = read(b"a;b\r\n1;x\ry\r\n2;z\n")
    assert got.rows == [("1", "x\ry"), ("2", "z")]
    assert got.lines == [2, 3]


def test_quotes_as_rfc_4180_says(read: Reader) -> None:
    got = read(b'a;b;c\r\n1;"x;""y""\r\nz";3\r\n\r\n2;"";4\r\n')
    assert got.rows == [("1", 'x;"y"\r\nz', "3"), ("2", "", "4")]
    assert got.lines == [2, 5]


def test_stray_quotes_do_not_swallow_rows(read: Reader) -> None:
    got = read(b'a;b\n1;5" pipe\n\n2;27"\n3;"quoted\nline"\n4;x\n')
    assert got.rows == [("1", '5" pipe'), ("2", '27"'), ("3", "quoted\nline"), ("4", "x")]
    assert got.lines == [2, 4, 5, 7]


def test_another_quote_and_none(read: Reader) -> None:
    assert read(b"a;b\n'x;y';2\n", quote="'").rows == [("x;y", "2")]
    assert read(b'a;b\n"x;2\n', quote="none").rows == [('"x', "2")]


def test_header_names_are_made_usable(read: Reader) -> None:
    got = read(b" No_ ;Name;Name;\n1;a;b;c\n")
    assert list(got.chunks[0].frame.columns) == ["No_", "Name", "Name (2)", "column 4"]
    assert "items.csv:1: column 3 is the second 'Name' and is called 'Name (2)'" in got.report.notes
    assert "items.csv:1: column 4 has no name and is called 'column 4'" in got.report.notes


def test_lines_before_the_header_are_skipped_and_counted(read: Reader) -> None:
    got = read(b"Export of 2024-05-01\nby ERP\n\na;b\n1;2\n", skip=2)
    assert got.rows == [("1", "2")]
    assert got.lines == [5]


def test_columns_named_in_the_settings_are_taken_by_name(read: Reader) -> None:
    got = read(b"c;a;b\n3;1;2\n", columns=["a", "b"])
    assert got.rows == [("1", "2")]
    assert "items.csv: its header comes with 'c' more than `columns`" in got.report.notes


def test_a_header_that_lacks_a_configured_column(read: Reader) -> None:
    with pytest.raises(FixSource, match=r"items\.csv: its header lacks 'Prise'\n  It has: No_, Price"):
        read(b"No_;Price\n1;2\n", columns=["No_", "Prise"])


def test_columns_asked_for_come_in_the_order_asked(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_bytes(b"a;b;c\n1;2;3\n")
    source = csv_source(tmp_path)
    assert read_all(source, "items", ["c", "a"]).rows == [("3", "1")]
    with pytest.raises(FixSource, match="has no column 'B', did you mean 'b'"):
        read_all(source, "items", ["B"])


def test_no_row_fits_names_the_delimiter_that_was_meant(read: Reader) -> None:
    with pytest.raises(FixSource, match=r"items\.csv:1: no row has the 2 cells .*; this one has 1 .*\n.*';' stands"):
        read(b"1;2\n3;4\n", delimiter=",", header=False, columns=["a", "b"])


def test_numbers_of_a_country(read: Reader) -> None:
    got = read(
        b"Price;Qty;Name\n1.234,50;1 000;1,5\n-,5;;\n12;3-;x\n1.23,4;1;y\n",
        numbers={"columns": ["Price"], "decimal": ",", "thousands": "."},
    )
    assert [row[0] for row in got.rows] == ["1234.50", "-.5", "12"]
    assert [row[2] for row in got.rows] == ["1,5", "", "x"]
    (rejection,) = got.rejections
    assert str(rejection.origin) == "items.csv:5"
    assert rejection.column == "Price"
    assert rejection.value == "1.23,4"
    assert rejection.reason == "column 'Price': not a number with the decimal sign ','"


def test_signs_before_and_behind(read: Reader) -> None:
    content = b"P;n\n3,50-;1\n+2;2\n-1;3\n -4 ;4\n-3-;5\n--2;6\n"
    got = read(content, numbers={"columns": ["P"]})
    assert got.rows == [("-3.50", "1"), ("2", "2"), ("-1", "3"), ("-4", "4")]
    assert [r.origin.at for r in got.rejections] == [6, 7]


def test_thousands_by_spaces_of_any_kind(read: Reader) -> None:
    content = "Qty\n1 000\n1\u00a0000,5\n1\u202f000\n".encode()
    got = read(content, delimiter=";", numbers={"columns": ["Qty"], "decimal": ",", "thousands": " "})
    assert got.rows == [("1000",), ("1000.5",), ("1000",)]


def test_chunks_have_the_size_that_was_set(read: Reader) -> None:
    content = b"a;b\n" + b"".join(b"%d;x\n" % i for i in range(25))
    got = read(content, chunk_rows=10)
    assert [len(c.frame) for c in got.chunks] == [10, 10, 5]
    assert got.lines == list(range(2, 27))


@pytest.fixture
def tiny_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row lies across blocks."""
    monkeypatch.setattr(files, "BLOCK", 5)
    monkeypatch.setattr(delimited, "LOOK", 1)


@pytest.mark.parametrize(
    ("content", "options", "rows", "lines"),
    [
        (b'a;b\r\n1;"x\r\n""y"\r\n\r\n2;z\r\n', {}, [("1", 'x\r\n"y'), ("2", "z")], [2, 5]),
        (
            b"1+|x\ny&|\n2+|&|\n",
            {"delimiter": "+|", "row_end": "&|\n", "header": False, "columns": ["a", "b"]},
            [("1", "x\ny"), ("2", "")],
            [1, 3],
        ),
        ("a;b\nå;ö\n".encode("utf-16"), {}, [("å", "ö")], [2]),
        ("a;b\nåäö;€€€\n".encode(), {"encoding": "utf-8"}, [("åäö", "€€€")], [2]),
    ],
)
@pytest.mark.usefixtures("tiny_blocks")
def test_rows_across_blocks(
    read: Reader, content: bytes, options: dict[str, Any], rows: list[tuple[str, ...]], lines: list[int]
) -> None:
    got = read(content, **{"delimiter": ";", "row_end": r"\n", **options})
    assert got.rows == rows
    assert got.lines == lines


CELL = st.text(st.sampled_from('ab;", |+&\r\n\x1få'), max_size=6)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=12)
)


@given(table=TABLES, row_end=st.sampled_from(["\n", "\r\n"]), block=st.integers(1, 40), every=st.booleans())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_the_csv_module_writes_is_read_back_with_its_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: list[list[str]], row_end: str, block: int, every: bool
) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    monkeypatch.setattr(delimited, "LOOK", 1)
    if not every:  # the csv module leaves a carriage return unquoted, which then belongs to the row end
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    text = io.StringIO(newline="")
    lines = []
    writer = csv.writer(
        text, delimiter=";", lineterminator=row_end, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    )
    for row in table:
        lines.append(text.getvalue().count("\n") + 1)
        writer.writerow(row)
    (tmp_path / "t.csv").write_bytes(text.getvalue().encode())
    columns = [f"c{n}" for n in range(len(table[0]))]
    source = csv_source(
        tmp_path,
        datasets={"t": {"files": "t.csv", "delimiter": ";", "row_end": "\n", "header": False, "columns": columns}},
        encoding="utf-8",
    )
    got = read_all(source, "t")
    assert got.rows == [tuple(row) for row in table]
    assert got.lines == lines
    assert got.report.complete


PLAIN_CELL = st.text(st.sampled_from('ab"; +|&\r\n\x01\x1få'), max_size=6)


@given(
    table=st.lists(st.lists(PLAIN_CELL, min_size=3, max_size=3), min_size=1, max_size=12),
    block=st.integers(1, 40),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_of_bulk_copy_are_read_back_with_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: list[list[str]], block: int
) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    monkeypatch.setattr(delimited, "LOOK", 1)
    # A cell that begins or ends with a piece of a mark is ambiguous in such a file for every reader.
    table = [[cell.strip("+|&\n") for cell in row] for row in table]
    table = [[c.replace("+|", "").replace("&|\n", "") for c in row] for row in table]
    rows = ["+|".join(row) + "&|\n" for row in table]
    (tmp_path / "t.csv").write_bytes("".join(rows).encode())
    source = csv_source(
        tmp_path,
        datasets={"t": {"files": "t.csv", "columns": ["a", "b", "c"]}},
        encoding="utf-8",
        delimiter="+|",
        row_end="&|\n",
        quote="none",
        header=False,
    )
    got = read_all(source, "t")
    assert got.rows == [tuple(row) for row in table]
    assert got.lines == [1 + "".join(rows[:n]).count("\n") for n in range(len(rows))]


def test_a_header_that_stands_there_twice_is_no_row(read: Reader) -> None:
    """Two exports put together, or a report in pages."""
    page = b'No_;"Name";Name\r\n1;a;b\r\n'
    got = read(page * 3, ["Name", "No_"])
    assert got.rows == [("a", "1")] * 3
    assert got.lines == [2, 4, 6]
    assert "items.csv:3: the header stands there again, and 1 times below; it is no row" in got.report.notes
    assert got.report.complete
    assert read(b"a;b\na;c\n1;b\n").rows == [("a", "c"), ("1", "b")]


def test_what_is_no_text_file_is_named(read: Reader) -> None:
    noise = bytes(range(256)) * 20
    with pytest.raises(FixSource, match=r"items\.csv:2: the file holds every control character"):
        read(noise, encoding="latin-1")
