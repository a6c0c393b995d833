"""erp-sync mapping: everything about mappings that is typed at the shell."""

import click

from erp_sync.cli.commands import Commands

_HERE = "erp_sync.cli.mapping"
TABLE = {
    "check": (f"{_HERE}.check", "Check the mapping, and against the ERP's data."),
    "schema": (f"{_HERE}.schema", "Print the JSON Schema of mappings."),
    "scaffold": (f"{_HERE}.scaffold", "Propose a mapping from the ERP's columns and values."),
    "test": (f"{_HERE}.test", "Run the tests beside the mapping."),
    "preview": (f"{_HERE}.preview", "Show rows of the ERP and the records made of them."),
    "coverage": (
        f"{_HERE}.coverage",
        "Show which fields are mapped, which columns are unused, and how they are filled.",
    ),
    "impact": (f"{_HERE}.impact", "Show what an edit of the mapping does to the shop."),
    "explain": (f"{_HERE}.explain", "Explain one record: from its row to the XML, and why it is sent or not."),
}


@click.group(cls=Commands, table=TABLE)
def command() -> None:
    """Write, check, try and test the mapping of the ERP's rows to Centra's records."""
