"""What a mapping does to single rows: shown before it runs, and explained transform by transform. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import Place
from erp_sync.mapping.column import as_texts
from erp_sync.mapping.datasets import shape_all
from erp_sync.mapping.engine import Prepared
from erp_sync.mapping.records import finished, keys_of
from erp_sync.mapping.rows import Rows, Run
from erp_sync.mapping.units import FieldPlan, Owner, Unit
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.key import Key, join_key, split_key
from erp_sync.ports import KEY, Chunk

Cells = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Previewed:
    """One row of the ERP and what comes of it: no records and no rejections means that a condition left it out."""

    origin: Origin
    row: Cells
    records: tuple[tuple[Key, Cells], ...]
    rejections: tuple[Rejection, ...]

    @property
    def left_out(self) -> bool:
        return not self.records and not self.rejections


@dataclass(frozen=True, slots=True)
class Step:
    """What a part of the mapping did: where it stands, what it is, and the text that it made (None: unset)."""

    place: Place
    what: str
    value: str | None


@dataclass(frozen=True, slots=True)
class FieldExplained:
    """A field's way from the row to what is sent. ``value`` None: the field is left alone."""

    path: str
    owner: Owner
    place: Place
    steps: tuple[Step, ...]
    value: str | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """One record's way: the row, the conditions that it met, its key, its fields."""

    entity: str
    origin: Origin
    row: Cells
    key: Key
    conditions: tuple[Step, ...]
    key_steps: tuple[Step, ...]
    fields: tuple[FieldExplained, ...]


def preview(
    prepared: Prepared, unit: Unit, rows: int | None = None, key: Key = (), *, rejected: bool = False
) -> Iterator[Previewed]:
    """The first ``rows`` rows, of those that are rejected or of which a record (or a rejection) has this key or one
    that begins with it."""
    left = rows
    for chunk in prepared.chunks(unit.dataset):
        wanted: Sequence[int] = range(len(chunk.frame))
        if key:
            wanted = sorted(_positions(prepared, unit, chunk, key))
        if rejected:
            places = {r.origin.at for r in prepared.map(unit, chunk).rejections}
            wanted = [n for n in wanted if chunk.frame.index[n] in places]
        for position in wanted:
            if left is not None:
                if left == 0:
                    return
                left -= 1
            yield _previewed(prepared, unit, _one_row(chunk, position))


def explain(prepared: Prepared, unit: Unit, key: Key, paths: Sequence[str] = ()) -> Iterator[Explained]:
    """Each record with this key, from its row to its fields (all of them, or those of ``paths``)."""
    joined = join_key(key)
    for chunk in prepared.chunks(unit.dataset):
        for position in sorted(_positions(prepared, unit, chunk, key, whole=True)):
            yield _explained(prepared, unit, _one_row(chunk, position), joined, paths)


def _previewed(prepared: Prepared, unit: Unit, chunk: Chunk) -> Previewed:
    mapped = prepared.map(unit, chunk)
    frame = mapped.records.frame
    records = [
        (split_key(cells[KEY] or ""), {path: text for path, text in cells.items() if path != KEY})
        for cells in (_cells(frame, n) for n in range(len(frame)))
    ]
    return Previewed(chunk.origin(0), _cells(chunk.frame, 0), tuple(records), tuple(mapped.rejections))


def _positions(prepared: Prepared, unit: Unit, chunk: Chunk, key: Key, whole: bool = False) -> set[int]:
    """The rows of a chunk from which a record with this key is made."""
    numbered = prepared.rows(chunk).beside({_POSITION: pc.cast(pa.array(np.arange(len(chunk.frame))), pa.string())})
    rows = shape_all(unit.shapes, numbered).rows
    keys, _ = keys_of(unit, rows)
    joined = join_key(key)
    found = pc.equal(keys, joined)
    if not whole:
        found = pc.or_(found, pc.starts_with(keys, join_key((*key, ""))))
    return {int(text) for text in pc.filter(rows.column(_POSITION), pc.fill_null(found, False)).to_pylist()}


_POSITION = "#position"  # no column of an ERP has this name


def _explained(prepared: Prepared, unit: Unit, chunk: Chunk, key: str, paths: Sequence[str]) -> Explained:
    run = prepared.tracing()
    rows = _record(prepared, unit, chunk, key, run)
    conditions = _steps(run)
    keys_of(unit, rows)
    key_steps = _steps(run)
    fields = []
    for plan in unit.fields:
        if not paths or plan.path in paths:
            # rows anew for each field: a name given by `with` is evaluated once per rows, and shown where it is used
            rows = _record(prepared, unit, chunk, key, run)
            _steps(run)
            fields.append(_field(unit, plan, rows, run))
    return Explained(unit.entity, chunk.origin(0), _cells(chunk.frame, 0), split_key(key), conditions, key_steps,
                     tuple(fields))  # fmt: skip


def _record(prepared: Prepared, unit: Unit, chunk: Chunk, key: str, run: Run) -> Rows:
    """The one row that the record is made of, after columns and lists were turned into rows."""
    rows = shape_all(unit.shapes, prepared.rows(chunk, run)).rows
    noted, run.trace = run.trace, None
    mine = pc.fill_null(pc.equal(keys_of(unit, rows)[0], key), False)
    run.trace = noted
    return rows.where(mine).fresh()


def _field(unit: Unit, plan: FieldPlan, rows: Rows, run: Run) -> FieldExplained:
    column = finished(plan, plan.node.evaluate(rows), rows)
    problems = tuple(p.message(0) for p in column.problems if p.rows[0].as_py())
    return FieldExplained(
        plan.path, unit.owners[plan.path], plan.place, _steps(run), column.values[0].as_py(), problems
    )


def _steps(run: Run) -> tuple[Step, ...]:
    """What was noted since the last look."""
    noted = run.trace or []
    run.trace = []
    return tuple(Step(n.place, n.what, as_texts(n.values)[0].as_py()) for n in noted if len(n.values))


def _one_row(chunk: Chunk, position: int) -> Chunk:
    return Chunk(chunk.dataset, chunk.place, chunk.frame.iloc[position : position + 1])


def _cells(frame: pd.DataFrame, row: int) -> Cells:
    return {str(name): as_texts(pa.array(frame[name]))[row].as_py() for name in frame.columns}
