"""A plan as a report tells it, whatever the form: header, counts, changes, what waits, rejected rows, guards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from erp_sync.model.catalog import Catalog
from erp_sync.model.extract import Rejection
from erp_sync.model.plan import Verdict
from erp_sync.plan import PlanFile, how_to_override
from erp_sync.report.entries import Entry, Rejected, at_most, of_rejection, of_step, of_waiting
from erp_sync.report.masking import Mask

SENT = ("create", "update", "retire", "unlink")
WAITING = ("blocked", "parked", "held")
COLUMNS = (*SENT, "unchanged", *WAITING, "rejected")


@dataclass(frozen=True)
class PlanReport:
    """``limit`` is how many changes of each entity (and rejected rows of each dataset) are shown; None is all.

    ``next_step`` is what the reader can do now, in the words of whoever made the plan.
    """

    plan: PlanFile
    catalog: Catalog
    project: str
    limit: int | None = 10
    show_personal: bool = False
    next_step: str = ""

    @property
    def mask(self) -> Mask:
        return Mask(self.catalog, self.show_personal)

    @property
    def header(self) -> list[tuple[str, str]]:
        m = self.plan.manifest
        holds = f"until {moment(m.expires_at)}"
        if m.perishables_expire_at:
            holds += f", stock until {moment(m.perishables_expire_at)}"
        return [
            ("plan", short(m.digest)),
            ("project", self.project),
            ("for", m.binding.endpoint),
            ("made", moment(m.created_at)),
            ("holds", holds),
        ]

    def table(self) -> tuple[list[str], list[tuple[str, list[int]]]]:
        """Columns that have a figure, and one row per entity in the order of operations."""
        counts = self.plan.manifest.counts
        columns = [c for c in COLUMNS if any(of.get(c) for of in counts.values())]
        order = {e.name: n for n, e in enumerate(self.catalog)}
        names = sorted(counts, key=lambda n: (order.get(n, len(order)), n))
        return columns, [(n, [counts[n].get(c, 0) for c in columns]) for n in names if any(counts[n].values())]

    def total(self, *words: str) -> int:
        return sum(of.get(w, 0) for of in self.plan.manifest.counts.values() for w in words)

    def entries(self) -> Iterator[Entry]:
        steps = at_most(self.plan.steps(), lambda s: s.entity, self.limit, self._totals(SENT))
        return (of_step(step, self.mask) for step in steps)

    def waiting(self) -> Iterator[Entry]:
        waiting = at_most(self.plan.waiting(), lambda w: w.entity, self.limit, self._totals(WAITING))
        return (of_waiting(w, self.mask) for w in waiting)

    def rejected(self) -> tuple[list[Rejected], int]:
        """The rejected rows that are shown, and how many more there are."""
        total = 0

        def counted() -> Iterator[Rejection]:
            nonlocal total
            for rejection in self.plan.rejections():
                total += 1
                yield rejection

        some = [of_rejection(r, self.mask) for r in at_most(counted(), lambda r: r.origin.dataset, self.limit)]
        return some, total - len(some)

    def left_out(self, *words: str) -> str:
        """What the limit leaves out: ``480 more of price, 20 of product``."""
        if self.limit is None:
            return ""
        more = {n: total - self.limit for n, total in self._totals(words).items()}
        parts = [(number(n), name) for name, n in more.items() if n > 0]
        return ", ".join(f"{n} more of {name}" if i == 0 else f"{n} of {name}" for i, (n, name) in enumerate(parts))

    def breaches(self) -> list[Verdict]:
        return [v for v in self.plan.manifest.verdicts if v.breached]

    def how_to_override(self, verdict: Verdict) -> str:
        return how_to_override(verdict, self.plan.manifest.content)

    def source_notes(self) -> list[str]:
        """What was odd about the extract. What was merely detected is in the plan, for who wants to know."""
        notes = [*self.plan.manifest.notes]
        for dataset in self.plan.manifest.datasets:
            notes += [f"{dataset.name}: {problem}" for problem in dataset.problems]
            if not dataset.complete:
                notes.append(f"{dataset.name}: not complete, so nothing is concluded from what is not in it")
        return notes

    def conclusion(self) -> str:
        """One line: what this plan would do."""
        parts = [f"{number(n)} to {w}" for w in SENT if (n := self.total(w))]
        parts += [f"{number(n)} {w}" for w in (*WAITING, "rejected") if (n := self.total(w))]
        if self.plan.manifest.refused_whole:
            parts.append("refused")
        elif entities := self.plan.manifest.refused_entities:
            parts.append(f"refused for {', '.join(sorted(entities))}")
        return ", ".join(parts) or "No changes: Centra has what the ERP says."

    def _totals(self, words: tuple[str, ...]) -> Mapping[str, int]:
        return {name: sum(of.get(w, 0) for w in words) for name, of in self.plan.manifest.counts.items()}


def short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def number(n: int) -> str:
    return f"{n:,}"
