"""Who reads which column of which dataset, and where in the mapping that stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from erp_sync.errors import Place
from erp_sync.mapping.datasets import DerivedDataset, lookups_of
from erp_sync.mapping.expressions import FromColumn, Node
from erp_sync.mapping.gathering import Group
from erp_sync.mapping.lookups import Lookup, lookups_in
from erp_sync.mapping.shapes import Join, Shape
from erp_sync.mapping.units import Unit

Derived = Mapping[str, DerivedDataset]


@dataclass(frozen=True, slots=True)
class Reading:
    """A column that is read of a dataset."""

    dataset: str
    column: str
    place: Place


def readings(units: Iterable[Unit], derived: Derived) -> Iterator[Reading]:
    """Every column that is named anywhere, at the dataset whose rows it is named of."""
    for unit in units:
        yield from _of_rows(unit.dataset, unit.nodes, unit.shapes)
    for made in derived.values():
        for source in made.sources:
            yield from _of_rows(source, (), made.shapes)
            if made.gathering is not None:
                own = _made_by(made.shapes)
                for column in sorted(made.gathering.demand(frozenset()) - own):
                    yield Reading(source, column, made.gathering.place)


def _of_rows(dataset: str, nodes: Iterable[Node], shapes: tuple[Shape, ...]) -> Iterator[Reading]:
    made: set[str] = set()  # columns that the shapes so far have made: they are not of the dataset
    for shape in shapes:
        yield from _of_nodes(dataset, shape.nodes, made)
        named = shape.demand(frozenset()).difference(*(n.columns for n in shape.nodes))
        yield from (Reading(dataset, column, shape.place) for column in sorted(named - made))
        if isinstance(shape, Join):
            yield from (Reading(shape.dataset, column, shape.place) for column in sorted(shape.there))
        made |= _made_by((shape,))
    yield from _of_nodes(dataset, nodes, made)


def _of_nodes(dataset: str, nodes: Iterable[Node], made: set[str]) -> Iterator[Reading]:
    for node in nodes:
        for inner in node.walk():
            if isinstance(inner, FromColumn) and inner.name not in made:
                yield Reading(dataset, inner.name, inner.place)
        for lookup in lookups_in(node):
            yield from (Reading(lookup.dataset, column, lookup.place) for column, _ in lookup.on)
            for there in lookup.there:
                for inner in there.walk():
                    if isinstance(inner, FromColumn):
                        yield Reading(lookup.dataset, inner.name, inner.place)


def _made_by(shapes: Iterable[Shape]) -> set[str]:
    return {name for shape in shapes for name in shape.makes}


def places_of_column(units: Iterable[Unit], derived: Derived, dataset: str, column: str) -> list[Place]:
    """Every place that reads this column of this dataset, directly or through datasets that pass it on."""
    everything = list(readings(units, derived))
    waiting, seen, places = [dataset], set[str](), list[Place]()
    while waiting:
        now = waiting.pop()
        if now in seen:
            continue
        seen.add(now)
        places += [r.place for r in everything if r.dataset == now and r.column == column]
        for name, made in derived.items():
            if now in made.sources and not isinstance(made.gathering, Group) and column not in _made_by(made.shapes):
                waiting.append(name)
    return sorted(set(places), key=lambda p: (p.file, p.line, p.column))


def columns_made_of(units: Iterable[Unit], derived: Derived, dataset: str) -> set[str]:
    """Columns that the mapping itself adds to this dataset's rows."""
    of_units = {name for u in units if u.dataset == dataset for name in _made_by(u.shapes)}
    return of_units | {name for made in derived.values() if dataset in made.sources for name in _made_by(made.shapes)}


def places_of_dataset(units: Iterable[Unit], derived: Derived, dataset: str) -> list[Place]:
    """Every place that names this dataset."""
    places = [u.read_at for u in units if u.dataset == dataset]
    lookups: list[Lookup] = [k for u in units for k in u.lookups()]
    for made in derived.values():
        places += [made.place] if dataset in made.sources else []
        places += [j.place for j in made.joins if j.dataset == dataset]
        lookups += lookups_of(made.shapes)
    places += [k.place for k in lookups if k.dataset == dataset]
    return sorted(set(places), key=lambda p: (p.file, p.line, p.column))


def known_columns(name: str, derived: Derived) -> frozenset[str] | None:
    """The columns of a derived dataset; None where they depend on a source's."""
    made = derived.get(name)
    if made is None:
        return None
    if isinstance(made.gathering, Group):
        return frozenset(made.gathering.by) | made.gathering.take.keys()
    columns = frozenset(_made_by(made.shapes))
    for source in made.sources:
        of_source = known_columns(source, derived)
        if of_source is None:
            return None
        columns |= of_source
    return columns
