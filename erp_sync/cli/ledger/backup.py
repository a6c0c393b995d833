"""erp-sync ledger backup."""

from __future__ import annotations

from pathlib import Path

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.ledger import backup


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@project_options
def command(session: Session, file: Path) -> None:
    """Copy the ledger, whatever database it is in, into one FILE; also while a run goes on.

    It holds personal data, and can be read by its owner only. A file that is there already is not overwritten.
    """
    backup(session.open().settings.ledger_url, file)
    click.echo(f"wrote {file}")
