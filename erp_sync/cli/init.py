"""erp-sync init: a project to start from."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from erp_sync.cli import schemas
from erp_sync.errors import FixSettings


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def command(folder: Path) -> None:
    """Write a project to start from.

    A commented project file, a mapping of products with its tests, a few rows of an ERP's export to try it on, and the
    schemas by which an editor explains the files. Nothing that is there already is overwritten.
    """
    starter = {folder / name: text for name, text in _texts(files("erp_sync.cli") / "starter")}
    starter[folder / "schema" / "erp-sync.schema.json"] = schemas.of_project()
    starter[folder / "schema" / "mapping.schema.json"] = schemas.of_mapping()
    starter[folder / "schema" / "test.schema.json"] = schemas.of_mapping_tests()
    there = [str(path) for path in starter if path.exists()]
    if there:
        raise FixSettings(f"there is already {', '.join(there)}", advice="name another folder: erp-sync init FOLDER")
    for path, text in starter.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        click.echo(f"wrote {path}")
    click.echo("\nNext, in two terminals:\n  erp-sync sandbox serve\n  erp-sync check && erp-sync plan")


def _texts(folder: Traversable, below: str = "") -> list[tuple[str, str]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            found += _texts(entry, f"{below}{entry.name}/")
        else:
            found.append((below + entry.name, entry.read_text("utf-8")))
    return found
