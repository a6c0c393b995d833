"""What the scheduler does in a night: a plan and its apply; after a crash, both again or the apply only."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from erp_sync.apply import SendOptions
from erp_sync.errors import Refused, TryLater
from tests.simulation import lanes, stage
from tests.simulation.company import MAPPINGS, Company
from tests.simulation.ending import check_baselines
from tests.simulation.runs import Export, Runs
from tests.simulation.witness import Sending, Violation
from tests.simulation.world import Crash, Process, World


@dataclass(frozen=True)
class Night:
    """``dies_at``: the touch at which the first process dies. ``stale``: the ERP moves between plan and apply."""

    export: Export
    dies_at: int | None = None
    rival: str = ""  # "alive", "stalled": in which state of the first run another one breaks in
    stale: bool = False

    @classmethod
    def of(cls, rng: random.Random, company: Company) -> Night:
        cut = frozenset(rng.sample(company.tables, 1)) if rng.random() < 0.25 else frozenset[str]()
        return cls(
            Export(cut, unnoticed=rng.random() < 0.4),
            rng.choice((rng.randint(1, 40), rng.randint(1, 200))) if rng.random() < 0.5 else None,
            rng.choice(("alive", "stalled")) if rng.random() < 0.25 else "",
            rng.random() < 0.1,
        )


class Nights:
    def __init__(self, rng: random.Random, world: World, company: Company, send: SendOptions) -> None:
        self._rng, self._world, self._company = rng, world, company
        self._runs = Runs(rng, world, company, send)
        self._made = 0

    def live(self, night: Night) -> None:
        """A bad night."""
        self._world.figures["bad nights"] += 1
        process = self._process()
        process.dies_at = night.dies_at
        if night.rival:
            self._world.while_waiting = self._intrusion(process, stall=night.rival == "stalled")
        self._plan_and_apply(process, night)
        self._world.while_waiting = None

    def quiet(self, *, first: bool) -> str:
        """A night in which nothing goes wrong, and somebody lets pass what a guard stops: "sent", or "nothing" when
        there was nothing to send, or "nothing yet" when something waits to leave, or for an answer of Centra's."""
        process, path = self._process(), self._path()
        with self._world.running(process):
            if not self._runs.plan(process, path, Export(), override=True):
                raise Violation("a plan was refused although every guard was overridden")
            if not (first or self._runs.steps or self._runs.waiting):
                return "nothing"
            self._runs.apply(process, path, Export())
        return "sent" if self._runs.steps else "nothing yet"  # even a first night of silence must be confirmed

    def ask_again(self) -> None:
        """Somebody has put Centra right, and has the quarantine retried."""
        with self._world.running(Process("operator")) as operator:
            ledger = self._wait_for_the_dead(operator)
            ledger.retry([q.id for q in ledger.quarantine()])
            self._world.figures["quarantines retried"] += 1

    def _plan_and_apply(self, process: Process, night: Night) -> None:
        world, path = self._world, self._path()
        with world.running(process):
            try:
                self._wait_for_the_dead(process)
                if not self._runs.plan(process, path, night.export, override=self._rng.random() < 0.5):
                    return
                process.planned = True
                if night.stale:
                    self._apply_stale(process, path, night.export)
                    return
                self._runs.apply(process, path, night.export)
            except Crash:
                world.tell(f"{process.name} died at touch {process.touches}", "crashes")
            except TryLater as error:
                if not process.stalled:
                    raise Violation(f"{process.name} lost its ledger: {error}") from error
                world.tell(f"{process.name} finds that it was ousted", "stalled runs ousted")
                return
        world.while_waiting = None
        if process.dead and self._rng.random() < 0.6:
            self._afterwards(process, path, night.export, stale=night.stale)

    def _afterwards(self, died: Process, path: Path, export: Export, *, stale: bool) -> None:
        rng, world = self._rng, self._world
        world.now += timedelta(seconds=rng.choice((5, 90, 3600)))
        again = self._process()
        if rng.random() < 0.4:
            again.dies_at = rng.randint(1, 120)
        if stale or not died.planned or rng.random() < 0.4:
            self._plan_and_apply(again, Night(replace(export, tables=frozenset()), again.dies_at))
            return
        again.sending = Sending(died.sending.taken_at, died.sending.plan, withheld=died.sending.withheld)
        with world.running(again):
            try:
                self._wait_for_the_dead(again)
                self._runs.apply(again, path, export)
                world.figures["plans resumed"] += 1
            except Crash:
                world.tell(f"{again.name} died at touch {again.touches}", "crashes")

    def _wait_for_the_dead(self, process: Process) -> stage.WatchedLedger:
        """On another host nobody knows that the holder is dead: its lease has to end by itself."""
        world = self._world
        ledger = stage.ledger_of(world, process)
        try:
            ledger.recover()
        except TryLater:
            if not any(p.dead and p.host != process.host for p in world.processes):
                raise
            world.tell(f"{process.name} waits for a lease to end", "leases of the dead waited for")
            world.now += timedelta(seconds=61)
            ledger.recover()
        check_baselines(world)  # now nothing is open: what the ledger does not doubt must be so
        return ledger

    def _apply_stale(self, process: Process, path: Path, planned: Export) -> None:
        company, world, sent = self._company, self._world, self._world.requests
        before = planned.of(company, world).digests(), self._mapping()
        if self._rng.random() < 0.3:
            company.mapping = self._rng.choice(MAPPINGS)
        else:
            world.tell("ERP, between plan and apply: " + company.change(self._rng), "ERP edits")
        if (Export().of(company, world).digests(), self._mapping()) == before:
            return
        try:
            self._runs.apply(process, path, Export())
        except Refused:
            world.tell("a stale plan was refused", "stale plans refused")
        else:
            raise Violation("a plan was applied although the ERP or the mapping had moved")
        if world.requests != sent:
            raise Violation("something of a stale plan was sent")

    def _intrusion(self, process: Process, *, stall: bool) -> Callable[[], None]:
        """While a run waits for a reply, another one starts; the first may be frozen at that moment."""
        world, at = self._world, self._world.requests + self._rng.randint(1, 4)
        waits = self._rng.choice((0.0, 90.0, 90.0))  # longer than a lease lasts without a heartbeat

        def intrude() -> None:
            if world.requests < at or process.dead or world.process is not process:
                return
            world.while_waiting = None
            if stall:
                process.stalled = True
                world.now += timedelta(minutes=5)
            else:
                world.advance(waits)
            rival = self._process()
            world.tell(f"{rival.name} breaks in on {process.name}, {'stalled' if stall else 'alive'}")
            with world.running(rival), lanes.undisturbed():
                self._break_in(rival, process, stalled=stall)

        return intrude

    def _break_in(self, rival: Process, process: Process, *, stalled: bool) -> None:
        path = self._path()
        try:
            stage.ledger_of(self._world, rival).recover()
            check_baselines(self._world)
            if self._runs.plan(rival, path, Export(), override=True):
                self._runs.apply(rival, path, Export())
        except TryLater:
            if stalled:
                raise Violation("a stalled run kept the ledger for ever") from None
            self._world.tell(f"{rival.name} is kept out", "rivals kept out")
        else:
            if not stalled:
                raise Violation("two runs at once")
            process.sending.ousted = rival.name
            self._world.tell(f"{rival.name} took over", "stalled runs taken over")

    def _mapping(self) -> str:
        return stage.mappings_of(self._company.tables, self._company.mapping).digest

    def _process(self) -> Process:
        return Process(f"p{len(self._world.processes) + 1}", self._rng.choice(("here", "here", "there")))

    def _path(self) -> Path:
        self._made += 1
        path = stage.folder() / f"{self._made}.plan"
        path.unlink(missing_ok=True)
        return path
