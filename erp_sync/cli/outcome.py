"""What came of a run: its report and its exit code."""

from __future__ import annotations

from erp_sync.apply import Summary
from erp_sync.cli.session import Session
from erp_sync.model.outcome import OutcomeKind
from erp_sync.report.runs import RunReport
from erp_sync.wiring import Project

FAILED, REFUSED, PARTLY = 1, 4, 5


def run_report(
    project: Project, session: Session, summary: Summary, limit: int | None, show_personal: bool
) -> RunReport:
    waiting = project.reader().quarantine()
    return RunReport(summary, waiting, project.catalog, session.title(project), project.settings.centra.endpoint,
                     limit, show_personal)  # fmt: skip


def exit_code_of(report: RunReport, *, refused: bool) -> int:
    """Refused where a guard withheld an entity and all else went well. Partly, too, where all that was sent arrived
    and something still waits in quarantine: nobody may overlook it."""
    summary = report.summary
    went_wrong = summary.counts[OutcomeKind.REJECTED] or summary.counts[OutcomeKind.IN_DOUBT] or summary.ended
    if refused and not went_wrong:
        return REFUSED
    if report.summary.status == "failed":
        return FAILED
    return PARTLY if report.summary.status == "partly" or report.quarantine else 0
