"""erp-sync mapping scaffold: a mapping to start from, proposed from the ERP's data."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import click

from erp_sync.cli.mapping.rows import personal_option
from erp_sync.cli.session import Session, project_options
from erp_sync.cli.source.datasets import known
from erp_sync.errors import FixSettings
from erp_sync.mapping import Finding, Severity, check_source, load_mappings
from erp_sync.mapping.complaints import suggest
from erp_sync.mapping.scaffold import Proposal, look_at, propose, written
from erp_sync.ports import Source
from erp_sync.report.document import number
from erp_sync.report.text import visible
from erp_sync.wiring import Project

_BINARY = re.compile("blob|bytea|binary|image|raw", re.IGNORECASE)  # pictures and such: no text, never mapped
_SCHEMA = "mapping.schema.json"


@click.command()
@click.option(
    "--entity", required=True, metavar="ENTITY", help="The kind of record to map: product, customer, stock, ..."
)
@click.option("--dataset", required=True, metavar="DATASET", help="The dataset whose rows are to become these records.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write it here, instead of to the screen. Nothing that is there is overwritten.")  # fmt: skip
@personal_option
@project_options
def command(session: Session, entity: str, dataset: str, out: Path | None, show_personal: bool) -> None:
    """Propose a mapping, from a dataset's columns and what is in them.

    Columns are known by their names (English, German, Swedish; Navision, Business Central, Odoo, SAP) and by their
    values: decimal commas, forms of dates, yes and no, countries, currencies, barcodes, codes with leading zeros. Every
    row is looked at; what is proposed is tried on all of them. Comments say why each guess was made.
    """
    project = session.open()
    if entity not in project.catalog:
        raise FixSettings(f'Centra has no entity "{entity}"',
                          advice=suggest(entity, [e.name for e in project.catalog], "entities", most=50))  # fmt: skip
    if out is not None and out.exists():
        raise FixSettings(f"{out} is there already, and is not overwritten", advice="name another file")
    names = columns_of(project.source, known(project, dataset))
    session.reporter.stage(f"looking at {dataset}")
    with project.source.open() as extract:
        columns = look_at(extract.chunks(dataset, names))
    if not columns or not len(columns[0].texts):
        raise FixSettings(f"{dataset} has no rows to look at", advice="name a dataset with rows")
    proposal = propose(project.catalog, entity, dataset, columns)
    text = written(proposal, _schema(out), show_personal)
    findings = _tried(project, text) if proposal.complete else []
    session.reporter.close()
    if out is None:
        click.echo(text, nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
        click.echo(f"wrote {out}")
    click.echo(_said(proposal, findings), err=True)


def columns_of(source: Source, dataset: str) -> list[str]:
    """Those that hold texts."""
    return [c.name for c in source.describe(dataset).columns if not _BINARY.search(c.kind)]


def _schema(out: Path | None) -> str:
    """Where the file will find the schema, as init and the shipped mappings have it."""
    if out is not None:
        for beside in (f"../schema/{_SCHEMA}", f"../{_SCHEMA}", _SCHEMA):
            if (out.parent / beside).is_file():
                return beside
    return _SCHEMA


def _tried(project: Project, text: str) -> list[Finding]:
    """The proposal by itself over all rows, as check does it."""
    with tempfile.TemporaryDirectory(prefix="erp-sync-") as folder, project.source.open() as extract:
        (Path(folder) / "proposed.yaml").write_text(text, "utf-8")
        return check_source(load_mappings(Path(folder), project.catalog, {}), extract, project.local_now())


def _said(proposal: Proposal, findings: list[Finding]) -> str:
    lost = [guess.part for guess in proposal.key if guess.column is None]
    if lost:
        return f"erp-sync: no column was found for {', '.join(lost)}: the proposal says at TODO what to do"
    wrong = [f for f in findings if f.severity is Severity.ERROR]
    if wrong:
        return f"erp-sync: tried on every row; see to this: {'; '.join(visible(f.message) for f in wrong)}"
    made = f"{_count(len(proposal.fields), 'field')} from {_count(proposal.rows, 'row')}"
    return f"erp-sync: {made}, tried on every row: none is rejected"


def _count(many: int, what: str) -> str:
    return f"{number(many)} {what}{'' if many == 1 else 's'}"
