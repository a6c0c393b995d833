"""Rows to records: keys, fields in the form of their kind, and a rejection for whatever cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.mapping.column import Checked, Column, Problem, any_of, has_controls, is_empty
from erp_sync.mapping.datasets import shape_all
from erp_sync.mapping.expressions import FromColumn, Node, checked
from erp_sync.mapping.kinds import check_kind
from erp_sync.mapping.rows import Rows
from erp_sync.mapping.shapes import fatal_rows
from erp_sync.mapping.units import FieldPlan, Unit
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.key import SEPARATOR
from erp_sync.ports import KEY, Records


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


def map_rows(unit: Unit, rows: Rows) -> Mapped:
    """As ``Prepared.map``, over rows."""
    rejections: list[Rejection] = []
    shaped = shape_all(unit.shapes, rows)
    for refused, why in shaped.refused:
        rejections += rejections_of(refused, why, unit)
    rows = shaped.rows
    keys, problems = keys_of(unit, rows)
    found: list[tuple[FieldPlan | None, Problem]] = [(None, p) for p in problems]
    columns: dict[str, pa.Array] = {KEY: keys}
    for plan in unit.fields:
        column = finished(plan, plan.node.evaluate(rows), rows)
        columns[plan.path] = column.values
        found += [(plan, p) for p in column.problems]
    for behind, problem in found:
        if problem.fatal:
            rejections += rejections_of(rows, (problem,), unit, keys, behind)
    bad = fatal_rows((p for _, p in found), len(rows))
    index = rows.index
    if any_of(bad):
        good = pc.invert(bad)
        columns = {name: pc.filter(values, good) for name, values in columns.items()}
        index = index[np.asarray(good.to_numpy(zero_copy_only=False))]
    frame = pd.DataFrame({n: pd.arrays.ArrowExtensionArray(v) for n, v in columns.items()}, index=index, copy=False)
    records = Records(unit.entity, rows.dataset, rows.place, frame, unit.at)
    notices = [_notice(rows, behind, p) for behind, p in found if not p.fatal and any_of(p.rows)]
    return Mapped(records, rejections, notices)


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


def keys_of(unit: Unit, rows: Rows) -> tuple[pa.Array, list[Problem]]:
    """The joined key of each row, null where it has none, and why."""
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


def rejections_of(
    rows: Rows,
    problems: Iterable[Problem],
    unit: Unit | None = None,
    keys: pa.Array | None = None,
    plan: FieldPlan | None = None,
) -> Iterator[Rejection]:
    for problem in problems:
        bad = pc.indices_nonzero(problem.rows)
        if not len(bad):
            continue
        if keys is None and unit is not None:
            keys = keys_of(unit, rows)[0]
        no_texts = [None] * len(bad)
        values = pc.take(problem.values, bad).to_pylist() if problem.values is not None else no_texts
        whose = pc.take(keys, bad).to_pylist() if keys is not None else no_texts
        place = str(problem.place)
        ats = rows.index[bad.to_numpy()].tolist()
        for row, at, value, key in zip(bad.to_pylist(), ats, values, whose, strict=True):
            yield Rejection(
                origin=Origin(rows.dataset, rows.place, at),
                reason=problem.message_of(row, value),
                entity=unit.entity if unit is not None else None,
                key=key,
                field=plan.path if plan is not None else None,
                column=problem.column,
                value=value,
                mapping_at=place,
                personal=plan is not None and plan.field.personal,
            )


def _notice(rows: Rows, plan: FieldPlan | None, problem: Problem) -> Notice:
    """Without the texts: it is the same of every chunk, and tells nothing that is personal."""
    bad = pc.indices_nonzero(problem.rows)
    first = bad[0].as_py()
    label = plan.path if plan is not None else "the key"
    reason = problem.reason if isinstance(problem.reason, str) else "is not what the ERP has: a transform says so"
    return Notice(str(problem.place), f"{label} {reason}", len(bad), rows.origin(first))
