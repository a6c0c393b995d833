"""Objects and events as XML, in the structure of their update operation (soap.md, "The event queue")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from erp_sync.sandbox.operations import STORED, UPDATES
from erp_sync.sandbox.shapes import Leaf, Many, Node, Record, Remove
from erp_sync.sandbox.state import Event
from erp_sync.sandbox.tables import SIZE_FIELDS, SIZETABLE_FIELDS

UNDOCUMENTED: Final[Mapping[str, Node]] = {"bundleinfo": {"isbundle": Leaf(), "partof": {"product": {"id": Leaf()}}}}
"""What an order in an event may hold more than the reference lists."""

ITEMS: Final = {update.event: update.item for update in UPDATES.values() if update.event}


def render_event(event: Event, record: Record | None, *, novelty: bool) -> str:
    """``record`` is the object as it is now, or as it was when it was deleted."""
    data = "" if record is None else _object(event, record, novelty)
    new = "<ns1:origin>admin</ns1:origin>" if novelty else ""
    return (
        f"<ns1:event><ns1:id>{event.id}</ns1:id><ns1:type>{event.type}</ns1:type>"
        f"<ns1:entry>{escape(event.entry)}</ns1:entry><ns1:mission>{event.mission}</ns1:mission>"
        f"<ns1:date>{event.date}</ns1:date>{new}<ns1:data>{data}</ns1:data></ns1:event>"
    )


def _object(event: Event, record: Record, novelty: bool) -> str:
    if event.entity == "sizetable":
        return _size(event.entry, record)
    item = ITEMS[event.type]
    new = "<ns1:revision>2</ns1:revision>" if novelty else ""
    return f"<ns1:{item}>{render(STORED[event.entity], record)}{new}</ns1:{item}>"


def _size(entry: str, table: Record) -> str:
    """Turned inside out, as in the request: the sizetable stands in the size."""
    size = table["sizes"].get(entry)
    if size is None:
        return ""
    outer = f"<ns1:sizetable>{render(SIZETABLE_FIELDS, table)}</ns1:sizetable>"
    return f"<ns1:size>{render(SIZE_FIELDS, size)}{outer}</ns1:size>"


def render(fields: Mapping[str, Node], record: Record) -> str:
    """Only what is set; in the order in which the reference prints it."""
    parts: list[str] = []
    for name, node in fields.items():
        value = record.get(name)
        if value is None or isinstance(node, Remove) or (isinstance(node, Leaf) and node.secret):
            continue
        if isinstance(node, Leaf):
            parts.append(f"<ns1:{name}>{escape(value)}</ns1:{name}>" if value else f"<ns1:{name}/>")
        elif isinstance(node, Many):
            parts.extend(f"<ns1:{name}>{render(node.fields, item)}</ns1:{name}>" for item in value.values())
        elif wrapped := wrapped_record(node):
            item_name, many = wrapped
            items = "".join(
                f"<ns1:{item_name}>{render(many.fields, item)}</ns1:{item_name}>" for item in value.values()
            )
            parts.append(f"<ns1:{name}>{items}</ns1:{name}>" if items else f"<ns1:{name}/>")
        else:
            inner = render(node, value)
            parts.append(f"<ns1:{name}>{inner}</ns1:{name}>" if inner else f"<ns1:{name}/>")
    if not UNDOCUMENTED.keys().isdisjoint(record) and UNDOCUMENTED.keys().isdisjoint(fields):
        parts.append(render(UNDOCUMENTED, record))
    return "".join(parts)


def wrapped_record(node: Mapping[str, Node]) -> tuple[str, Many] | None:
    """The one kind of record in a wrapper that is not stored twice; None for any other group."""
    if len(node) == 1:
        (name, inner), *_ = node.items()
        if isinstance(inner, Many):
            return name, inner
    return None
