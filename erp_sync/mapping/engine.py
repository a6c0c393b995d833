"""A mapping that is ready: units that turn the rows of a dataset into records of one entity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import FixMapping, FixSource, Place
from erp_sync.mapping.column import Checked, Column, Problem, any_of, has_controls, is_empty
from erp_sync.mapping.complaints import suggest
from erp_sync.mapping.datasets import DerivedDataset, demand, lookups_of, shape_all
from erp_sync.mapping.expressions import FromColumn, Node, checked
from erp_sync.mapping.kinds import check_kind
from erp_sync.mapping.lookups import Lookup, lookups_in
from erp_sync.mapping.rows import Rows, Run
from erp_sync.mapping.shapes import Join, Shape, fatal_rows
from erp_sync.model.catalog import Field
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.key import SEPARATOR
from erp_sync.ports import KEY, Chunk, Extract, Records


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


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was done to ``count`` values and that the integrator should know: texts that were cut."""

    mapping_at: str
    message: str
    count: int
    first: Origin


@dataclass(frozen=True, slots=True)
class Mapped:
    records: Records
    rejections: list[Rejection]
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class MappingSet:
    """All units of a folder, in the catalog's order. ``digest`` covers every file and parameter behind it."""

    units: tuple[Unit, ...]
    derived: Mapping[str, DerivedDataset]
    digest: str
    files: tuple[str, ...] = ()

    def prepare(self, extract: Extract, now: datetime, units: Collection[Unit] | None = None) -> Prepared:
        """Read what lookups and joins need. ``now``'s day is ``today``. Raises FixMapping, FixSource, TryLater."""
        return Prepared(self, extract, now, self.units if units is None else tuple(units))

    def sources(self, unit: Unit) -> frozenset[str]:
        """The source's datasets that a unit depends on, through derived datasets, lookups and joins."""
        found: set[str] = set()
        waiting = {unit.dataset, *(lookup.dataset for lookup in unit.lookups())}
        while waiting:
            name = waiting.pop()
            made = self.derived.get(name)
            if made is None:
                found.add(name)
            else:
                waiting |= {*made.sources, *(j.dataset for j in made.joins), *(k.dataset for k in made.lookups())}
        return frozenset(found)


class Prepared:
    """A mapping set over one extract: lookups and joins are loaded, chunks can be mapped."""

    def __init__(self, mappings: MappingSet, extract: Extract, now: datetime, units: tuple[Unit, ...]) -> None:
        self.mappings, self._extract = mappings, extract
        self._run = Run(now.date())
        self._demand = self._demands(units)
        self._loaded: set[str] = set()
        self.rejections: dict[str, list[Rejection]] = {}  # by derived dataset, of its last reading
        for unit in units:
            self._load(unit.dataset, unit.lookups(), ())

    def sources(self, unit: Unit) -> frozenset[str]:
        return self.mappings.sources(unit)

    def chunks(self, dataset: str) -> Iterator[Chunk]:
        """The rows of a source's or a derived dataset. Rows that a derived one refuses are in ``rejections``."""
        if dataset not in self.mappings.derived:
            yield from self._source_chunks(dataset)
            return
        wanted = sorted(self._demand[dataset])
        for rows in self._rows(dataset):
            if len(rows):
                columns = {name: pd.arrays.ArrowExtensionArray(rows.column(name)) for name in wanted}
                yield Chunk(dataset, rows.place, pd.DataFrame(columns, index=rows.index))

    def rows(self, chunk: Chunk, run: Run | None = None) -> Rows:
        """A chunk as expressions read it."""
        return Rows.of(chunk, run or self._run)

    def map(self, unit: Unit, chunk: Chunk) -> Mapped:
        """Rows to records. A row with anything wrong becomes rejections, one per problem, and no record."""
        return map_rows(unit, self.rows(chunk))

    def tracing(self) -> Run:
        """A run that shares what is loaded and notes every step."""
        return Run(self._run.today, self._run.tables, self._run.joined, [])

    def _demands(self, units: tuple[Unit, ...]) -> dict[str, frozenset[str]]:
        """Which columns of which dataset are needed, by whoever reads it."""
        needed: dict[str, frozenset[str]] = defaultdict(frozenset)
        for unit in units:
            needed[unit.dataset] |= unit.columns
            for lookup in unit.lookups():
                needed[lookup.dataset] |= lookup.demand
        derived = self.mappings.derived
        settled: dict[str, frozenset[str]] = {}
        while changed := [n for n in needed if n in derived and settled.get(n) != needed[n]]:
            for name in changed:
                settled[name] = needed[name]
                made = derived[name]
                for source in made.sources:
                    needed[source] |= made.demand(needed[name])
                for join in made.joins:
                    needed[join.dataset] |= join.there
                for lookup in made.lookups():
                    needed[lookup.dataset] |= lookup.demand
        return needed

    def _load(self, dataset: str, lookups: Iterable[Lookup], above: tuple[str, ...]) -> None:
        """Load what a dataset and these lookups look into, what those need first."""
        made = self.mappings.derived.get(dataset)
        if made is not None and dataset not in self._loaded:
            self._loaded.add(dataset)
            for source in made.sources:
                self._load(source, (), (*above, dataset))
            self._load(dataset, made.lookups(), above)
            for join in made.joins:
                self._load(join.dataset, (), (*above, dataset))
                self._run.joined[id(join)] = join.load(self._rows(join.dataset))
        for lookup in lookups:
            if id(lookup) not in self._run.tables:
                self._load(lookup.dataset, (), (*above, dataset))
                self._run.tables[id(lookup)] = lookup.build(self._rows(lookup.dataset))

    def _rows(self, dataset: str) -> Iterator[Rows]:
        made = self.mappings.derived.get(dataset)
        if made is None:
            for chunk in self._source_chunks(dataset):
                yield Rows.of(chunk, self._run)
            return
        found = self.rejections[dataset] = []
        pieces = (rows for source in made.sources for rows in self._rows(source))
        for shaped in made.run(pieces, self._demand[dataset], self._run):
            for rows, problems in shaped.refused:
                found += _rejections(rows, problems)
            yield shaped.rows

    def _source_chunks(self, dataset: str) -> Iterator[Chunk]:
        wanted = sorted(self._demand[dataset])
        try:
            chunks = self._extract.chunks(dataset, wanted)
            first = next(chunks, None)
        except FixSource as cause:
            problems = self._missing(dataset, wanted)
            if problems:
                raise FixMapping(problems=problems) from cause
            raise
        if first is not None:
            yield first
            yield from chunks

    def _missing(self, dataset: str, wanted: list[str]) -> list[FixMapping]:
        """Where the mapping names columns that the dataset does not have."""
        first = next(iter(self._extract.chunks(dataset)), None)
        if first is None:
            return []
        there = list(first.frame.columns)
        return [
            FixMapping(f'no column "{name}" in {dataset}', place=place, advice=suggest(name, there, "columns there"))
            for name in wanted
            if name not in there
            for place in places_of_column(self.mappings, dataset, name)[:1]
        ]


def map_rows(unit: Unit, rows: Rows) -> Mapped:
    """As ``Prepared.map``, over rows."""
    rejections: list[Rejection] = []
    shaped = shape_all(unit.shapes, rows)
    for refused, why in shaped.refused:
        rejections += _rejections(refused, why, unit)
    rows = shaped.rows
    keys, problems = _keys(unit, rows)
    found: list[tuple[FieldPlan | None, Problem]] = [(None, p) for p in problems]
    columns: dict[str, pa.Array] = {KEY: keys}
    for plan in unit.fields:
        column = finished(plan, plan.node.evaluate(rows), rows)
        columns[plan.path] = column.values
        found += [(plan, p) for p in column.problems]
    for behind, problem in found:
        if problem.fatal:
            rejections += _rejections(rows, (problem,), unit, keys, behind)
    bad = fatal_rows((p for _, p in found), len(rows))
    index = rows.index
    if any_of(bad):
        good = pc.invert(bad)
        columns = {name: pc.filter(values, good) for name, values in columns.items()}
        index = index[np.asarray(good.to_numpy(zero_copy_only=False))]
    frame = pd.DataFrame({n: pd.arrays.ArrowExtensionArray(v) for n, v in columns.items()}, index=index, copy=False)
    records = Records(unit.entity, rows.dataset, rows.place, frame, unit.at)
    return Mapped(records, rejections, [_notice(rows, p) for _, p in found if not p.fatal and any_of(p.rows)])


def finished(plan: FieldPlan, column: Column, rows: Rows) -> Column:
    """A field's texts in the form of its kind; what is empty is blank or unset, or refused where it must not be."""
    if plan.blank != "blank":
        blank = pc.fill_null(pc.equal(column.values, ""), False)
        if any_of(blank):
            if plan.blank == "reject":
                column = checked(column, Checked(column.values, blank, "is empty"), plan.place)
            else:
                values = pc.if_else(blank, pa.scalar(None, pa.string()), column.values)
                column = Column(values, column.problems, column.source)
    if not plan.made:
        column = checked(column, check_kind(column.values, plan.field), plan.place)
    if plan.required:
        empty = is_empty(column.values)
        if any_of(empty):
            column = checked(column, Checked(column.values, empty, "is required, and is empty"), plan.place)
    if has_controls(column.values):
        column = checked(column, _controls(column.values), plan.place)
    rows.run.note(plan.place, f"as {plan.field.kind.value}", column.values)
    return column


def _controls(texts: pa.Array) -> Checked:
    bad = pc.fill_null(pc.match_substring_regex(texts, r"[\x00-\x08\x0b\x0c\x0e-\x1f]"), False)
    return Checked(texts, bad, "holds a control character, which XML cannot carry: use the transform strip_control")


def _keys(unit: Unit, rows: Rows) -> tuple[pa.Array, list[Problem]]:
    """The joined key of each row, null where it has none."""
    parts: list[pa.Array] = []
    problems: list[Problem] = []
    for name, node in unit.key:
        column = node.evaluate(rows)
        if has_controls(column.values):
            column = checked(column, _controls(column.values), node.place)
        empty = is_empty(column.values)
        if any_of(empty):
            column = checked(column, Checked(column.values, empty, _no_key(name, node)), node.place)
        fatal = [p for p in column.problems if p.fatal]
        values = column.values
        if fatal:
            values = pc.if_else(fatal_rows(fatal, len(rows)), pa.scalar(None, pa.string()), values)
        parts.append(values)
        problems += column.problems
    keys = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, SEPARATOR)
    rows.run.note(unit.place, "key", keys)
    return keys, problems


def _no_key(name: str, node: Node) -> str:
    column = f" (column {node.name})" if isinstance(node, FromColumn) else ""
    return f"no key: {name} is empty{column}"


def _rejections(
    rows: Rows,
    problems: Iterable[Problem],
    unit: Unit | None = None,
    keys: pa.Array | None = None,
    plan: FieldPlan | None = None,
) -> Iterator[Rejection]:
    for problem in problems:
        bad = pc.indices_nonzero(problem.rows).to_pylist()
        if keys is None and unit is not None and bad:
            keys = _keys(unit, rows)[0]
        for row in bad:
            yield Rejection(
                origin=rows.origin(row),
                reason=problem.message(row),
                entity=unit.entity if unit is not None else None,
                key=keys[row].as_py() if keys is not None else None,
                field=plan.path if plan is not None else None,
                column=problem.column,
                value=problem.values[row].as_py() if problem.values is not None else None,
                mapping_at=str(problem.place),
                personal=plan is not None and plan.field.personal,
            )


def _notice(rows: Rows, problem: Problem) -> Notice:
    bad = pc.indices_nonzero(problem.rows)
    first = bad[0].as_py()
    return Notice(str(problem.place), problem.message(first), len(bad), rows.origin(first))


def places_of_column(mappings: MappingSet, dataset: str, name: str) -> list[Place]:
    """Every place in the mapping that reads this column of this dataset."""
    places: list[Place] = []
    readers: list[tuple[str, Iterable[Node], tuple[Shape, ...]]] = [
        (u.dataset, u.nodes, u.shapes) for u in mappings.units
    ]
    readers += [(source, (), made.shapes) for made in mappings.derived.values() for source in made.sources]
    for read, nodes, shapes in readers:
        everything = [*nodes, *(n for s in shapes for n in s.nodes)]
        for lookup in (k for n in everything for k in lookups_in(n)):
            if lookup.dataset == dataset:
                places += [lookup.place for column, _ in lookup.on if column == name]
                places += [
                    n.place for t in lookup.there for n in t.walk() if isinstance(n, FromColumn) and n.name == name
                ]
        if read == dataset:
            places += [n.place for e in everything for n in e.walk() if isinstance(n, FromColumn) and n.name == name]
            places += [s.place for s in shapes if name in s.demand(frozenset())]
        places += [s.place for s in shapes if isinstance(s, Join) and s.dataset == dataset and name in s.there]
    for made in mappings.derived.values():
        if dataset in made.sources and made.gathering is not None and name in made.gathering.demand(frozenset()):
            places.append(made.gathering.place)
    return list(dict.fromkeys(places)) or [Place(dataset)]
