"""erp-sync quarantine export."""

from __future__ import annotations

import csv
import sys

import click

from erp_sync.cli.quarantine.chosen import filter_options, found
from erp_sync.cli.session import Session, project_options
from erp_sync.model.key import show_key
from erp_sync.report.entries import of_quarantined
from erp_sync.report.masking import Mask

COLUMNS = ("id", "kind", "entity", "key", "row", "mapping", "first", "last", "attempts", "request", "reason")


@click.command()
@click.option("--delimiter", default=",", show_default=True, help="What stands between cells; ; for many spreadsheets.")
@click.option("--show-personal", is_flag=True, help="Show personal data instead of •••.")
@filter_options
@project_options
def command(
    session: Session, entity: str | None, kind: str | None, key: str | None, delimiter: str, show_personal: bool
) -> None:
    """Write what waits as CSV to stdout, the reason in the last column."""
    if len(delimiter) != 1:
        raise click.BadParameter("one character", param_hint="--delimiter")
    project = session.open()
    mask = Mask(project.catalog, show_personal)
    writer = csv.writer(sys.stdout, delimiter=delimiter, lineterminator="\n")
    writer.writerow(COLUMNS)
    for q in found(project, entity, kind, key):
        writer.writerow(
            _harmless(cell)
            for cell in (
                q.id, q.kind.value, q.entity, show_key(q.key), str(q.origin or ""), q.mapping_at,
                q.first_at.isoformat(), q.last_at.isoformat(), str(q.attempts), q.request_id,
                of_quarantined(q, mask).reason,
            )
        )  # fmt: skip


def _harmless(cell: str) -> str:
    """A spreadsheet would take these for formulas."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
