"""A document as people read it: indented, without prefixes. What is sent has no white space between its elements."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PIECE = re.compile(r"<(?P<end>/)?(?:[\w.-]+:)?(?P<name>[\w.-]+)(?P<empty>/)?>(?P<text>[^<]*)")


def indented(document: bytes) -> str:
    """One line for each element that holds no other; the encoder writes no attributes."""
    return "".join(f"{line}\n" for line in _lines(document.decode()))


def _lines(document: str) -> Iterator[str]:
    depth, opened = 0, ""  # opened: an element of which it is not known yet whether it holds others
    for piece in _PIECE.finditer(document):
        name, text = piece["name"], piece["text"]
        if piece["end"] and opened:
            yield f"{opened}</{name}>"
            opened = ""
        elif piece["end"]:
            depth -= 1
            yield f"{'  ' * depth}</{name}>"
        else:
            if opened:
                yield opened
                depth += 1
                opened = ""
            if piece["empty"]:
                yield f"{'  ' * depth}<{name}/>"
            else:
                opened = f"{'  ' * depth}<{name}>{text}"
