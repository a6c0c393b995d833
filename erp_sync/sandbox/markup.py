"""HTML by construction: what is not markup is escaped, always."""

from __future__ import annotations

from html import escape
from typing import Final

VOID: Final = frozenset({"meta", "input", "br"})


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def el(name: str, /, *children: Html | str | int | None, **attributes: str | int) -> Html:
    """An element. A trailing underscore of an attribute's name is dropped (``class_``)."""
    attrs = "".join(f' {key.rstrip("_")}="{escape(str(value))}"' for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{attrs}>")
    return Html(f"<{name}{attrs}>{join(*children)}</{name}>")


def join(*children: Html | str | int | None) -> Html:
    return Html("".join(c if isinstance(c, Html) else escape(str(c)) for c in children if c is not None))


def table(head: list[str], rows: list[list[Html | str | int]], class_: str = "") -> Html:
    header = el("tr", *(el("th", name) for name in head))
    body = (el("tr", *(el("td", cell) for cell in row)) for row in rows)
    return el("div", el("table", el("thead", header), el("tbody", *body), class_=class_), class_="scroll")
