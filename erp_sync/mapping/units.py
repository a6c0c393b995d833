"""What a mapping says of one entity made of one dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from erp_sync.errors import Place
from erp_sync.mapping.datasets import demand, lookups_of
from erp_sync.mapping.expressions import Node
from erp_sync.mapping.lookups import Lookup, lookups_in
from erp_sync.mapping.shapes import Shape
from erp_sync.model.catalog import Field


class Owner(StrEnum):
    """Who decides what a field holds."""

    ERP = "erp"
    CENTRA = "centra"  # never sent; shown where it differs
    CREATE_ONLY = "create_only"  # sent when the record is created, then left alone


@dataclass(frozen=True, slots=True)
class Vanish:
    """What becomes of a record that the ERP no longer has. Neither keeps nor retires: it is reported."""

    keeps: bool = False
    retire_after: int | None = None  # complete extracts in a row without it


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One field of a unit. ``blank`` is what an empty text means: blank, unset or reject."""

    path: str
    field: Field
    node: Node
    blank: str
    required: bool
    place: Place
    made: bool = False  # by a transform that makes just this kind: not checked again


@dataclass(frozen=True, eq=False)
class Unit:
    """One entity made of one dataset. ``columns`` are those of the dataset that are read."""

    entity: str
    dataset: str
    place: Place
    read_at: Place  # where the dataset is named
    owners: Mapping[str, Owner]
    vanish: Vanish
    key: tuple[tuple[str, Node], ...]  # every part, the root's first
    fields: tuple[FieldPlan, ...]
    shapes: tuple[Shape, ...]

    @property
    def at(self) -> str:
        """``file:line`` in the mapping."""
        return f"{self.place.file}:{self.place.line}"

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (*(node for _, node in self.key), *(f.node for f in self.fields))

    @property
    def columns(self) -> frozenset[str]:
        return demand(self.shapes, frozenset[str]().union(*(n.columns for n in self.nodes)))

    def lookups(self) -> Iterator[Lookup]:
        yield from lookups_of(self.shapes)
        for node in self.nodes:
            yield from lookups_in(node)
