"""From a folder of YAML to a MappingSet, checked against the catalog. Every problem of every file is said at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from erp_sync.errors import FixMapping, Place
from erp_sync.mapping.compiling import Report, Scope, Spot, expression, merge, merged_expression
from erp_sync.mapping.complaints import nearest, suggest
from erp_sync.mapping.datasets import DerivedDataset
from erp_sync.mapping.deriving import derive_all, only, rowwise
from erp_sync.mapping.engine import MappingSet
from erp_sync.mapping.expressions import Chain, Constant, FirstOf, Node, Values, When
from erp_sync.mapping.files import Group, Loaded, add_code, load_files
from erp_sync.mapping.kinds import check_kind
from erp_sync.mapping.language import Body, FieldExpression, Retire
from erp_sync.mapping.lookups import Lookup
from erp_sync.mapping.readers import known_columns, readings
from erp_sync.mapping.shapes import Shape
from erp_sync.mapping.transforms.coded import country, currency
from erp_sync.mapping.transforms.registry import Options
from erp_sync.mapping.units import FieldPlan, Owner, Unit, Vanish
from erp_sync.model.catalog import Catalog, Entity, Field, FieldKind, Leaving

_MADE = {FieldKind.DECIMAL, FieldKind.INTEGER, FieldKind.DATE, FieldKind.COUNTRY, FieldKind.CURRENCY}
_FITS = {  # what a transform makes -> the kinds of field that it can go into
    FieldKind.DECIMAL: {FieldKind.DECIMAL, FieldKind.INTEGER, FieldKind.TEXT, FieldKind.REFERENCE},
    FieldKind.INTEGER: {FieldKind.DECIMAL, FieldKind.INTEGER, FieldKind.TEXT, FieldKind.REFERENCE, FieldKind.BOOLEAN},
    FieldKind.DATE: {FieldKind.DATE, FieldKind.TEXT},
    FieldKind.BOOLEAN: {FieldKind.BOOLEAN, FieldKind.STATUS, FieldKind.TEXT},
    FieldKind.COUNTRY: {FieldKind.COUNTRY, FieldKind.TEXT},
    FieldKind.CURRENCY: {FieldKind.CURRENCY, FieldKind.TEXT},
}


def load_mappings(folder: Path, catalog: Catalog, parameters: Mapping[str, str]) -> MappingSet:
    """Read and check a folder of mappings. Raises FixMapping with all problems."""
    report = Report()
    files, digest = load_files(folder, parameters, report)
    derived = derive_all(files, report)
    units = [unit for file in files if file.main for unit in _units(file, catalog, report)]
    _check_vanish(units, report)
    _check_columns(units, derived, report)
    if report.problems:
        problems = {str(p): p for p in report.problems}  # a fragment that is used twice is wrong once
        raise FixMapping(problems=sorted(problems.values(), key=_by_place))
    order = {entity.name: number for number, entity in enumerate(catalog)}
    units.sort(key=lambda unit: order[unit.entity])
    return MappingSet(tuple(units), derived, add_code(digest, report), tuple(f.spot.file.name for f in files))


def _by_place(problem: FixMapping) -> tuple[str, int, int]:
    place = problem.place or Place("")
    return place.file, place.line, place.column


@dataclass(frozen=True, slots=True)
class _Above:
    """The record that a part stands below."""

    entity: Entity
    dataset: str
    key: Mapping[str, Node]
    shapes: tuple[Shape, ...]
    scope: Scope


@dataclass(frozen=True, slots=True)
class _Building:
    catalog: Catalog
    groups: Mapping[str, Group]
    report: Report


def _units(file: Loaded, catalog: Catalog, report: Report) -> Iterator[Unit]:
    model = file.model
    if model.entity is not None:
        yield from _unit(model, model.entity, file.spot, file.scope, None, _Building(catalog, file.groups, report))
        return
    misplaced = sorted({"from", "key", "fields", "parts", "where"} & set(_written(model)))
    if misplaced:
        report.add(file.spot.down(misplaced[0]).place(key=True), f'"{misplaced[0]}" stands without an entity',
                   "say which with entity")  # fmt: skip


def _written(model: Body) -> Iterator[str]:
    for name in model.model_fields_set:
        yield type(model).model_fields[name].alias or name


def _unit(body: Body, name: str, spot: Spot, scope: Scope, above: _Above | None, building: _Building) -> Iterator[Unit]:
    catalog, report = building.catalog, building.report
    if name not in catalog:
        known = [e.name for e in catalog]
        report.add(spot.down("entity").place(), f'no entity "{name}"', suggest(name, known, "entities"))
        return
    entity = catalog[name]
    if above is not None and above.entity not in catalog.lineage(name):
        below = [e.name for e in catalog if above.entity in catalog.lineage(e.name) and e is not above.entity]
        report.add(spot.down("entity").place(), f"{name} is no part of {above.entity.name}",
                   suggest(name, below, f"parts of {above.entity.name}"))  # fmt: skip
        return
    dataset = body.source or (above.dataset if above is not None else "")
    if not dataset:
        report.add(spot.place(), '"from" is missing', "name the dataset that the records are made of")
        return
    if body.source is None and above is not None:
        scope = replace(scope, named=above.scope.named)
    scope = scope.with_names(body.named, spot.down("with"))
    shapes = (*(above.shapes if above is not None and body.source is None else ()), *_shapes(body, spot, scope))
    inherited = above.key if above is not None and above.dataset == dataset else {}
    key = _key(body, entity, spot, scope, inherited, catalog)
    fields = tuple(_fields(body, entity, spot, scope, building))
    yield Unit(
        entity=name,
        dataset=dataset,
        place=spot.down("entity").place(key=True),
        read_at=spot.down("from").place() if body.source else spot.down("entity").place(key=True),
        owners={plan.path: owner for plan, owner in fields},
        vanish=_vanish(body, entity, spot, report),
        key=tuple(key.items()),
        fields=tuple(plan for plan, _ in fields),
        shapes=shapes,
    )
    here = _Above(entity, dataset, key, shapes, scope)
    bare = replace(scope, named={})
    for number, part in enumerate(body.parts):
        yield from _unit(part, part.entity, spot.down("parts", number), bare, here, building)


def _shapes(body: Body, spot: Spot, scope: Scope) -> Iterator[Shape]:
    yield from rowwise(body, spot)
    if body.where is not None:
        yield from only(body.where, spot.down("where"), scope)


def _key(
    body: Body, entity: Entity, spot: Spot, scope: Scope, inherited: Mapping[str, Node], catalog: Catalog
) -> dict[str, Node]:
    wanted = [part.name for part in catalog.keys(entity.name)]
    here = spot.down("key")
    for name in body.key:
        if name not in wanted:
            scope.report.add(here.down(name).place(key=True), f'no key part "{name}" in {entity.name}',
                             suggest(name, wanted, "key parts"))  # fmt: skip
    key = {name: expression(body.key[name], here.down(name), replace(scope, in_key=True))
           for name in wanted if name in body.key}  # fmt: skip
    missing = [name for name in wanted if name not in key and name not in inherited]
    if missing:
        place = here.place(key=True) if body.key else spot.down("entity").place(key=True)
        scope.report.add(place, f"the identity of {entity.name} lacks {', '.join(missing)}",
                         f"give an expression for each under key: {', '.join(wanted)}")  # fmt: skip
    return {name: key.get(name) or inherited[name] for name in wanted if name in key or name in inherited}


def _fields(
    body: Body, entity: Entity, spot: Spot, scope: Scope, building: _Building
) -> Iterator[tuple[FieldPlan, Owner]]:
    listed: dict[str, tuple[FieldExpression, Spot]] = {}
    for prefix, name in body.groups.items():
        group = building.groups.get(name)
        if group is None:
            scope.report.add(spot.down("groups", prefix).place(), f'no group "{name}" in field_groups',
                             suggest(name, building.groups, "groups"))  # fmt: skip
            continue
        for path, model in group.fields.items():
            listed[f"{prefix}.{path}" if prefix else path] = (model, group.spot.down(path))
    listed |= {path: (model, spot.down("fields", path)) for path, model in body.fields.items()}
    for path, (model, here) in listed.items():
        found = entity.by_path.get(path)
        if found is None or found.kind is FieldKind.SECRET:
            what = "is a secret, and never mapped" if found is not None else f"is no field of {entity.name}"
            advice = "" if found is not None else _about_field(path, entity, building.catalog)
            scope.report.add(here.place(key=True), f'"{path}" {what}', advice)
            continue
        yield _field(path, found, model, here, scope, Owner(body.owner))


def _about_field(path: str, entity: Entity, catalog: Catalog) -> str:
    """What was probably meant: the key, a field by its name or meaning, a field of a relative; or all there are."""
    own = [part.name for part in entity.own_keys if path in (part.path, part.name)]
    if own:
        return f"it is the record's identity: set it under key as {own[0]}"
    known = [f.path for f in entity.fields if f.kind is not FieldKind.SECRET]
    if not nearest(path, known):
        if meaning := next((f for f in entity.fields if f.doc and path.casefold() in re.findall(r"\w+", f.doc)), None):
            return f'did you mean "{meaning.path}" ({meaning.doc})?'
        family = [e for e in catalog if entity in catalog.lineage(e.name) or e in catalog.lineage(entity.name)]
        if relative := next((e.name for e in family if path in e.by_path), None):
            return f"it is a field of {relative}"
        if tail := nearest(path, [f.rpartition(".")[2] for f in known]):
            return f'did you mean "{next(f for f in known if f.rpartition(".")[2] == tail)}"?'
        groups = [path.partition(".")[0] for path in known]
        known = list(dict.fromkeys(f"{g}.*" if groups.count(g) > 4 else p for g, p in zip(groups, known, strict=True)))
    return suggest(path, known, "fields", most=40)


def _field(
    path: str, found: Field, model: FieldExpression, spot: Spot, scope: Scope, owner: Owner
) -> tuple[FieldPlan, Owner]:
    merged = merge(model, spot, scope)
    node = merged_expression(merged, scope)
    _check_kind(node, path, found, scope.report)
    whole = merged.model
    assert isinstance(whole, FieldExpression)
    blank = whole.blank or ("blank" if found.kind is FieldKind.TEXT else "unset")
    made = (
        found.kind in _MADE and isinstance(node, Chain) and bool(node.steps) and node.steps[-1][1].makes is found.kind
    )
    plan = FieldPlan(path, found, node, blank, bool(whole.required), spot.place(key=True), made)
    return plan, Owner(whole.owner) if whole.owner is not None else owner


def _code(text: str, kind: FieldKind) -> str:
    """The ISO code of a country or currency that is written out; the empty text where there is none."""
    read = {FieldKind.COUNTRY: country, FieldKind.CURRENCY: currency}.get(kind)
    found = read(pa.array([text]), Options()) if read is not None else None
    return str(found.values[0]) if found is not None and (found.bad is None or not found.bad[0].as_py()) else ""


def _check_kind(node: Node, path: str, found: Field, report: Report) -> None:
    """Constants and the ends of chains must be of the field's kind."""
    for text, place in _constants(node):
        if text and found.kind is not FieldKind.TEXT:
            checked = check_kind(pa.array([text]), found)
            if checked.bad is not None and checked.bad[0].as_py():
                reason = checked.reason if isinstance(checked.reason, str) else "is not right"
                meant = _code(text, found.kind) or nearest(text, found.words)
                advice = f'did you mean "{meant}"?' if meant else ""
                report.add(place, f'{path}: "{text}" {reason.partition(":")[0]}', advice)
    for end in _ends(node):
        if isinstance(end, Chain) and end.steps:
            place, transform, _ = end.steps[-1]
            fits = _FITS.get(transform.makes)
            if fits is not None and found.kind not in fits:
                report.add(
                    place, f"{path} is of the kind {found.kind.value}; {transform.name} makes {transform.makes.value}"
                )


def _ends(node: Node) -> Iterator[Node]:
    """The nodes that a field's texts come out of."""
    match node:
        case FirstOf(choices=choices):
            for choice in choices:
                yield from _ends(choice)
        case When(branches=branches):
            for _, then in branches:
                yield from _ends(then)
        case _:
            yield node


def _constants(node: Node) -> Iterator[tuple[str, Place]]:
    for end in _ends(node):
        match end:
            case Constant(text=text, place=place):
                yield text, place
            case Values(table=table, instead=instead, place=place, places=places):
                yield from ((made, places[text]) for text, made in table.items() if made)
                if instead:
                    yield instead, place
            case Lookup(instead=str(instead), place=place):
                yield instead, place


def _vanish(body: Body, entity: Entity, spot: Spot, report: Report) -> Vanish:
    if isinstance(body.vanish, Retire):
        if entity.leaving is Leaving.NEVER:
            report.add(spot.down("vanish").place(), f"{entity.name} has no way to leave Centra",
                       "choose keep or report")  # fmt: skip
        return Vanish(retire_after=body.vanish.retire_after)
    return Vanish(keeps=body.vanish == "keep")


def _check_vanish(units: Iterable[Unit], report: Report) -> None:
    first: dict[str, Unit] = {}
    for unit in units:
        other = first.setdefault(unit.entity, unit)
        if other.vanish != unit.vanish:
            report.add(unit.place, f"{unit.entity} is mapped twice, with different policies for vanished records",
                       f"say the same as in {other.at}")  # fmt: skip


def _check_columns(units: list[Unit], derived: Mapping[str, DerivedDataset], report: Report) -> None:
    """Columns of datasets that are made of groups are known without the source."""
    for reading in readings(units, derived):
        known = known_columns(reading.dataset, derived)
        if known is not None and reading.column not in known:
            report.add(reading.place, f'no column "{reading.column}" in {reading.dataset}',
                       suggest(reading.column, sorted(known), "columns there"))  # fmt: skip
