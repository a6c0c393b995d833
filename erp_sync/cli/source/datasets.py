"""The dataset that a command is about."""

from __future__ import annotations

from erp_sync.errors import FixSettings
from erp_sync.mapping.complaints import suggest
from erp_sync.wiring import Project


def known(project: Project, dataset: str) -> str:
    """Raises FixSettings for a dataset that the project's sources do not have."""
    there = project.source.datasets()
    if dataset not in there:
        raise FixSettings(f'there is no dataset "{dataset}"', advice=suggest(dataset, there, "datasets"))
    return dataset
