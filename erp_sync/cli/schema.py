"""erp-sync schema: for editors."""

from __future__ import annotations

import click

from erp_sync.cli import schemas


@click.command()
def command() -> None:
    """Print the JSON Schema of the project file, the options of all installed adapters included.

    An editor with a YAML language server completes and explains the keys by it; see docs/project-file.md.
    """
    click.echo(schemas.of_project(), nl=False)
