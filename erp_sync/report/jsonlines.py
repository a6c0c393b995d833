"""A report as JSON Lines for other programs: one value per line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TextIO

from erp_sync.report.document import Document
from erp_sync.report.entries import Entry


def write(document: Document, out: TextIO) -> None:
    """Each line has a ``kind``. The first line tells of the plan or run as a whole; then come its entries."""
    for kind, values in document.plain():
        _line(out, kind, values)
    for section in document.sections():
        for entry in section.entries:
            _line(out, section.kind, _entry(entry))


def _entry(entry: Entry) -> Mapping[str, Any]:
    return {
        "id": entry.id,
        "action": entry.word,
        "entity": entry.entity,
        "key": entry.key.split(" / ") if entry.key else [],
        "fields": [asdict(f) for f in entry.fields],
        "reason": entry.reason,
        "origin": str(entry.origin) if entry.origin else None,
        "mapping_at": entry.mapping_at,
    }


def _line(out: TextIO, kind: str, values: Mapping[str, Any]) -> None:
    out.write(json.dumps({"kind": kind, **values}, ensure_ascii=False) + "\n")
