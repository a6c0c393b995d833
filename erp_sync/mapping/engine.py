"""A mapping that is ready: over one extract, chunk by chunk, from rows to records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from erp_sync.errors import FixMapping, FixSource
from erp_sync.mapping.complaints import suggest
from erp_sync.mapping.datasets import DerivedDataset
from erp_sync.mapping.expressions import Node, depends_on_today
from erp_sync.mapping.lookups import Lookup, Table
from erp_sync.mapping.readers import places_of_column
from erp_sync.mapping.records import Mapped, map_rows, rejections_of
from erp_sync.mapping.rows import Rows, Run
from erp_sync.mapping.shapes import Shape
from erp_sync.mapping.units import Unit
from erp_sync.model.extract import Rejection
from erp_sync.ports import Chunk, Extract


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

    def gathered(self) -> frozenset[str]:
        """The source's datasets of which a part would pass for the whole: looked up, joined, grouped, picked from, or
        read anew each day since the day itself decides."""
        waiting = {(u.dataset, depends_on_today(_all_nodes(u.shapes, u.nodes))) for u in self.units}
        waiting |= {(k.dataset, True) for u in self.units for k in u.lookups()}
        seen: set[tuple[str, bool]] = set()
        while waiting:
            name, whole = waiting.pop()
            seen.add((name, whole))
            made = self.derived.get(name)
            if made is not None:
                whole = whole or made.gathering is not None or depends_on_today(_all_nodes(made.shapes))
                found = {(source, whole) for source in made.sources}
                found |= {(d, True) for d in (*(j.dataset for j in made.joins), *(k.dataset for k in made.lookups()))}
                waiting |= found - seen
        return frozenset(name for name, whole in seen if whole and name not in self.derived)


def _all_nodes(shapes: Iterable[Shape], more: Iterable[Node] = ()) -> list[Node]:
    return [*(node for shape in shapes for node in shape.nodes), *more]


class Prepared:
    """A mapping set over one extract: lookups and joins are loaded, chunks can be mapped."""

    def __init__(self, mappings: MappingSet, extract: Extract, now: datetime, units: tuple[Unit, ...]) -> None:
        self.mappings, self._extract = mappings, extract
        self._run = Run(now.date())
        self._demand = demands(units, mappings.derived)
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

    def refusals(self, unit: Unit) -> list[Rejection]:
        """Rows that never came to a unit: refused by the derived datasets behind it, in their last reading."""
        found: list[Rejection] = []
        waiting, seen = [unit.dataset], set[str]()
        while waiting:
            name = waiting.pop()
            made = self.mappings.derived.get(name)
            if made is not None and name not in seen:
                seen.add(name)
                found += self.rejections.get(name, [])
                waiting += made.sources
        return found

    def table(self, lookup: Lookup) -> Table:
        """What a lookup looks into."""
        return self._run.tables[id(lookup)]

    def tracing(self) -> Run:
        """A run that shares what is loaded and notes every step."""
        return Run(self._run.today, self._run.tables, self._run.joined, [])

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
                found += rejections_of(rows, problems)
            if len(shaped.rows):  # what only says what was refused has not the columns of the result
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
        try:
            first = next(iter(self._extract.chunks(dataset)), None)
        except FixSource:  # it cannot be read whole: what the columns that are wanted were refused with says more
            return []
        if first is None:
            return []
        there = list(first.frame.columns)
        return [
            FixMapping(f'no column "{name}" in {dataset}', place=place, advice=suggest(name, there, "columns there"))
            for name in wanted
            if name not in there
            for place in places_of_column(self.mappings.units, self.mappings.derived, dataset, name)
        ]


def demands(units: Iterable[Unit], derived: Mapping[str, DerivedDataset]) -> dict[str, frozenset[str]]:
    """Which columns of which dataset are needed, by whoever reads it."""
    needed: dict[str, frozenset[str]] = defaultdict(frozenset)
    for unit in units:
        needed[unit.dataset] |= unit.columns
        for lookup in unit.lookups():
            needed[lookup.dataset] |= lookup.demand
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
