"""A project of its own for a test: a project file that points at a sandbox of its own, planned and applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from erp_sync.apply import Summary
from erp_sync.model.plan import Manifest
from erp_sync.plan import PlanFile, open_plan
from erp_sync.sandbox import Options, Sandbox, Sent, serve
from erp_sync.wiring import Project, open_project

LOGIN = {"CENTRA_USERNAME": "sandbox", "CENTRA_PASSWORD": "sandbox"}
MAPPINGS = Path(__file__).parents[2] / "mappings"
LOCAL = "http://127.0.0.1:8700"


class Silent:
    """A reporter for nobody."""

    def stage(self, title: str, total: int | None = None) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass

    def note(self, message: str) -> None:
        pass

    def warn(self, message: str) -> None:
        pass


@dataclass(frozen=True)
class Running:
    """A project with its sandbox."""

    project: Project
    sandbox: Sandbox
    folder: Path
    environment: Mapping[str, str]

    def next_night(self) -> Running:
        """The same project opened anew, as by another process."""
        return replace(self, project=open_project(self.folder / "erp-sync.yaml", None, self.environment))

    def plan(self, name: str = "test.plan") -> PlanFile:
        out = self.folder / name
        out.unlink(missing_ok=True)
        self.project.plan(out, Silent())
        return open_plan(out)

    def apply(self, plan: PlanFile) -> Summary:
        return self.project.apply(plan, Silent())

    def load(self) -> Manifest:
        """Plan and apply. All of it must arrive."""
        plan = self.plan()
        assert not plan.manifest.refused, [v.message for v in plan.manifest.verdicts if v.breached]
        assert [(r.origin, r.reason) for r in plan.rejections()] == []
        assert [(w.entity, w.key, w.reason) for w in plan.waiting()] == []
        summary = self.apply(plan)
        assert summary.status == "done", summary
        return plan.manifest

    def counts(self) -> dict[str, int]:
        """How many records of each entity that is mapped Centra has."""
        mapped = {unit.entity for unit in self.project.mappings.units}
        return {entity: len(self.sandbox.objects(entity)) for entity in sorted(mapped)}

    def sent_since(self, number: int) -> list[list[Sent]]:
        """What each request after the first ``number`` carried."""
        return [self.sandbox.sent(request) for request in list(self.sandbox.requests)[number:]]


@contextmanager
def running(
    template: Path, folder: Path, texts: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """The project file ``template``, with ``texts`` replaced in it, in ``folder``, and a fresh sandbox over HTTP."""
    sandbox = Sandbox(Options(keep_bodies=True))
    server = serve(sandbox)
    try:
        text = template.read_text("utf-8")
        for old, new in {LOCAL: server.url, **(texts or {})}.items():
            assert old in text, f"{old} is not in {template}"
            text = text.replace(old, new)
        path = folder / "erp-sync.yaml"
        path.write_text(text, "utf-8")
        variables = {**LOGIN, **(environment or {})}
        yield Running(open_project(path, None, variables), sandbox, folder, variables)
    finally:
        server.stop()
