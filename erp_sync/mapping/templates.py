"""Texts with columns in them: ``{Street}[ {House No_}]``. A part in brackets vanishes when a column in it is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from erp_sync.mapping.conditions import Name, NotUnderstood

_PIECE = re.compile(r"\{\{|\}\}|\[\[|\]\]|\{[^{}]*\}|[^{}\[\]]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Optional:
    pieces: tuple[str | Name, ...]


Piece = str | Name | Optional


def parse_template(text: str) -> tuple[Piece, ...]:
    """Raises NotUnderstood. ``{{ }} [[ ]]`` stand for the single signs."""
    pieces: list[Piece] = []
    inner: list[str | Name] | None = None
    opened = 0
    for found in _PIECE.finditer(text):
        piece, at = found[0], found.start()
        target: list[Piece] | list[str | Name] = pieces if inner is None else inner
        if piece in ("{{", "}}", "[[", "]]"):
            target.append(piece[0])
        elif piece[0] == "{" and len(piece) > 1:
            if not piece[1:-1].strip():
                raise NotUnderstood("a column without a name", at)
            target.append(Name(piece[1:-1], at))
        elif piece == "[" and inner is None:
            inner, opened = [], at
        elif piece == "]" and inner is not None:
            pieces.append(Optional(tuple(inner)))
            if not any(isinstance(p, Name) for p in inner):
                raise NotUnderstood("a part in brackets with no column in it", opened, "write [[ and ]] for brackets")
            inner = None
        elif piece in "{}[]":
            raise NotUnderstood(f"{piece} without its other half", at, f"write {piece}{piece} for the sign itself")
        else:
            target.append(piece)
    if inner is not None:
        raise NotUnderstood("[ without its other half", opened, "write [[ for the sign itself")
    return tuple(pieces)


def names(pieces: tuple[Piece, ...]) -> Iterator[Name]:
    for piece in pieces:
        if isinstance(piece, Optional):
            yield from names(piece.pieces)
        elif isinstance(piece, Name):
            yield piece
