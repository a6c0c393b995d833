"""erp-sync quarantine drop."""

from __future__ import annotations

import click

from erp_sync.cli.quarantine.chosen import filter_options, found, named
from erp_sync.cli.session import Session, project_options


@click.command()
@click.argument("ids", nargs=-1)
@filter_options
@project_options
def command(session: Session, ids: tuple[str, ...], entity: str | None, kind: str | None, key: str | None) -> None:
    """Forget records that wait. What still differs is planned anew, as if it had never been refused.

    Name them by their ids, or by --entity, --kind and --key.
    """
    if not (ids or entity or kind or key):
        raise click.UsageError("name records by their ids, or by --entity, --kind or --key")
    project = session.open()
    chosen = named(project, ids) if ids else [q.id for q in found(project, entity, kind, key)]
    with project.ledger() as ledger:
        count = ledger.drop(chosen)
    click.echo(f"{count} forgotten")
