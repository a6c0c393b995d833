"""gzip, zip and what is left of them when a transfer breaks off."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import pytest

from erp_sync.errors import FixSource
from erp_sync.sources import files
from tests.sources.conftest import Read

Reader = Callable[..., Read]
TEXT = b"a;b\n" + b"".join(b"%d;text %d\n" % (n, n * n) for n in range(1000))


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members.items():
            z.writestr(name.replace("_csv", ".csv"), data)
    return packed.getvalue()


@pytest.mark.parametrize("block", [100, 4_000_000])
def test_gzip(read: Reader, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    got = read({"items.csv.gz": gzip.compress(TEXT)})
    assert len(got.rows) == 1000
    assert got.lines == list(range(2, 1002))
    assert got.report.complete


def test_gzip_in_several_members_with_padding(read: Reader) -> None:
    half = TEXT.index(b"500;")
    got = read({"items.csv.gz": gzip.compress(TEXT[:half]) + gzip.compress(TEXT[half:]) + b"\0" * 512})
    assert len(got.rows) == 1000
    assert got.report.complete


@pytest.mark.parametrize("kept", [0, 5, 0.3, 0.9, -8, -1])
def test_gzip_cut_off(read: Reader, kept: float) -> None:
    packed = gzip.compress(TEXT)
    end = int(kept * len(packed)) if isinstance(kept, float) else kept
    got = read({"items.csv.gz": packed[:end]})
    assert "items.csv.gz is cut off: its gzip data has no end" in got.report.problems
    assert not got.report.complete
    assert got.rows == [(str(n), f"text {n * n}") for n in range(len(got.rows))]


def test_gzip_corrupt(read: Reader) -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 0xFF  # the checksum
    got = read({"items.csv.gz": bytes(packed)})
    assert got.report.problems[0].startswith("items.csv.gz is corrupt: ")


def test_no_gzip_at_all(read: Reader) -> None:
    got = read({"items.csv.gz": b"a;b\n1;2\n"})
    assert got.report.problems[0].startswith("items.csv.gz is corrupt: ")
    assert got.rows == []


def test_every_member_of_a_zip_file_is_a_part(read: Reader) -> None:
    got = read({"items.zip": zipped(p10_csv=b"a;b\n3;4\n", p2_csv=b"a;b\n1;2\n")})
    assert got.rows == [("1", "2"), ("3", "4")]
    assert got.places == ["items.zip/p2.csv", "items.zip/p10.csv"]
    assert got.report.complete


def test_a_zip_file_cut_off(read: Reader) -> None:
    with pytest.raises(FixSource, match=r"items\.zip is no zip file, or its end is missing"):
        read({"items.zip": zipped(p_csv=TEXT)[:-30]})


def test_a_zip_file_corrupt(read: Reader) -> None:
    packed = bytearray(zipped(p_csv=TEXT))
    packed[200] ^= 0xFF
    got = read({"items.zip": bytes(packed)})
    assert any("items.zip/p.csv is corrupt" in p for p in got.report.problems)
    assert not got.report.complete


def test_a_zip_without_a_file(read: Reader) -> None:
    got = read({"items.zip": zipped()})
    assert got.rows == []
    assert got.report.problems == ("items.zip holds no file",)


def test_a_zip_with_a_password(read: Reader) -> None:
    locked = bytearray(zipped(items_csv=TEXT))
    locked[6] |= 1  # the flag of the member's own header, and that of the directory
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FixSource, match=r"items\.zip/items\.csv cannot be unpacked: .* is encrypted"):
        read({"items.zip": bytes(locked)})


def test_names_in_a_zip_lead_nowhere(read: Reader) -> None:
    """Members are read where they lie; nothing is written, whatever they are called."""
    assert read({"items.zip": zipped(**{"../../items_csv": b"a;b\n1;2\n"})}).places == ["items.zip/../../items.csv"]
