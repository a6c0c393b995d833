"""Why there is no record: rows that would have a key, and the condition that left them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow.compute as pc

from erp_sync.errors import Place
from erp_sync.mapping.column import any_of
from erp_sync.mapping.complaints import nearest
from erp_sync.mapping.engine import Prepared
from erp_sync.mapping.records import keys_of
from erp_sync.mapping.shapes import Only
from erp_sync.mapping.units import Unit
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.key import Key, join_key, show_key

_LOOKED_AT = 20_000  # keys among which one that was meant is looked for


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that has the key, and the condition of the mapping that it does not meet."""

    origin: Origin
    condition: str
    place: Place


def left_out(prepared: Prepared, unit: Unit, key: Key) -> Iterator[LeftOut]:
    """Only where rows become records one to one: with columns or lists made rows, a key exists after that only."""
    shapes = [shape for shape in unit.shapes if isinstance(shape, Only)]
    if not shapes or len(shapes) != len(unit.shapes):
        return
    for chunk in prepared.chunks(unit.dataset):
        rows = prepared.rows(chunk)
        rows = rows.where(pc.fill_null(pc.equal(keys_of(unit, rows)[0], join_key(key)), False))
        for shape in shapes:
            kept = shape.apply(rows).rows
            if len(kept) < len(rows):
                there = set(kept.index)
                gone = [n for n, at in enumerate(rows.index) if at not in there]
                yield from (LeftOut(rows.origin(n), shape.condition.text, shape.place) for n in gone)
            rows = kept


def refused(prepared: Prepared, unit: Unit, key: Key) -> Iterator[Rejection]:
    """Why rows with this key become no record."""
    joined = join_key(key)
    for chunk in prepared.chunks(unit.dataset):
        yield from (r for r in prepared.map(unit, chunk).rejections if r.key == joined)


def similar(prepared: Prepared, unit: Unit, key: Key) -> str:
    """The key that was probably meant, as people type it; the empty text where none is near."""
    known: list[str] = []
    for chunk in prepared.chunks(unit.dataset):
        keys = keys_of(unit, prepared.rows(chunk))[0] if not unit.shapes else None
        if keys is None or not any_of(pc.is_valid(keys)):
            continue
        known += [show_key(k) for k in keys.drop_null().to_pylist()]
        if len(known) > _LOOKED_AT:
            break
    typed = show_key(key).casefold()
    return next((k for k in known if typed in k.casefold()), "") or nearest(typed, known[:_LOOKED_AT])
