"""Who looks at every request, and remembers what the ledger was told. Whatever must never happen is seen here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from erp_sync.model.key import Key
from erp_sync.model.outcome import Outcome, OutcomeKind
from erp_sync.model.plan import Step
from erp_sync.sandbox import Sandbox
from erp_sync.sandbox.faults import FaultKind
from erp_sync.sandbox.log import Request
from erp_sync.sandbox.views import Sent
from tests.simulation.admins import Admins

FieldName = tuple[str, Key, str]  # entity, key, path
LATER = frozenset({FaultKind.HTTP_503, FaultKind.HTTP_429})
ANSWERED = frozenset(
    {"", FaultKind.REJECT, FaultKind.SOAP_FAULT, FaultKind.PARTIAL, FaultKind.OTHER_SHAPE, FaultKind.SLOW,
     FaultKind.MEDDLE}
)  # fmt: skip
REMOVES = "variationsremove"  # of a delivery window: the one list of a story by which records leave
STOCK_LASTS = timedelta(minutes=30)


class Violation(AssertionError):
    """What must never happen, did."""


@dataclass
class Sending:
    """What a process may send. ``failed``: the request in which a field failed in transport, in this run."""

    taken_at: datetime
    plan: str = ""
    ousted: str = ""  # by whom: another process took the ledger over
    withheld: frozenset[str] = frozenset()  # entities that a guard refuses
    failed: dict[FieldName, bytes] = field(default_factory=dict)


@dataclass
class Witness:
    """``unsure``: fields that were sent and not acknowledged to the ledger since; they may be sent again.

    ``noted``: by process and batch, what the ledger was told is about to be sent and never what came of it. Once that
    process is gone nobody knows whether it was, and the next one may send it even where it never left.
    """

    sandbox: Sandbox
    admins: Admins
    companions: frozenset[tuple[str, str]] = frozenset()
    unsure: set[FieldName] = field(default_factory=set)
    noted: dict[str, dict[int, set[FieldName]]] = field(default_factory=dict)
    sold_as: dict[str, set[str]] = field(default_factory=dict)  # variation -> products under which it was ever sent
    unanswered: set[tuple[str, FieldName]] = field(default_factory=set)  # plan, and the figure of stock without reply

    def look(self, who: str, sending: Sending, request: Request, now: datetime) -> list[FieldName]:
        """Nothing goes out that Centra acknowledged already, no stock twice, nothing in smaller pieces after a
        failure of transport, and nothing by a process whose hold of the ledger was lost."""
        if sending.ousted:
            raise Violation(f"{who} sends although {sending.ousted} took the ledger over")
        names: list[FieldName] = []
        for sent in self.sandbox.sent(request):
            name = sent.entity, sent.key, sent.path
            if sent.entity in sending.withheld:
                raise Violation(f"a guard refuses {sent.entity}, and it was sent: {name}")
            if (sent.entity, sent.path) in self.companions:
                continue
            names.append(name)
            if sent.entity == "variation":
                self.sold_as.setdefault(sent.key[1], set()).add(sent.key[0])
            if self._has(sent) and name not in self.unsure and not self.left_open(name, who):
                raise Violation(f"sent although Centra has it, and the ledger knows: {name} = {sent.value!r}")
            if sent.entity == "stock":
                if (sending.plan, name) in self.unanswered:
                    raise Violation(f"stock was replayed: {name} = {sent.value!r}")
                if now - sending.taken_at >= STOCK_LASTS:
                    raise Violation(f"stock of {sending.taken_at} was sent at {now}")
            if sending.failed.get(name, request.body) != request.body:
                raise Violation(f"a request that failed in transport was sent in pieces: {name}")
            if sent.entity == "deliverywindow_variation":  # it may have got there: then only a removal is sure to help
                self.unsure.add(("deliverywindow", sent.key, REMOVES))
        self.unsure.update(names)
        return names

    def left_open(self, name: FieldName, who: str = "") -> bool:
        """Whether any other process noted that it was about to send this, and never what came of it."""
        others = (batches for other, batches in self.noted.items() if other != who)
        return any(name in names for batches in others for names in batches.values())

    def _has(self, sent: Sent) -> bool:
        if sent.path == REMOVES:
            return self.sandbox.get("deliverywindow_variation", *sent.key) is None
        before = self.sandbox.get(sent.entity, *sent.key)
        return before is not None and before.get(sent.path) == sent.value

    def answered(
        self, sending: Sending, sent: Sequence[FieldName], message: bytes, log: Request, *, late: bool
    ) -> None:
        """What the process is about to be told of its request."""
        if log.result != "refused":
            self.admins.overruled(sent)
        if log.fault in ANSWERED and not late:
            sending.failed = {name: failed for name, failed in sending.failed.items() if failed != message}
            return
        sending.failed.update(dict.fromkeys(sent, message))
        if log.fault not in LATER:
            self.unanswered |= {(sending.plan, name) for name in sent if name[0] == "stock"}

    def intended(self, who: str, batch: int, steps: Sequence[Step]) -> None:
        """The ledger has committed the note of these."""
        self.noted.setdefault(who, {})[batch] = {name for step in steps for name in _names(step)}

    def acknowledged(self, who: str, batch: int, outcomes: Sequence[Outcome]) -> None:
        """The ledger has committed these."""
        self.noted.get(who, {}).pop(batch, None)
        for outcome in outcomes:
            if outcome.kind is OutcomeKind.APPLIED:
                known = _names(outcome.step)
                self.unsure -= known
                for batches in self.noted.values():
                    for names in batches.values():
                        names -= known

    def products_of(self, variation: str) -> set[str]:
        return self.sold_as.get(variation, set())


def _names(step: Step) -> set[FieldName]:
    """What a step sends: its fields, and where its record leaves a window, the list by which it does."""
    return {(step.entity, step.key, f.path) for f in step.fields} | {("deliverywindow", step.key, REMOVES)}
