"""erp-sync mapping check: what is wrong with a mapping, all of it, before anything runs."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from erp_sync.cli.mapping.doubles import Doubles
from erp_sync.cli.session import Session, project_options
from erp_sync.errors import FixMapping, Place
from erp_sync.mapping.checking import Finding, Severity, check_source
from erp_sync.report.document import number
from erp_sync.report.text import visible
from erp_sync.wiring import Project

WRONG = 2
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


@click.command()
@click.option("--without-source", is_flag=True, help="Look at the files only; read nothing of the ERP.")
@click.option("--strict", is_flag=True, help="Let warnings fail, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@project_options
def command(session: Session, without_source: bool, strict: bool, as_json: bool) -> int:
    """Check the mapping: its YAML, Centra's fields, and every row of the ERP's data.

    Everything that is wrong is said at once, with file:line:column and what to write instead. Ends with 2 where
    something is wrong: a file, a column, a lookup, or rows that would be rejected. Nothing is sent anywhere.
    """
    project = session.open()
    findings = found(project, session, without_source)
    for finding in findings:
        click.echo(_plain(finding) if as_json else _shown(finding))
    if not as_json:
        click.echo(_conclusion(project, findings, without_source))
    wrong = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return WRONG if wrong & {f.severity for f in findings} else 0


def found(project: Project, session: Session, without_source: bool) -> list[Finding]:
    try:
        mappings = project.mappings
        if without_source:
            return []
        session.reporter.stage("mapping every row")
        doubles = Doubles()
        with project.source.open() as extract:
            findings = check_source(mappings, extract, project.local_now(), doubles.see)
        findings += doubles.findings()
        return sorted(findings, key=lambda f: (f.place.file, f.place.line, f.place.column, f.message))
    except FixMapping as cause:
        problems = cause.problems or [cause]
        return [Finding(Severity.ERROR, p.place or Place("mapping"), p.message, p.advice) for p in problems]
    finally:
        session.reporter.close()


def _shown(finding: Finding) -> str:
    word = click.style(finding.severity.value, fg=_COLOURS[finding.severity])
    advice = f"\n  {visible(finding.advice)}" if finding.advice else ""
    return f"{finding.place}: {word}: {visible(finding.message)}{advice}"


def _plain(finding: Finding) -> str:
    plain = {
        "severity": finding.severity.value,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "message": finding.message,
        "advice": finding.advice,
        "rows": finding.rows,
    }
    return json.dumps(plain, ensure_ascii=False)


def _conclusion(project: Project, findings: Sequence[Finding], without_source: bool) -> str:
    if not findings:
        entities = dict.fromkeys(unit.entity for unit in project.mappings.units)
        looked = "the files are right" if without_source else "every row can be mapped"
        return f"{number(len(entities))} entities: {looked}."
    counts = {s: sum(f.severity is s for f in findings) for s in Severity}
    return ", ".join(f"{number(n)} {s.value}{'s' if n > 1 else ''}" for s, n in counts.items() if n) + "."
