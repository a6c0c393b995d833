"""What stops 1 to 5 may know of the ledger. Every method is one read transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, Select, and_, func, select

from erp_sync.ledger import inbox, memory, quarantine
from erp_sync.ledger.database import Database
from erp_sync.ledger.tables import BATCH, LEASE, META, OVERRIDE, RECORD, RUN
from erp_sync.ledger.wanted import among, portions
from erp_sync.model.change import Baseline
from erp_sync.model.event import Event
from erp_sync.model.key import LONGEST_KEY
from erp_sync.model.outcome import LeaseInfo, OutcomeKind, RunInfo
from erp_sync.model.quarantine import Quarantined, QuarantineKind
from erp_sync.ports import TEXT

_SCAN = 5_000
_SCAN_KEYS = 100_000
_INT64 = pd.ArrowDtype(pa.int64())
BASELINE = (
    RECORD.c.key,
    RECORD.c.fields,
    RECORD.c.doubtful,
    RECORD.c.fingerprint,
    RECORD.c.present,
    RECORD.c.retired,
    RECORD.c.absences,
)


class SqlReader:
    """A LedgerReader on any of the three databases."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.read() as connection:
            self.id = connection.scalar(select(META.c.value).where(META.c.name == "id")) or ""

    def generation(self, *, without_plan: str = "") -> int:
        if not without_plan:
            query: Select[tuple[str]] = select(META.c.value).where(META.c.name == "generation")
        else:
            query = select(func.max(RUN.c.generation)).where(RUN.c.plan != without_plan)
        with self._database.read() as connection:
            return int(connection.scalar(query) or 0)

    def fingerprints(self, entity: str, keys: pa.Array) -> pd.DataFrame:
        found: list[Any] = []
        with self._database.read() as connection:
            for some in portions(keys.to_pylist()):
                query = select(RECORD.c.key, RECORD.c.fingerprint).where(among(connection, RECORD, entity, some))
                found += connection.execute(query).all()
        known, prints = zip(*found, strict=True) if found else ((), ())
        return pd.DataFrame({"key": pd.Series(known, dtype=TEXT), "fingerprint": pd.Series(prints, dtype=_INT64)})

    def all_fingerprints(self, entity: str) -> Iterator[tuple[pa.Array, npt.NDArray[np.int64]]]:
        last = ""
        while True:
            query = (
                select(RECORD.c.key, RECORD.c.fingerprint)
                .where(RECORD.c.entity == entity, RECORD.c.key > last, RECORD.c.fingerprint.is_not(None))
                .order_by(RECORD.c.key)
                .limit(_SCAN_KEYS)
            )
            with self._database.read() as connection:
                some = _as_given(connection, query)
            if not some:
                return
            keys, prints = zip(*some, strict=True)
            yield pa.array(keys, pa.string()), np.array(prints, np.int64)
            last = keys[-1]

    def baselines(self, entity: str, keys: Sequence[str]) -> dict[str, Baseline]:
        known: dict[str, Baseline] = {}
        with self._database.read() as connection:
            for some in portions(keys):
                query = select(*BASELINE).where(among(connection, RECORD, entity, some))
                known.update((row.key, as_baseline(row)) for row in connection.execute(query))
        return known

    def scan(self, entity: str) -> Iterator[list[Baseline]]:
        last = ""
        while True:
            query = (
                select(*BASELINE)
                .where(RECORD.c.entity == entity, RECORD.c.key > last)
                .order_by(RECORD.c.key)
                .limit(_SCAN)
            )
            with self._database.read() as connection:
                some = [as_baseline(row) for row in connection.execute(query)]
            if not some:
                return
            yield some
            last = some[-1].key

    def keys(self, entity: str) -> Iterator[pa.Array]:
        last = ""
        while True:
            query = (
                select(RECORD.c.key)
                .where(RECORD.c.entity == entity, RECORD.c.key > last, ~RECORD.c.retired)
                .order_by(RECORD.c.key)
                .limit(_SCAN_KEYS)
            )
            with self._database.read() as connection:
                some = [key for (key,) in _as_given(connection, query)]
            if not some:
                return
            yield pa.array(some, pa.string())
            last = some[-1]

    def population(self, entity: str) -> int:
        there = and_(RECORD.c.entity == entity, RECORD.c.present, ~RECORD.c.retired)
        with self._database.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(RECORD).where(there)) or 0)

    def owners_of(self, entity: str, own_ids: Sequence[str]) -> dict[str, str]:
        """Where several have it, the one that lives: not retired before retired, acknowledged before in doubt."""
        found: dict[str, tuple[bool, bool, int, str]] = {}
        with self._database.read() as connection:
            for some in portions([i for i in own_ids if len(i) <= LONGEST_KEY]):
                query = select(
                    RECORD.c.own_id, RECORD.c.retired, RECORD.c.present, RECORD.c.changed_run, RECORD.c.key
                ).where(among(connection, RECORD, entity, some, by="own_id"))
                for own_id, retired, present, run, key in connection.execute(query):
                    found[own_id] = max(
                        (not retired, bool(present), run, key), found.get(own_id, (False, False, -1, ""))
                    )
        return {own_id: owner[-1] for own_id, owner in found.items()}

    def settled_steps(self, plan: str) -> set[str]:
        return self._steps_told(plan, OutcomeKind.APPLIED)

    def doubtful_steps(self, plan: str) -> set[str]:
        return self._steps_told(plan, OutcomeKind.IN_DOUBT)

    def _steps_told(self, plan: str, wanted: OutcomeKind) -> set[str]:
        query = select(BATCH.c.outcomes).join(RUN, RUN.c.id == BATCH.c.run)
        with self._database.read() as connection:
            told = connection.scalars(query.where(RUN.c.plan == plan, BATCH.c.outcomes.is_not(None)))
            return {step for text in told for step, kind in json.loads(text).items() if kind == wanted}

    def runs(self, limit: int = 20) -> list[RunInfo]:
        with self._database.read() as connection:
            rows = connection.execute(select(RUN).order_by(RUN.c.id.desc()).limit(limit))
            return [
                RunInfo(r.id, r.plan, r.started_at, r.ended_at, r.host, r.pid, r.status, json.loads(r.counts))
                for r in rows
            ]

    def last_rows(self, dataset: str) -> int | None:
        with self._database.read() as connection:
            return memory.recall(connection, dataset).rows

    def watermark(self, dataset: str) -> str | None:
        with self._database.read() as connection:
            return memory.recall(connection, dataset).watermark

    def marked_by(self, dataset: str) -> str:
        with self._database.read() as connection:
            return memory.recall(connection, dataset).mapping

    def since_full(self, dataset: str) -> int | None:
        with self._database.read() as connection:
            return memory.recall(connection, dataset).since_full

    def digests(self) -> dict[str, str]:
        with self._database.read() as connection:
            return memory.digests(connection)

    def quarantined(self, entity: str, keys: Sequence[str]) -> dict[str, str]:
        with self._database.read() as connection:
            return quarantine.refused_steps(connection, entity, keys)

    def quarantine(
        self, *, entity: str | None = None, kind: QuarantineKind | None = None, key: str | None = None
    ) -> list[Quarantined]:
        with self._database.read() as connection:
            return quarantine.everything(connection, entity=entity, kind=kind, key=key)

    def quarantine_entry(self, id: str) -> Quarantined | None:
        with self._database.read() as connection:
            return quarantine.entry(connection, id)

    def open_events(self) -> list[Event]:
        with self._database.read() as connection:
            return inbox.open_events(connection)

    def overrides(self, plan: str) -> set[str]:
        with self._database.read() as connection:
            return set(connection.scalars(select(OVERRIDE.c.guard).where(OVERRIDE.c.plan == plan)))

    def holder(self) -> LeaseInfo | None:
        with self._database.read() as connection:
            held = connection.execute(select(LEASE).where(LEASE.c.token.is_not(None))).one_or_none()
        if held is None:
            return None
        return LeaseInfo(held.purpose, held.host, held.pid, held.taken_at, held.beat_at, held.expires_at)

    def close(self) -> None:
        self._database.close()


def as_baseline(row: Any) -> Baseline:
    return Baseline(
        row.key,
        json.loads(row.fields),
        frozenset(json.loads(row.doubtful)),
        row.fingerprint,
        row.present,
        row.retired,
        row.absences,
    )


def _as_given(connection: Connection, query: Select[Any]) -> list[tuple[Any, ...]]:
    """Rows as the driver gives them, for columns that every driver gives alike: twice as fast by the million."""
    cursor = connection.execute(query).cursor
    return list(cursor.fetchall()) if cursor is not None else []
