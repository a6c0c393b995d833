"""A run as a report tells it: what was applied, what Centra refused and why, what is in doubt, what was not sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp_sync.apply import Summary
from erp_sync.model.catalog import Catalog
from erp_sync.model.outcome import OutcomeKind
from erp_sync.model.quarantine import Quarantined, QuarantineKind
from erp_sync.report.document import Breach, Section, more, number
from erp_sync.report.entries import Entry, at_most, of_quarantined
from erp_sync.report.masking import Mask

_WORDS = {
    OutcomeKind.APPLIED: "applied",
    OutcomeKind.REJECTED: "refused by Centra",
    OutcomeKind.IN_DOUBT: "in doubt",
    OutcomeKind.SKIPPED: "not sent",
}
_WAITING = {
    QuarantineKind.REJECTED: "Refused by Centra",
    QuarantineKind.PARKED: "Waiting for another record",
    QuarantineKind.UNUSABLE: "Unusable rows",
}


@dataclass(frozen=True)
class RunReport:
    """``quarantine`` is everything that waits in the ledger after the run, however long it has been there."""

    summary: Summary
    quarantine: Sequence[Quarantined]
    catalog: Catalog
    project: str
    endpoint: str
    limit: int | None = 10
    show_personal: bool = False

    @property
    def title(self) -> str:
        return f"Run for {self.project}"

    @property
    def header(self) -> list[tuple[str, str]]:
        return [("for", self.endpoint), ("requests", number(self.summary.requests))]

    @property
    def conclusion(self) -> str:
        parts = [
            f"{number(self.summary.counts[kind])} {word}" for kind, word in _WORDS.items() if self.summary.counts[kind]
        ]
        if self.summary.settled:
            parts.append(f"{number(self.summary.settled)} applied by an earlier run of this plan")
        if self.quarantine:
            parts.append(f"{number(len(self.quarantine))} in quarantine")
        return ", ".join(parts) or "Nothing to do: Centra has what the ERP says."

    @property
    def next_step(self) -> str:
        steps = []
        if self.summary.counts[OutcomeKind.IN_DOUBT]:
            steps.append("What is in doubt was sent, and no reply says what became of it; the next run settles it.")
        if self.quarantine:
            steps.append("What waits, and why: erp-sync quarantine list")
        return "\n".join(steps)

    def table(self) -> tuple[list[str], list[tuple[str, list[int]]]]:
        kinds = [k for k in _WORDS if self.summary.counts[k]]
        rows = [
            (e.name, [of[k] for k in kinds])
            for e in self.catalog
            if (of := self.summary.by_entity.get(e.name)) is not None
        ]
        return [_WORDS[k] for k in kinds], rows

    def sections(self) -> Iterator[Section]:
        mask = Mask(self.catalog, self.show_personal)
        for kind, title in _WAITING.items():
            of_kind = [q for q in self.quarantine if q.kind is kind]
            if of_kind:
                yield self._section(title, of_kind, mask)

    def guards(self) -> list[Breach]:
        return []

    def notes(self) -> list[str]:
        notes = [f"ended early: {self.summary.ended}"] if self.summary.ended else []
        notes += [f"{number(n)} in doubt: {why}" for why, n in self.summary.doubts.most_common()]
        return notes + [f"{number(n)} not sent: {why}" for why, n in self.summary.skipped.most_common() if why]

    def plain(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        s = self.summary
        yield (
            "run",
            {
                "project": self.project,
                "endpoint": self.endpoint,
                "status": s.status,
                "requests": s.requests,
                "counts": dict(s.counts),
                "by_entity": {name: dict(of) for name, of in s.by_entity.items()},
                "settled_before": s.settled,
                "ended": s.ended,
                "in_doubt": dict(s.doubts),
                "not_sent": dict(s.skipped),
            },
        )

    def _section(self, title: str, waiting: list[Quarantined], mask: Mask) -> Section:
        totals: dict[str, int] = {}
        for q in waiting:
            totals[q.entity] = totals.get(q.entity, 0) + 1
        some: Iterator[Entry] = (of_quarantined(q, mask) for q in at_most(waiting, lambda q: q.entity, self.limit))
        return Section(title, "quarantine", some, lambda: more(totals, self.limit))
