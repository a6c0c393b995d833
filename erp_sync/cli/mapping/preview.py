"""erp-sync mapping preview: ERP row | record | rejected, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from erp_sync.cli.mapping.rows import Personal, cells, owners, parsed_key, personal_option, units_of
from erp_sync.cli.session import Session, project_options
from erp_sync.errors import FixSettings
from erp_sync.mapping import Previewed, Unit, preview
from erp_sync.model.key import show_key
from erp_sync.report.entries import of_rejection
from erp_sync.report.masking import Mask
from erp_sync.report.text import visible
from erp_sync.wiring import Project


@click.command()
@click.argument("entity", required=False)
@click.option("--rows", type=click.IntRange(1), default=3, show_default=True, help="How many rows of each entity.")
@click.option("--key", metavar="KEY", help='Only rows of this record and those below it: "P1" or "P1 / V1".')
@click.option("--rejected", is_flag=True, help="Only rows that are rejected.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per row.")
@personal_option
@project_options
def command(
    session: Session,
    entity: str | None,
    rows: int,
    key: str | None,
    rejected: bool,
    as_json: bool,
    show_personal: bool,
) -> int:
    """Show rows of the ERP, and the records that the mapping makes of them.

    Of one ENTITY, or of all of them. A row becomes a record or several, is rejected, or is left out by a condition.
    """
    project = session.open()
    units = units_of(project, entity) if entity else list(project.mappings.units)
    wanted = parsed_key(key) if key else ()
    total = 0
    with project.source.open() as extract:
        prepared = project.mappings.prepare(extract, project.local_now(), units)
        for unit in units:
            if len(wanted) > len(unit.key):
                continue
            found = preview(prepared, unit, None if key else rows, wanted, rejected=rejected)
            total += _show(project, unit, found, as_json, show_personal)
    if key and not total:
        raise FixSettings(f"no row makes a record with the key {key}",
                          advice=f"erp-sync mapping explain ENTITY {json.dumps(key)} tells why")  # fmt: skip
    if rejected and not total and not as_json:
        click.echo("No row is rejected.")
    return 0


def _show(project: Project, unit: Unit, found: Iterator[Previewed], as_json: bool, show_personal: bool) -> int:
    personal, mask = Personal(unit, show_personal), Mask(project.catalog, show_personal)
    total = 0
    for row in found:
        total += 1
        if as_json:
            click.echo(json.dumps(_plain(unit, row, personal, mask), ensure_ascii=False))
            continue
        if total == 1:
            title = click.style(f"{unit.entity} from {visible(unit.dataset)}", bold=True)
            click.echo(f"{title}  {unit.at}")
        for line in _lines(unit, row, personal, mask):
            click.echo(line)
    if total and not as_json:
        click.echo()
    return total


def _lines(unit: Unit, row: Previewed, personal: Personal, mask: Mask) -> Iterator[str]:
    yield f"  {row.origin}"
    yield from cells(personal.row(row.row))
    for key, record in row.records:
        yield click.style(f"    + {unit.entity} {visible(show_key(key))}", fg="green")
        fields = {path: personal.field(path, text) for path, text in record.items()}
        yield from cells(fields, remarks=owners(unit))
    for rejection in row.rejections:
        entry = of_rejection(rejection, mask)
        yield click.style(f"    ! rejected {visible(entry.key)}".rstrip(), fg="magenta") + f"  {entry.where}"
        yield f"      {visible(entry.reason)}"
    if row.left_out:
        yield click.style("    - left out: it does not meet a condition of the mapping", fg="yellow")


def _plain(unit: Unit, row: Previewed, personal: Personal, mask: Mask) -> dict[str, Any]:
    return {
        "entity": unit.entity,
        "dataset": unit.dataset,
        "origin": str(row.origin),
        "row": personal.row(row.row),
        "records": [
            {"key": key, "fields": {p: personal.field(p, t) for p, t in record.items()}} for key, record in row.records
        ],
        "rejections": [
            {"field": r.field, "reason": mask.rejection(r)[1], "mapping_at": r.mapping_at} for r in row.rejections
        ],
        "left_out": row.left_out,
    }
