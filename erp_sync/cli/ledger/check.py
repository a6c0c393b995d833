"""erp-sync ledger check."""

from __future__ import annotations

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.errors import RepairLedger
from erp_sync.ledger import check
from erp_sync.report.document import moment, number
from erp_sync.report.text import visible


@click.command()
@project_options
def command(session: Session) -> None:
    """Look whether the ledger is sound, and what is in it. Changes nothing."""
    found = check(session.open().settings.ledger_url)
    size = f", {number(found.size)} bytes" if found.size is not None else ""
    click.echo(f"ledger {found.id}, version {found.version}, generation {number(found.generation)}{size}")
    for entity, count in found.entities.items():
        rest = "".join(f", {number(n)} {w}" for n, w in ((count.retired, "retired"), (count.doubtful, "in doubt")) if n)
        click.echo(f"  {number(count.records):>10}  {entity}{rest}")
    click.echo(f"{number(found.runs)} runs, {number(found.waiting)} records in quarantine")
    if found.holder:
        click.echo(f"held by {found.holder.host} (process {found.holder.pid}) since {moment(found.holder.taken_at)}")
    if found.open_batches:
        whose = "of the run under way" if found.holder else "of a run that died: the next run takes them for in doubt"
        click.echo(f"{number(found.open_batches)} sends that nobody settled yet, {whose}")
    if found.problems:
        raise RepairLedger("\n".join(["the ledger is damaged", *(f"  {visible(p)}" for p in found.problems)]),
                           advice="restore a backup: erp-sync ledger restore FILE")  # fmt: skip
    click.echo("sound")
