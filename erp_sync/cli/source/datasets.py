"""The dataset that a command is about."""

from __future__ import annotations

from collections.abc import Iterator

import click

from erp_sync.errors import FixSettings
from erp_sync.mapping.complaints import suggest
from erp_sync.ports import Chunk, Extract
from erp_sync.report.text import visible
from erp_sync.wiring import Project


def known(project: Project, dataset: str) -> str:
    """Raises FixSettings for a dataset that the project's sources do not have."""
    there = project.source.datasets()
    if dataset not in there:
        raise FixSettings(f'there is no dataset "{dataset}"', advice=suggest(dataset, there, "datasets"))
    return dataset


def rows_of(project: Project, extract: Extract, dataset: str) -> Iterator[Chunk]:
    """A dataset's rows without the columns that cannot be read, which are told on stderr."""
    info = project.source.describe(known(project, dataset))
    left_out = [c.name for c in info.columns if not c.readable]
    if left_out:
        click.echo(f"left out, since it is binary: {', '.join(map(visible, left_out))}", err=True)
    return extract.chunks(dataset, info.readable if left_out else None)
