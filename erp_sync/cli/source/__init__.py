"""erp-sync source: a look at the ERP's data."""

import click

from erp_sync.cli.commands import Commands

_HERE = "erp_sync.cli.source"
TABLE = {
    "list": (f"{_HERE}.list", "List the datasets."),
    "describe": (f"{_HERE}.describe", "Show a dataset's columns."),
    "sample": (f"{_HERE}.sample", "Show some of a dataset's rows."),
    "profile": (f"{_HERE}.profile", "Show how a dataset's columns are filled, and what they seem to be."),
}


@click.group(cls=Commands, table=TABLE)
def command() -> None:
    """A look at the ERP's data, as the source gives it. What it holds is shown as it is, personal data included."""
