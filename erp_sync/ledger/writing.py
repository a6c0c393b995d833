"""The ledger itself. Every method is one write transaction, and first checks that the lease is (still) ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, insert, select, update

from erp_sync.ledger import absences, inbox, memory, quarantine, recovery
from erp_sync.ledger.batches import check_keys, close_batch, open_batch
from erp_sync.ledger.database import Database
from erp_sync.ledger.heartbeat import Heartbeat
from erp_sync.ledger.lease import Lease
from erp_sync.ledger.process import Holder
from erp_sync.ledger.reading import SqlReader
from erp_sync.ledger.records import Records, refresh_fingerprints
from erp_sync.ledger.settling import State
from erp_sync.ledger.tables import OVERRIDE, RUN
from erp_sync.ledger.upsert import insert_one
from erp_sync.model.change import Baseline
from erp_sync.model.event import Event
from erp_sync.model.extract import Rejection
from erp_sync.model.key import join_key
from erp_sync.model.outcome import Outcome, OutcomeKind
from erp_sync.model.plan import Manifest, Step, Wait, Waiting
from erp_sync.model.quarantine import QuarantineKind


class SqlLedger(SqlReader):
    """A Ledger on any of the three databases. May be used from several threads at once."""

    def __init__(self, database: Database, lease: Lease, holder: Holder, heartbeat: Heartbeat) -> None:
        super().__init__(database)
        self._lease, self._holder, self._heartbeat = lease, holder, heartbeat

    def begin(self, plan: str) -> int:
        values = {"plan": plan, "host": self._holder.host, "pid": self._holder.pid, "status": "running",
                  "counts": "{}", "generation": 0, "memory": "[]"}  # fmt: skip
        with self._database.write() as connection:
            self._lease.take(connection, "a run")
            now = self._lease.now()
            recovery.settle_the_dead(connection, now)
            run = insert_one(connection, RUN, {"started_at": now, **values})
        self._heartbeat.start(self.beat)
        return run

    def finish(self, run: int, status: str, counts: dict[str, int]) -> None:
        self._heartbeat.stop()
        with self._writing() as (connection, now):
            recovery.settle_the_dead(connection, now)  # a run that is broken off leaves a send that nobody settled
            packed = connection.execute(select(RUN.c.memory).where(RUN.c.id == run)).scalar_one()
            memory.advance(connection, packed, run, now, everything=status == "done")
            ended = update(RUN).where(RUN.c.id == run)
            connection.execute(ended.values(status=status, ended_at=now, counts=json.dumps(counts, sort_keys=True)))
            self._lease.give_back(connection)
        self._lease.token = ""

    def beat(self) -> None:
        with self._database.write() as connection:
            self._lease.renew(connection)

    def close(self) -> None:
        self._heartbeat.stop()
        super().close()

    def intend(self, run: int, steps: Sequence[Step]) -> int:
        check_keys(steps)
        with self._writing() as (connection, now):
            return open_batch(connection, run, steps, now)

    def settle(self, run: int, batch: int, outcomes: Sequence[Outcome]) -> None:
        applied = [(o.step.entity, join_key(o.step.key)) for o in outcomes if o.kind is OutcomeKind.APPLIED]
        refused = [o for o in outcomes if o.kind is OutcomeKind.REJECTED or o.waits_for]
        with self._writing() as (connection, now):
            close_batch(connection, run, batch, outcomes, now)
            records = Records(connection, ((o.step.entity, join_key(o.step.key)) for o in outcomes), run)
            for outcome in outcomes:
                recovery.apply_outcome(records, outcome)
            records.write()
            quarantine.settled(connection, applied)
            quarantine.take_in(connection, [quarantine.of_outcome(o, run) for o in refused], now)
            recovery.advance_generation(connection, run)

    def skip(self, run: int, outcomes: Sequence[Outcome]) -> None:
        waits = [o for o in outcomes if o.kind is OutcomeKind.REJECTED or o.waits_for]
        with self._writing() as (connection, now):
            quarantine.take_in(connection, [quarantine.of_outcome(o, run) for o in waits], now)

    def remember(
        self, run: int, manifest: Manifest, rejections: Sequence[Rejection], waiting: Sequence[Waiting] = ()
    ) -> None:
        seen = [] if manifest.partial else manifest.datasets
        entities, datasets = list[str](), list[str]()  # of which all that waits is in this plan
        if not manifest.partial and all(d.complete for d in seen):
            entities = sorted({*manifest.counts} - {*manifest.partly}) + ([] if manifest.partly else [""])
            datasets = [d.name for d in seen if d.full]
        unusable = [quarantine.of_rejection(r, run) for r in rejections]
        parked = [quarantine.of_waiting(w, run) for w in waiting if w.wait is Wait.PARKED]
        with self._writing() as (connection, now):
            packed = memory.pack(seen, manifest.binding.mapping)
            connection.execute(update(RUN).where(RUN.c.id == run).values(memory=packed))
            quarantine.replace(connection, QuarantineKind.UNUSABLE, entities, datasets, unusable, now)
            quarantine.replace(connection, QuarantineKind.PARKED, entities, datasets, parked, now)

    def refresh(self, run: int, entity: str, keys: pa.Array, fingerprints: npt.NDArray[np.int64]) -> None:
        with self._writing() as (connection, _):
            refresh_fingerprints(connection, entity, keys.to_pylist(), fingerprints.tolist())

    def count_absences(self, run: int, entity: str, absent: pa.Array) -> None:
        with self._writing() as (connection, _):
            absences.count(connection, run, entity, absent.to_pylist())

    def release(self, run: int, entity: str, wanted: Sequence[str]) -> int:
        with self._writing() as (connection, _):
            return quarantine.release(connection, entity, frozenset(wanted))

    def adopt(self, run: int, entity: str, records: Sequence[Baseline]) -> None:
        with self._writing() as (connection, _):
            taken = Records(connection, ((entity, b.key) for b in records), run)
            for b in records:
                state = State(b.fields, b.doubtful, b.fingerprint, b.exists, b.retired, b.absences)
                taken.put((entity, b.key), state, adopted=True)
            taken.write()
            recovery.advance_generation(connection, run)

    def retry(self, ids: Sequence[str]) -> int:
        with self._briefly("a change of the quarantine") as (connection, _):
            return quarantine.wake(connection, ids)

    def drop(self, ids: Sequence[str]) -> int:
        with self._briefly("a change of the quarantine") as (connection, _):
            return quarantine.remove(connection, ids)

    def store_events(self, events: Sequence[Event]) -> int:
        with self._briefly("the event inbox") as (connection, now):
            return inbox.store(connection, events, now)

    def events_done(self, ids: Sequence[str]) -> None:
        with self._briefly("the event inbox") as (connection, now):
            inbox.mark(connection, "done_at", ids, now)

    def events_handled(self, ids: Sequence[str]) -> None:
        with self._briefly("the event inbox") as (connection, now):
            inbox.mark(connection, "handled_at", ids, now)

    def recover(self) -> None:
        with self._briefly("recovery") as (connection, now):
            recovery.settle_the_dead(connection, now)

    def override(self, plan: str, guard: str, given_by: str, reason: str = "") -> None:
        with self._briefly("an override") as (connection, now):
            values = {"plan": plan, "guard": guard, "given_by": given_by, "reason": reason}
            connection.execute(insert(OVERRIDE).values(given_at=now, **values))

    @contextmanager
    def _writing(self) -> Iterator[tuple[Connection, datetime]]:
        with self._database.write() as connection:
            self._lease.verify(connection)
            yield connection, self._lease.now()

    @contextmanager
    def _briefly(self, purpose: str) -> Iterator[tuple[Connection, datetime]]:
        """Within a run of ours, or between runs: then the lease is taken and given back in this one transaction."""
        if self._lease.token:
            with self._writing() as written:
                yield written
            return
        try:
            with self._database.write() as connection:
                self._lease.take(connection, purpose)
                yield connection, self._lease.now()
                self._lease.give_back(connection)
        finally:
            self._lease.token = ""
