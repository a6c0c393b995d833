"""erp-sync plan: the dry run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from erp_sync.cli.options import full_option, limit, override_option, report_options, show
from erp_sync.cli.session import Session, project_options
from erp_sync.diff import Only
from erp_sync.plan import open_plan
from erp_sync.report.plans import PlanReport

HAS_CHANGES = 3
REFUSED = 4


@click.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Keep the plan in this file, for erp-sync apply.")  # fmt: skip
@click.option("--entity", "entities", multiple=True, metavar="NAME", help="Only records of this entity. Repeatable.")
@click.option("--key", metavar="KEY", help='Only this record and those below it: "P1" or "P1 / V1".')
@full_option
@click.option("--exit-code", is_flag=True, help="End with 3 where the plan has changes.")
@override_option
@report_options
@project_options
def command(
    session: Session,
    out: Path | None,
    entities: tuple[str, ...],
    key: str | None,
    full: bool,
    exit_code: bool,
    overrides: tuple[str, ...],
    form: str,
    show_all: bool,
    show_personal: bool,
) -> int:
    """Show what would change in Centra, field by field. Nothing is sent.

    With --out the plan is kept: erp-sync apply FILE then does exactly what was shown, or nothing.
    """
    project = session.open()
    only = Only(frozenset(entities), tuple(part.strip() for part in key.split(" / ")) if key else ())
    with tempfile.TemporaryDirectory(prefix="erp-sync-") as folder:
        path = out or Path(folder) / "erp-sync.plan"
        project.catch_up(session.reporter)
        project.plan(path, session.reporter, only=only, overrides=overrides, full=full)
        session.reporter.close()
        plan = open_plan(path)
        report = PlanReport(plan, project.catalog, session.title(project), limit(form, show_all), show_personal,
                            _next_step(out, plan.manifest.steps, plan.manifest.refused_whole))  # fmt: skip
        show(report, form)
    if plan.manifest.refused:
        return REFUSED
    return HAS_CHANGES if exit_code and plan.manifest.steps else 0


def _next_step(out: Path | None, steps: int, refused: bool) -> str:
    if not steps or refused:
        return ""
    if out is None:
        return "Nothing was sent. To apply: erp-sync sync, or keep a plan for approval: erp-sync plan --out FILE"
    return f"Nothing was sent. To apply exactly this: erp-sync apply {out}"
