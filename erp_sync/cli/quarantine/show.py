"""erp-sync quarantine show."""

from __future__ import annotations

import click

from erp_sync.cli.quarantine.chosen import named
from erp_sync.cli.session import Session, project_options
from erp_sync.model.key import show_key
from erp_sync.report.document import moment
from erp_sync.report.entries import of_quarantined
from erp_sync.report.masking import Mask
from erp_sync.report.text import visible


@click.command()
@click.argument("id")
@click.option("--show-personal", is_flag=True, help="Show personal data instead of •••.")
@project_options
def command(session: Session, id: str, show_personal: bool) -> None:
    """Show all that is known of one record that waits; erp-sync quarantine list tells the ids."""
    project = session.open()
    named(project, [id])
    q = project.reader().quarantine_entry(id)
    assert q is not None
    lines = {
        "record": f"{q.entity} {show_key(q.key)}".strip(),
        "why": of_quarantined(q, Mask(project.catalog, show_personal)).reason,
        "kind": q.kind.value,
        "row": str(q.origin or ""),
        "mapping": q.mapping_at,
        "first": f"{moment(q.first_at)}",
        "last": f"{moment(q.last_at)}, run {q.run}",
        "attempts": str(q.attempts),
        "request": q.request_id,
        "next": "the next plan sends it again"
        if q.again
        else "sent again when its row, its mapping or its parent changes",
    }
    for name, value in lines.items():
        if value:
            click.echo(f"{name:<9} {visible(value)}")
