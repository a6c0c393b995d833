"""Is this all of it? Where it may not be, the report says no, and why."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from erp_sync.errors import FixSource, TryLater
from erp_sync.sources import delimited, files, reading, rows
from tests.sources.conftest import Read, csv_source

Reader = Callable[..., Read]


def reasons(got: Read) -> list[tuple[str, str]]:
    return [(str(r.origin), r.reason) for r in got.rejections]


def test_short_and_wide_rows_are_rejected_by_line(read: Reader) -> None:
    got = read(b'a;b;c\n1;"x\ny";3\n4;5\n\n6;7;8;9\n10;11;12\n')
    assert got.rows == [("1", "x\ny", "3"), ("10", "11", "12")]
    assert got.lines == [2, 7]
    assert reasons(got) == [
        ("items.csv:4", "expected 3 cells, found 2"),
        ("items.csv:6", "expected 3 cells, found 4"),
    ]
    assert got.rejections[1].value == "6;7;8;9"
    assert got.rejections[1].personal
    assert not got.report.complete
    assert got.report.problems == ("2 rows cannot be read, first items.csv:4: expected 3 cells, found 2",)


def test_a_column_count_that_changes(read: Reader) -> None:
    got = read(b"a;b\n1;2\n" + b"3;4;5\n" * 7)
    assert got.rows == [("1", "2")]
    assert len(got.rejections) == 7
    assert not got.report.complete


def test_a_last_row_cut_off(read: Reader) -> None:
    got = read(b"a;b;c\n1;2;3\n4;5")
    assert got.rows == [("1", "2", "3")]
    assert got.report.problems[0] == "items.csv:3: the last row is cut off: expected 3 cells, found 2"
    assert reasons(got) == [("items.csv:3", "cut off: expected 3 cells, found 2")]


def test_a_last_row_cut_off_inside_quotes(read: Reader) -> None:
    got = read(b'a;b;c\n1;2;3\n4;5;"long\nte')
    assert got.rows == [("1", "2", "3")]
    assert got.report.problems[0] == "items.csv:3: the last row is cut off: it ends inside quotes"


def test_a_whole_last_row_without_its_line_end(read: Reader) -> None:
    got = read(b"a;b;c\n1;2;3\n4;5;6")
    assert got.rows == [("1", "2", "3"), ("4", "5", "6")]
    assert got.report.complete
    assert "items.csv:3: the last row has no row end" in got.report.notes


def test_a_row_end_of_several_characters_is_never_left_out(read: Reader) -> None:
    got = read(b"1+|2&|\n3+|4&|", header=False, columns=["a", "b"], delimiter="+|", row_end="&|\n")
    assert got.rows == [("1", "2")]
    assert got.report.problems[0].startswith("items.csv:2: the last row is cut off: the row end '&|\\n' does not")


def test_the_end_of_file_sign_of_dos_is_no_row(read: Reader) -> None:
    got = read(b"a;b\n1;2\n\x1a")
    assert got.rows == [("1", "2")]
    assert got.report.complete


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n\r\n"])
def test_an_empty_file(read: Reader, content: bytes) -> None:
    got = read(content)
    assert got.chunks == []
    assert got.report.problems == ("items.csv is empty",)
    assert not got.report.complete


@pytest.mark.parametrize("content", [b"a;b\n", b"a;b", b"a;b\r\n\r\n"])
def test_a_header_alone_is_a_complete_export_of_nothing(read: Reader, content: bytes) -> None:
    got = read(content)
    assert got.chunks == []
    assert got.report.complete


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        (b"#EOF;2\n", None),
        (b"#EOF;2", None),
        (b"#EOF rows: 0002\r\n\r\n", None),
        (b"#EOF;3\n", "items.csv: its trailer counts 3, there are 2 rows"),
        (b"#EOF\n", "items.csv: its trailer counts nothing, there are 2 rows"),
        (b"", "items.csv does not end with a row that starts with '#EOF'"),
        (b"5;6\n", "items.csv does not end with a row that starts with '#EOF'"),
        (b"#EOF;2\n5;", "items.csv: there is text after its trailer"),
    ],
)
@pytest.mark.parametrize("block", [7, 4_000_000])
def test_a_trailer(read: Reader, monkeypatch: pytest.MonkeyPatch, block: int, end: bytes, problem: str | None) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    monkeypatch.setattr(delimited, "LOOK", 1)
    got = read(b'a;b\n1;"2"\n3;4\n' + end, delimiter=";", trailer={"starts_with": "#EOF", "count": True})
    assert got.rows[:2] == [("1", "2"), ("3", "4")]
    assert got.report.problems == (() if problem is None else (problem,))


def test_a_trailer_counts_rejected_rows_too(read: Reader) -> None:
    got = read(b"a;b\n1;2\n3\n#EOF;2\n", trailer={"starts_with": "#EOF", "count": True})
    assert got.report.problems == ("1 rows cannot be read, first items.csv:3: expected 2 cells, found 1",)


def test_a_done_file(read: Reader, tmp_path: Path) -> None:
    content = {"items.csv": b"a;b\n1;2\n"}
    got = read(content, files="*.csv", done_file="{file}.done")
    assert got.report.problems == ("items.csv: there is no items.csv.done yet",)
    done = tmp_path / "items.done"
    done.touch()
    assert read(content, files="*.csv", done_file="{stem}.done").report.complete
    os.utime(done, (1, 1))
    got = read(content, files="*.csv", done_file="{stem}.done")
    assert got.report.problems == ("items.csv: items.done is older than the file; it belongs to an earlier export",)


def test_parts_come_in_natural_order(read: Reader) -> None:
    got = read({f"items-{n}.csv": b"a;b\n%d;x\n" % n for n in (10, 2, 1)})
    assert got.rows == [("1", "x"), ("2", "x"), ("10", "x")]
    assert got.places == ["items-1.csv", "items-2.csv", "items-10.csv"]
    assert got.lines == [2, 2, 2]
    assert got.report.complete


def test_parts_whose_columns_stand_in_another_order(read: Reader) -> None:
    got = read({"items-1.csv": b"a;b\n1;2\n", "items-2.csv": b"b;a\n4;3\n"})
    assert got.rows == [("1", "2"), ("3", "4")]
    assert "items-2.csv: its columns stand in another order; they are taken by name" in got.report.notes


def test_parts_with_other_columns_are_left_out(read: Reader) -> None:
    got = read({"items-1.csv": b"a;b\n1;2\n", "items-2.csv": b"a;c\n3;4\n", "items-3.csv": b"a;b\n5;6\n"})
    assert got.rows == [("1", "2"), ("5", "6")]
    assert got.report.problems == (
        "items-2.csv: its header comes without 'b' and with 'c' more than that of the first part; it is left out",
    )


def test_one_empty_part_among_others(read: Reader) -> None:
    got = read({"items-1.csv": b"", "items-2.csv": b"a;b\n1;2\n"})
    assert got.rows == [("1", "2")]
    assert got.report.problems == ("items-1.csv is empty",)


def test_no_file_at_all(read: Reader) -> None:
    with pytest.raises(FixSource, match=r"no file matches prices\*\.csv in .*\n  There is: items\.csv\."):
        read(b"a\n", files="prices*.csv")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FixSource, match="gone is no folder"):
        csv_source(tmp_path, folder="gone").datasets()


@pytest.mark.parametrize("change", ["grows", "is replaced", "vanishes"])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.setattr(files, "BLOCK", 8)
    monkeypatch.setattr(delimited, "LOOK", 1)
    path = tmp_path / "items.csv"
    path.write_bytes(b"a;b\n" + b"1;2\n" * 20)
    source = csv_source(tmp_path, chunk_rows=1)
    with source.open() as extract:
        chunks = extract.chunks("items")
        next(chunks)
        if change == "grows":
            with path.open("ab") as f:
                f.write(b"3;4\n")
        elif change == "is replaced":
            (tmp_path / "new").write_bytes(path.read_bytes())
            (tmp_path / "new").replace(path)
        else:
            path.unlink()
        with pytest.raises(TryLater, match=r"items\.csv changed while it was being read\n  The ERP is still"):
            list(chunks)


def test_a_file_that_changes_between_two_readings_of_an_extract(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(b"a;b\n1;2\n")
    with csv_source(tmp_path).open() as extract:
        list(extract.chunks("items"))
        path.write_bytes(b"a;b\n1;2\n3;4\n")
        with pytest.raises(TryLater):
            list(extract.chunks("items"))


def test_thousands_of_bad_rows_are_a_matter_of_settings(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "REJECTIONS_KEPT", 5)
    with pytest.raises(FixSource, match=r"more than 5 rows cannot be read, first at items\.csv:3: expected 2"):
        read(b"a;b\n1;2\n" + b"3\n" * 6)


def test_a_quote_that_is_never_closed_does_not_fill_the_memory(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LONGEST_ROW", 1000)
    monkeypatch.setattr(files, "BLOCK", 100)
    monkeypatch.setattr(delimited, "LOOK", 1)
    with pytest.raises(FixSource, match=r"items\.csv:2: a row does not end within .*\n  A quote may be open"):
        read(b'a;b\n1;"2\n' + b"3;4\n" * 1000, delimiter=";")


def test_a_digest_is_that_of_the_file(read: Reader) -> None:
    content = b"hello;x\n"
    assert read(content).report.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_digests_without_extracting_are_the_same(tmp_path: Path) -> None:
    for n in (1, 2):
        (tmp_path / f"items-{n}.csv").write_bytes(b"a;b\n%d;2\n" % n)
    options: dict[str, Any] = {"datasets": {"items": {"files": "items-*.csv"}}}
    source = csv_source(tmp_path, **options)
    with source.open() as extract:
        list(extract.chunks("items"))
        assert source.digests() == {"items": extract.report().datasets[0].digest}
    (tmp_path / "items-2.csv").write_bytes(b"a;b\n3;2\n")
    digests = source.digests()
    assert digests is not None
    assert digests != {"items": extract.report().datasets[0].digest}
