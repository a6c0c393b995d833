"""A plan as Markdown, for a merge request or a ticket."""

from __future__ import annotations

import re
from typing import TextIO

from erp_sync.report.entries import Entry
from erp_sync.report.plans import SENT, WAITING, PlanReport, number
from erp_sync.report.text import shown, visible

_SPECIAL = re.compile(r"(?=[\\`*_\[\]<>|~&])|^(?=[#+-])|(?<=^\d)(?=[.)])")


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\", visible(text))


def code(text: str) -> str:
    """Text in a code span, in a fence longer than any run of backticks in it, fit for a table's cell."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    inner = f" {text} " if text.startswith("`") or text.endswith("`") else text
    return f"{fence}{inner}{fence}".replace("|", r"\|")


def write_plan(report: PlanReport, out: TextIO) -> None:
    """Counts as a table, then one list item per change with its fields as a table below it."""

    def line(text: str = "") -> None:
        out.write(f"{text}\n")

    line(f"# Plan for {escaped(report.project)}")
    line()
    line(f"**{escaped(report.conclusion())}**")
    line()
    for name, value in report.header:
        line(f"- {name}: {code(visible(value))}")
    columns, rows = report.table()
    if rows:
        line()
        line("| | " + " | ".join(columns) + " |")
        line("|---|" + "---:|" * len(columns))
        for entity, figures in rows:
            line(f"| {escaped(entity)} | " + " | ".join(number(n) if n else "·" for n in figures) + " |")
    for title, words, entries in (("Changes", SENT, report.entries()), ("Not sent", WAITING, report.waiting())):
        if not report.total(*words):
            continue
        line()
        line(f"## {title}")
        for entry in entries:
            for text in _entry(entry):
                line(text)
        if more := report.left_out(*words):
            line()
            line(f"… and {more}")
    rejected, more_rows = report.rejected()
    if rejected:
        line()
        line("## Rejected rows")
        line()
        for row in rejected:
            what = f"{escaped(row.what)}: " if row.what else ""
            line(f"- {what}{escaped(row.reason)} ({code(visible(row.where))})")
        if more_rows:
            line(f"- … and {number(more_rows)} more")
    if breaches := report.breaches():
        line()
        line("## Guards")
        line()
        for verdict in breaches:
            line(f"- **{escaped(verdict.message)}**" + (", overridden" if verdict.overridden else ""))
            for example in verdict.examples:
                line(f"  - {escaped(example)}")
            if not verdict.overridden:
                line(f"  - {escaped(verdict.advice)}; or, having looked at it: {code(report.how_to_override(verdict))}")
    if notes := report.source_notes():
        line()
        line("## Notes")
        line()
        for note in notes:
            line(f"- {escaped(note)}")


def _entry(entry: Entry) -> list[str]:
    head = f"**{escaped(entry.word)} {escaped(entry.entity)}** {code(visible(entry.key))}"
    lines = ["", head + (f" from {code(visible(entry.where))}" if entry.where else "")]
    if entry.reason:
        lines += ["", escaped(entry.reason)]
    if entry.fields:
        lines += ["", "| field | old | new |", "|---|---|---|"]
        for f in entry.fields:
            doubt = " (in doubt)" if f.doubtful else ""
            lines.append(f"| {escaped(f.path)} | {code(shown(f.old))} | {code(shown(f.new))}{doubt} |")
    return lines
