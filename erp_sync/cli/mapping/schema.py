"""erp-sync mapping schema: for editors."""

from __future__ import annotations

import click

from erp_sync.cli import schemas


@click.command()
@click.option("--tests", is_flag=True, help="Of files of tests, NAME.test.yaml.")
def command(tests: bool) -> None:
    """Print the JSON Schema of mapping files, or of the tests beside them.

    An editor with a YAML language server completes and explains every key by it, once a file's first line names it:

    \b
      # yaml-language-server: $schema=mapping.schema.json
    """
    click.echo(schemas.of_mapping_tests() if tests else schemas.of_mapping(), nl=False)
