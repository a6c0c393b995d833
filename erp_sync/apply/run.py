"""Stops 6 to 8: steps -> batches -> outcomes, level by level."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import datetime

from erp_sync.apply.delivery import Delivery, Missing
from erp_sync.apply.documents import Document, groups, pieces
from erp_sync.apply.options import SendOptions
from erp_sync.apply.pace import Pace
from erp_sync.apply.sending import Sender
from erp_sync.apply.summary import Summary
from erp_sync.model.catalog import Catalog
from erp_sync.model.key import Key
from erp_sync.model.outcome import Outcome, OutcomeKind
from erp_sync.model.plan import Step
from erp_sync.ports import Clock, Ledger, Reporter, Target

Withhold = Callable[[Step, datetime], str]
_ASIDE = 1_000  # outcomes of steps that are not sent, written together


def apply_steps(
    steps: Iterable[Step],
    *,
    plan_id: str,
    catalog: Catalog,
    target: Target,
    ledger: Ledger,
    run: int,
    options: SendOptions,
    reporter: Reporter,
    clock: Clock,
    sleep: Callable[[float], None] | None = None,
    random: Callable[[], float] = random.random,
    withhold: Withhold = lambda step, now: "",
    summary: Summary | None = None,
) -> Summary:
    """Apply a plan's steps, in its order, within an open run. Steps that a run of the same plan applied are left out.

    ``withhold`` says why a step must not be sent at this moment: it has expired, a guard refuses its entity.
    Perishable steps whose send got no reply, now or in an earlier run of this plan, are never sent again.
    ``sleep`` is how to wait between sends, by default so that the end of the run ends the wait.
    ``summary`` is filled as the outcomes come: what it holds is true even where the run is broken off.
    With one request at a time everything is repeatable, given the same replies, clock and ``random``.
    Raises what the ledger raises: TryLater when the lease is lost; the run can then be resumed.
    """
    replayed = ledger.doubtful_steps(plan_id)

    def withheld(step: Step) -> str:
        if step.id in replayed and catalog[step.entity].perishable:
            return "sent before, and no reply: true only at the time of its extract, so it is not sent again"
        return withhold(step, clock())

    pace = Pace(options)
    sender = Sender(target, options, pace, reporter, sleep or pace.idle, random, confirm=ledger.beat)
    delivery = Delivery(
        target=target, ledger=ledger, run=run, sender=sender, pace=pace, options=options, catalog=catalog,
        missing=Missing(), withheld=withheld,
    )  # fmt: skip
    summary = Summary() if summary is None else summary
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(options.concurrency)) if options.concurrency > 1 else None
        lanes = _Lanes(delivery, pool, options, summary, reporter)
        done = ledger.settled_steps(plan_id)
        try:
            for _, of_group in groups(steps, catalog):
                _one_group(of_group, done, delivery, lanes, pace, options, summary)
        except BaseException:
            pace.end("the run was broken off")  # or the pool's other requests would go on trying
            raise
    summary.requests, summary.ended = sender.requests, pace.ended
    return summary


def _one_group(
    steps: Iterable[Step],
    done: set[str],
    delivery: Delivery,
    lanes: _Lanes,
    pace: Pace,
    options: SendOptions,
    summary: Summary,
) -> None:
    batch, size = list[Document](), 0
    for piece in pieces(_passing(steps, done, delivery, lanes, summary), options.records):
        documents, outcomes = delivery.prepare(piece)
        lanes.take(outcomes)
        for document in documents:
            if batch and not _fits(batch, size, document, pace, options):
                lanes.deliver(batch)
                batch, size = [], 0
            batch.append(document)
            size += len(document.data)
    if batch:
        lanes.deliver(batch)
    lanes.drain()


def _passing(
    steps: Iterable[Step], done: set[str], delivery: Delivery, lanes: _Lanes, summary: Summary
) -> Iterator[Step]:
    aside: list[Outcome] = []
    for step in steps:
        if step.id in done:
            summary.settled += 1
            lanes.advance(1)
        elif (outcome := delivery.obstacle(step)) is not None:
            aside.append(outcome)
            if len(aside) >= _ASIDE:
                lanes.take(delivery.turn_away(aside))
                aside = []
        else:
            yield step
    lanes.take(delivery.turn_away(aside))


def _fits(batch: list[Document], size: int, document: Document, pace: Pace, options: SendOptions) -> bool:
    """Pieces of one root record never share a request: they follow each other. ``size`` is the batch's, in bytes."""
    doubtful = document.doubtful
    room = len(batch) < pace.most(doubtful=doubtful) and size + len(document.data) <= options.bytes
    return room and batch[-1].root != document.root and batch[-1].doubtful == doubtful


class _Lanes:
    """One batch at a time, or several in threads: never two with the same root record."""

    def __init__(
        self, delivery: Delivery, pool: ThreadPoolExecutor | None, options: SendOptions, summary: Summary,
        reporter: Reporter,
    ) -> None:  # fmt: skip
        self._delivery, self._pool, self._options = delivery, pool, options
        self._summary, self._reporter = summary, reporter
        self._flying: dict[Future[list[Outcome]], set[Key]] = {}

    def deliver(self, batch: list[Document]) -> None:
        if self._pool is None:
            self.take(self._delivery.deliver(batch))
            return
        roots = {d.root for d in batch}
        while len(self._flying) >= self._options.concurrency or any(roots & other for other in self._flying.values()):
            self._land(FIRST_COMPLETED)
        self._flying[self._pool.submit(self._delivery.deliver, batch)] = roots

    def drain(self) -> None:
        while self._flying:
            self._land(FIRST_COMPLETED)

    def take(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.kind is OutcomeKind.REJECTED:
                self._reporter.warn(f"{outcome.step.entity} {' / '.join(outcome.step.key)}: {_words(outcome)}")
        self._summary.take(outcomes)
        self.advance(len(outcomes))

    def advance(self, count: int) -> None:
        if count:
            self._reporter.advance(count)

    def _land(self, when: str) -> None:
        landed, _ = wait(self._flying, return_when=when)
        for future in landed:
            del self._flying[future]
            self.take(future.result())


def _words(outcome: Outcome) -> str:
    return "; ".join(outcome.messages) or outcome.reason
