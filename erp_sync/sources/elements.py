"""Elements of an XML file as rows of text, one at a time; what was read is let go of at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from erp_sync.errors import FixSource
from erp_sync.mapping.complaints import nearest
from erp_sync.sources.files import Part, Watch, blocks
from erp_sync.sources.reading import Reading

Cells = dict[str, str | None]  # path below the row -> text
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_JOINED = "; "


def rows(part: Part, row: str, watch: Watch, reading: Reading) -> Iterator[Cells]:
    """Every element at ``row``. What stands above it, in attributes and in elements before it, is `../No`, `../../@id`.

    Nothing is fetched from elsewhere, and entities are those that the file itself defines, within libxml2's limits.
    A file that ends or breaks early is a problem of the reading, after the rows before it.
    """
    internal: Any = "internal"  # lxml's stubs know true and false only
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=internal, no_network=True, load_dtd=False, dtd_validation=False
    )
    wanted = row.split("/")
    path: list[str] = []
    above: list[Cells] = []
    seen: set[str] = set()
    inside, found = 0, False
    element: Any
    try:
        for block in blocks(part, watch, reading):
            parser.feed(block)
            for event, element in parser.read_events():
                if event == "start":
                    path.append(_name(element))
                    starts = path[-len(wanted) :] == wanted
                    inside += starts
                    if not inside:
                        seen.add(path[-1])
                        above.append(_attributes(element))
                    continue
                if path[-len(wanted) :] == wanted:
                    inside -= 1
                    found = True
                    cells = _cells(element, part, reading)
                    for up, level in enumerate(reversed(above), 1):
                        cells |= {"../" * up + name: text for name, text in level.items()}
                    yield cells
                elif not inside:
                    above.pop()
                    if above and len(element) == 0:
                        above[-1][path[-1]] = _text(element)
                path.pop()
                if not inside:
                    element.clear(keep_tail=True)
                    while element.getprevious() is not None:
                        del element.getparent()[0]
        parser.close()
    except etree.XMLSyntaxError as e:
        reading.problem(f"{part.place}:{e.lineno or 0}: the file is cut off or no XML: {e.msg}")
        return
    meant = nearest(wanted[-1], seen)
    if not found and meant:
        raise FixSource(f"{part.place} has no element {row!r}, did you mean {meant!r}?", advice="Correct `row`.")


def _name(element: Any) -> str:
    return str(etree.QName(element).localname)


def _attributes(element: Any) -> Cells:
    return {"@" + etree.QName(name).localname: str(text) for name, text in element.attrib.items() if name != _NIL}


def _text(element: Any) -> str | None:
    return None if element.get(_NIL) in ("true", "1") else "".join(element.itertext())


def _cells(row: Any, part: Part, reading: Reading) -> Cells:
    """Leaves and attributes of the row, by their paths; the row's own text is `.`, where it has no elements."""
    cells: Cells = {}

    def gather(element: Any, at: str) -> None:
        for name, text in _attributes(element).items():
            put(at + "/" + name if at else name, text)
        below = [child for child in element if isinstance(child.tag, str)]
        for child in below:
            gather(child, f"{at}/{_name(child)}" if at else _name(child))
        if not below:
            put(at or ".", _text(element))

    def put(path: str, text: str | None) -> None:
        if path in cells:
            reading.note(f"{part.place}: {path!r} stands in a row more than once; its texts are joined by {_JOINED!r}")
            text = _JOINED.join(t for t in (cells[path], text) if t is not None)
        cells[path] = text

    gather(row, "")
    return cells
