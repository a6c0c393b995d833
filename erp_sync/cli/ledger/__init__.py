"""erp-sync ledger: what Centra acknowledged, looked after."""

import click

from erp_sync.cli.commands import Commands

_HERE = "erp_sync.cli.ledger"
TABLE = {
    "check": (f"{_HERE}.check", "Look whether the ledger is sound."),
    "backup": (f"{_HERE}.backup", "Copy the ledger into one file."),
    "restore": (f"{_HERE}.restore", "Put a backup in the ledger's place."),
    "export": (f"{_HERE}.export", "Write what Centra acknowledged as JSON Lines."),
}


@click.group(cls=Commands, table=TABLE)
def command() -> None:
    """Look after the ledger: the record of what Centra acknowledged."""
