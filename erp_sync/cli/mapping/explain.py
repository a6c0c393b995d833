"""erp-sync mapping explain: one record, from its row to the XML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import click

from erp_sync.cli.mapping.rows import Personal, cells, parsed_key, personal_option, units_of
from erp_sync.cli.mapping.verdict import Verdicts, fields_in, verdicts
from erp_sync.cli.session import Session, project_options
from erp_sync.errors import FixSettings
from erp_sync.mapping import Explained, Prepared, Unit, explain
from erp_sync.mapping.absent import left_out, refused, similar
from erp_sync.mapping.complaints import suggest
from erp_sync.mapping.explaining import FieldExplained, Step
from erp_sync.model.key import Key, show_key
from erp_sync.report.entries import of_rejection
from erp_sync.report.masking import MASK, Mask, without
from erp_sync.report.text import shown, visible
from erp_sync.wiring import Project


@click.command()
@click.argument("entity")
@click.argument("key")
@click.argument("fields", metavar="[FIELD]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@personal_option
@project_options
def command(
    session: Session, entity: str, key: str, fields: tuple[str, ...], as_json: bool, show_personal: bool
) -> int:
    """Explain one record: the row it comes from, what each part of the mapping makes of it, and what is sent.

    KEY is typed as reports show it, "P1" or "P1 / V1". With FIELDs only these are explained. Each line tells where in
    the mapping it stands. The plan is made anew and not kept, so that what is said here is what a plan would do.
    """
    project = session.open()
    units, wanted = units_of(project, entity), parsed_key(key)
    _known(project, entity, wanted, fields)
    mask = Mask(project.catalog, show_personal)
    found: list[tuple[Unit, Explained]] = []
    with project.source.open() as extract:
        prepared = project.mappings.prepare(extract, project.local_now(), units)
        for unit in units:
            found += [(unit, explained) for explained in explain(prepared, unit, wanted, fields)]
        absent = [] if found else list(_absent(prepared, units, wanted, mask))
        near = "" if found else next(filter(None, (similar(prepared, u, wanted) for u in units)), "")
    verdict = verdicts(project, session, entity, wanted, mask)
    if not found and not absent and verdict.baseline is None and verdict.waiting is None:
        advice = f'did you mean "{near}"?' if near else f"see erp-sync mapping preview {entity}"
        raise FixSettings(f"no row makes a {entity} {show_key(wanted)}", advice=advice)
    if as_json:
        records = [_plain(_hidden(e, Personal(u, show_personal)), verdict) for u, e in found]
        click.echo(json.dumps({"records": records, "absent": absent, "plan": verdict.said, "xml": verdict.xml},
                              ensure_ascii=False))  # fmt: skip
        return 0
    for unit, explained in found:
        personal = Personal(unit, show_personal)
        for line in _lines(unit, _hidden(explained, personal), verdict, whole=not fields):
            click.echo(line)
    for line in _end(entity, wanted, verdict, absent, bool(found)):
        click.echo(line)
    return 0


def _known(project: Project, entity: str, key: Key, fields: Sequence[str]) -> None:
    parts = [part.name for part in project.catalog.keys(entity)]
    if len(key) != len(parts):
        raise FixSettings(f"a {entity} has {len(parts)} ids and {len(key)} were given",
                          advice=f'type it as "{" / ".join(p.upper() for p in parts)}"')  # fmt: skip
    mapped = dict.fromkeys(p.path for u in units_of(project, entity) for p in u.fields)
    for path in fields:
        if path not in mapped:
            raise FixSettings(f"{path} of {entity} is not mapped", advice=suggest(path, mapped, "mapped are"))


def _absent(prepared: Prepared, units: Sequence[Unit], key: Key, mask: Mask) -> Iterator[str]:
    for unit in units:
        for row in left_out(prepared, unit, key):
            yield f"{row.origin}: left out, because it is not so that {row.condition}  {row.place}"
        for rejection in refused(prepared, unit, key):
            yield f"{rejection.origin}: {of_rejection(rejection, mask).reason}  {rejection.mapping_at}"


def _hidden(explained: Explained, personal: Personal) -> Explained:
    """Without what is personal: of such a field each step's text may be it."""

    def field(one: FieldExplained) -> FieldExplained:
        if one.value is None or personal.field(one.path, "x") != MASK:
            return one
        steps = tuple(replace(s, value=MASK if s.value else s.value) for s in one.steps)
        problems = tuple(without([s.value for s in one.steps], problem) for problem in one.problems)
        return replace(one, steps=steps, value=MASK if one.value else one.value, problems=problems)

    return replace(explained, row=personal.row(explained.row), fields=tuple(map(field, explained.fields)))


def _lines(unit: Unit, record: Explained, verdict: Verdicts, whole: bool) -> Iterator[str]:
    yield click.style(f"{record.entity} {visible(show_key(record.key))}", bold=True)
    yield f"  row      {record.origin}, dataset {visible(unit.dataset)}"
    yield f"  mapping  {unit.at}"
    if whole:
        yield from cells(record.row, 4)
        if record.conditions:
            yield "\n  conditions"
            yield from _steps(record.conditions)
        yield "\n  key"
        yield from _steps(record.key_steps)
    for field in record.fields:
        yield f"\n  {click.style(field.path, bold=True)}  {field.place}"
        yield from _steps(field.steps)
        yield from (f"    ! {visible(problem)}" for problem in field.problems)
        yield f"    {visible(verdict.of_field(field))}"
    yield ""


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    names = [visible(s.what) for s in steps]
    texts = [shown(s.value and show_key(s.value)) for s in steps]  # one of them is a key of several ids
    width, wide = max(map(len, names), default=0), min(max(map(len, texts), default=0), 40)
    for name, text, step in zip(names, texts, steps, strict=True):
        yield f"    {name:<{width}}  {text:<{wide}}  {step.place}"


def _end(entity: str, key: Key, verdict: Verdicts, absent: Sequence[str], made: bool) -> Iterator[str]:
    if not made:
        yield click.style(f"{entity} {visible(show_key(key))}", bold=True)
        yield "  no row makes this record"
        yield from (f"    {visible(line)}" for line in absent)
    baseline = verdict.baseline
    if baseline is None:
        yield "  ledger   Centra never acknowledged it"
    else:
        state = "acknowledged and retired" if baseline.retired else "acknowledged" if baseline.exists else "in doubt"
        gone = f", missing from {baseline.absences} extracts in a row" if baseline.absences else ""
        yield f"  ledger   {state}, {fields_in(baseline.fields)}{gone}"
    yield f"  plan     {visible(verdict.said)}"
    if verdict.xml:
        yield "  xml"
        yield from (f"    {visible(line)}" for line in verdict.xml.splitlines())


def _plain(record: Explained, verdict: Verdicts) -> dict[str, Any]:
    def steps(of: Sequence[Step]) -> list[dict[str, Any]]:
        return [{"what": s.what, "value": s.value, "at": str(s.place)} for s in of]

    return {
        "entity": record.entity,
        "key": record.key,
        "origin": str(record.origin),
        "row": record.row,
        "conditions": steps(record.conditions),
        "key_steps": steps(record.key_steps),
        "fields": [
            {
                "path": f.path,
                "at": str(f.place),
                "owner": f.owner.value,
                "steps": steps(f.steps),
                "value": f.value,
                "problems": f.problems,
                "verdict": verdict.of_field(f),
            }
            for f in record.fields
        ],
    }
