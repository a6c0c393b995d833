"""Tests run: their rows through the mapping, and what came of it beside what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from erp_sync.errors import FixMapping
from erp_sync.mapping import MappingSet, Unit, load_mappings
from erp_sync.mapping.complaints import nearest, suggest
from erp_sync.mapping.engine import demands
from erp_sync.mapping.reading import raise_all, shown_name
from erp_sync.model.catalog import Catalog
from erp_sync.model.key import show_key
from erp_sync.testing.mappings.comparing import Difference, differences
from erp_sync.testing.mappings.documents import documents
from erp_sync.testing.mappings.files import TestsFile
from erp_sync.testing.mappings.gathering import Outcome, gathered
from erp_sync.testing.mappings.language import MappingTest
from erp_sync.testing.mappings.rows import Given, GivenRows

_SLIP = 0.75  # how near two names are of which one is probably a slip of the keyboard
TODAY = "2026-01-01"  # where a test names none: what a test says may not hang on the day on which it runs


@dataclass(frozen=True)
class Done:
    """One test that was run. ``number`` is its place in the file, from 0."""

    number: int
    test: MappingTest
    outcome: Outcome
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Sets:
    """Mapping sets of one folder, one for each choice of parameters that a test makes."""

    catalog: Catalog
    parameters: Mapping[str, str]  # of the project, where there is one
    _loaded: dict[tuple[str, frozenset[tuple[str, str]]], MappingSet] = field(default_factory=dict)

    def load(self, file: TestsFile, test: MappingTest) -> MappingSet:
        """Raises FixMapping."""
        chosen = {**self.parameters, **file.model.parameters, **test.parameters}
        name = str(file.mapping.parent), frozenset(chosen.items())
        if name not in self._loaded:
            self._loaded[name] = load_mappings(file.mapping.parent, self.catalog, chosen)
        return self._loaded[name]


def run_file(file: TestsFile, sets: Sets, wanted: str = "") -> Iterator[Done]:
    """Each test whose name contains ``wanted``. Raises FixMapping, at first for all that is wrong with the file."""
    chosen = [(n, t) for n, t in enumerate(file.model.tests) if wanted.casefold() in t.name.casefold()]
    problems: list[FixMapping] = []
    for number, test in chosen:
        mappings = sets.load(file, test)
        problems += _problems(file, number, test, mappings, _units(file, mappings), sets.catalog)
    if problems:
        raise_all(list({str(p): p for p in problems}.values()), FixMapping)
    for number, test in chosen:
        mappings = sets.load(file, test)
        units = _units(file, mappings)
        now = datetime.fromisoformat(test.today or file.model.today or TODAY).replace(tzinfo=UTC)
        outcome = gathered(mappings, units, GivenRows(_rows(file, test), now), now)
        xml = documents(outcome, units, sets.catalog) if _wants_xml(test) else ""
        yield Done(number, test, outcome, tuple(differences(file, number, test, outcome, xml)))


def _wants_xml(test: MappingTest) -> bool:
    return test.expect is not None and test.expect.xml is not None


def _rows(file: TestsFile, test: MappingTest) -> Given:
    return {**file.model.rows, **test.rows}


def _units(file: TestsFile, mappings: MappingSet) -> list[Unit]:
    name = shown_name(file.mapping)
    return [unit for unit in mappings.units if unit.place.file == name]


def _problems(
    file: TestsFile, number: int, test: MappingTest, mappings: MappingSet, units: list[Unit], catalog: Catalog
) -> Iterator[FixMapping]:
    """Names in a test that the mapping does not know: a test of a misspelt column would test nothing."""
    if not units:
        yield FixMapping(f"{shown_name(file.mapping)} makes no records", place=file.place("mapping"),
                         advice="test the files whose entities use what it holds")  # fmt: skip
        return
    read = {n: c for n, c in demands(units, mappings.derived).items() if n not in mappings.derived}
    for path, rows in ((("rows",), file.model.rows), (("tests", number, "rows"), test.rows)):
        for dataset, given in rows.items():
            if dataset not in read:
                yield FixMapping(f'the mapping reads no dataset "{dataset}"',
                                 place=file.place(*path, dataset, key=True),
                                 advice=suggest(dataset, sorted(read), "it reads"))  # fmt: skip
                continue
            for at, row in enumerate(given):
                for column in row.keys() - read[dataset]:
                    meant = nearest(column, sorted(read[dataset] - row.keys()), _SLIP)
                    if meant:  # what the mapping does not read may stand there: rows are pasted whole
                        yield FixMapping(f'the mapping reads no column "{column}" of {dataset}',
                                         place=file.place(*path, dataset, at, column, key=True),
                                         advice=f'did you mean "{meant}"?')  # fmt: skip
    yield from _unknown_expectations(file, number, test, units, catalog)


def _unknown_expectations(
    file: TestsFile, number: int, test: MappingTest, units: list[Unit], catalog: Catalog
) -> Iterator[FixMapping]:
    mapped: dict[str, set[str]] = {}
    for unit in units:
        mapped.setdefault(unit.entity, set()).update(plan.path for plan in unit.fields)
    here = ("tests", number, "expect", "records")
    records = (test.expect.records if test.expect is not None else None) or {}
    for entity, of_entity in records.items():
        if entity not in mapped:
            yield FixMapping(f"the mapping makes no {entity}", place=file.place(*here, entity, key=True),
                             advice=suggest(entity, mapped, "it makes"))  # fmt: skip
            continue
        parts = catalog.keys(entity)
        for key, fields in of_entity.items():
            if len(parts) > 1 and key.count(" / ") < len(parts) - 1:
                shape = show_key(tuple(part.name.upper() for part in parts))
                yield FixMapping(f'"{key}" is no key of a {entity}', place=file.place(*here, entity, key, key=True),
                                 advice=f"it has {len(parts)} ids: {shape}")  # fmt: skip
            for path in fields.keys() - mapped[entity]:
                yield FixMapping(f"the mapping sets no {path} of {entity}",
                                 place=file.place(*here, entity, key, path, key=True),
                                 advice=suggest(path, sorted(mapped[entity]), "it sets"))  # fmt: skip
