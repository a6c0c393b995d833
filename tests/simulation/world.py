"""A world that one seed makes whole: time, processes that die, a network, and Centra at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import NewConnectionError, ProtocolError

from erp_sync.errors import ErpSyncError
from erp_sync.ledger import Holder, SqlLedger
from erp_sync.sandbox import Knobs, Options, Sandbox
from erp_sync.sandbox.faults import STATUS, FaultKind
from erp_sync.sandbox.log import Request
from erp_sync.sandbox.replies import Response
from tests.simulation import lanes
from tests.simulation.admins import Admins
from tests.simulation.witness import Sending, Witness

BEGINNING = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
READ_TIMEOUT = 120.0


class Crash(BaseException):
    """kill -9, or the power goes."""


@dataclass(eq=False)
class Process:
    """``dies_at``: at which of its touches of the world; ``stalled``: alive, but its heartbeat is not."""

    name: str
    host: str = "here"
    dies_at: int | None = None
    touches: int = 0
    dead: bool = False
    stalled: bool = False
    planned: bool = False  # it has a plan that no guard refuses
    ledger: SqlLedger | None = None
    sending: Sending = field(default_factory=lambda: Sending(BEGINNING))

    def touch(self) -> None:
        self.touches += 1
        if self.dead or self.touches == self.dies_at:
            self.dead = True
            raise Crash

    @property
    def holder(self) -> Holder:
        return Holder(self.host, 1, self.name)


class World:
    """``touch`` is a moment at which the process on stage may die: a write, a commit, a send, a reply, a wait."""

    def __init__(self, seed: int) -> None:
        self.now = BEGINNING
        self.sandbox = Sandbox(Options(seed=seed, keep_bodies=True, log_size=100), Knobs(), clock=lambda: self.now)
        self.admins = Admins(self.sandbox)
        self.witness = Witness(self.sandbox, self.admins)
        self.processes: list[Process] = []
        self.process: Process | None = None
        self.outage_until = BEGINNING
        self.while_waiting: Callable[[], None] | None = None
        self.requests = 0
        self.story: list[str] = []
        self.figures: Counter[str] = Counter()

    def tell(self, what: str, count: str = "") -> None:
        self.story.append(f"{self.now:%m-%d %H:%M:%S} {what}")
        if count:
            self.figures[count] += 1

    def clock(self) -> datetime:
        return self.now

    def touch(self) -> None:
        if self.process is not None:
            self.process.touch()

    def dead(self, holder: Holder) -> bool:
        """A process that died on this very host is known to be dead; of one on another host nobody knows."""
        here = self._on_stage().host
        return holder.host == here and any(p.name == holder.process and p.dead for p in self.processes)

    @contextmanager
    def running(self, process: Process) -> Iterator[Process]:
        """The process has the stage; another one may be waiting in the wings."""
        before, self.process = self.process, process
        self.processes.append(process)
        try:
            yield process
        finally:
            self.process, process.ledger = before, None

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
        lanes.pause()

    # The network

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> requests.Response:
        self.touch()
        process = self._on_stage()
        if self.now < self.outage_until:
            self.figures["refused connections"] += 1
            self.advance(1.0)
            raise requests.ConnectionError(NewConnectionError(cast(Any, None), "connection refused"))
        sent = self.witness.look(process.name, process.sending, self._request(message, headers), self.now)
        self.requests += 1
        response = self.sandbox.handle(message, headers)
        log = self.sandbox.requests[-1]
        self._count(log, response)
        for did, count in self.admins.look().items():
            self.tell(f"admin, in between: {self.sandbox.admin.done[-1]}")
            self.figures[did] += count
        late = response.delay > READ_TIMEOUT
        self.figures["replies too late"] += late
        self.witness.answered(process.sending, sent, message, log, late=late)
        self._wait(min(response.delay, READ_TIMEOUT) + 0.2)
        self.touch()
        lanes.pause()
        if late:
            raise requests.ReadTimeout("read timed out")
        return _deliver(response)

    def _wait(self, seconds: float) -> None:
        """Half-way through, somebody else may come."""
        self.advance(seconds / 2)
        if self.while_waiting is not None:
            self.while_waiting()
        self.advance(seconds / 2)

    def _request(self, message: bytes, headers: Mapping[str, str]) -> Request:
        action = headers["SOAPAction"].strip('"').rpartition("/")[2]
        return Request(0, self.now, "", 0, operation=action[0].lower() + action[1:], body=message)

    def _on_stage(self) -> Process:
        assert self.process is not None
        return self.process

    def _count(self, log: Request, response: Response) -> None:
        figures, knobs = self.figures, self.sandbox.knobs
        figures["requests"] += 1
        if log.fault:
            figures[f"fault {log.fault}"] += 1
        if log.fault in STATUS:
            figures[f"fault {log.fault} {'with' if 'Retry-After' in response.headers else 'without'} Retry-After"] += 1
        if log.result == "success" and not log.fault:
            figures[f"replies in the shape of the {knobs.shape}"] += 1
        if "could not be saved" in log.detail:
            figures["refusals by id" if knobs.reject_ids else "refusals by chance"] += 1
        if "is not accepted" in log.detail:
            figures["refusals by field"] += 1
        if log.result in ("refused", "fault") and log.applied and log.fault != FaultKind.PARTIAL:
            figures["refusals after a part was applied"] += 1


def _deliver(response: Response) -> requests.Response:
    if response.fault == "drop":
        raise requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")))
    if response.fault == "reset":
        raise requests.exceptions.ChunkedEncodingError("Connection broken")
    reply = requests.Response()
    reply.status_code = response.status
    reply.headers = CaseInsensitiveDict(response.headers)
    reply._content = response.body
    return reply
