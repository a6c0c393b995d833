"""What became of records: told by an outcome, or, after a crash, known to be unknown."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, select, update

from erp_sync.ledger.batches import abandoned, close_abandoned
from erp_sync.ledger.records import Records
from erp_sync.ledger.settling import acknowledged, doubted
from erp_sync.ledger.tables import META, RUN
from erp_sync.model.key import join_key
from erp_sync.model.outcome import Outcome, OutcomeKind


def apply_outcome(records: Records, outcome: Outcome) -> None:
    step = outcome.step
    name = (step.entity, join_key(step.key))
    known = records.get(name)
    origin = json.dumps([step.origin.dataset, step.origin.place, step.origin.at]) if step.origin else None
    if outcome.kind is OutcomeKind.APPLIED:
        sent = {f.path: f.new for f in step.fields}
        records.put(name, acknowledged(known, step.action, sent, step.fingerprint), origin)
    elif outcome.kind is OutcomeKind.IN_DOUBT or outcome.partial:
        records.put(name, doubted(known, step.action, [f.path for f in step.fields]), origin)


def settle_the_dead(connection: Connection, now: datetime) -> None:
    """To be called with the lease in hand, by whoever begins a run or ends his own: every run that is open is dead, and
    what it sent and did not settle in doubt."""
    for run, batch, noted in abandoned(connection):
        records = Records(connection, ((i.entity, i.key) for i in noted), run)
        for intent in noted:
            name = (intent.entity, intent.key)
            records.put(name, doubted(records.get(name), intent.action, intent.paths))
        records.write()
        close_abandoned(connection, batch, noted, now)
        advance_generation(connection, run)
    connection.execute(update(RUN).where(RUN.c.ended_at.is_(None)).values(status="crashed", ended_at=now))


def advance_generation(connection: Connection, run: int) -> None:
    """Baselines changed, and this run changed them: plans that others made before no longer fit."""
    now = int(connection.execute(select(META.c.value).where(META.c.name == "generation")).scalar_one()) + 1
    connection.execute(update(META).where(META.c.name == "generation").values(value=str(now)))
    connection.execute(update(RUN).where(RUN.c.id == run).values(generation=now))
