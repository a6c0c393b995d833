"""erp-sync ledger restore."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from erp_sync.cli.session import Session, project_options
from erp_sync.ledger import restore


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--trust", is_flag=True, help="Nothing was sent to Centra since the backup was made: believe it as it is."
)
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@project_options
def command(session: Session, file: Path, trust: bool, yes: bool) -> None:
    """Put a backup in the ledger's place.

    A backup knows nothing of what was sent after it was made. So everything in it is in doubt afterwards, and the next
    run sends it all again, which Centra takes as updates; --trust says that nothing was sent since. Plans that were
    made before are refused.
    """
    project = session.open()
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("without a terminal nobody can be asked: add --yes")
        if not click.confirm(f"Put {file} in the place of the ledger of {session.title(project)}?", err=True):
            click.echo("Nothing was changed.", err=True)
            return
    aside = restore(project.settings.ledger_url, file, clock=project.clock, trust=trust)
    click.echo(f"restored {file}" + (f"; the old ledger is {aside}" if aside else ""))
