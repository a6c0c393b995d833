"""A Centra and a ledger in memory, with faults on schedule. The Centra keeps the truth, the ledger what it was told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from erp_sync.apply import SendOptions, Summary, apply_steps
from erp_sync.centra.catalog import CATALOG
from erp_sync.errors import CannotSend, TryLater
from erp_sync.ledger.settling import NOTHING, State, acknowledged, doubted
from erp_sync.model.change import Action, Change, FieldChange
from erp_sync.model.key import Key, join_key
from erp_sync.model.outcome import Outcome, OutcomeKind, Reply, ReplyKind
from erp_sync.model.plan import Step
from erp_sync.plan.steps import Order
from erp_sync.ports import Ledger

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
Name = tuple[str, str]
ORDER = Order(CATALOG)

APPLIED = Reply(ReplyKind.APPLIED)
LATER = Reply(ReplyKind.RETRY_LATER, ("HTTP 503",), http_status=503)
DOUBT = Reply(ReplyKind.IN_DOUBT, ("no reply within 120 s",))


class Crash(Exception):
    """The process ends here: kill -9, power cut."""


@dataclass
class Crashes:
    """Counts every call that touches the world; raises at the one chosen, before or after it took effect."""

    at: int | None = None
    after: bool = False
    calls: int = 0

    def wrap(self, effect: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise Crash
        result = effect()
        if self.calls == self.at:
            raise Crash
        return result


@dataclass
class MemoryCentra:
    """``bad``: records that it refuses. ``faults``: replies in order, None for a true one; ``lost``: applied first."""

    bad: set[Name] = field(default_factory=set)
    faults: list[Reply | None] = field(default_factory=list)
    lost: bool = True
    partial: bool = False
    unsendable: set[Name] = field(default_factory=set)
    words: str = "Something is wrong with a record"
    crashes: Crashes = field(default_factory=Crashes)
    truth: dict[Name, dict[str, str]] = field(default_factory=dict)
    requests: list[list[Name]] = field(default_factory=list)
    applied: list[tuple[Name, str, str]] = field(default_factory=list)
    endpoint: str = "memory"

    def encode(self, steps: Sequence[Step]) -> bytes:
        assert len({(s.operation, s.document) for s in steps}) == 1
        for step in steps:
            if (step.entity, join_key(step.key)) in self.unsendable:
                raise CannotSend(f"{step.entity} {step.key}: U+0001 cannot be sent")
        return json.dumps([(s.entity, s.key, {f.path: f.new for f in s.fields}) for s in steps]).encode()

    def send(self, operation: str, documents: Sequence[bytes]) -> Reply:
        return cast(Reply, self.crashes.wrap(lambda: self._send(documents)))

    def _send(self, documents: Sequence[bytes]) -> Reply:
        records = [(entity, tuple(key), fields) for d in documents for entity, key, fields in json.loads(d)]
        self.requests.append([(e, join_key(k)) for e, k, _ in records])
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not (fault.kind is ReplyKind.IN_DOUBT and self.lost):
            return fault
        reply = self._apply(records)
        return fault or reply

    def _apply(self, records: list[tuple[str, Key, dict[str, str]]]) -> Reply:
        before = {k: dict(v) for k, v in self.truth.items()}
        for entity, key, fields in records:
            name = entity, join_key(key)
            parent = CATALOG[entity].parent
            orphan = parent is not None and (parent, join_key(key[:-1])) not in self.truth
            if name in self.bad or orphan:
                if not self.partial:
                    self.truth = before
                return Reply(ReplyKind.REJECTED, (self.words,), request_id=f"r{len(self.requests)}")
            self.truth.setdefault(name, {}).update(fields)
            self.applied += [(name, path, value) for path, value in fields.items()]
        return APPLIED

    def probe(self) -> Reply:
        return APPLIED


@dataclass
class MemoryLedger:
    """As the real one: every call one transaction, which a crash undoes or leaves."""

    crashes: Crashes = field(default_factory=Crashes)
    records: dict[Name, State] = field(default_factory=dict)
    quarantine: dict[Name, Outcome] = field(default_factory=dict)
    batches: dict[int, list[Step] | None] = field(default_factory=dict)
    told: dict[str, OutcomeKind] = field(default_factory=dict)
    settles: int = 0
    beats: int = 0
    lost: bool = False  # another run took it over

    def beat(self) -> None:
        self.beats += 1
        if self.lost:
            raise TryLater("this process no longer holds the ledger")

    def begin(self, plan: str) -> int:
        for number, steps in self.batches.items():
            for step in steps or ():
                name = step.entity, join_key(step.key)
                self.records[name] = doubted(self.records.get(name), step.action, [f.path for f in step.fields])
                self.told.setdefault(step.id, OutcomeKind.IN_DOUBT)
            self.batches[number] = None
        return 1

    def intend(self, run: int, steps: Sequence[Step]) -> int:
        def effect() -> int:
            self.batches[len(self.batches)] = list(steps)
            return len(self.batches) - 1

        return cast(int, self.crashes.wrap(effect))

    def settle(self, run: int, batch: int, outcomes: Sequence[Outcome]) -> None:
        def effect() -> None:
            intended = self.batches[batch]
            assert intended is not None
            assert sorted(s.id for s in intended) == sorted(o.step.id for o in outcomes)
            self.batches[batch] = None
            self.settles += 1
            for outcome in outcomes:
                self._take(outcome)

        self.crashes.wrap(effect)

    def skip(self, run: int, outcomes: Sequence[Outcome]) -> None:
        def effect() -> None:
            for outcome in outcomes:
                assert outcome.kind in (OutcomeKind.SKIPPED, OutcomeKind.REJECTED)
                if outcome.kind is OutcomeKind.REJECTED or outcome.waits_for:
                    self.quarantine[outcome.step.entity, join_key(outcome.step.key)] = outcome

        self.crashes.wrap(effect)

    def _take(self, outcome: Outcome) -> None:
        step = outcome.step
        name = step.entity, join_key(step.key)
        self.told[step.id] = outcome.kind
        if outcome.kind is OutcomeKind.APPLIED:
            sent = {f.path: f.new for f in step.fields}
            self.records[name] = acknowledged(self.records.get(name), step.action, sent, step.fingerprint) or NOTHING
            self.quarantine.pop(name, None)
        elif outcome.kind is OutcomeKind.IN_DOUBT or outcome.partial:
            self.records[name] = doubted(self.records.get(name), step.action, [f.path for f in step.fields])
        if outcome.kind is OutcomeKind.REJECTED or outcome.waits_for:
            self.quarantine[name] = outcome

    def settled_steps(self, plan: str) -> set[str]:
        return {step for step, kind in self.told.items() if kind is OutcomeKind.APPLIED}

    def doubtful_steps(self, plan: str) -> set[str]:
        return {step for step, kind in self.told.items() if kind is OutcomeKind.IN_DOUBT}


@dataclass
class World:
    """Time that passes only by sleeping."""

    now: datetime = NOW
    slept: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    progress: int = 0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def stage(self, title: str, total: int | None = None) -> None:
        self.notes.append(title)

    def advance(self, count: int = 1) -> None:
        self.progress += count

    def note(self, message: str) -> None:
        self.notes.append(message)

    def warn(self, message: str) -> None:
        self.notes.append(message)


def make_steps(changes: Iterable[tuple[str, Key, dict[str, str]]], action: Action = Action.CREATE) -> list[Step]:
    """Steps in order; each needs the step that creates its parent."""
    steps: list[Step] = []
    made: dict[Name, str] = {}
    for entity, key, fields in sorted(changes, key=lambda c: ORDER.key(c[0], c[1])):
        changed = tuple(FieldChange(path, None, value) for path, value in fields.items())
        parent = CATALOG[entity].parent
        need = made.get((parent, join_key(key[:-1]))) if parent else None
        step = ORDER.step(Change(entity, key, action, changed, None, 1), [need] if need else [])
        if action is Action.CREATE:
            made[entity, join_key(key)] = step.id
        steps.append(step)
    return steps


def products(count: int) -> list[Step]:
    return make_steps(("product", (f"P{n:04}",), {"description": f"Name {n}"}) for n in range(count))


def run(
    steps: Iterable[Step], centra: MemoryCentra, ledger: MemoryLedger, world: World | None = None, **options: Any
) -> Summary:
    world = world or World()
    withhold = options.pop("withhold", lambda step, now: "")
    summary, sleep = options.pop("summary", None), options.pop("sleep", world.sleep)
    return apply_steps(
        steps,
        plan_id="plan-1",
        catalog=CATALOG,
        target=centra,
        ledger=cast(Ledger, ledger),
        run=ledger.begin("plan-1"),
        options=SendOptions(**options),
        reporter=world,
        clock=lambda: world.now,
        sleep=sleep,
        random=lambda: 0.5,
        withhold=withhold,
        summary=summary,
    )


def iterate(steps: Iterable[Step]) -> Iterator[Step]:
    """A stream, as from a plan's file: can be read once."""
    yield from steps
