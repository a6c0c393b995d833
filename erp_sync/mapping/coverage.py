"""How far a mapping covers the catalog and the source: what is mapped and what is not, and how well it is filled.

Rows pass through once per dataset and are not kept: what stays of a column is a few thousand hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import FixSource
from erp_sync.mapping.column import as_texts
from erp_sync.mapping.engine import MappingSet, Prepared, demands
from erp_sync.mapping.tracing import Column, personal_columns
from erp_sync.mapping.units import FieldPlan, Owner, Unit
from erp_sync.model.catalog import Catalog, Field, FieldKind
from erp_sync.ports import KEY, Chunk, Extract

DISTINCT = 10_000  # different texts of a column that are counted exactly
_KEPT = 20  # of so many the text is kept, too
_LONGEST = 200  # characters of it


@dataclass(slots=True)
class Fill:
    """What the texts of one column are like. ``distinct`` is None where they are more than DISTINCT.

    ``values`` are texts with how often they came; all of them where ``distinct`` is not larger, else the first.
    """

    rows: int = 0
    nulls: int = 0
    blanks: int = 0
    values: dict[str, int] = field(default_factory=dict)
    _hashes: npt.NDArray[np.uint64] | None = field(default_factory=lambda: np.empty(0, np.uint64))

    @property
    def filled(self) -> int:
        return self.rows - self.nulls - self.blanks

    @property
    def distinct(self) -> int | None:
        return None if self._hashes is None else len(self._hashes)

    def add(self, texts: pa.Array) -> None:
        self.rows += len(texts)
        self.nulls += texts.null_count
        blank = pc.fill_null(pc.equal(texts, ""), True)
        filled = texts.filter(pc.invert(blank))
        self.blanks += len(texts) - texts.null_count - len(filled)
        if self._hashes is None or not len(filled):
            return
        counts = filled.value_counts()
        different = counts.field("values")
        new = pd.util.hash_array(np.asarray(different.to_numpy(zero_copy_only=False), object), categorize=False)
        self._hashes = np.union1d(self._hashes, new)
        for text, count in zip(*(counts.field(n).slice(0, 2 * _KEPT).to_pylist() for n in (0, 1)), strict=True):
            text = text[:_LONGEST]
            if text in self.values or len(self.values) < _KEPT:
                self.values[text] = self.values.get(text, 0) + count
        if len(self._hashes) > DISTINCT:
            self._hashes = None

    @property
    def counted(self) -> bool:
        """Whether ``values`` are all there are, counted exactly."""
        return self.distinct is not None and self.distinct == len(self.values)


@dataclass(slots=True)
class FieldCoverage:
    """One field that is mapped, perhaps in several places."""

    known: Field
    plans: list[FieldPlan] = field(default_factory=list)
    owners: set[Owner] = field(default_factory=set)
    fill: Fill = field(default_factory=Fill)


@dataclass(slots=True)
class EntityCoverage:
    """``rows`` came in, ``records`` were made of them; a row may make several, or be left out by a condition."""

    entity: str
    units: list[Unit]
    unmapped: tuple[Field, ...]
    fields: dict[str, FieldCoverage] = field(default_factory=dict)
    rows: int = 0
    records: int = 0
    rejected: int = 0


@dataclass(slots=True)
class ColumnCoverage:
    """``used_by`` are the entities whose records it is read for; ``personal``: its texts are not for everybody.

    ``readable`` is False for pictures and the like, which are no texts: nothing is known of what they hold.
    """

    name: str
    used_by: tuple[str, ...]
    personal: bool
    readable: bool = True
    fill: Fill = field(default_factory=Fill)


@dataclass(slots=True)
class DatasetCoverage:
    dataset: str
    columns: dict[str, ColumnCoverage] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """``unread``: the source's datasets that the whole mapping never looks at; ``unmapped``: entities likewise."""

    entities: tuple[EntityCoverage, ...]
    datasets: tuple[DatasetCoverage, ...]
    unread: tuple[str, ...]
    unmapped: tuple[str, ...]


def coverage(
    mappings: MappingSet,
    units: Sequence[Unit],
    extract: Extract,
    now: datetime,
    catalog: Catalog,
    datasets: Sequence[str],
    columns_of: Callable[[str], Sequence[str]],
) -> Coverage:
    """Of these units, and of the datasets that they read. ``datasets`` are all that the source has.

    Raises FixMapping, FixSource, TryLater.
    """
    looking = _Looking(mappings, units, catalog, mappings.prepare(extract, now, units))
    read = frozenset[str]().union(*(mappings.sources(u) for u in units))
    for name in (n for n in datasets if n in read):
        looking.source(name, columns_of(name), extract)
    for name in dict.fromkeys(u.dataset for u in units if u.dataset in mappings.derived):
        looking.derived(name)
    anywhere = frozenset[str]().union(*(mappings.sources(u) for u in mappings.units))
    mapped = {u.entity for u in mappings.units}
    return Coverage(
        tuple(looking.entities.values()),
        tuple(looking.datasets.values()),
        tuple(n for n in datasets if n not in anywhere),
        tuple(e.name for e in catalog if e.name not in mapped),
    )


class _Looking:
    def __init__(self, mappings: MappingSet, units: Sequence[Unit], catalog: Catalog, prepared: Prepared) -> None:
        self.prepared = prepared
        self.datasets: dict[str, DatasetCoverage] = {}
        self.entities = {name: _entity(name, units, catalog) for name in dict.fromkeys(u.entity for u in units)}
        self._units = units
        self._users = _users(mappings)
        self._personal = personal_columns(mappings)

    def source(self, name: str, columns: Sequence[str], extract: Extract) -> None:
        """One pass: the dataset's columns, and the records that are made of its rows themselves."""
        found = self.datasets[name] = DatasetCoverage(name)
        some = any(dataset == name for dataset, _ in self._personal)
        readable = self._readable(name, columns, extract)
        for column in columns:
            users = self._users.get((name, column), ())
            personal = (name, column) in self._personal or (some and not users)
            found.columns[column] = ColumnCoverage(column, users, personal, column in readable)
        mine = [u for u in self._units if u.dataset == name]
        for chunk in extract.chunks(name, readable):
            found.rows += len(chunk.frame)
            rows = self.prepared.rows(chunk)
            for column in chunk.frame.columns:
                if column in found.columns:
                    found.columns[column].fill.add(rows.column(column))
            for unit in mine:
                self.unit(unit, chunk)

    def _readable(self, name: str, columns: Sequence[str], extract: Extract) -> list[str]:
        """All of them, or without those that nobody reads and that hold no text."""

        def read(some: list[str]) -> bool:
            try:
                next(iter(extract.chunks(name, some)), None)
            except FixSource:
                return False
            return True

        everything = list(columns)
        if read(everything):
            return everything
        return [c for c in everything if (name, c) in self._users or read([c])]

    def derived(self, name: str) -> None:
        """One pass of a dataset that the mapping makes; it reads its sources again, and only the columns it needs."""
        mine = [u for u in self._units if u.dataset == name]
        for chunk in self.prepared.chunks(name):
            for unit in mine:
                self.unit(unit, chunk)
        for unit in mine:
            self.entities[unit.entity].rejected += len(self.prepared.refusals(unit))

    def unit(self, unit: Unit, chunk: Chunk) -> None:
        into, mapped = self.entities[unit.entity], self.prepared.map(unit, chunk)
        frame = mapped.records.frame
        into.rows += len(chunk.frame)
        into.records += len(frame)
        into.rejected += len({(r.origin, r.key) for r in mapped.rejections})
        for path in frame.columns:
            if path != KEY:
                into.fields[path].fill.add(as_texts(pa.array(frame[path])))


def _entity(name: str, units: Sequence[Unit], catalog: Catalog) -> EntityCoverage:
    mine = [u for u in units if u.entity == name]
    mapped = {plan.path for unit in mine for plan in unit.fields}
    fields = [f for f in catalog[name].fields if f.kind is not FieldKind.SECRET]
    made = EntityCoverage(name, mine, tuple(f for f in fields if f.path not in mapped))
    for known in fields:
        if known.path in mapped:
            made.fields[known.path] = FieldCoverage(known)
    for unit in mine:
        for plan in unit.fields:
            made.fields[plan.path].plans.append(plan)
            made.fields[plan.path].owners.add(unit.owners[plan.path])
    return made


def _users(mappings: MappingSet) -> dict[Column, tuple[str, ...]]:
    """Which entities a column of the source is read for, however far it has come through other datasets."""
    found: dict[Column, tuple[str, ...]] = {}
    for entity in dict.fromkeys(u.entity for u in mappings.units):
        wanted: Collection[Unit] = [u for u in mappings.units if u.entity == entity]
        for dataset, columns in demands(wanted, mappings.derived).items():
            for column in columns if dataset not in mappings.derived else ():
                found[dataset, column] = (*found.get((dataset, column), ()), entity)
    return found
