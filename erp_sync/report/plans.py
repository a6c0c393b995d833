"""A plan as a report tells it: counts, changes, what is not sent, rejected rows, guards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from erp_sync.model.catalog import Catalog
from erp_sync.model.extract import Rejection
from erp_sync.model.plan import Wait
from erp_sync.plan import PlanFile, how_to_override
from erp_sync.report.document import Breach, Section, moment, more, number, short
from erp_sync.report.entries import at_most, of_rejection, of_step, of_waiting
from erp_sync.report.masking import Mask

SENT = ("create", "update", "retire", "unlink")
WAITING = tuple(w.value for w in Wait)
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
    def title(self) -> str:
        return f"Plan for {self.project}"

    @property
    def header(self) -> list[tuple[str, str]]:
        m = self.plan.manifest
        holds = f"until {moment(m.expires_at)}"
        perishable = any(e.perishable and any(m.counts.get(e.name, {}).get(w) for w in SENT) for e in self.catalog)
        if m.perishables_expire_at and perishable:
            holds += f", stock until {moment(m.perishables_expire_at)}"
        return [
            ("plan", short(m.digest)),
            ("for", m.binding.endpoint.partition(" ")[0]),
            ("made", moment(m.created_at)),
            ("holds", holds),
        ]

    @property
    def conclusion(self) -> str:
        """One line: what this plan would do."""
        parts = [f"{number(n)} to {w}" for w in SENT if (n := self._sum(w))]
        parts += [f"{number(n)} {w}" for w in (*WAITING, "rejected") if (n := self._sum(w))]
        if self.plan.manifest.refused_whole:
            parts.append("refused")
        elif entities := self.plan.manifest.refused_entities:
            parts.append(f"refused for {', '.join(sorted(entities))}")
        return ", ".join(parts) or "No changes: Centra has what the ERP says."

    def table(self) -> tuple[list[str], list[tuple[str, list[int]]]]:
        """Columns that have a figure; a row per entity in the order of operations, and one for those that stay."""
        counts = self.plan.manifest.counts
        columns = [c for c in COLUMNS if any(of.get(c) for of in counts.values())]
        order = {e.name: n for n, e in enumerate(self.catalog)}
        names = sorted((n for n in counts if any(counts[n].values())), key=lambda n: (order.get(n, len(order)), n))
        moving = [n for n in names if any(of and word != "unchanged" for word, of in counts[n].items())]
        rows = [(n, [counts[n].get(c, 0) for c in columns]) for n in moving]
        if staying := [n for n in names if n not in moving]:
            unchanged = sum(counts[n]["unchanged"] for n in staying)
            title = staying[0] if len(staying) == 1 else f"{len(staying)} {'others' if moving else 'entities'}"
            rows.append((title, [unchanged if c == "unchanged" else 0 for c in columns]))
        return columns, rows

    def sections(self) -> Iterator[Section]:
        mask = Mask(self.catalog, self.show_personal)
        if self._sum(*SENT):
            steps = at_most(self.plan.steps(), lambda s: s.entity, self.limit, self._totals(SENT))
            yield Section("Changes", "step", (of_step(s, mask) for s in steps), self._left_out(SENT))
        if self._sum(*WAITING):
            waiting = at_most(self.plan.waiting(), lambda w: w.entity, self.limit, self._totals(WAITING))
            yield Section("Not sent", "waiting", (of_waiting(w, mask) for w in waiting), self._left_out(WAITING))
        if self._sum("rejected"):
            yield self._rejected(mask)

    def guards(self) -> list[Breach]:
        return [
            Breach(
                v.message + (", overridden" if v.overridden else ""),
                v.examples,
                () if v.overridden else (v.advice, f"or, having looked at it: {how_to_override(v, self._content)}"),
                v.overridden,
            )
            for v in self.plan.manifest.verdicts
            if v.breached
        ]

    def notes(self) -> list[str]:
        """What was odd about the extract, and last what was found out about its files without being told."""
        notes, found = list(self.plan.manifest.notes), defaultdict[str, list[str]](list)
        for dataset in self.plan.manifest.datasets:
            notes += [f"{dataset.name}: {problem}" for problem in dataset.problems]
            if not dataset.complete:
                notes.append(f"{dataset.name}: not complete, so nothing is concluded from what is not in it")
            for note in dataset.notes:
                place, _, what = note.rpartition(": ")
                found[what].append(place or dataset.name)
        notes += [f"{_few(places)}: {what}" for what, places in found.items()]
        return list(dict.fromkeys(notes))

    def plain(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        m = self.plan.manifest
        yield (
            "plan",
            {
                "digest": m.digest,
                "project": self.project,
                "endpoint": m.binding.endpoint,
                "created_at": m.created_at.isoformat(),
                "expires_at": m.expires_at.isoformat(),
                "refused": m.refused,
                "counts": m.counts,
                "notes": m.notes,
            },
        )
        for verdict in m.verdicts:
            yield "guard", asdict(verdict)
        for dataset in m.datasets:
            yield "dataset", asdict(dataset)

    @property
    def _content(self) -> str:
        return self.plan.manifest.content

    def _rejected(self, mask: Mask) -> Section:
        seen: dict[str, int] = {}

        def counted() -> Iterator[Rejection]:
            for rejection in self.plan.rejections():
                seen[rejection.origin.dataset] = seen.get(rejection.origin.dataset, 0) + 1
                yield rejection

        some = at_most(counted(), lambda r: r.origin.dataset, self.limit)
        entries = (of_rejection(r, mask) for r in some)
        return Section("Rejected rows", "rejection", entries, lambda: more(seen, self.limit))

    def _sum(self, *words: str) -> int:
        return sum(self._totals(words).values())

    def _totals(self, words: tuple[str, ...]) -> Mapping[str, int]:
        return {name: sum(of.get(w, 0) for w in words) for name, of in self.plan.manifest.counts.items()}

    def _left_out(self, words: tuple[str, ...]) -> Callable[[], str]:
        return lambda: more(self._totals(words), self.limit)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {number(len(names) - 3)} more" if len(names) > 3 else "")
