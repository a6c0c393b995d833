"""erp-sync status: what the ledger knows."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.report.document import moment, number
from erp_sync.wiring import Project


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--runs", "limit", type=click.IntRange(1), default=5, show_default=True, help="How many runs to show.")
@project_options
def command(session: Session, as_json: bool, limit: int) -> None:
    """Show the last runs, what Centra has, and what waits."""
    project = session.open()
    found = _status(project, limit)
    if as_json:
        click.echo(json.dumps(found, default=str, ensure_ascii=False))
        return
    click.echo(f"{session.title(project)}, ledger generation {number(found['generation'])}")
    if holder := found["holder"]:
        click.echo(f"held by {holder['host']} (process {holder['pid']}) since {holder['since']}: {holder['purpose']}")
    click.echo("\nRuns" if found["runs"] else "\nNo run yet.")
    for run in found["runs"]:
        counts = ", ".join(f"{number(n)} {word}" for word, n in run["counts"].items() if n) or "nothing sent"
        click.echo(f"  {run['id']:>5}  {run['started_at']}  {run['status']:<8} {counts}")
    if found["records"]:
        click.echo("\nRecords that Centra has")
        for entity, n in found["records"].items():
            click.echo(f"  {number(n):>10}  {entity}")
    if found["quarantine"]:
        click.echo("\nIn quarantine (erp-sync quarantine list)")
        for kind, n in found["quarantine"].items():
            click.echo(f"  {number(n):>10}  {kind}")


def _status(project: Project, limit: int) -> dict[str, Any]:
    reader = project.reader()
    holder = reader.holder()
    return {
        "generation": reader.generation(),
        "holder": holder
        and {"host": holder.host, "pid": holder.pid, "since": moment(holder.taken_at), "purpose": holder.purpose},
        "runs": [
            {"id": r.id, "started_at": moment(r.started_at), "status": r.status, "counts": r.counts, "plan": r.plan}
            for r in reader.runs(limit)
        ],
        "records": {e.name: n for e in project.catalog if (n := reader.population(e.name))},
        "quarantine": dict(Counter(q.kind.value for q in reader.quarantine())),
    }
