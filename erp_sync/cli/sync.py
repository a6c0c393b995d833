"""erp-sync sync: plan and apply in one go, for the night."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click

from erp_sync.cli.options import full_option, limit, override_option, report_options, show
from erp_sync.cli.outcome import exit_code_of, run_report
from erp_sync.cli.plan import REFUSED
from erp_sync.cli.session import Session, project_options
from erp_sync.plan import open_plan
from erp_sync.report.plans import PlanReport


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@click.option("--keep", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Keep the plan, too.")
@full_option
@override_option
@report_options
@project_options
def command(
    session: Session,
    yes: bool,
    keep: Path | None,
    full: bool,
    overrides: tuple[str, ...],
    form: str,
    show_all: bool,
    show_personal: bool,
) -> int:
    """Plan and apply in one go.

    What an earlier run left in doubt is settled first. A plan that a guard refuses is shown and not applied.
    """
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("without a terminal nobody can be asked: add --yes")
    project = session.open()
    with tempfile.TemporaryDirectory(prefix="erp-sync-") as folder:
        path = keep or Path(folder) / "erp-sync.plan"
        project.recover()
        planned = project.plan(path, session.reporter, overrides=overrides, full=full)
        session.reporter.close()
        plan = open_plan(path)
        shown = limit(form, show_all)
        show(PlanReport(plan, project.catalog, session.title(project), shown, show_personal), form)
        if plan.manifest.refused_whole:
            return REFUSED
        if plan.manifest.steps and not yes and not click.confirm("Apply this plan?", err=True):
            click.echo("Nothing was sent.", err=True)
            return 0
        summary = project.apply(plan, session.reporter, overrides=overrides, made=planned)
        session.reporter.close()
    report = run_report(project, session, summary, shown, show_personal)
    show(report, form)
    return exit_code_of(report, refused=plan.manifest.refused)
