"""One batch until each of its steps has an outcome: intent, send, settle, and the search for what Centra refuses.

A refused request names no record (soap.md, "Two response shapes"). The search looks for the first bad record: it
sends the first half of what was refused; if that is applied, the bad one is in the second half, which need not be
sent to know it. Then everything behind the bad record goes out as one request, and if that is refused the search
begins again there. Good records are applied on the way. Beyond the refused request itself it takes, for k bad
records of n, at most k*ceil(log2(n)) + k requests.

A request that was refused may have been applied in part. Until its records have been sent again their fields are
in doubt, so that a crash in the middle loses nothing. *Assumed*: a record that is refused alone is refused whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from erp_sync.apply.documents import Document, encode, halves, unsendable
from erp_sync.apply.options import SendOptions
from erp_sync.apply.pace import Pace
from erp_sync.apply.sending import Sender
from erp_sync.errors import CannotSend
from erp_sync.model.catalog import Catalog
from erp_sync.model.change import Action
from erp_sync.model.key import join_key, show_key
from erp_sync.model.outcome import Outcome, OutcomeKind, Reply, ReplyKind
from erp_sync.model.plan import Step
from erp_sync.ports import Ledger, Target


@dataclass(slots=True)
class Missing:
    """Records that this run was to create and did not, by the id of their step: whoever needs one cannot go."""

    _outcomes: dict[str, Outcome] = field(default_factory=dict)

    def note(self, outcome: Outcome) -> None:
        if outcome.kind is not OutcomeKind.APPLIED and outcome.step.action is Action.CREATE:
            self._outcomes[outcome.step.id] = outcome

    def of(self, step: Step) -> Outcome | None:
        return next((self._outcomes[need] for need in step.needs if need in self._outcomes), None)


class Delivery:
    """``withheld`` says for a step why it must not be sent now; empty when it may. Made for use by several threads:
    batches that run at once share no root record."""

    def __init__(
        self,
        *,
        target: Target,
        ledger: Ledger,
        run: int,
        sender: Sender,
        pace: Pace,
        options: SendOptions,
        catalog: Catalog,
        missing: Missing,
        withheld: Callable[[Step], str],
    ) -> None:
        self._target, self._ledger, self._run = target, ledger, run
        self._sender, self._pace, self._options, self._catalog = sender, pace, options, catalog
        self._missing, self._withheld = missing, withheld

    def obstacle(self, step: Step) -> Outcome | None:
        """What becomes of a step that must not be sent now; None when it may. What needs it has an obstacle too."""
        missing = self._missing.of(step)
        if reason := self._pace.why_not(step.operation) or self._withheld(step):
            outcome = Outcome(step, OutcomeKind.SKIPPED, reason=reason)
        elif missing is not None:
            outcome = self._stranded(step, missing)
        else:
            return None
        self._missing.note(outcome)
        return outcome

    def _stranded(self, step: Step, missing: Outcome) -> Outcome:
        """A step that needs what this run could not create. A part without which a record may be refused stands
        refused with it: parked, it would have both of them sent again every night."""
        needed = missing.step
        name = f"{needed.entity} {show_key(join_key(needed.key))}"
        if missing.kind is OutcomeKind.REJECTED and self._catalog[needed.entity].needs_part == step.entity:
            return Outcome(step, OutcomeKind.REJECTED, missing.messages, reason=f"refused together with {name}")
        reason = f"waits for {name}, which this run could not create"
        return Outcome(step, OutcomeKind.SKIPPED, reason=reason, waits_for=(needed.entity, join_key(needed.key)))

    def turn_away(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Note outcomes of steps that are not sent, and hand them back."""
        for outcome in outcomes:
            self._missing.note(outcome)
        if outcomes:
            self._ledger.skip(self._run, outcomes)
        return outcomes

    def prepare(self, steps: Sequence[Step]) -> tuple[list[Document], list[Outcome]]:
        """Documents of one root record's steps that may go now, and the outcomes of those that may not."""
        outcomes: list[Outcome] = []
        while True:
            outcomes += self.turn_away([o for s in steps if (o := self.obstacle(s))])
            told = {o.step.id for o in outcomes}
            steps = [s for s in steps if s.id not in told]
            if not steps:
                return [], outcomes
            try:
                return list(encode(self._target, steps, self._options.bytes)), outcomes
            except CannotSend as error:
                blamed = unsendable(self._target, steps, error)
                outcomes += self.turn_away(
                    [Outcome(s, OutcomeKind.REJECTED, (why,), reason="cannot be sent") for s, why in blamed]
                )

    def deliver(self, documents: Sequence[Document]) -> list[Outcome]:
        """Send a batch. All outcomes of its steps, and of no others."""
        operation = documents[0].steps[0].operation
        outcomes: list[Outcome] = []
        remaining = list(documents)
        while True:
            remaining = self._again(remaining, outcomes)
            if not remaining:
                return outcomes
            reply = self._request(operation, remaining, outcomes)
            remaining = self._search(operation, remaining, reply, outcomes) if reply is not None else []

    def _search(self, operation: str, refused: list[Document], reply: Reply, outcomes: list[Outcome]) -> list[Document]:
        """Find the first bad record of a refused request; returns what nothing is known of yet."""
        rest: list[Document] = []
        while cut := halves(self._target, refused, self._catalog):
            if self._pace.why_not(operation) or any(self._withheld(s) for d in refused for s in d.steps):
                return refused + rest
            first, second = cut
            known = len(outcomes)
            answer = self._request(operation, first, outcomes)
            if answer is not None:
                refused, rest, reply = first, second + rest, answer
            elif all(o.kind is OutcomeKind.APPLIED for o in outcomes[known:]):
                refused = second
            else:  # the bad record stood alone, or nobody knows: then nothing is known of the others either
                return second + rest
        if len(refused[0].steps) > 1:
            return self._search_pair(operation, refused[0].steps, rest, reply, outcomes)
        if not rest:
            self._request(operation, refused, outcomes)
            return []
        self._refuse(operation, refused[0].steps, reply, outcomes)
        return rest

    def _search_pair(
        self, operation: str, pair: Sequence[Step], rest: list[Document], reply: Reply, outcomes: list[Outcome]
    ) -> list[Document]:
        """A record and a part of it were refused together. Which of the two? The record goes alone, then with each of
        its parts of that kind, until it is accepted: then the others can follow. Where it never is, all are refused."""
        record, part = pair
        mine = [part, *(s for d in rest if d.root == record.document for s in d.steps)]
        parts = [s for s in mine if s.entity == part.entity]
        for company in ([], *([s] for s in (*parts[1:], part))):
            document = Document((record, *company), self._target.encode((record, *company)))
            if self._pace.why_not(operation) or self._request(operation, [document], outcomes, judge=False) is None:
                break
        else:
            self._refuse(operation, (record, *parts), reply, outcomes)
        told = {o.step.id for o in outcomes}
        left = [s for s in (record, *mine) if s.id not in told]
        joined = [Document(tuple(left), self._target.encode(left))] if left else []
        return joined + [d for d in rest if d.root != record.document]

    def _request(
        self, operation: str, documents: Sequence[Document], outcomes: list[Outcome], *, judge: bool = True
    ) -> Reply | None:
        """Intent, send, settle. The reply of a refusal that settles nothing yet: of several records together, or of
        one that is not to be judged by it."""
        steps = [s for d in documents for s in d.steps]
        batch = self._ledger.intend(self._run, steps)
        again = not any(self._catalog[s.entity].perishable for s in steps)
        sent = self._sender.send(
            operation, [d.data for d in documents], again=again, expired=lambda: any(map(self._withheld, steps))
        )
        reply = sent.reply
        if reply.kind is ReplyKind.REJECTED and not reply.concerns_all and (len(steps) > 1 or not judge):
            together = [Outcome(s, OutcomeKind.SKIPPED, reason="refused together", partial=True) for s in steps]
            self._ledger.settle(self._run, batch, together)
            return reply
        settled = [_outcome(step, reply, sent.doubted, self._pace.ended) for step in steps]
        self._ledger.settle(self._run, batch, settled)
        self._take(operation, settled, outcomes)
        return None

    def _refuse(self, operation: str, steps: Sequence[Step], reply: Reply, outcomes: list[Outcome]) -> None:
        """What is left of a refused request: every other record in it was applied since."""
        refused = [Outcome(s, OutcomeKind.REJECTED, reply.messages, reply.request_id) for s in steps]
        self._ledger.skip(self._run, refused)
        self._take(operation, refused, outcomes)

    def _take(self, operation: str, settled: Sequence[Outcome], outcomes: list[Outcome]) -> None:
        for outcome in settled:
            self._missing.note(outcome)
            if outcome.kind is OutcomeKind.REJECTED:
                self._pace.refused(operation, outcome.messages)
            elif outcome.kind is OutcomeKind.APPLIED:
                self._pace.accepted(operation)
        outcomes += settled

    def _again(self, documents: Sequence[Document], outcomes: list[Outcome]) -> list[Document]:
        """Documents without the steps that cannot go any more, pieces of one root record joined again."""
        joined: list[Document] = []
        for _, group in groupby(documents, key=lambda d: d.root):
            parts = list(group)
            if len(parts) == 1 and not any(self.obstacle(s) for s in parts[0].steps):
                joined += parts
                continue
            prepared, away = self.prepare([s for d in parts for s in d.steps])
            joined += prepared
            outcomes += away
        return joined


def _steps(documents: Sequence[Document]) -> int:
    return sum(len(d.steps) for d in documents)


def _outcome(step: Step, reply: Reply, doubted: bool, ended: str) -> Outcome:
    """A step's outcome by its request's last reply, where an earlier send of it may have been ``doubted``."""
    said = Outcome(step, OutcomeKind.APPLIED, reply.messages, reply.request_id)
    if reply.kind is ReplyKind.APPLIED:
        return said
    if reply.kind is ReplyKind.IN_DOUBT or (doubted and reply.kind is ReplyKind.RETRY_LATER):
        return replace(said, kind=OutcomeKind.IN_DOUBT, reason="sent, and no reply that says what happened")
    if reply.kind is ReplyKind.REJECTED and not reply.concerns_all:
        return replace(said, kind=OutcomeKind.REJECTED, partial=doubted or reply.passing)
    why = ended or "; ".join(reply.messages) or "Centra asks to try later"
    return replace(said, kind=OutcomeKind.SKIPPED, reason=why, partial=doubted)
