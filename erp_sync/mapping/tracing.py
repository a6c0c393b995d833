"""From a value back to the columns of the source that its text comes from, through derived datasets and lookups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from erp_sync.mapping.engine import MappingSet
from erp_sync.mapping.expressions import Node
from erp_sync.mapping.gathering import Gathering, Group
from erp_sync.mapping.lookups import lookups_in
from erp_sync.mapping.shapes import Columns, Explode, Join, Shape, Unpivot
from erp_sync.mapping.units import Unit

Column = tuple[str, str]  # dataset, name


def personal_columns(mappings: MappingSet) -> frozenset[Column]:
    """Columns of the source that personal fields are made of. Those that make a key are shown: without ids no report
    is of any use."""
    personal: set[Column] = set()
    keys: set[Column] = set()
    for unit in mappings.units:
        personal |= _traced(mappings, unit, (f.node for f in unit.fields if f.field.personal))
        keys |= _traced(mappings, unit, (node for _, node in unit.key))
    return frozenset(personal - keys)


def _traced(mappings: MappingSet, unit: Unit, nodes: Iterable[Node]) -> set[Column]:
    found: set[Column] = set()
    seen: set[Column] = set()
    waiting = [c for name, there in _named(unit.dataset, nodes) for c in _before(name, there, unit.shapes)]
    while waiting:
        column = waiting.pop()
        if column in seen:
            continue
        seen.add(column)
        dataset, name = column
        made = mappings.derived.get(dataset)
        if made is None:
            found.add(column)
            continue
        for within in _gathered(name, made.gathering):
            for source in made.sources:
                waiting += _before(source, within, made.shapes)
    return found


def _named(dataset: str, nodes: Iterable[Node]) -> Iterator[Column]:
    """The columns that are named in expressions over rows of a dataset, and those that their lookups take."""
    for node in nodes:
        yield from ((dataset, name) for name in node.columns)
        for lookup in lookups_in(node):
            yield from ((lookup.dataset, name) for name in lookup.take.columns)


def _before(dataset: str, name: str, shapes: tuple[Shape, ...]) -> Iterator[Column]:
    """What a column is made of before the shapes of its rows; a column of another dataset stays what it is."""
    for at in reversed(range(len(shapes))):
        shape = shapes[at]
        if name not in shape.makes:
            continue
        match shape:
            case Join(dataset=other, taken=taken):
                yield other, taken[name]
                return
            case Columns(new=new):
                for of, behind in _named(dataset, [new[name]]):
                    yield from _before(of, behind, shapes[:at]) if of == dataset else [(of, behind)]
                return
            case Unpivot(columns=columns, value=value):
                behind_all = list(columns) if name == value else []
            case Explode(column=column):
                behind_all = [column]
            case _:
                behind_all = [name]
        for behind in behind_all:
            yield from _before(dataset, behind, shapes[:at])
        return
    yield dataset, name


def _gathered(name: str, gathering: Gathering | None) -> list[str]:
    if isinstance(gathering, Group) and name in gathering.take:
        return [gathering.take[name][1]]
    return [name]
