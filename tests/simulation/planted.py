"""Bugs that an apply could have, each planted into the real code: the simulation has to catch every one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from erp_sync import pipeline
from erp_sync.apply import delivery
from erp_sync.apply.delivery import Delivery, Missing
from erp_sync.apply.documents import Document
from erp_sync.apply.sending import Sender, Sent
from erp_sync.ledger import SqlLedger, SqlReader, recovery
from erp_sync.ledger.lease import Lease
from erp_sync.ledger.settling import NOTHING
from erp_sync.model.outcome import Outcome, OutcomeKind, Reply, ReplyKind

Bug = Callable[[], AbstractContextManager[Any]]


@contextmanager
def settle_before_send() -> Iterator[None]:
    real = Delivery._request

    def request(
        self: Delivery, operation: str, documents: Sequence[Document], outcomes: list[Outcome], **how: Any
    ) -> Any:
        steps = [s for d in documents for s in d.steps]
        batch = self._ledger.intend(self._run, steps)
        self._ledger.settle(self._run, batch, [Outcome(s, OutcomeKind.APPLIED) for s in steps])
        return real(self, operation, documents, outcomes, **how)

    with patch.object(Delivery, "_request", request):
        yield


@contextmanager
def intent_after_send() -> Iterator[None]:
    """The note is written when the reply is there already."""
    intend, settle = SqlLedger.intend, SqlLedger.settle
    noted: dict[int, Any] = {}

    def later(self: SqlLedger, run: int, steps: Any) -> int:
        noted[len(noted)] = run, steps
        return len(noted) - 1

    def now(self: SqlLedger, run: int, batch: int, outcomes: Any) -> None:
        settle(self, run, intend(self, *noted[batch]), outcomes)

    with patch.object(SqlLedger, "intend", later), patch.object(SqlLedger, "settle", now):
        yield


@contextmanager
def baseline_on_rejection() -> Iterator[None]:
    real = recovery.apply_outcome

    def apply(records: Any, outcome: Outcome) -> None:
        rejected = outcome.kind is OutcomeKind.REJECTED
        real(records, replace(outcome, kind=OutcomeKind.APPLIED) if rejected else outcome)

    with patch.object(recovery, "apply_outcome", apply):
        yield


@contextmanager
def split_on_timeout() -> Iterator[None]:
    real = Sender.send

    def send(self: Sender, *arguments: Any, **how: Any) -> Sent:
        sent = real(self, *arguments, **how)
        unanswered = sent.reply.kind is ReplyKind.IN_DOUBT
        return Sent(replace(sent.reply, kind=ReplyKind.REJECTED), sent.doubted) if unanswered else sent

    with patch.object(Sender, "send", send):
        yield


def lock_without_heartbeat() -> AbstractContextManager[Any]:
    return patch.object(SqlLedger, "beat", lambda _: None)


def lock_that_keeps_nobody_out() -> AbstractContextManager[Any]:
    return patch.object(Lease, "_is_dead", lambda *_: True)


def no_fence_for_who_was_ousted() -> AbstractContextManager[Any]:
    return patch.object(Lease, "verify", lambda *_: None)


@contextmanager
def stock_sent_until_there_is_a_reply() -> Iterator[None]:
    real = Sender.send

    def send(self: Sender, *arguments: Any, **how: Any) -> Sent:
        return real(self, *arguments, **(how | {"again": True}))

    with patch.object(Sender, "send", send):
        yield


def quarantined_sent_every_night() -> AbstractContextManager[Any]:
    return patch.object(SqlReader, "quarantined", lambda *_: {})


def retire_on_an_incomplete_extract() -> AbstractContextManager[Any]:
    return patch.object(pipeline, "_inconclusive", lambda *_: "")


@contextmanager
def in_doubt_taken_for_applied() -> Iterator[None]:
    real = delivery._outcome

    def outcome(step: Any, reply: Reply, *others: Any) -> Outcome:
        said = real(step, reply, *others)
        return replace(said, kind=OutcomeKind.APPLIED) if said.kind is OutcomeKind.IN_DOUBT else said

    with patch.object(delivery, "_outcome", outcome):
        yield


@contextmanager
def parked_records_not_noted() -> Iterator[None]:
    real = SqlLedger.remember

    def remember(self: SqlLedger, run: int, manifest: Any, rejections: Any, waiting: Any = ()) -> None:
        real(self, run, manifest, rejections, [])

    with patch.object(SqlLedger, "remember", remember):
        yield


def doubt_forgotten_after_a_crash() -> AbstractContextManager[Any]:
    return patch.object(recovery, "doubted", lambda known, *_: known or NOTHING)


def stale_plan_applied() -> AbstractContextManager[Any]:
    return patch.object(pipeline, "check_binding", lambda *_: None)


def guard_not_heeded() -> AbstractContextManager[Any]:
    return patch.object(pipeline, "withholding", lambda *_: lambda *__: "")


def children_sent_without_their_parents() -> AbstractContextManager[Any]:
    return patch.object(Missing, "of", lambda *_: None)


def applied_sent_again_by_a_resumed_plan() -> AbstractContextManager[Any]:
    return patch.object(SqlReader, "settled_steps", lambda *_: set())


BUGS: tuple[Bug, ...] = (
    settle_before_send,
    intent_after_send,
    baseline_on_rejection,
    split_on_timeout,
    lock_without_heartbeat,
    lock_that_keeps_nobody_out,
    no_fence_for_who_was_ousted,
    stock_sent_until_there_is_a_reply,
    quarantined_sent_every_night,
    retire_on_an_incomplete_extract,
    in_doubt_taken_for_applied,
    parked_records_not_noted,
    doubt_forgotten_after_a_crash,
    stale_plan_applied,
    guard_not_heeded,
    children_sent_without_their_parents,
    applied_sent_again_by_a_resumed_plan,
)
