"""How rows and values of the ERP are shown, and which of them are personal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from erp_sync.errors import FixSettings
from erp_sync.mapping import Owner, Unit
from erp_sync.mapping.complaints import suggest
from erp_sync.model.key import Key
from erp_sync.model.value import FieldValue
from erp_sync.report.masking import MASK
from erp_sync.report.text import shown, visible
from erp_sync.wiring import Project

F = TypeVar("F", bound=Callable[..., Any])


def personal_option(command: F) -> F:
    return click.option("--show-personal", is_flag=True, help="Show personal data instead of •••.")(command)


def parsed_key(text: str) -> Key:
    """A key as people type it: "P1" or "P1 / V1"."""
    return tuple(part.strip() for part in text.split(" / "))


def units_of(project: Project, entity: str) -> list[Unit]:
    """Raises FixSettings for an entity that no mapping makes."""
    units = [u for u in project.mappings.units if u.entity == entity]
    if not units:
        known = dict.fromkeys(u.entity for u in project.mappings.units)
        raise FixSettings(f"no mapping makes {entity}", advice=suggest(entity, known, "this project maps"))
    return units


@dataclass(frozen=True)
class Personal:
    """What is personal follows from the fields: so are the columns that they are made of, unless they make a key."""

    unit: Unit
    show: bool

    @property
    def columns(self) -> frozenset[str]:
        made = frozenset[str]().union(*(p.node.columns for p in self.unit.fields if p.field.personal))
        return made.difference(*(node.columns for _, node in self.unit.key))

    def cell(self, column: str, text: FieldValue) -> FieldValue:
        return MASK if text and not self.show and column in self.columns else text

    def field(self, path: str, text: FieldValue) -> FieldValue:
        hidden = any(p.path == path and p.field.personal for p in self.unit.fields)
        return MASK if text and not self.show and hidden else text

    def row(self, row: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        """The cells that this unit reads, in the order of the file."""
        return {c: self.cell(c, text) for c, text in row.items() if c in self.unit.columns}


def owners(unit: Unit) -> dict[str, str]:
    """What to say behind fields that are not sent whenever they change."""
    said = {Owner.CENTRA: "never sent (owner: centra)", Owner.CREATE_ONLY: "sent at creation (owner: create_only)"}
    return {path: said[owner] for path, owner in unit.owners.items() if owner in said}


def cells(values: Mapping[str, FieldValue], indent: int = 6, remarks: Mapping[str, str] | None = None) -> Iterator[str]:
    """One line for each that is set."""
    there = {name: text for name, text in values.items() if text is not None}
    width = max((len(name) for name in there), default=0)
    for name, text in there.items():
        remark = (remarks or {}).get(name, "")
        yield f"{'':{indent}}{visible(name):<{width}}  {shown(text)}" + (f"  {remark}" if remark else "")
