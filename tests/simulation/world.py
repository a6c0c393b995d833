"""A world that one seed makes whole: time, processes that die, a network, and Centra at its end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import requests
from requests.structures import CaseInsensitiveDict
from sqlalchemy import event
from sqlalchemy.engine import Engine
from urllib3.exceptions import NewConnectionError, ProtocolError

from erp_sync.errors import ErpSyncError
from erp_sync.ledger import Holder, SqlLedger
from erp_sync.model.key import Key
from erp_sync.model.outcome import Outcome, OutcomeKind
from erp_sync.sandbox import Knobs, Options, Sandbox
from erp_sync.sandbox.faults import FaultKind
from erp_sync.sandbox.log import Request
from erp_sync.sandbox.replies import Response

BEGINNING = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
READ_TIMEOUT = 120.0
LATER = frozenset({FaultKind.HTTP_503, FaultKind.HTTP_429})
ANSWERED = frozenset(
    {"", FaultKind.REJECT, FaultKind.SOAP_FAULT, FaultKind.PARTIAL, FaultKind.OTHER_SHAPE, FaultKind.SLOW}
)
FieldName = tuple[str, Key, str]  # entity, key, path


class Crash(BaseException):
    """kill -9, or the power goes."""


class Violation(AssertionError):
    """What must never happen, did."""


@dataclass(eq=False)
class Process:
    """``dies_at``: at which of its touches of the world; ``stalled``: alive, but its heartbeat is not."""

    name: str
    dies_at: int | None = None
    touches: int = 0
    dead: bool = False
    stalled: bool = False
    ousted: bool = False  # another process took the ledger over
    plan: str = ""
    taken_at: datetime = BEGINNING
    ledger: SqlLedger | None = None
    failed: dict[FieldName, bytes] = field(default_factory=dict)  # in this run: the request that failed in transport

    def touch(self) -> None:
        self.touches += 1
        if self.dead or self.touches == self.dies_at:
            self.dead = True
            raise Crash

    @property
    def holder(self) -> Holder:
        return Holder("host", 1, self.name)


class World:
    """``unsure``: fields that were sent and not acknowledged to the ledger since; they may be sent again."""

    def __init__(self, rng: random.Random, folder: Path, seed: int) -> None:
        self.rng, self.folder = rng, folder
        self.now = BEGINNING
        self.sandbox = Sandbox(Options(seed=seed, keep_bodies=True, log_size=100), Knobs(), clock=lambda: self.now)
        self.processes: list[Process] = []
        self.process: Process | None = None
        self.outage_until = BEGINNING
        self.before_reply: Callable[[], None] | None = None
        self.unsure: set[FieldName] = set()
        self.stock_unanswered: set[tuple[str, FieldName]] = set()  # plan, and the figure that got no reply
        self.companions: frozenset[tuple[str, str]] = frozenset()
        self.requests = 0
        self.story: list[str] = []

    def tell(self, what: str) -> None:
        self.story.append(f"{self.now:%m-%d %H:%M:%S} {what}")

    def clock(self) -> datetime:
        return self.now

    def touch(self) -> None:
        if self.process is not None:
            self.process.touch()

    def dead(self, holder: Holder) -> bool:
        """A process that died on this very host is known to be dead; so is one that ended."""
        return any(p.name == holder.process and p.dead for p in self.processes)

    @contextmanager
    def running(self, process: Process) -> Iterator[Process]:
        """The process has the stage; another one may be waiting in the wings."""
        before, self.process = self.process, process
        self.processes.append(process)
        try:
            yield process
        finally:
            self.process = before

    def advance(self, seconds: float) -> None:
        """Time goes by; the heart of a process that holds the ledger beats, unless it is stalled."""
        while seconds > 0:
            step = min(10.0, seconds)
            seconds -= step
            self.now += timedelta(seconds=step)
            process = self.process
            if process is not None and process.ledger is not None and not process.stalled:
                with suppress(ErpSyncError):
                    process.ledger.beat()

    def sleep(self, seconds: float) -> None:
        self.touch()
        self.advance(seconds)

    # The network

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> requests.Response:
        self.touch()
        if self.now < self.outage_until:
            self.advance(1.0)
            raise requests.ConnectionError(NewConnectionError(cast(Any, None), "connection refused"))
        sent = self._check(message, headers)
        self.requests += 1
        response = self.sandbox.handle(message, headers)
        if self.before_reply is not None:
            self.before_reply()
        self.touch()
        fault = self.sandbox.requests[-1].fault
        process = self._on_stage()
        if fault in ANSWERED and response.delay <= READ_TIMEOUT:
            process.failed = {name: failed for name, failed in process.failed.items() if failed != message}
        else:
            process.failed.update(dict.fromkeys(sent, message))
            if fault not in LATER:
                self.stock_unanswered |= {(process.plan, name) for name in sent if name[0] == "stock"}
        return self._deliver(response)

    def _on_stage(self) -> Process:
        assert self.process is not None
        return self.process

    def _deliver(self, response: Response) -> requests.Response:
        if response.delay > READ_TIMEOUT:
            self.advance(READ_TIMEOUT)
            raise requests.ReadTimeout("read timed out")
        self.advance(response.delay + 0.2)
        if response.fault == "drop":
            raise requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")))
        if response.fault == "reset":
            raise requests.exceptions.ChunkedEncodingError("Connection broken")
        reply = requests.Response()
        reply.status_code = response.status
        reply.headers = CaseInsensitiveDict(response.headers)
        reply._content = response.body
        return reply

    def _check(self, message: bytes, headers: Mapping[str, str]) -> list[FieldName]:
        """Nothing goes out that Centra acknowledged already, no stock twice, nothing in smaller pieces after a
        failure of transport, and nothing by a process whose hold of the ledger was lost."""
        process = self._on_stage()
        if process.ousted:
            raise Violation(f"{process.name} sends although {self.processes[-1].name} took the ledger over")
        action = headers["SOAPAction"].strip('"').rpartition("/")[2]
        request = Request(0, self.now, "", 0, operation=action[0].lower() + action[1:], body=message)
        names: list[FieldName] = []
        for sent in self.sandbox.sent(request):
            name = sent.entity, sent.key, sent.path
            if (sent.entity, sent.path) in self.companions:
                continue
            names.append(name)
            before = self.sandbox.get(sent.entity, *sent.key)
            if before is not None and before.get(sent.path) == sent.value and name not in self.unsure:
                raise Violation(f"sent although Centra has it, and the ledger knows: {name} = {sent.value!r}")
            if sent.entity == "stock":
                if (process.plan, name) in self.stock_unanswered:
                    raise Violation(f"stock was replayed: {name} = {sent.value!r}")
                if self.now - process.taken_at >= timedelta(minutes=30):
                    raise Violation(f"stock of {process.taken_at} was sent at {self.now}")
            if process.failed.get(name, message) != message:
                raise Violation(f"a request that failed in transport was sent in pieces: {name}")
        self.unsure.update(names)
        return names

    def acknowledged(self, outcomes: list[Outcome]) -> None:
        """The ledger has committed these."""
        for outcome in outcomes:
            if outcome.kind is OutcomeKind.APPLIED:
                step = outcome.step
                self.unsure -= {(step.entity, step.key, f.path) for f in step.fields}


_WORLD = SimpleNamespace(now=None)


@contextmanager
def inhabited(world: World) -> Iterator[None]:
    """Every statement of a database is a moment at which the process may die."""
    _WORLD.now = world
    try:
        yield
    finally:
        _WORLD.now = None


@event.listens_for(Engine, "before_cursor_execute")
def _on_statement(*_: object) -> None:
    if _WORLD.now is not None:
        _WORLD.now.touch()


@event.listens_for(Engine, "commit")
def _on_commit(_: object) -> None:
    if _WORLD.now is not None:
        _WORLD.now.touch()


_settle = SqlLedger.settle


def _observed_settle(self: SqlLedger, run: int, batch: int, outcomes: list[Outcome]) -> None:
    _settle(self, run, batch, outcomes)
    if _WORLD.now is not None:
        _WORLD.now.acknowledged(outcomes)


SqlLedger.settle = _observed_settle  # type: ignore[method-assign,assignment]
