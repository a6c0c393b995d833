"""erp-sync ledger export."""

from __future__ import annotations

import json

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.ledger import export
from erp_sync.report.masking import Mask


@click.command()
@click.option("--entity", metavar="NAME", help="Only records of this entity.")
@click.option("--show-personal", is_flag=True, help="Show personal data instead of •••.")
@project_options
def command(session: Session, entity: str | None, show_personal: bool) -> None:
    """Write what Centra acknowledged to stdout, one JSON object per record."""
    project = session.open()
    mask = Mask(project.catalog, show_personal)
    for record in export(project.settings.ledger_url, lambda e, path, value: mask.value(e, path, value) or "", entity):
        click.echo(json.dumps(record, ensure_ascii=False))
