"""From the models of a file to nodes that run: every problem is noted with its place, none stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from erp_sync.errors import FixMapping, Place
from erp_sync.mapping import conditions, templates
from erp_sync.mapping.column import Checked
from erp_sync.mapping.complaints import suggest
from erp_sync.mapping.conditions import Name, NotUnderstood
from erp_sync.mapping.expressions import (
    Calculation,
    Chain,
    Condition,
    Constant,
    FirstOf,
    FromColumn,
    Named,
    Node,
    Template,
    Values,
    When,
)
from erp_sync.mapping.language import Branch, Expression, FieldExpression, Fixed
from erp_sync.mapping.language import Lookup as LookupModel
from erp_sync.mapping.lookups import Lookup
from erp_sync.mapping.reading import YamlFile
from erp_sync.mapping.transforms import TRANSFORMS, OneStep, custom
from erp_sync.mapping.transforms.custom import Custom
from erp_sync.mapping.transforms.registry import Transform

_BEGINNINGS = ("source", "value", "template", "calculate", "lookup", "first_of", "when")
_WRITTEN = {"source": "from", "named": "with"}


@dataclass(frozen=True, slots=True)
class Spot:
    """Somewhere in a file of the mapping."""

    file: YamlFile
    path: tuple[str | int, ...] = ()

    def down(self, *parts: str | int) -> Spot:
        return Spot(self.file, (*self.path, *parts))

    def place(self, key: bool = False) -> Place:
        return self.file.place(self.path, key)

    def inside(self, at: int) -> Place:
        """The place of a character of the text that stands here."""
        return self.file.place_inside(self.path, at)


@dataclass(slots=True)
class Report:
    """The problems of all files, and the Python files that belong to the mapping's content."""

    problems: list[FixMapping] = field(default_factory=list)
    code: set[Path] = field(default_factory=set)

    def add(self, place: Place, message: str, advice: str = "") -> None:
        self.problems.append(FixMapping(message, advice=advice, place=place))


@dataclass(frozen=True, slots=True)
class Fragment:
    model: FieldExpression
    spot: Spot


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may name: fragments, and names given by `with`. ``folder`` is where ./file.py stands."""

    report: Report
    folder: Path
    fragments: Mapping[str, Fragment]
    named: Mapping[str, Node] = field(default_factory=dict)
    in_key: bool = False
    misses_unset: bool = False  # a lookup without a match is unset unless it says otherwise: inside first_of

    def name(self, name: str, place: Place) -> Node:
        return self.named.get(name) or FromColumn(name, place)

    def with_names(self, named: Mapping[str, Expression] | None, spot: Spot) -> Scope:
        scope = self
        for name, model in (named or {}).items():
            here = spot.down(name)
            node = Named(name, expression(model, here, replace(scope, misses_unset=False)), here.place())
            scope = replace(scope, named={**scope.named, name: node})
        return scope


@dataclass(frozen=True, slots=True)
class Merged:
    """An expression after its fragments were laid under it; ``spots`` says where each of its keys stands."""

    model: Expression
    spots: Mapping[str, Spot]
    spot: Spot

    def at(self, key: str) -> Spot:
        return self.spots.get(key, self.spot).down(_WRITTEN.get(key, key))


def merge(model: Expression, spot: Spot, scope: Scope, above: tuple[str, ...] = ()) -> Merged:
    """Keys that are written here replace the fragment's; another beginning replaces the fragment's beginning."""
    mine = {name for name in model.model_fields_set if name != "use"}
    spots = dict.fromkeys(mine, spot)
    if model.use is None:
        return Merged(model, spots, spot)
    place = spot.down("use").place()
    fragment = scope.fragments.get(model.use)
    if fragment is None:
        scope.report.add(place, f'no fragment "{model.use}"', suggest(model.use, scope.fragments, "fragments"))
        return Merged(model, spots, spot)
    if model.use in above:
        scope.report.add(place, f"fragments that use each other: {' > '.join((*above, model.use))}")
        return Merged(model, spots, spot)
    under = merge(fragment.model, fragment.spot, scope, (*above, model.use))
    kept = set(under.spots) - mine
    if mine & set(_BEGINNINGS):
        kept -= set(_BEGINNINGS)
    values = {name: getattr(under.model, name) for name in kept if name in type(model).model_fields}
    return Merged(model.model_copy(update=values), {**{n: under.spots[n] for n in values}, **spots}, spot)


def expression(model: Expression, spot: Spot, scope: Scope) -> Node:
    return merged_expression(merge(model, spot, scope), scope)


def merged_expression(merged: Merged, scope: Scope) -> Node:
    model, report = merged.model, scope.report
    begun = [name for name in _BEGINNINGS if getattr(model, name) is not None]
    scope = scope.with_names(model.named, merged.at("named"))
    if len(begun) != 1:
        written = [_WRITTEN.get(name, name) for name in begun]
        which = f"got {' and '.join(written)}" if written else "got none of them"
        choice = ", ".join(_WRITTEN.get(name, name) for name in _BEGINNINGS)
        place = merged.at(begun[1]).place(key=True) if begun else merged.spot.place()
        advice = "delete all but one" if written else "add from: COLUMN"
        report.add(place, f"an expression begins with exactly one of {choice}; {which}", advice)
        return Constant("", merged.spot.place())
    node = _BEGIN[begun[0]](model, merged.at(begun[0]), scope)
    if model.transform:
        node = _chain(node, model.transform, merged.at("transform"), scope)
    if model.values is not None:
        node = _values(node, model, merged)
    elif model.otherwise is not None:
        report.add(
            merged.at("otherwise").place(key=True), "otherwise stands without values", "add values, or delete it"
        )
    return node


def condition(text: str, spot: Spot, scope: Scope) -> Condition | None:
    """The condition that stands at ``spot``; None where it is not understood, which is noted."""
    try:
        tree = conditions.parse_condition(text)
    except NotUnderstood as cause:
        scope.report.add(spot.inside(cause.at), f"condition not understood: {cause}", cause.advice)
        return None
    return Condition(tree, _parts(conditions.names(tree), spot, scope), spot.place(), text)


def _parts(names: Iterable[Name], spot: Spot, scope: Scope) -> dict[str, Node]:
    return {n.name: scope.name(n.name, spot.inside(n.at)) for n in names}


def _from(model: Expression, spot: Spot, scope: Scope) -> Node:
    return scope.name(str(model.source), spot.place())


def _value(model: Expression, spot: Spot, scope: Scope) -> Node:
    return Constant(str(model.value), spot.place())


def _template(model: Expression, spot: Spot, scope: Scope) -> Node:
    try:
        pieces = templates.parse_template(str(model.template))
    except NotUnderstood as cause:
        scope.report.add(spot.inside(cause.at), f"template not understood: {cause}", cause.advice)
        return Constant("", spot.place())
    return Template(pieces, _parts(templates.names(pieces), spot, scope), spot.place(), scope.in_key)


def _calculate(model: Expression, spot: Spot, scope: Scope) -> Node:
    try:
        tree = conditions.parse_calculation(str(model.calculate))
    except NotUnderstood as cause:
        scope.report.add(spot.inside(cause.at), f"calculation not understood: {cause}", cause.advice)
        return Constant("", spot.place())
    if isinstance(tree, conditions.Text | conditions.Today):
        scope.report.add(spot.place(), "a calculation of a text", "use value or template for texts")
    return Calculation(tree, _parts(conditions.names(tree), spot, scope), spot.place())


def _lookup(model: Expression, spot: Spot, scope: Scope) -> Node:
    assert model.lookup is not None
    return lookup(model.lookup, spot, scope)


def lookup(model: LookupModel, spot: Spot, scope: Scope) -> Node:
    # over the other dataset's rows, names of this row mean nothing
    there = replace(scope, named={}, in_key=False, misses_unset=False)
    here = replace(scope, in_key=False, misses_unset=False)
    on = tuple((column, expression(e, spot.down("on", column), here)) for column, e in model.on.items())
    only = condition(model.where, spot.down("where"), there) if model.where is not None else None
    none: str | Fixed = model.none or ("unset" if scope.misses_unset else "reject")
    instead = none.value if isinstance(none, Fixed) else "" if none == "blank" else None
    return Lookup(
        model.dataset,
        on,
        expression(model.take, spot.down("take"), there),
        only,
        "reject" if none == "reject" else "instead",
        instead,
        model.several,
        spot.place(),
    )


def _first_of(model: Expression, spot: Spot, scope: Scope) -> Node:
    choices = model.first_of or []
    nodes = [
        expression(choice, spot.down(number), replace(scope, misses_unset=number < len(choices) - 1))
        for number, choice in enumerate(choices)
    ]
    return FirstOf(tuple(nodes), spot.place())


def _when(model: Expression, spot: Spot, scope: Scope) -> Node:
    branches: list[tuple[Condition | None, Node]] = []
    for number, branch in enumerate(model.when or []):
        here = spot.down(number)
        if branch.other is not None:
            branches.append((None, expression(branch.other, here.down("else"), scope)))
            if number < len(model.when or []) - 1:
                scope.report.add(here.place(), "branches below `else` are never reached", "put `else` last")
            continue
        branches += _branch(branch, here, scope)
    return When(tuple(branches), spot.place())


def _branch(branch: Branch, spot: Spot, scope: Scope) -> list[tuple[Condition | None, Node]]:
    assert branch.condition is not None and branch.then is not None
    holds = condition(branch.condition, spot.down("if"), scope)
    then = expression(branch.then, spot.down("then"), scope)
    return [(holds, then)] if holds is not None else []


_BEGIN: dict[str, Callable[[Expression, Spot, Scope], Node]] = {
    "source": _from,
    "value": _value,
    "template": _template,
    "calculate": _calculate,
    "lookup": _lookup,
    "first_of": _first_of,
    "when": _when,
}


def _chain(node: Node, steps: list[OneStep], spot: Spot, scope: Scope) -> Node:
    ready: list[tuple[Place, Transform, object]] = []
    for number, step in enumerate(steps):
        name, options = step.chosen()
        here = spot.down(number)
        if isinstance(options, Custom):
            found = _custom(options, here.down(name), scope)
            if found is not None:
                ready.append((here.place(), found, options))
        else:
            ready.append((here.place(), TRANSFORMS[name], options))
    ours = not any(isinstance(options, Custom) for _, _, options in ready)
    return Chain(node, tuple(ready), spot.place(), ours)


def _custom(options: Custom, spot: Spot, scope: Scope) -> Transform | None:
    try:
        function, path = custom.find(options.function, scope.folder)
    except ValueError as cause:
        scope.report.add(spot.place(), f'no transform "{options.function}": {cause}')
        return None
    if path is not None:
        scope.report.code.add(path)
    place = spot.place()

    def apply(texts: pa.Array, given: Custom) -> Checked:
        return custom.apply(function, given.function, place, texts, given.options)

    return Transform(options.function, "", apply)


def _values(node: Node, model: Expression, merged: Merged) -> Node:
    otherwise = model.otherwise if model.otherwise is not None else "reject"
    instead = otherwise.value if isinstance(otherwise, Fixed) else "" if otherwise == "blank" else None
    how = otherwise if otherwise in ("reject", "keep") else "instead"
    assert isinstance(how, str)
    spot = merged.at("values")
    places = {text: spot.down(text).place() for text in model.values or {}}
    return Values(node, model.values or {}, how, instead, spot.place(), places)
