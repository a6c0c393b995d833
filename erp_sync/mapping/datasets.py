"""Datasets made of others, ready to run: shapes applied chunk by chunk, then perhaps a gathering of all rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from erp_sync.errors import Place
from erp_sync.mapping.column import Problem
from erp_sync.mapping.expressions import Condition, Node
from erp_sync.mapping.gathering import Gathering
from erp_sync.mapping.lookups import Lookup, lookups_in
from erp_sync.mapping.rows import Rows, Run
from erp_sync.mapping.shapes import Join, Shape, Shaped


@dataclass(eq=False)
class DerivedDataset:
    name: str
    sources: tuple[str, ...]
    shapes: tuple[Shape, ...]
    gathering: Gathering | None
    place: Place

    @property
    def joins(self) -> tuple[Join, ...]:
        return tuple(s for s in self.shapes if isinstance(s, Join))

    def lookups(self) -> Iterator[Lookup]:
        return lookups_of(self.shapes)

    def demand(self, wanted: frozenset[str]) -> frozenset[str]:
        """The columns of its sources that are needed for these columns of its own."""
        if self.gathering is not None:
            wanted = self.gathering.demand(wanted)
        return demand(self.shapes, wanted)

    def run(self, chunks: Iterator[Rows], wanted: frozenset[str], run: Run) -> Iterator[Shaped]:
        """Its rows from its sources' rows."""
        shaped = (shape_all(self.shapes, rows) for rows in chunks)
        if self.gathering is None:
            yield from shaped
            return
        pieces = []
        for each in shaped:
            yield Shaped(each.rows.nothing(), each.refused)
            pieces.append(each.rows)
        yield from self.gathering.gather(pieces, wanted, run, self.name)


def demand(shapes: tuple[Shape, ...], wanted: frozenset[str]) -> frozenset[str]:
    for shape in reversed(shapes):
        wanted = shape.demand(wanted)
    return wanted


def shape_all(shapes: tuple[Shape, ...], rows: Rows) -> Shaped:
    refused: list[tuple[Rows, tuple[Problem, ...]]] = []
    for shape in shapes:
        shaped = shape.apply(rows)
        rows = shaped.rows
        refused += shaped.refused
    return Shaped(rows, tuple(refused))


def lookups_of(shapes: tuple[Shape, ...]) -> Iterator[Lookup]:
    for shape in shapes:
        nodes: tuple[Node, ...] = shape.nodes
        if isinstance(shape, Join) and shape.only is not None:
            only: Condition = shape.only
            nodes = (*nodes, only)
        for node in nodes:
            yield from lookups_in(node)
