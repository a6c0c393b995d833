"""Any sequence of runs, sends, outcomes and crashes against a model that fits on one screen."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from erp_sync.ledger import SqlLedger, check, open_ledger
from erp_sync.model.change import Action
from erp_sync.model.key import join_key
from erp_sync.model.outcome import Outcome
from erp_sync.model.plan import Step
from erp_sync.testing.ledger import APPLIED, IN_DOUBT, REJECTED, SKIPPED, SteppedClock, step

NAMES = [("product", ("P1",)), ("product", ("p1",)), ("variation", ("P1", "V1")), ("variation", ("P2", "V1"))]
PATHS = ["description", "status", "weight__value"]
KINDS = [APPLIED, APPLIED, REJECTED, IN_DOUBT, SKIPPED]

steps = st.builds(
    lambda name, action, fields: step(name[0], name[1], action, **({} if action is Action.UNLINK else fields)),
    st.sampled_from(NAMES),
    st.sampled_from([Action.CREATE, Action.UPDATE, Action.UPDATE, Action.RETIRE, Action.UNLINK]),
    st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["", "a", "b", "ä "]), max_size=3),
)
batches = st.lists(steps, min_size=1, max_size=4, unique_by=lambda s: (s.entity, s.key))


@dataclass
class Known:
    """The model's record. ``maybe`` are fields that Centra may have otherwise than ``fields`` says."""

    fields: dict[str, str] = field(default_factory=dict)
    maybe: set[str] = field(default_factory=set)
    there: bool = False
    retired: bool = False


class LedgerMachine(RuleBasedStateMachine):
    template: Path | None = None

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ledger"))
        self.clock = SteppedClock()
        if LedgerMachine.template is None:
            made = Path(tempfile.mkdtemp(prefix="ledger")) / "template.db"
            open_ledger(f"sqlite:///{made}", clock=self.clock, beat_every=None).close()
            LedgerMachine.template = made
        shutil.copy(LedgerMachine.template, self.folder / "ledger.db")
        self.ledger = self._open()
        self.model: dict[tuple[str, str], Known] = {}
        self.refused: dict[tuple[str, str], str] = {}
        self.run: int | None = None
        self.open: dict[int, Sequence[Step]] = {}
        self.generation = 0
        self.told: set[str] = set()

    def _open(self) -> SqlLedger:
        return open_ledger(f"sqlite:///{self.folder / 'ledger.db'}", clock=self.clock, beat_every=None)

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.close()
            assert check(f"sqlite:///{self.folder / 'ledger.db'}").problems == []
            shutil.rmtree(self.folder)

    @precondition(lambda self: self.run is None)
    @rule()
    def begin(self) -> None:
        """Whatever an earlier run left open is in doubt from here on."""
        self.clock.advance(hours=1)
        self.run = self.ledger.begin("plan")
        self._doubt_what_is_open()

    @precondition(lambda self: self.run is not None)
    @rule(batch=batches)
    def intend(self, batch: list[Step]) -> None:
        assert self.run is not None
        under_way = {(s.entity, s.key) for some in self.open.values() for s in some}
        batch = [s for s in batch if (s.entity, s.key) not in under_way]
        if batch:
            self.open[self.ledger.intend(self.run, batch)] = batch

    @precondition(lambda self: self.run is not None and self.open)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        assert self.run is not None
        batch = data.draw(st.sampled_from(sorted(self.open)))
        told = []
        for one in self.open.pop(batch):
            kind = data.draw(st.sampled_from(KINDS))
            partial = kind in (REJECTED, SKIPPED) and data.draw(st.booleans())
            told.append(Outcome(one, kind, ("No.",) if kind is REJECTED else (), partial=partial))
        self.ledger.settle(self.run, batch, told)
        self.generation += 1
        for outcome in sorted(told, key=lambda o: o.kind is REJECTED):  # what went in wakes only what waited before
            self._take(outcome)

    @precondition(lambda self: self.run is not None)
    @rule(status=st.sampled_from(["done", "partly"]))
    def finish(self, status: str) -> None:
        """A run that is broken off leaves sends open, and they are in doubt from here on."""
        assert self.run is not None
        self.ledger.finish(self.run, status, {})
        self._doubt_what_is_open()
        self.run = None

    @rule()
    def crash(self) -> None:
        self.ledger.close()
        self.ledger = self._open()
        self.run = None

    @precondition(lambda self: self.run is not None)
    @rule()
    def refresh(self) -> None:
        assert self.run is not None
        sure = [k for (e, k), known in self.model.items() if e == "product" and not known.maybe and known.there]
        self.ledger.refresh(self.run, "product", pa.array(sure, pa.string()), np.full(len(sure), 7))
        for key in sure:
            self.model["product", key].retired = False

    def _doubt_what_is_open(self) -> None:
        self.generation += len(self.open)
        for left in self.open.values():
            for one in left:
                self._doubt(one)
        self.open = {}

    def _doubt(self, one: Step) -> None:
        known = self.model.setdefault((one.entity, join_key(one.key)), Known())
        if one.action is Action.UNLINK:
            known.maybe |= set(known.fields)
            known.there = False
        known.maybe |= {f.path for f in one.fields}

    def _take(self, outcome: Outcome) -> None:
        one = outcome.step
        name = (one.entity, join_key(one.key))
        if outcome.kind is APPLIED:
            self.told.add(one.id)
            self.refused.pop(name, None)
            for other in [n for n in self.refused if n[1].rpartition("\x1f")[0] == name[1] and name[1]]:
                del self.refused[other]
            if one.action is Action.UNLINK:
                self.model.pop(name, None)
                return
            known = self.model.setdefault(name, Known())
            known.fields |= {f.path: f.new for f in one.fields}
            known.maybe -= {f.path for f in one.fields}
            known.there, known.retired = True, one.action is Action.RETIRE
        elif outcome.kind is IN_DOUBT or outcome.partial:
            self._doubt(one)
        if outcome.kind is REJECTED:
            self.refused[name] = one.id

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for entity in ("product", "variation"):
            found = {b.key: b for some in self.ledger.scan(entity) for b in some}
            expected = {k: known for (e, k), known in self.model.items() if e == entity}
            assert {k: (b.fields, set(b.doubtful), b.exists, b.retired) for k, b in found.items()} == {
                k: (known.fields, known.maybe, known.there, known.retired) for k, known in expected.items()
            }
            for key, baseline in found.items():
                assert baseline.fingerprint is None or not (baseline.doubtful or baseline.retired), key
            keys = [join_key(key) for e, key in NAMES if e == entity]
            assert self.ledger.quarantined(entity, keys) == {k: s for (e, k), s in self.refused.items() if e == entity}
            live = sum(known.there and not known.retired for known in expected.values())
            assert self.ledger.population(entity) == live

    @invariant()
    def the_generation_counts_what_changed_baselines(self) -> None:
        if hasattr(self, "ledger"):
            assert self.ledger.generation() == self.generation
            assert self.ledger.settled_steps("plan") == self.told
            assert self.ledger.generation(without_plan="plan") == 0


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
