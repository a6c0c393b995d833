"""A report for the terminal. Whatever the ERP's data holds, it cannot move the cursor or colour the screen."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TextIO

import click

from erp_sync.model.value import UNSET, FieldValue
from erp_sync.report.document import Breach, Document, number
from erp_sync.report.entries import Entry
from erp_sync.report.masking import MASK

LONGEST = 100
_COLOURS = {"+": "green", "~": "yellow", "-": "red", "!": "magenta"}


def visible(text: str) -> str:
    """Control characters and those that turn the direction of writing as escapes."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or unicodedata.category(c) == "Zs" else c.encode("unicode_escape").decode() for c in text
    )


def shown(value: FieldValue, longest: int = LONGEST) -> str:
    """The value in quotes, so that blanks show and empty is something; long ones with their length."""
    if value is UNSET:
        return "(not set)"
    if value == MASK:
        return MASK
    text = value if len(value) <= longest else f"{value[:longest]}…"
    more = f" ({number(len(value))} characters)" if len(value) > longest else ""
    return f'"{visible(text)}"{more}'


def table(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]]) -> list[str]:
    """Figures under their words, zeros as dots, so that what changes stands out."""
    names = max((len(name) for name, _ in rows), default=0)
    cells = [[number(n) if n else "·" for n in figures] for _, figures in rows]
    widths = [max(len(c), *(len(row[i]) for row in cells)) for i, c in enumerate(columns)] if rows else []
    head = " " * names + "".join(f"  {c:>{w}}" for c, w in zip(columns, widths, strict=True))
    lines = [
        f"{name:<{names}}" + "".join(f"  {c:>{w}}" for c, w in zip(row, widths, strict=True))
        for (name, _), row in zip(rows, cells, strict=True)
    ]
    return [head, *lines]


class TextForm:
    """Writes one document to ``out``, entry by entry."""

    def __init__(self, out: TextIO, *, colour: bool = False) -> None:
        self._out, self._colour = out, colour

    def write(self, document: Document) -> None:
        self._line(self._paint(visible(document.title), bold=True))
        width = max((len(name) for name, _ in document.header), default=0)
        for name, value in document.header:
            self._line(f"  {name:<{width}}  {visible(value)}")
        columns, rows = document.table()
        if rows:
            self._line()
            for line in table(columns, rows):
                self._line(f"  {line}")
        for section in document.sections():
            self._title(section.title)
            for entry in section.entries:
                self._entry(entry)
            if more := section.left_out():
                self._line(f"  … and {visible(more)}; --all shows them")
        self._guards(document.guards())
        if notes := document.notes():
            self._title("Notes")
            for note in notes:
                self._line(f"  {visible(note)}")
        self._line()
        self._line(self._paint(document.conclusion, bold=True))
        if document.next_step:
            self._line(document.next_step)

    def _entry(self, entry: Entry) -> None:
        word = "" if entry.word in ("create", "update") else f" {entry.word}"
        head = " ".join(filter(None, (f"  {entry.sign}", entry.entity, visible(entry.key), word)))
        where = f"  {self._paint(visible(entry.where), dim=True)}" if entry.where else ""
        self._line(self._paint(head, fg=_COLOURS[entry.sign]) + where)
        if entry.reason:
            self._line(f"      {visible(entry.reason)}")
        width = max((len(f.path) for f in entry.fields), default=0)
        for field in entry.fields:
            change = shown(field.new) if entry.sign == "+" else f"{shown(field.old)} -> {shown(field.new)}"
            doubt = "  (in doubt: Centra may have it already)" if field.doubtful else ""
            self._line(f"      {field.path:<{width}}  {change}{doubt}")

    def _guards(self, breaches: Sequence[Breach]) -> None:
        if breaches:
            self._title("Guards")
        for breach in breaches:
            self._line(self._paint(visible(f"  ! {breach.message}"), fg="yellow" if breach.settled else "red"))
            for line in (*breach.examples, *breach.advice):
                self._line(f"      {visible(line)}")

    def _title(self, title: str) -> None:
        self._line()
        self._line(self._paint(title, bold=True))

    def _paint(self, text: str, *, fg: str | None = None, bold: bool | None = None, dim: bool | None = None) -> str:
        return click.style(text, fg=fg, bold=bold, dim=dim) if self._colour else text

    def _line(self, text: str = "") -> None:
        self._out.write(f"{text.rstrip()}\n")
