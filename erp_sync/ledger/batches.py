"""The note before each request: which step will touch which fields of which record. Never a value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from erp_sync.errors import CannotSend
from erp_sync.ledger.tables import BATCH
from erp_sync.ledger.upsert import insert_one
from erp_sync.model.change import Action
from erp_sync.model.key import LONGEST_KEY, join_key, show_key
from erp_sync.model.outcome import Outcome
from erp_sync.model.plan import Step


class Intent(NamedTuple):
    step: str
    entity: str
    key: str
    action: Action
    paths: tuple[str, ...]


def open_batch(connection: Connection, run: int, steps: Sequence[Step], now: datetime) -> int:
    noted = [[s.id, s.entity, join_key(s.key), s.action, [f.path for f in s.fields]] for s in steps]
    values = {"run": run, "opened_at": now, "steps": json.dumps(noted, ensure_ascii=False, separators=(",", ":"))}
    return insert_one(connection, BATCH, values)


def close_batch(connection: Connection, run: int, batch: int, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Raises ValueError for outcomes that are not those of an open batch of this run: a batch is settled once."""
    row = connection.execute(select(BATCH).where(BATCH.c.id == batch)).one_or_none()
    if row is None or row.run != run or row.closed_at is not None:
        raise ValueError(f"batch {batch} is no open batch of run {run}")
    intended, told = sorted(i.step for i in intents(row.steps)), sorted(o.step.id for o in outcomes)
    if intended != told:
        raise ValueError(f"batch {batch} was opened for {len(intended)} steps, and not for these {len(told)}")
    _close(connection, batch, {o.step.id: str(o.kind) for o in outcomes}, {o.request_id for o in outcomes}, now)


def abandoned(connection: Connection) -> Iterator[tuple[int, int, list[Intent]]]:
    """Run, batch and intents of every batch that nobody settled."""
    rows = connection.execute(select(BATCH).where(BATCH.c.closed_at.is_(None)).order_by(BATCH.c.id)).all()
    for row in rows:
        yield row.run, row.id, intents(row.steps)


def close_abandoned(connection: Connection, batch: int, noted: Sequence[Intent], now: datetime) -> None:
    _close(connection, batch, {i.step: "in_doubt" for i in noted}, set(), now)


def intents(text: str) -> list[Intent]:
    return [
        Intent(step, entity, key, Action(action), tuple(paths)) for step, entity, key, action, paths in json.loads(text)
    ]


def check_keys(steps: Sequence[Step]) -> None:
    """Raises CannotSend for a key that no ledger could hold."""
    for step in steps:
        length = len(join_key(step.key))
        if length > LONGEST_KEY:
            raise CannotSend(
                f"{step.entity} {show_key(step.key)[:60]}…: its key has {length} characters, a ledger holds "
                f"{LONGEST_KEY} at the most",
                advice="Shorten its ids in the mapping.",
            )


def _close(connection: Connection, batch: int, kinds: dict[str, str], requests: set[str], now: datetime) -> None:
    connection.execute(
        update(BATCH)
        .where(BATCH.c.id == batch)
        .values(closed_at=now, outcomes=json.dumps(kinds), request_ids=json.dumps(sorted(requests - {""})))
    )
