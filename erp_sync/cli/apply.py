"""erp-sync apply: send what was approved."""

from __future__ import annotations

from pathlib import Path

import click

from erp_sync.cli.options import limit, override_option, report_options, show
from erp_sync.cli.outcome import exit_code_of, run_report
from erp_sync.cli.session import Session, project_options
from erp_sync.plan import open_plan, override


@click.command()
@click.argument("plan", type=click.Path(path_type=Path, dir_okay=False))
@override_option
@report_options
@project_options
def command(
    session: Session,
    plan: Path,
    overrides: tuple[str, ...],
    form: str,
    show_all: bool,
    show_personal: bool,
) -> int:
    """Apply a plan that was kept by erp-sync plan --out: exactly it, or nothing.

    A plan is refused when it expired, when the file was touched, or when the ERP's data, the mapping, the ledger or
    Centra's address are no longer what they were.
    """
    project = session.open()
    file = open_plan(plan)
    summary = project.apply(file, session.reporter, overrides=overrides)
    session.reporter.close()
    report = run_report(project, session, summary, limit(form, show_all), show_personal)
    show(report, form)
    return exit_code_of(report, refused=override(file.manifest, overrides).refused)
