"""erp-sync sandbox: a local Centra."""

import click

from erp_sync.cli.commands import Commands

TABLE = {"serve": ("erp_sync.cli.sandbox.serve", "Run a local Centra until Ctrl-C.")}


@click.group(cls=Commands, table=TABLE)
def command() -> None:
    """A local Centra to try things on."""
