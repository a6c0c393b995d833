"""erp-sync source list."""

from __future__ import annotations

import json

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.report.document import number
from erp_sync.report.text import visible


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@project_options
def command(session: Session, as_json: bool) -> None:
    """List the datasets of all sources: where they are, how many columns and, where that is known at once, rows."""
    project = session.open()
    for name in project.source.datasets():
        info = project.source.describe(name)
        if as_json:
            click.echo(
                json.dumps({"dataset": name, "place": info.place, "columns": len(info.columns), "rows": info.rows})
            )
            continue
        rows = f", {number(info.rows)} rows" if info.rows is not None else ""
        click.echo(f"{visible(name)}  {visible(info.place)}  {len(info.columns)} columns{rows}")
