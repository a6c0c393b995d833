"""A plan as JSON Lines for other programs: one value per line, everything, nothing left out by a limit."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, TextIO

from erp_sync.report.entries import Entry
from erp_sync.report.plans import PlanReport


def write_plan(report: PlanReport, out: TextIO) -> None:
    """Lines of kind plan, step, waiting, rejection, guard, dataset and summary; docs/cli.md names their keys."""
    manifest = report.plan.manifest
    _line(
        out,
        "plan",
        digest=manifest.digest,
        project=report.project,
        endpoint=manifest.binding.endpoint,
        created_at=manifest.created_at.isoformat(),
        expires_at=manifest.expires_at.isoformat(),
    )
    for step in report.entries():
        _line(out, "step", id=step.id, **_entry(step))
    for waiting in report.waiting():
        _line(out, "waiting", **_entry(waiting))
    for rejected in report.rejected()[0]:
        _line(out, "rejection", **asdict(rejected))
    for verdict in manifest.verdicts:
        _line(out, "guard", **asdict(verdict))
    for dataset in manifest.datasets:
        _line(out, "dataset", **asdict(dataset))
    _line(out, "summary", counts=manifest.counts, refused=manifest.refused, notes=manifest.notes)


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "action": entry.word,
        "entity": entry.entity,
        "key": entry.key.split(" / "),
        "fields": [asdict(f) for f in entry.fields],
        "reason": entry.reason,
        "origin": str(entry.origin) if entry.origin else None,
        "mapping_at": entry.mapping_at,
    }


def _line(out: TextIO, kind: str, **values: object) -> None:
    out.write(json.dumps({"kind": kind, **values}, ensure_ascii=False) + "\n")
