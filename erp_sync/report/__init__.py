"""Plans and runs for people and for other programs. No decisions."""

from __future__ import annotations

from typing import TextIO

from erp_sync.report import html, jsonlines, markdown
from erp_sync.report.document import Document
from erp_sync.report.text import TextForm

FORMS = ("text", "json", "md", "html")


def write_report(document: Document, form: str, out: TextIO, *, colour: bool = False) -> None:
    """``form`` is one of FORMS; colours are for text on a terminal only."""
    if form == "text":
        TextForm(out, colour=colour).write(document)
    else:
        {"json": jsonlines.write, "md": markdown.write, "html": html.write}[form](document, out)
