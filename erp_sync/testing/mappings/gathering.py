"""All that a mapping makes of rows: records by entity and key, and every rejection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from erp_sync.mapping import MappingSet, Unit
from erp_sync.mapping.column import as_texts
from erp_sync.mapping.explaining import Cells
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.key import Key, split_key
from erp_sync.ports import KEY, Extract, Records


@dataclass(frozen=True, slots=True)
class Made:
    """One record. ``fields`` holds null for what is not sent."""

    fields: Cells
    unit: Unit
    origin: Origin


@dataclass(frozen=True, slots=True)
class Outcome:
    """``records`` has an entry for every entity that the mapping's file makes, in the catalog's order."""

    records: dict[str, dict[Key, Made]]
    rejections: tuple[Rejection, ...]


def gathered(mappings: MappingSet, units: Sequence[Unit], extract: Extract, now: datetime) -> Outcome:
    """As a first load of these rows: what repeats to the letter is one record, what contradicts itself is none."""
    found: dict[str, dict[Key, list[Made]]] = {unit.entity: {} for unit in units}
    rejections: list[Rejection] = []
    prepared = mappings.prepare(extract, now, units)
    for unit in units:
        for chunk in prepared.chunks(unit.dataset):
            mapped = prepared.map(unit, chunk)
            rejections += mapped.rejections
            for key, made in _made(unit, mapped.records):
                same = found[unit.entity].setdefault(key, [])
                if all(other.fields != made.fields for other in same):
                    same.append(made)
    rejections += [r for refused in prepared.rejections.values() for r in refused]
    for entity, by_key in found.items():
        rejections += [_contradiction(entity, key, several) for key, several in by_key.items() if len(several) > 1]
    records = {e: {k: one[0] for k, one in by_key.items() if len(one) == 1} for e, by_key in found.items()}
    return Outcome(records, tuple(rejections))


def _made(unit: Unit, records: Records) -> list[tuple[Key, Made]]:
    columns = {str(name): as_texts(pa.array(records.frame[name])).to_pylist() for name in records.frame.columns}
    keys = columns.pop(KEY)
    return [
        (split_key(key), Made({path: texts[row] for path, texts in columns.items()}, unit, records.origin(row)))
        for row, key in enumerate(keys)
    ]


def _contradiction(entity: str, key: Key, several: Sequence[Made]) -> Rejection:
    """In the words of the comparison with the ledger, which finds it over a whole extract."""
    places = ", ".join(str(made.origin) for made in several[:5])
    reason = f"{len(several)} rows have this key and different contents: {places}"
    return Rejection(several[0].origin, reason, entity, "\x1f".join(key), mapping_at=several[0].unit.at)
