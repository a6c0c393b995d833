"""A folder of XML files: elements as rows, in constant memory, whole or known to be cut off."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from erp_sync.errors import FixSource, TryLater
from erp_sync.ports import Source
from erp_sync.sources import files
from erp_sync.sources import xml_source as xml_source_module
from erp_sync.sources.registry import source_class
from erp_sync.sources.xml_source import XmlOptions, XmlSource
from erp_sync.testing.sources import SourceContract
from tests.sources.conftest import read_all

NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
ITEMS = f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE Items [<!ENTITY brand "N&#246;rd">]>
<Items xmlns="urn:erp" created="2024-05-01">
  <Company>Nordlys</Company>
  <Item id="1"><No>00123</No><Name> Ärmel &amp; &brand; </Name>
    <Price currency="EUR"><Amount>12,50</Amount></Price></Item>
  <!-- one comment -->
  <Item id="2"><No>2</No><Name/><Price currency="SEK"><Amount {NIL}/></Price></Item>
  <Item><No>3</No><Name><![CDATA[<b>]]></Name></Item>
</Items>
""".encode("latin-1")


def xml_source(folder: Path, **datasets: Any) -> XmlSource:
    return XmlSource.from_options("erp", XmlOptions.model_validate({"datasets": datasets}), folder)


def test_attributes_and_nested_elements_are_columns(tmp_path: Path) -> None:
    (tmp_path / "items.xml").write_bytes(ITEMS)
    source = xml_source(tmp_path, items={"files": "*.xml", "row": "Item"})
    assert [c.name for c in source.describe("items").columns] == [
        "@id", "No", "Name", "Price/@currency", "Price/Amount", "../@created", "../Company",
    ]  # fmt: skip
    got = read_all(source, "items", ["No", "@id", "Name", "Price/Amount", "Price/@currency", "../@created"])
    assert got.rows == [
        ("00123", "1", " Ärmel & Nörd ", "12,50", "EUR", "2024-05-01"),
        ("2", "2", "", None, "SEK", "2024-05-01"),
        ("3", None, "<b>", None, None, "2024-05-01"),
    ]
    assert got.lines == ["Item[1]", "Item[2]", "Item[3]"]
    assert got.places == ["items.xml"]
    assert got.report.complete
    assert got.report.notes == ()


def test_rows_inside_other_rows_know_what_they_stand_in(tmp_path: Path) -> None:
    (tmp_path / "i.xml").write_bytes(
        b"<All><Invoice><No>1</No><Lines><Line><Sum>5</Sum></Line><Line><Sum>6</Sum></Line></Lines></Invoice>"
        b"<Invoice><No>2</No><Lines><Line><Sum>7</Sum></Line></Lines></Invoice><Line><Sum>other</Sum></Line></All>"
    )
    columns = ["../../No", "Sum"]
    source = xml_source(tmp_path, lines={"files": "i.xml", "row": "Lines/Line", "columns": columns})
    assert read_all(source, "lines").rows == [("1", "5"), ("1", "6"), ("2", "7")]


def test_a_leaf_can_be_a_row_and_a_repeated_one_is_joined(tmp_path: Path) -> None:
    (tmp_path / "i.xml").write_bytes(b"<A><I><P>a.jpg</P><P>b.jpg</P></I><I><P>c.jpg</P></I></A>")
    assert read_all(xml_source(tmp_path, p={"files": "i.xml", "row": "P"}), "p").rows == [
        ("a.jpg",), ("b.jpg",), ("c.jpg",),
    ]  # fmt: skip
    got = read_all(xml_source(tmp_path, i={"files": "i.xml", "row": "I"}), "i")
    assert got.rows == [("a.jpg; b.jpg",), ("c.jpg",)]
    assert got.report.notes == ("i.xml: 'P' stands in a row more than once; its texts are joined by '; '",)


def test_a_column_that_comes_late_is_noted(tmp_path: Path) -> None:
    (tmp_path / "i.xml").write_bytes(b"<A>" + b"<I><P>1</P></I>" * 300 + b"<I><P>1</P><Q>2</Q></I></A>")
    got = read_all(xml_source(tmp_path, i={"files": "i.xml", "row": "I"}), "i")
    assert len(got.rows) == 301
    assert got.report.notes == ("i.xml: 'Q' comes in later rows only; name it in `columns` to have it",)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (ITEMS[:-30], "items.xml:9: the file is cut off or no XML: "),
        (b"<Items><Item><No>1</No></Item>", "items.xml:1: the file is cut off or no XML: "),
        (b"<Items><Item><No>1</No></Item><Item></No>", "items.xml:1: the file is cut off or no XML: "),
        (b"", "items.xml:0: the file is cut off or no XML: "),
        (b"No;Name\n", "items.xml:1: the file is cut off or no XML: "),
    ],
)
def test_a_file_cut_off_is_not_complete(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "items.xml").write_bytes(content)
    got = read_all(xml_source(tmp_path, items={"files": "*.xml", "row": "Item", "columns": ["No"]}), "items")
    assert got.rows == [("00123",), ("2",), ("3",)][: len(got.rows)] or got.rows == [("1",)]
    assert got.report.problems[0].startswith(problem)
    assert not got.report.complete


def test_parts_packed_and_empty(tmp_path: Path) -> None:
    (tmp_path / "i-10.xml").write_bytes(b"<A><I><P>10</P></I></A>")
    (tmp_path / "i-2.xml.gz").write_bytes(gzip.compress(b"<A><I><P>2</P></I></A>"))
    (tmp_path / "i-3.xml").write_bytes(b"<A/>")
    got = read_all(xml_source(tmp_path, i={"files": "i-*", "row": "I"}), "i")
    assert got.rows == [("2",), ("10",)]
    assert got.report.complete


def test_a_row_that_no_file_has(tmp_path: Path) -> None:
    (tmp_path / "items.xml").write_bytes(ITEMS)
    with pytest.raises(FixSource, match="no element 'Items/Itme', did you mean 'Item'"):
        read_all(xml_source(tmp_path, items={"files": "*.xml", "row": "Items/Itme"}), "items")


def test_nothing_is_fetched_and_no_bomb_goes_off(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    outside = f'<!DOCTYPE A [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><A><I><P>&x;</P></I></A>'
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE A [<!ENTITY e0 "{"x" * 100}">{entities}]><A><I><P>&e9;</P></I></A>'
    for content in (outside, bomb):
        (tmp_path / "i.xml").write_text(content)
        got = read_all(xml_source(tmp_path, i={"files": "i.xml", "row": "I", "columns": ["P"]}), "i")
        assert "hidden" not in str(got.rows)
        assert not got.report.complete


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 8_192)
    monkeypatch.setattr(xml_source_module, "_BATCH", 100)
    peaks = []
    for count in (500, 10_000):
        (tmp_path / "i.xml").write_bytes(b"<A>" + b"<I><P>some text</P><Q a='1'/></I>" * count + b"</A>")
        options = {"chunk_rows": 100, "datasets": {"i": {"files": "i.xml", "row": "I"}}}
        source = XmlSource.from_options("erp", XmlOptions.model_validate(options), tmp_path)
        tracemalloc.start()
        with source.open() as extract:
            assert sum(len(c.frame) for c in extract.chunks("i")) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 4 * peaks[0]


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "items.xml").write_bytes(ITEMS)
    with xml_source(tmp_path, items={"files": "*.xml", "row": "Item"}).open() as extract:
        list(extract.chunks("items"))
        (tmp_path / "items.xml").write_bytes(ITEMS + b"\n")
        with pytest.raises(TryLater, match=r"items\.xml changed while it was being read"):
            list(extract.chunks("items"))


class TestXmlContract(SourceContract):
    def make(self, folder: Path) -> Source:
        (folder / "items.xml").write_bytes(ITEMS)
        kind: Any = source_class("xml")
        options = {"chunk_rows": 2, "datasets": {"items": {"files": "*.xml", "row": "Item"}}}
        made: Source = kind.from_options("erp", kind.Options.model_validate(options), folder)
        return made
