"""erp-sync source describe."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.cli.source.datasets import known
from erp_sync.report.document import number
from erp_sync.report.text import visible


@click.command()
@click.argument("dataset")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@project_options
def command(session: Session, dataset: str, as_json: bool) -> None:
    """Show a dataset's columns and their kinds, in the source's own words."""
    project = session.open()
    info = project.source.describe(known(project, dataset))
    if as_json:
        click.echo(json.dumps(asdict(info), ensure_ascii=False))
        return
    click.echo(f"{visible(info.place)}" + (f", {number(info.rows)} rows" if info.rows is not None else ""))
    width = max((len(c.name) for c in info.columns), default=0)
    for column in info.columns:
        note = "" if column.readable else "  (binary: it cannot be read)"
        click.echo(f"  {visible(column.name):<{width}}  {visible(column.kind)}".rstrip() + note)
