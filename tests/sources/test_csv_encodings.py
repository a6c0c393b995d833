"""Encodings, declared or found; what is no text is a rejected row, never a guess."""

from __future__ import annotations

import codecs
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from erp_sync.errors import FixSource
from erp_sync.sources import delimited, files
from tests.sources.conftest import Read

Reader = Callable[..., Read]
TEXT = "Nr;Name\n1;Ärmel blå\n2;Crème – €9\n"
ROWS = [("1", "Ärmel blå"), ("2", "Crème – €9")]


@pytest.mark.parametrize(
    ("bom", "encoding", "note"),
    [
        (b"", "utf-8", "encoding utf-8, told by its bytes"),
        (codecs.BOM_UTF8, "utf-8", "encoding utf-8, told by its byte order mark"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "encoding utf-16-le, told by its byte order mark"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "encoding utf-16-be, told by its byte order mark"),
        (b"", "utf-16-le", "encoding utf-16-le, told by its zero bytes"),
        (b"", "utf-16-be", "encoding utf-16-be, told by its zero bytes"),
        (b"", "cp1252", "encoding windows-1252, told by its bytes"),
    ],
)
def test_found_and_reported(read: Reader, bom: bytes, encoding: str, note: str) -> None:
    got = read(bom + TEXT.encode(encoding), delimiter=";")
    assert got.rows == ROWS
    assert got.lines == [2, 3]
    assert got.report.notes == (f"items.csv: {note}",)
    assert got.report.complete


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8-SIG", "utf-16", "Windows-1252", "cp858", "utf-16-le"])
def test_declared(read: Reader, encoding: str) -> None:
    assert read(TEXT.replace("–", "-").encode(encoding), delimiter=";", encoding=encoding).rows == [
        ROWS[0],
        ("2", "Crème - €9"),
    ]


def test_a_byte_order_mark_wins_over_the_settings(read: Reader) -> None:
    got = read(codecs.BOM_UTF8 + TEXT.encode(), delimiter=";", encoding="windows-1252")
    assert got.rows == ROWS
    assert got.report.notes == (
        "items.csv: encoding utf-8, told by its byte order mark; the settings say windows-1252",
    )


def test_plain_ascii_needs_no_detection(read: Reader) -> None:
    assert read(b"a;b\n1;2\n", delimiter=";").report.notes == ()


def test_what_comes_late_in_the_file_is_still_found(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 64)
    monkeypatch.setattr(delimited, "LOOK", 1)
    got = read(b"a;b\n" + b"1;2\n" * 100 + "3;é\n".encode("cp1252"), delimiter=";")
    assert got.rows[-1] == ("3", "é")
    assert got.report.notes == ("items.csv: encoding windows-1252, told by its bytes",)


def test_a_broken_byte_in_utf8_rejects_its_row_only(read: Reader) -> None:
    got = read("a;b\n1;å\n2;ö\xff".encode("latin-1").replace(b"\xe5", "å".encode()).replace(b"\xf6", b"\xc3\xb6"))
    assert got.rows == [("1", "å")]
    content = "a;b\n1;å\n2;é\n\n3;ü\n4;ä\n".encode().replace("ü".encode(), b"\xfc")
    got = read(content, delimiter=";")
    assert got.rows == [("1", "å"), ("2", "é"), ("4", "ä")]
    assert got.lines == [2, 3, 6]
    assert [(str(r.origin), r.reason) for r in got.rejections] == [
        ("items.csv:5", "it holds bytes that are no text in this encoding")
    ]
    assert not got.report.complete


def test_a_byte_that_windows_1252_does_not_have(read: Reader) -> None:
    got = read(b"a;b\n1;\x81\n2;\xe9\n", delimiter=";", encoding="windows-1252")
    assert got.rows == [("2", "é")]
    assert str(got.rejections[0].origin) == "items.csv:2"


def test_an_odd_byte_at_the_end_of_utf16(read: Reader) -> None:
    got = read("a;b\n1;2\n3;4".encode("utf-16-le") + b"\x00", delimiter=";", encoding="utf-16-le")
    assert got.rows == [("1", "2")]
    assert not got.report.complete


def test_dos_code_pages_are_not_guessed(read: Reader) -> None:
    with pytest.raises(FixSource, match=r"items\.csv: the encoding cannot be told.*\n.*encoding: cp850"):
        read("a;b\n1;blå skjorta, grön\n".encode("cp850"), delimiter=";")
    assert read("a;b\n1;blå\n".encode("cp850"), delimiter=";", encoding="cp850").rows == [("1", "blå")]


def test_typographic_signs_are_no_dos_letters(read: Reader) -> None:
    assert read("a;b\n1;don’t “do” Œuvre – €\n".encode("cp1252"), delimiter=";").rows == [("1", "don’t “do” Œuvre – €")]


def test_an_encoding_of_several_bytes_across_blocks(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 3)
    monkeypatch.setattr(delimited, "LOOK", 1)
    text = "a;b\n1;カタログ表\n"
    assert read(text.encode("shift_jis"), delimiter=";", encoding="shift_jis").rows == [("1", "カタログ表")]


def test_an_encoding_that_does_not_exist(read: Reader) -> None:
    with pytest.raises(ValidationError, match="'utf-9' is no encoding"):
        read(b"a\n", encoding="utf-9")


def test_two_encodings_in_one_file_are_suspected(read: Reader) -> None:
    lines = ["1;Åhlén\n".encode("cp1252"), "2;Ärmel blå, Größe ÅÄÖ\n".encode("cp1252"), "3;Åhlén\n".encode()]
    got = read(b"".join([b"a;b\n", *lines]), delimiter=";")
    assert got.report.notes == (
        "items.csv: encoding windows-1252, told by its bytes; but 2 characters would be UTF-8: "
        "were files of two encodings put together?",
    )
