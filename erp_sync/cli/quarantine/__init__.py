"""erp-sync quarantine: records that could not go out."""

import click

from erp_sync.cli.commands import Commands

_HERE = "erp_sync.cli.quarantine"
TABLE = {
    "list": (f"{_HERE}.list", "Show what waits, and why."),
    "show": (f"{_HERE}.show", "Show all that is known of one record that waits."),
    "retry": (f"{_HERE}.retry", "Let the next plan send records again."),
    "drop": (f"{_HERE}.drop", "Forget records that wait."),
    "export": (f"{_HERE}.export", "Write what waits as CSV."),
}


@click.group(cls=Commands, table=TABLE)
def command() -> None:
    """Records that could not go out: refused by Centra, unusable rows, and those that wait for another record."""
