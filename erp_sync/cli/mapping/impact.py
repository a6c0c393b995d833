"""erp-sync mapping impact: what an edit of the mapping does to the shop."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from erp_sync.cli.mapping.edited import AS_BEFORE, LEFT_OUT, NEWLY, NO_LONGER, EntityImpact, FieldImpact, Impact, impact
from erp_sync.cli.mapping.rows import personal_option
from erp_sync.cli.plan import HAS_CHANGES
from erp_sync.cli.session import Session, project_options
from erp_sync.errors import FixSettings
from erp_sync.mapping import MappingSet, load_mappings
from erp_sync.mapping.complaints import suggest
from erp_sync.report.document import number
from erp_sync.report.entries import Entry
from erp_sync.report.masking import Mask
from erp_sync.report.plans import SENT, WAITING
from erp_sync.report.text import shown, table, visible
from erp_sync.settings.shipped import shipped
from erp_sync.wiring import Project

_SHIPPED = "shipped:"
_COLUMNS = (*SENT, "unchanged", *WAITING, LEFT_OUT, NEWLY, NO_LONGER)
_RECORDS = {  # what is listed of records, its sign, and how it reads
    "create": ("+", "green", "to create"),
    "retire": ("-", "red", "to retire"),
    "unlink": ("-", "red", "to unlink"),
    LEFT_OUT: ("-", "yellow", "not made any more"),
    "absent": ("-", "yellow", "not made any more, and staying for now"),
    "blocked": ("!", "magenta", "blocked"),
    "parked": ("!", "magenta", "parked"),
    "held": ("!", "magenta", "held"),
    "centra-owned": ("!", "magenta", "where Centra has something else in fields that it owns"),
    NEWLY: ("!", "magenta", "newly rejected"),
    NO_LONGER: ("+", "green", "no longer rejected"),
}
_LONGEST = 60


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", required=False)
@click.option("--samples", type=click.IntRange(0), default=3, show_default=True, help="How many of each kind.")
@click.option("--exit-code", is_flag=True, help="End with 3 where the edit changes anything.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@personal_option
@project_options
def command(
    session: Session,
    old: str,
    new: str | None,
    samples: int,
    exit_code: bool,
    as_json: bool,
    show_personal: bool,
) -> int:
    """Show what an edit of the mapping does to the shop: the same rows through OLD and through NEW.

    OLD and NEW are folders of mappings, or shipped:NAME; NEW is the project's own mapping where it is left out. The
    old one of a mapping that is kept in git is had so:

    \b
      git archive HEAD mappings | tar -x -C /tmp/old
      erp-sync mapping impact /tmp/old/mappings

    It shows what erp-sync plan would show with NEW after Centra took all of OLD, and neither reads the ledger nor
    writes it, so that what else changed in the ERP since the last run is not in it. Nothing is sent.
    """
    project = session.open()
    before = _loaded(project, old)
    after = _loaded(project, new) if new else project.mappings
    mask = Mask(project.catalog, show_personal)
    with tempfile.TemporaryDirectory(prefix="erp-sync-") as folder:
        found = impact(project, before, after, Path(folder), session.reporter, mask, samples)
    session.reporter.close()
    for line in _plain(found, samples) if as_json else _lines(found, old, new or project.settings.project.mappings,
                                                              samples):  # fmt: skip
        click.echo(line)
    changes = bool(found.gone) or any(e.touched for e in found.entities.values())
    return HAS_CHANGES if exit_code and changes else 0


def _loaded(project: Project, written: str) -> MappingSet:
    """Raises FixSettings where there is no such folder, FixMapping for what is wrong in it."""
    name = written.removeprefix(_SHIPPED)
    folder = Path(written) if name == written else shipped("mappings") / name
    if not folder.is_dir():
        sets = sorted(p.name for p in shipped("mappings").iterdir() if p.is_dir())
        advice = "name a folder of mappings" if name == written else suggest(name, sets, "shipped are")
        raise FixSettings(f'there are no mappings "{written}"', advice=advice)
    return load_mappings(folder, project.catalog, project.settings.parameters)


def _lines(found: Impact, old: str, new: str, samples: int) -> Iterator[str]:
    yield click.style(f"From {visible(old)} to {visible(new)}, over the same rows", bold=True)
    touched = {name: e for name, e in found.entities.items() if e.touched}
    columns = [c for c in _COLUMNS if any(e.counts[c] for e in touched.values())]
    if touched and columns:
        rows = [(name, [e.counts[c] for c in columns]) for name, e in touched.items()]
        yield from (f"  {line}" for line in table(columns, rows))
    for name, entity in touched.items():
        yield ""
        yield click.style(name, bold=True)
        yield from _of_entity(entity, samples)
    for name, records in found.gone.items():
        yield ""
        yield click.style(name, bold=True)
        yield f"  - not mapped any more: {_count(records, 'record')} stay in Centra as they are"
    if found.guards:
        yield ""
        yield click.style("Guards that would refuse it", bold=True)
        for verdict in found.guards:
            yield f"  ! {visible(verdict.message)}"
    if found.notes:
        yield ""
        yield click.style("Notes", bold=True)
        yield from (f"  {visible(note)}" for note in found.notes)
    yield ""
    yield click.style(_conclusion(found), bold=True)


def _of_entity(entity: EntityImpact, samples: int) -> Iterator[str]:
    for path, changes in entity.fields.items():
        if changes.changed:
            yield click.style(f"  ~ {path}", fg="yellow") + f"  {_count(changes.changed, 'record')}"
            yield from _pairs(changes, samples)
    for word, (sign, colour, reads) in _RECORDS.items():
        if entity.counts[word]:
            yield click.style(f"  {sign} {number(entity.counts[word])} {reads}", fg=colour)
            yield from (f"      {line}" for e in entity.samples[word] for line in _sample(e))
            if (more := entity.counts[word] - len(entity.samples[word])) and entity.samples[word]:
                yield f"      … and {number(more)} more"
    for path in entity.not_sent:
        yield f"  - {path}  not mapped any more: Centra keeps what it has"


def _pairs(changes: FieldImpact, samples: int) -> Iterator[str]:
    common = changes.pairs.most_common(samples)
    for (old, new), times in common:
        key, row = changes.first[old, new]
        often = f"{number(times)} times, first " if times > 1 else ""
        yield f"      {shown(old, _LONGEST)} -> {shown(new, _LONGEST)}  {often}{visible(key)}  {visible(row)}".rstrip()
    if (more := changes.changed - sum(times for _, times in common)) and common:
        yield f"      … and {number(more)} more"


def _sample(entry: Entry) -> Iterator[str]:
    yield "  ".join(filter(None, (visible(entry.key), visible(entry.where))))
    if entry.reason:
        yield f"  {visible(entry.reason)}"


def _count(n: int, what: str) -> str:
    return f"{number(n)} {what}{'' if n == 1 else 's'}"


def _conclusion(found: Impact) -> str:
    said = [f"{number(n)} to {w}" for w in SENT if (n := found.total(w))]
    said += [f"{number(n)} {w}" for w in (*WAITING, LEFT_OUT, NEWLY, NO_LONGER) if (n := found.total(w))]
    said += [f"{name} not mapped any more" for name in found.gone]
    return ", ".join(said) or "Nothing changes in the shop: of these rows both mappings make the same."


def _plain(found: Impact, samples: int) -> Iterator[str]:
    def dump(**plain: Any) -> str:
        return json.dumps(plain, ensure_ascii=False)

    for name, entity in found.entities.items():
        yield dump(kind="entity", entity=name, counts={w: n for w, n in sorted(entity.counts.items()) if n},
                   fields={p: _plain_field(f, samples) for p, f in sorted(entity.fields.items())},
                   not_sent=entity.not_sent,
                   samples={w: [_plain_sample(e) for e in es] for w, es in entity.samples.items() if es and
                            w != AS_BEFORE})  # fmt: skip
    for name, records in found.gone.items():
        yield dump(kind="gone", entity=name, records=records)
    for verdict in found.guards:
        yield dump(kind="guard", guard=verdict.name, entity=verdict.entity, message=verdict.message)
    for note in found.notes:
        yield dump(kind="note", message=note)


def _plain_field(changes: FieldImpact, samples: int) -> dict[str, Any]:
    return {
        "changed": changes.changed,
        "created": changes.created,
        "along": changes.along,
        "changes": [
            {"old": old, "new": new, "records": times, "first": changes.first[old, new][0],
             "origin": changes.first[old, new][1]}
            for (old, new), times in changes.pairs.most_common(samples)
        ],
    }  # fmt: skip


def _plain_sample(entry: Entry) -> dict[str, Any]:
    return {"key": entry.key, "origin": str(entry.origin) if entry.origin else None, "mapping_at": entry.mapping_at,
            "reason": entry.reason}  # fmt: skip
