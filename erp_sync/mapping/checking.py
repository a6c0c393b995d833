"""A mapping against the data that it is meant for: every row is mapped, nothing is kept, and what went wrong is told
once per cause with counts, first lines and the place in the mapping."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import FixSource, Place
from erp_sync.mapping.column import as_texts
from erp_sync.mapping.complaints import nearest, suggest
from erp_sync.mapping.engine import MappingSet, Prepared, demands
from erp_sync.mapping.expressions import Node, Values
from erp_sync.mapping.lookups import Lookup, lookups_in
from erp_sync.mapping.readers import columns_made_of, places_of_column, places_of_dataset
from erp_sync.mapping.units import Unit
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.key import SEPARATOR, show_key
from erp_sync.ports import KEY, Chunk, Extract, Records

_SHOWN = 5  # texts per cause, and origins per text
_PERSONAL = "(personal)"
_QUOTED = re.compile(r'"[^"]*"')
_KEPT = 10_000  # different texts that are counted per cause; the rest is counted together


class Severity(StrEnum):
    ERROR = "error"  # rows are rejected, or nothing can be mapped at all
    WARNING = "warning"  # it works, and is probably not what was meant


@dataclass(frozen=True, slots=True)
class Finding:
    """``rows`` is how many rows it concerns; 0 where it concerns the mapping as a whole."""

    severity: Severity
    place: Place
    message: str
    advice: str = ""
    rows: int = 0

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f"\n  {self.advice}" if self.advice else "")


def check_source(
    mappings: MappingSet, extract: Extract, now: datetime, see: Callable[[Unit, Records], None] | None = None
) -> list[Finding]:
    """Everything that mapping this extract would trip over, in the order of the mapping. ``see`` is shown all records.

    Raises TryLater.
    """
    findings = list(_columns(mappings, extract))
    unusable = {f.place for f in findings}
    units = [u for unit in mappings.units if not unusable & _places(mappings, u := _usable(unit, unusable))]
    prepared = mappings.prepare(extract, now, units)
    causes: dict[tuple[str, str], _Cause] = {}
    for unit in units:
        for chunk in prepared.chunks(unit.dataset):
            mapped = prepared.map(unit, chunk)
            if see is not None:
                see(unit, mapped.records)
            for rejection in mapped.rejections:
                _count(causes, rejection, Severity.ERROR)
            for notice in mapped.notices:
                key = (notice.mapping_at, notice.message)
                causes.setdefault(key, _Cause(Severity.WARNING, "cut")).add(notice.message, notice.first, notice.count)
            _blanks_at_the_ends(unit, mapped.records.frame, mapped.records.place, causes)
    for rejections in prepared.rejections.values():
        for rejection in rejections:
            _count(causes, rejection, Severity.ERROR)
    known = {str(place): nodes for place, nodes in _nodes_by_place(units).items()}
    findings += [cause.finding(place, known.get(place, ())) for (place, _), cause in causes.items()]
    findings += _ambiguous(units, prepared)
    findings += _unreadable(extract)
    return sorted(findings, key=lambda f: (f.place.file, f.place.line, f.place.column, f.message))


def _columns(mappings: MappingSet, extract: Extract) -> Iterator[Finding]:
    """Datasets and columns that the source does not have."""
    units, derived = mappings.units, mappings.derived
    wanted = demands(units, derived)
    for dataset in sorted(wanted.keys() - derived.keys()):
        try:
            first = _first(extract, dataset, sorted(wanted[dataset]))
        except FixSource as cause:
            meant = nearest(dataset, derived)
            advice = "\n  ".join(
                filter(None, (cause.advice, meant and f'or did you mean "{meant}", made under datasets?'))
            )
            for place in places_of_dataset(units, derived, dataset):
                yield Finding(Severity.ERROR, place, cause.message, advice)
            continue
        there = list(first.frame.columns) if first is not None else sorted(wanted[dataset])
        for column in sorted(wanted[dataset].difference(there)):
            advice = suggest(column, [*there, *sorted(columns_made_of(units, derived, dataset))], "columns there")
            for place in places_of_column(units, derived, dataset, column):
                yield Finding(Severity.ERROR, place, f'no column "{column}" in {dataset}', advice)


def _usable(unit: Unit, unusable: set[Place]) -> Unit:
    """Without the fields that cannot be made: what is wrong with the others is told all the same."""
    fields = tuple(f for f in unit.fields if not unusable & _places_of(f.node))
    return replace(unit, fields=fields) if len(fields) < len(unit.fields) else unit


def _places_of(node: Node) -> set[Place]:
    lookups = tuple(lookups_in(node))
    there = {n.place for lookup in lookups for top in lookup.there for n in top.walk()}
    return {n.place for n in node.walk()} | {lookup.place for lookup in lookups} | there


def _first(extract: Extract, dataset: str, wanted: list[str]) -> Chunk | None:
    """With the columns that are read: others may hold pictures. With all of them, where one of these is not there."""
    try:
        return next(iter(extract.chunks(dataset, wanted)), None)
    except FixSource as cause:
        try:
            return next(iter(extract.chunks(dataset)), None)
        except FixSource:
            raise cause from None


def _places(mappings: MappingSet, unit: Unit) -> set[Place]:
    """Every place that has to be right for a unit to be mapped."""
    places = {
        unit.place,
        unit.read_at,
        *(n.place for node in unit.nodes for n in node.walk()),
        *(s.place for s in unit.shapes),
    }
    places |= {n.place for s in unit.shapes for node in s.nodes for n in node.walk()}
    places |= {p for k in unit.lookups() for p in (k.place, *(n.place for t in k.there for n in t.walk()))}
    for name in _datasets_behind(mappings, unit):
        made = mappings.derived[name]
        places |= {made.place, *(s.place for s in made.shapes)}
        places |= {n.place for s in made.shapes for node in s.nodes for n in node.walk()}
        places |= {p for k in made.lookups() for p in (k.place, *(n.place for t in k.there for n in t.walk()))}
        if made.gathering is not None:
            places.add(made.gathering.place)
    return places


def _datasets_behind(mappings: MappingSet, unit: Unit) -> set[str]:
    waiting, found = {unit.dataset, *(k.dataset for k in unit.lookups())}, set[str]()
    while waiting:
        name = waiting.pop()
        made = mappings.derived.get(name)
        if made is not None and name not in found:
            found.add(name)
            waiting |= {*made.sources, *(j.dataset for j in made.joins), *(k.dataset for k in made.lookups())}
    return found


@dataclass(slots=True)
class _Cause:
    """One thing that goes wrong at one place, over all rows."""

    severity: Severity
    what: str
    texts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Origin]] = field(default_factory=dict)
    rows: int = 0

    def add(self, text: str, origin: Origin, count: int = 1) -> None:
        self.rows += count
        if text in self.texts or len(self.texts) < _KEPT:
            self.texts[text] += count
            origins = self.first.setdefault(text, [])
            if len(origins) < _SHOWN:
                origins.append(origin)

    def finding(self, place: str, nodes: Iterable[Node]) -> Finding:
        common = self.texts.most_common(_SHOWN)
        if self.what == "cut" or (len(self.texts) == 1 and not common[0][0]):
            text = common[0][0] or self.what
            message = f"{text}: {_rows(self.rows)} ({_lines(self.first[common[0][0]], self.rows)})"
        else:
            shown = [f'"{text}" {count}x ({_lines(self.first[text], count)})' for text, count in common]
            more = f", and {len(self.texts) - len(common)} other texts" if len(self.texts) > len(common) else ""
            message = f"{self.what}: {_rows(self.rows)}: {', '.join(shown)}{more}"
        return Finding(self.severity, _place(place), message, _advice(nodes, [t for t, _ in common]), self.rows)


def _count(causes: dict[tuple[str, str], _Cause], rejection: Rejection, severity: Severity) -> None:
    value = rejection.value or ""
    what = rejection.reason.removeprefix(f'"{value[:80]}" ') if value else rejection.reason
    if value:
        what = what.replace(f'= "{value}"', "= that text")
    if rejection.personal:
        what = _hidden(what)
    label = rejection.field or rejection.column or rejection.entity or rejection.origin.dataset
    place = rejection.mapping_at or ""
    shown = _PERSONAL if rejection.personal else value
    causes.setdefault((place, what), _Cause(severity, f"{label}: {what}")).add(shown, rejection.origin)


def _advice(nodes: Iterable[Node], texts: list[str]) -> str:
    """What to write, where a value map or a lookup has no entry for the most common text."""
    for node in nodes:
        if isinstance(node, Values) and texts == [_PERSONAL]:
            return "add an entry to values for each, or say what happens with otherwise"
        if isinstance(node, Values) and texts and texts[0]:
            meant = nearest(texts[0], [k for k in node.table if k])
            near = f' (an entry for "{meant}" is there)' if meant else ""
            return f'add an entry to values, such as "{texts[0]}": ..., or say what happens with otherwise{near}'
        if isinstance(node, Lookup):
            return "correct the data, or say with none or several what happens instead"
    return ""


def _nodes_by_place(units: Iterable[Unit]) -> dict[Place, list[Node]]:
    found: dict[Place, list[Node]] = {}
    for unit in units:
        for node in unit.nodes:
            for inner in node.walk():
                found.setdefault(inner.place, []).append(inner)
    return found


def _ambiguous(units: Iterable[Unit], prepared: Prepared) -> Iterator[Finding]:
    """Keys of lookups that several differing rows have, whether or not a row asks for them today."""
    personal = {id(k) for u in units for f in u.fields if f.field.personal for k in lookups_in(f.node)}
    for lookup in {id(k): k for u in units for k in u.lookups()}.values():
        table = prepared.table(lookup)
        codes = pc.indices_nonzero(table.ambiguous).to_pylist()
        if codes:
            keys = [show_key(table.index.distinct[c].as_py()) for c in codes[:_SHOWN]]
            found = [
                _hidden(table.candidates(c)) if id(lookup) in personal else table.candidates(c) for c in codes[:_SHOWN]
            ]
            shown = "; ".join(f'"{key}": {rows}' for key, rows in zip(keys, found, strict=True))
            columns = " and ".join(column for column, _ in lookup.on)
            message = f"{columns} does not identify one row of {lookup.dataset}: {_keys(len(codes))} several: {shown}"
            advice = "choose with several, look in a dataset of first or last rows, or correct the data"
            yield Finding(Severity.WARNING, lookup.place, message, advice, len(codes))


def _unreadable(extract: Extract) -> Iterator[Finding]:
    """Rows that the source itself cannot make anything of, at the first of each kind."""
    kinds: dict[tuple[str, str, str], list[Origin]] = {}
    for rejection in extract.rejections():
        origin = rejection.origin
        kinds.setdefault((origin.dataset, origin.place, rejection.reason), []).append(origin)
    for (dataset, place, reason), origins in kinds.items():
        at = origins[0].at
        message = f"{dataset}: {_rows(len(origins))} cannot be read: {reason} ({_lines(origins, len(origins))})"
        advice = "correct the export, or how the dataset is read: nothing is concluded from it while it is not whole"
        yield Finding(Severity.ERROR, Place(place, at if isinstance(at, int) else 0), message, advice, len(origins))


def _blanks_at_the_ends(unit: Unit, frame: pd.DataFrame, place: str, causes: dict[tuple[str, str], _Cause]) -> None:
    """Ids are sent as they are; blanks around them are nearly always an accident."""
    keys = as_texts(pa.array(frame[KEY]))
    odd = pc.match_substring_regex(keys, rf"(^|{SEPARATOR})\s|\s({SEPARATOR}|$)")
    for row in pc.indices_nonzero(odd).to_pylist():
        empty = _Cause(Severity.WARNING, f"ids of {unit.entity} begin or end with blanks")
        at = frame.index[row]
        origin = Origin(unit.dataset, place, at if isinstance(at, str) else int(at))
        causes.setdefault((str(unit.place), "blanks"), empty).add(show_key(keys[row].as_py()), origin)


def _rows(count: int) -> str:
    return f"{count:,} row" + ("s" if count != 1 else "")


def _keys(count: int) -> str:
    return f"{count:,} keys have" if count != 1 else "1 key has"


def _hidden(text: str) -> str:
    """Without what it quotes."""
    return _QUOTED.sub(f'"{_PERSONAL}"', text)


def _lines(origins: list[Origin], count: int) -> str:
    shown = ", ".join(str(o) for o in origins[:3])
    return shown + (", ..." if count > min(len(origins), 3) else "")


def _place(text: str) -> Place:
    file, line, column = text.rsplit(":", 2) if text.count(":") >= 2 else (text, "0", "0")
    return Place(file, int(line), int(column))
