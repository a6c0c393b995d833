"""From the models of `datasets` to datasets that run, and what units share with them: shapes of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from erp_sync.mapping.compiling import Report, Scope, Spot, condition, expression
from erp_sync.mapping.datasets import DerivedDataset, lookups_of
from erp_sync.mapping.files import Loaded
from erp_sync.mapping.gathering import Gathering, Pick, Sort
from erp_sync.mapping.gathering import Group as Grouping
from erp_sync.mapping.language import Body, Derived
from erp_sync.mapping.shapes import Columns, Explode, Join, Only, Shape, Unpivot


def rowwise(model: Body | Derived, spot: Spot) -> Iterator[Shape]:
    if model.unpivot is not None:
        u = model.unpivot
        yield Unpivot(u.columns, u.name, u.value, u.empty == "keep", spot.down("unpivot").place())
    if model.explode is not None:
        e = model.explode
        yield Explode(e.column, e.by, e.name, spot.down("explode").place())


def only(text: str, spot: Spot, scope: Scope) -> Iterator[Shape]:
    holds = condition(text, spot, scope)
    if holds is not None:
        yield Only(holds, spot.place())


def derive_all(files: list[Loaded], report: Report) -> dict[str, DerivedDataset]:
    made: dict[str, DerivedDataset] = {}
    for file in files:
        for name, model in file.model.datasets.items():
            spot = file.spot.down("datasets", name)
            if name in made:
                report.add(
                    spot.place(key=True), f'the dataset "{name}" is also made in {made[name].place}', "rename one"
                )
                continue
            made[name] = _derive(name, model, spot, file.scope)
    for name in made:
        _refuse_circle(name, made, report)
    return made


def _derive(name: str, model: Derived, spot: Spot, scope: Scope) -> DerivedDataset:
    shapes: list[Shape] = []
    for number, join in enumerate(model.join or []):
        here = spot.down("join", number)
        on = tuple((column, expression(e, here.down("on", column), scope)) for column, e in join.on.items())
        matching = condition(join.where, here.down("where"), scope) if join.where is not None else None
        shapes.append(Join(join.dataset, on, join.take, matching, join.none, join.several, here.place()))
    if model.columns:
        for column, e in model.columns.items():  # one after the other: a column may use those above it
            here = spot.down("columns", column)
            shapes.append(Columns({column: expression(e, here, scope)}, here.place(key=True)))
    if model.where is not None:
        shapes += only(model.where, spot.down("where"), scope)
    shapes += rowwise(model, spot)
    sources = (model.source,) if isinstance(model.source, str) else tuple(model.source)
    return DerivedDataset(name, sources, tuple(shapes), _gathering(model, spot, scope), spot.place(key=True))


def _gathering(model: Derived, spot: Spot, scope: Scope) -> Gathering | None:
    given = [key for key in ("group", "first", "last", "sort") if getattr(model, key) is not None]
    if len(given) > 1:
        scope.report.add(spot.down(given[1]).place(key=True), f"{' and '.join(given)} in one dataset",
                         "make a second dataset from this one")  # fmt: skip
    if model.group is not None:
        take = {}
        for new, aggregate in model.group.take.items():
            (function,) = aggregate.model_fields_set
            take[new] = (function, str(getattr(aggregate, function)))
        return Grouping(tuple(model.group.by), take, spot.down("group").place())
    if model.sort is not None:
        return Sort(tuple(model.sort), spot.down("sort").place())
    pick = model.first or model.last
    if pick is None:
        return None
    numeric, last = pick.compare == "number", model.last is not None
    return Pick(tuple(pick.by), pick.order, numeric, last, spot.down("last" if last else "first").place())


def _refuse_circle(name: str, made: Mapping[str, DerivedDataset], report: Report) -> None:
    waiting, seen = [name], set[str]()
    while waiting:
        now = made.get(waiting.pop())
        if now is None:
            continue
        needs = {*now.sources, *(j.dataset for j in now.joins), *(k.dataset for k in lookups_of(now.shapes))}
        if name in needs:
            report.add(
                made[name].place, f'the dataset "{name}" is made of itself', "give one of the datasets another name"
            )
            return
        waiting += needs - seen
        seen |= needs
