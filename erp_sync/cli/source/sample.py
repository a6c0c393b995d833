"""erp-sync source sample."""

from __future__ import annotations

import json

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.cli.source.datasets import rows_of
from erp_sync.report.text import shown, visible


@click.command()
@click.argument("dataset")
@click.option("--rows", type=click.IntRange(1), default=3, show_default=True, help="How many rows.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per row; null is the ERP's NULL.")
@project_options
def command(session: Session, dataset: str, rows: int, as_json: bool) -> None:
    """Show the first rows of a dataset, cell by cell, with their places."""
    project = session.open()
    left = rows
    with project.source.open() as extract:
        for chunk in rows_of(project, extract, dataset):
            some = chunk.frame.iloc[:left]
            width = max((len(c) for c in some.columns), default=0)
            for position in range(len(some)):
                values = {c: v if isinstance(v, str) else None for c, v in some.iloc[position].items()}
                origin = str(chunk.origin(position))
                if as_json:
                    click.echo(json.dumps({"origin": origin, "row": values}, ensure_ascii=False))
                    continue
                click.echo(visible(origin))
                for column, value in values.items():
                    click.echo(f"  {visible(str(column)):<{width}}  {'NULL' if value is None else shown(value)}")
            left -= len(some)
            if left <= 0:
                break
