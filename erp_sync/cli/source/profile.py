"""erp-sync source profile."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.cli.source.datasets import rows_of
from erp_sync.report.document import number
from erp_sync.report.text import shown, visible
from erp_sync.sources.profile import ColumnProfile, Profile, profile


@click.command()
@click.argument("dataset")
@click.option(
    "--rows", type=click.IntRange(1), default=100_000, show_default=True, help="Look at the first so many rows."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@project_options
def command(session: Session, dataset: str, rows: int, as_json: bool) -> None:
    """Show how a dataset's columns are filled, and what they seem to be.

    Nulls, blanks, distinct and frequent values, range; suspected keys, decimal commas, dates, codes with leading zeros.
    """
    project = session.open()
    with project.source.open() as extract:
        found = profile(rows_of(project, extract, dataset), rows)
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
        return
    click.echo(f"{number(found.rows)} rows" + ("" if found.all_rows else " looked at; there are more, see --rows"))
    keys = " or ".join(" + ".join(visible(part) for part in key) for key in found.keys)
    click.echo(f"key: {keys}" if keys else "key: no column, and no two columns, tell all rows apart")
    for column in found.columns:
        _show(column, found)


def _show(column: ColumnProfile, of: Profile) -> None:
    filled = of.rows - column.nulls - column.blanks
    missing = [f"{number(n)} {word}" for n, word in ((column.nulls, "NULL"), (column.blanks, "blank")) if n]
    parts = [f"{number(filled)} filled", *missing, f"{number(column.distinct)} distinct"]
    click.echo(f"\n{visible(column.name)}: {', '.join(parts)}")
    if column.distinct:
        click.echo(f"  from {shown(column.least, 40)} to {shown(column.greatest, 40)}")
        frequent = ", ".join(f"{shown(value, 40)} {number(n)} times" for value, n in column.frequent if n > 1)
        if frequent:
            click.echo(f"  {frequent}")
    for suspicion in column.suspected:
        click.echo(f"  {suspicion}")
