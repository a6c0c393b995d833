"""What a whole plan says of one record: what would be sent and why, or why not."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from erp_sync.cli.session import Session
from erp_sync.mapping import Owner
from erp_sync.mapping.explaining import FieldExplained
from erp_sync.model.change import Action, Baseline
from erp_sync.model.key import Key, join_key
from erp_sync.model.plan import Step, Verdict, Wait, Waiting
from erp_sync.plan import open_plan
from erp_sync.report.entries import of_waiting
from erp_sync.report.masking import Mask
from erp_sync.report.text import shown
from erp_sync.report.xml import indented
from erp_sync.wiring import Project


@dataclass(frozen=True)
class Verdicts:
    """``rejected`` are reasons of rows with this key; ``xml`` is empty where nothing of the record would be sent."""

    entity: str
    baseline: Baseline | None
    step: Step | None
    waiting: Waiting | None
    rejected: tuple[str, ...]
    guards: tuple[Verdict, ...]
    xml: str
    mask: Mask

    @property
    def said(self) -> str:
        """One line: sent or not, and why."""
        if self.waiting is not None:
            entry = of_waiting(self.waiting, self.mask)
            return f"not sent: {entry.word}: {entry.reason}"
        if self.step is not None:
            refused = [v.message for v in self.guards]
            why = f"; but a guard refuses it: {'; '.join(refused)}" if refused else ""
            return f"{self.step.action.value}, {fields_in(self.step.fields)}{why}"
        if self.rejected:
            return f"not sent: rejected: {'; '.join(self.rejected)}"
        if self.baseline is not None and self.baseline.exists:
            return "not sent: Centra has all of it already"
        return "not sent: the plan says nothing of it"

    def of_field(self, field: FieldExplained) -> str:
        """Why this field is in the request, or is not."""
        sent = {f.path: f for f in self.step.fields} if self.step is not None else {}
        old = self.baseline.fields.get(field.path) if self.baseline is not None else None
        if change := sent.get(field.path):
            if change.doubtful:
                return "sent again: the last send of it got no reply"
            if self.step is not None and self.step.action is Action.CREATE:
                return "sent"
            if change.old == change.new:
                return "sent along with another field of this record, without which that says nothing"
            return f"sent: Centra has {self._shown(field.path, change.old)}"
        if field.problems:
            return "not sent: the row is rejected"
        if field.value is None:
            return "not sent: left alone, because there is no value"
        if field.owner is Owner.CENTRA:
            return f"not sent: it is Centra's own (owner: centra), which has {self._shown(field.path, old)}"
        if self.baseline is None or not self.baseline.exists:
            return "not sent, as nothing of this record is"
        if old == field.value:
            return "not sent: Centra has this value already"
        has = f"Centra has {self._shown(field.path, old)}"
        if field.owner is Owner.CREATE_ONLY:
            return f"not sent: only when the record is created (owner: create_only); {has}"
        return f"not sent, as nothing of this record is; {has}"

    def _shown(self, path: str, text: str | None) -> str:
        return shown(self.mask.value(self.entity, path, text))


def verdicts(project: Project, session: Session, entity: str, key: Key, mask: Mask) -> Verdicts:
    """Makes a whole plan, for only that knows of parents, references, guards and quarantine. Nothing is kept."""
    joined = join_key(key)
    with tempfile.TemporaryDirectory(prefix="erp-sync-") as folder:
        path = Path(folder) / "explain.plan"
        project.plan(path, session.reporter)
        session.reporter.close()
        plan = open_plan(path)
        step = next((s for s in plan.steps() if s.entity == entity and s.key == key), None)
        others = (w for w in plan.waiting() if w.wait is not Wait.FOREIGN)
        waiting = next((w for w in others if w.entity == entity and w.key == key), None)
        rejected = tuple(
            f"{r.origin}: {mask.rejection(r)[1]}" for r in plan.rejections() if r.entity == entity and r.key == joined
        )
        refusing = tuple(v for v in plan.manifest.verdicts if v.refuses and v.entity in (None, entity))
    baseline = project.reader().baselines(entity, [joined]).get(joined)
    xml = project.target.encode([_masked(step, mask)]) if step is not None else b""
    return Verdicts(entity, baseline, step, waiting, rejected, refusing, indented(xml), mask)


def fields_in(fields: Collection[object]) -> str:
    return f"{len(fields)} field{'s' if len(fields) != 1 else ''}"


def _masked(step: Step, mask: Mask) -> Step:
    fields = tuple(replace(f, new=mask.value(step.entity, f.path, f.new) or "") for f in step.fields)
    return replace(step, fields=fields)
