"""A report as Markdown, for a merge request or a ticket."""

from __future__ import annotations

import re
from typing import TextIO

from erp_sync.report.document import Document, number
from erp_sync.report.entries import Entry
from erp_sync.report.text import shown, visible

_SPECIAL = re.compile(r"(?=[\\`*_\[\]<>|~&])|^(?=[#+-])|(?<=^\d)(?=[.)])")


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\", visible(text))


def code(text: str) -> str:
    """Text in a code span, in a fence longer than any run of backticks in it, fit for a table's cell."""
    text = visible(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    inner = f" {text} " if text.startswith("`") or text.endswith("`") else text
    return f"{fence}{inner}{fence}".replace("|", r"\|")


def write(document: Document, out: TextIO) -> None:
    """Counts as a table, then each change with its fields as a table below it."""

    def line(text: str = "") -> None:
        out.write(f"{text}\n")

    line(f"# {escaped(document.title)}")
    line()
    line(f"**{escaped(document.conclusion)}**")
    line()
    for name, value in document.header:
        line(f"- {name}: {code(value)}")
    columns, rows = document.table()
    if rows:
        line()
        line("| | " + " | ".join(columns) + " |")
        line("|---|" + "---:|" * len(columns))
        for entity, figures in rows:
            line(f"| {escaped(entity)} | " + " | ".join(number(n) if n else "·" for n in figures) + " |")
    if breaches := document.guards():
        line()
        line("## Guards")
        line()
        for breach in breaches:
            line(f"- **{escaped(breach.message)}**")
            for example in (*breach.examples, *breach.advice):
                line(f"  - {escaped(example)}")
    for section in document.sections():
        line()
        line(f"## {section.title}")
        for entry in section.entries:
            for text in _entry(entry):
                line(text)
        if more := section.left_out():
            line()
            line(f"… and {more}")
    if notes := document.notes():
        line()
        line("## Notes")
        line()
        for note in notes:
            line(f"- {escaped(note)}")


def _entry(entry: Entry) -> list[str]:
    head = " ".join(filter(None, (f"**{escaped(entry.word)} {escaped(entry.entity)}".strip() + "**", *_key(entry))))
    lines = ["", head]
    if entry.reason:
        lines += ["", escaped(entry.reason)]
    if entry.fields:
        lines += ["", "| field | old | new |", "|---|---|---|"]
        for f in entry.fields:
            doubt = " (in doubt)" if f.doubtful else ""
            lines.append(f"| {escaped(f.path)} | {code(shown(f.old))} | {code(shown(f.new))}{doubt} |")
    return lines


def _key(entry: Entry) -> list[str]:
    key = [code(entry.key)] if entry.key else []
    return [*key, f"from {code(entry.where)}"] if entry.where else key
