"""erp-sync mapping coverage: which fields are mapped, which columns are unused, and how they are filled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from erp_sync.cli.mapping.rows import personal_option, units_of
from erp_sync.cli.session import Session, project_options
from erp_sync.mapping.coverage import (
    DISTINCT,
    ColumnCoverage,
    Coverage,
    DatasetCoverage,
    EntityCoverage,
    FieldCoverage,
    Fill,
    coverage,
)
from erp_sync.mapping.units import Owner
from erp_sync.report.document import number
from erp_sync.report.masking import MASK
from erp_sync.report.text import shown, visible
from erp_sync.wiring import Project

_SHOWN = 3  # texts of a column
_USERS = 3  # entities that it is read for
_LONGEST = 24  # characters of each
_WIDEST = 40  # of a column's name, before the figures move


@click.command()
@click.argument("entity", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@personal_option
@project_options
def command(session: Session, entity: str | None, as_json: bool, show_personal: bool) -> int:
    """Show which of Centra's fields are mapped, which of the ERP's columns are unused, and how they are filled.

    Of one ENTITY and the datasets that it is made of, or of the whole mapping. Every row is read. Different values are
    counted exactly up to 10,000. Values that are personal are not shown, and neither are those of unused columns in
    datasets that hold personal data.
    """
    project = session.open()
    units = units_of(project, entity) if entity else list(project.mappings.units)
    found = _found(project, session, units)
    for line in _plain(found, show_personal) if as_json else _lines(found, show_personal, entity is None):
        click.echo(line)
    return 0


def _found(project: Project, session: Session, units: Sequence[Any]) -> Coverage:
    source = project.source
    session.reporter.stage("reading every row")

    def columns_of(name: str) -> list[str]:
        return [c.name for c in source.describe(name).columns]

    with source.open() as extract:
        found = coverage(
            project.mappings, units, extract, project.local_now(), project.catalog, source.datasets(), columns_of
        )
    session.reporter.close()
    return found


def _lines(found: Coverage, show_personal: bool, whole: bool) -> Iterator[str]:
    for entity in found.entities:
        yield from _of_entity(entity, show_personal)
        yield ""
    for dataset in found.datasets:
        yield from _of_dataset(dataset, show_personal)
        yield ""
    if whole:
        yield f"datasets that are not read: {', '.join(map(visible, found.unread)) or 'none'}"
        yield f"entities that are not mapped: {', '.join(found.unmapped) or 'none'}"


def _of_entity(entity: EntityCoverage, show_personal: bool) -> Iterator[str]:
    rejected = f", {number(entity.rejected)} rejected" if entity.rejected else ""
    made = f"{number(entity.records)} records of {number(entity.rows)} rows{rejected}"
    places = ", ".join(f"{visible(u.dataset)} ({u.at})" for u in entity.units)
    yield f"{click.style(entity.entity, bold=True)}  {made}, from {places}"
    hidden = {path for path, f in entity.fields.items() if f.known.personal and not show_personal}
    rows = [(path, f.fill, entity.records, "", path in hidden, _owned(f)) for path, f in entity.fields.items()]
    yield from _table(rows)
    if entity.unmapped:
        yield f"  not mapped: {', '.join(f.path for f in entity.unmapped)}"


def _of_dataset(dataset: DatasetCoverage, show_personal: bool) -> Iterator[str]:
    unused = sum(not c.used_by for c in dataset.columns.values())
    said = f"{number(unused)} of {number(len(dataset.columns))} columns unused" if unused else "every column is used"
    yield f"{click.style(visible(dataset.dataset), bold=True)}  {number(dataset.rows)} rows, {said}"
    yield from _table([
        (c.name, c.fill, dataset.rows if c.readable else 0, "" if c.used_by else "unused",
         c.personal and not show_personal, _users(c) if c.readable else "(no text)")
        for c in dataset.columns.values()
    ])  # fmt: skip


def _table(rows: Sequence[tuple[str, Fill, int, str, bool, str]]) -> Iterator[str]:
    """A line per column: its name, how much of it is filled, how many different texts, some of them, a remark."""
    names = [visible(name) for name, *_ in rows]
    width = min(max(map(len, names), default=0), _WIDEST)
    marked = max((len(mark) for *_, mark, _, _ in rows), default=0)
    figures = [(number(fill.filled), _share(fill.filled, of), _distinct(fill)) for _, fill, of, *_ in rows]
    widths = [max((len(f[n]) for f in figures), default=0) for n in range(3)]
    for name, figure, (_, fill, _, mark, hidden, remark) in zip(names, figures, rows, strict=True):
        filled, share, distinct = (f"{text:>{w}}" for text, w in zip(figure, widths, strict=True))
        parts = [f"{name:<{width}}", f"{filled} {share}", distinct]
        if marked:
            parts.append(click.style(f"{mark:<{marked}}", fg="yellow"))
        yield "  " + "  ".join(filter(None, (*parts, _texts(fill, hidden), remark))).rstrip()


def _share(filled: int, of: int) -> str:
    """Rounded, and never to all or nothing where it is neither."""
    if not of or filled in (0, of):
        return "100%" if of and filled else "0%" if of else "-"
    return "<1%" if filled * 100 < of else f"{min(99, round(100 * filled / of))}%"


def _distinct(fill: Fill) -> str:
    return f">{number(DISTINCT)} different" if fill.distinct is None else f"{number(fill.distinct)} different"


def _texts(fill: Fill, hidden: bool) -> str:
    if not fill.values:
        return ""
    if hidden:
        return MASK
    if fill.counted:
        common = sorted(fill.values.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
        said = [f"{shown(text, _LONGEST)} {number(n)}x" if n > 1 else shown(text, _LONGEST) for text, n in common]
    else:
        said = [shown(text, _LONGEST) for text in list(fill.values)[:_SHOWN]]
    return ", ".join(said) + (", …" if fill.distinct != len(said) else "")


def _owned(field: FieldCoverage) -> str:
    owners = sorted(o.value for o in field.owners - {Owner.ERP})
    return f"(owner: {', '.join(owners)})" if owners else ""


def _users(column: ColumnCoverage) -> str:
    """The first of the entities that it is read for."""
    more = len(column.used_by) - _USERS
    said = ", ".join(column.used_by[:_USERS]) + (f" and {more} more" if more > 0 else "")
    return f"-> {said}" if said else ""


def _plain(found: Coverage, show_personal: bool) -> Iterator[str]:
    def dump(**plain: Any) -> str:
        return json.dumps(plain, ensure_ascii=False)

    for entity in found.entities:
        yield dump(kind="entity", entity=entity.entity, rows=entity.rows, records=entity.records,
                   rejected=entity.rejected, unmapped=[f.path for f in entity.unmapped],
                   datasets=[u.dataset for u in entity.units])  # fmt: skip
        for path, f in entity.fields.items():
            yield dump(kind="field", entity=entity.entity, field=path, owners=sorted(o.value for o in f.owners),
                       mapping_at=[str(p.place) for p in f.plans], personal=f.known.personal,
                       **_figures(f.fill, f.known.personal and not show_personal))  # fmt: skip
    for dataset in found.datasets:
        yield dump(kind="dataset", dataset=dataset.dataset, rows=dataset.rows)
        for c in dataset.columns.values():
            yield dump(kind="column", dataset=dataset.dataset, column=c.name, used_by=c.used_by, personal=c.personal,
                       readable=c.readable,
                       **_figures(c.fill, c.personal and not show_personal))  # fmt: skip
    yield dump(kind="source", unread=found.unread)
    yield dump(kind="catalog", unmapped=found.unmapped)


def _figures(fill: Fill, hidden: bool) -> dict[str, Any]:
    """``distinct`` is null where there are more than ``distinct_up_to``; ``values`` without counts are the first."""
    values: Any = dict(fill.values) if fill.counted else list(fill.values)
    return {
        "rows": fill.rows,
        "filled": fill.filled,
        "nulls": fill.nulls,
        "blanks": fill.blanks,
        "distinct": fill.distinct,
        "distinct_up_to": DISTINCT,
        "values": MASK if hidden and fill.values else values,
    }
