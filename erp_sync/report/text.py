"""A plan for the terminal. Whatever the ERP's data holds, it cannot move the cursor or colour the screen."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TextIO

import click

from erp_sync.model.value import UNSET, FieldValue
from erp_sync.report.entries import Entry, Rejected
from erp_sync.report.masking import MASK
from erp_sync.report.plans import SENT, WAITING, PlanReport, number

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


class PlanText:
    """Writes one plan to ``out``, entry by entry."""

    def __init__(self, report: PlanReport, out: TextIO, *, colour: bool = False) -> None:
        self._report, self._out, self._colour = report, out, colour

    def write(self) -> None:
        report = self._report
        for name, value in report.header:
            self._line(f"{name:<8}{visible(value)}")
        columns, rows = report.table()
        if rows:
            self._line()
            for line in table(columns, rows):
                self._line(line)
        if report.total(*SENT):
            self._title("Changes")
            for entry in report.entries():
                self._entry(entry)
            self._left_out(*SENT)
        if report.total(*WAITING):
            self._title("Not sent")
            for entry in report.waiting():
                self._entry(entry)
            self._left_out(*WAITING)
        self._rejections()
        self._guards()
        if notes := report.source_notes():
            self._title("Notes")
            for note in notes:
                self._line(f"  {visible(note)}")
        self._line()
        self._line(self._paint(report.conclusion(), bold=True))
        if report.next_step:
            self._line(report.next_step)

    def _entry(self, entry: Entry) -> None:
        head = f"  {entry.sign} {entry.entity} {visible(entry.key)}"
        if entry.word not in ("create", "update"):
            head += f"  {entry.word}"
        self._line(
            self._paint(head, fg=_COLOURS[entry.sign]) + (f"  {self._faint(entry.where)}" if entry.where else "")
        )
        if entry.reason:
            self._line(f"      {visible(entry.reason)}")
        width = max((len(f.path) for f in entry.fields), default=0)
        for field in entry.fields:
            change = shown(field.new) if entry.sign == "+" else f"{shown(field.old)} -> {shown(field.new)}"
            doubt = "  (in doubt: the last send got no reply)" if field.doubtful else ""
            self._line(f"      {field.path:<{width}}  {change}{doubt}")

    def _rejections(self) -> None:
        rejected, more = self._report.rejected()
        if rejected:
            self._title("Rejected rows")
        for row in rejected:
            self._rejected(row)
        if more:
            self._line(f"  … and {number(more)} more; --all shows them")

    def _rejected(self, rejected: Rejected) -> None:
        what = f"{visible(rejected.what)}: " if rejected.what else ""
        value = f" ({shown(rejected.value)})" if rejected.value and rejected.value not in rejected.reason else ""
        self._line(f"  ! {what}{visible(rejected.reason)}{value}  {self._faint(rejected.where)}")

    def _guards(self) -> None:
        breaches = self._report.breaches()
        if not breaches:
            return
        self._title("Guards")
        for verdict in breaches:
            head = f"  ! {verdict.message}" + (", overridden" if verdict.overridden else "")
            self._line(self._paint(visible(head), fg="yellow" if verdict.overridden else "red"))
            for example in verdict.examples:
                self._line(f"      {visible(example)}")
            if verdict.advice and not verdict.overridden:
                self._line(f"      {verdict.advice}")
                self._line(f"      or, having looked at it: {self._report.how_to_override(verdict)}")

    def _left_out(self, *words: str) -> None:
        if more := self._report.left_out(*words):
            self._line(f"  … and {more}; --all shows them")

    def _title(self, title: str) -> None:
        self._line()
        self._line(self._paint(title, bold=True))

    def _faint(self, text: str) -> str:
        return self._paint(visible(text), dim=True)

    def _paint(self, text: str, *, fg: str | None = None, bold: bool | None = None, dim: bool | None = None) -> str:
        return click.style(text, fg=fg, bold=bold, dim=dim) if self._colour else text

    def _line(self, text: str = "") -> None:
        self._out.write(f"{text.rstrip()}\n")
