"""The quarantine: what could not go out, and why, one row per record."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, or_, select, update

from erp_sync.ledger.tables import QUARANTINE
from erp_sync.ledger.upsert import Rows, upsert
from erp_sync.ledger.wanted import among, portions
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.key import LONGEST_KEY, SEPARATOR, join_key
from erp_sync.model.outcome import Outcome
from erp_sync.model.plan import Waiting
from erp_sync.model.quarantine import Quarantined, QuarantineKind

_REFUSED = QUARANTINE.c.kind == QuarantineKind.REJECTED


def short_id(entity: str, what: str) -> str:
    """For people to type: from the record's identity, so that it is the same every night."""
    return sha256(f"{entity}\0{what}".encode()).hexdigest()[:12]


def of_outcome(outcome: Outcome, run: int) -> dict[str, Any]:
    """A refused step, or one that waits for another record."""
    step = outcome.step
    kind = QuarantineKind.PARKED if outcome.waits_for else QuarantineKind.REJECTED
    reason = "\n".join(outcome.messages) or outcome.reason
    row = _row(kind, step.entity, join_key(step.key), reason, step.origin, step.mapping_at, run)
    return row | {
        "step": step.id,
        "action": str(step.action),
        "request_id": outcome.request_id,
        "detail": _detail(waits_for=outcome.waits_for),
    }


def of_waiting(waiting: Waiting, run: int) -> dict[str, Any]:
    row = _row(
        QuarantineKind.PARKED,
        waiting.entity,
        join_key(waiting.key),
        waiting.reason,
        waiting.origin,
        waiting.mapping_at,
        run,
    )
    return row | {"action": str(waiting.action), "detail": _detail(waits_for=waiting.waits_for)}


def of_rejection(rejection: Rejection, run: int) -> dict[str, Any]:
    row = _row(
        QuarantineKind.UNUSABLE,
        rejection.entity or "",
        rejection.key or "",
        rejection.reason,
        rejection.origin,
        rejection.mapping_at or "",
        run,
    )
    return row | {
        "detail": _detail(
            field=rejection.field, column=rejection.column, value=rejection.value, personal=rejection.personal
        )
    }


def _row(
    kind: QuarantineKind, entity: str, key: str, reason: str, origin: Origin | None, mapping_at: str, run: int
) -> dict[str, Any]:
    return {
        "id": short_id(entity, key if key else f"{origin}"),
        "kind": str(kind),
        "entity": entity,
        "key": _storable(key)[:LONGEST_KEY],
        "parent_key": _storable(key.rpartition(SEPARATOR)[0])[:LONGEST_KEY],
        "step": "",
        "action": "",
        "reason": _storable(reason),
        "request_id": "",
        "dataset": origin.dataset if origin else "",
        "origin": json.dumps([origin.place, origin.at] if origin else [], ensure_ascii=False),
        "mapping_at": mapping_at,
        "detail": "{}",
        "run": run,
        "again": False,
    }


def _storable(text: str) -> str:
    """No PostgreSQL text holds U+0000; where a row was rejected for it, its reason must still be readable."""
    return text.replace("\0", "\ufffd")


def _detail(**known: Any) -> str:
    return json.dumps({k: v for k, v in known.items() if v}, ensure_ascii=False)


def take_in(connection: Connection, rows: Iterable[dict[str, Any]], now: datetime) -> None:
    """One more attempt for those that wait already; the first time stays."""
    new = {row["id"]: row for row in rows}
    for some in _some(sorted(new)):
        query = select(QUARANTINE.c.id, QUARANTINE.c.first_at, QUARANTINE.c.attempts)
        known = {r.id: r for r in connection.execute(query.where(QUARANTINE.c.id.in_(some)))}
        full: Rows = [
            new[i]
            | {
                "first_at": known[i].first_at if i in known else now,
                "last_at": now,
                "attempts": known[i].attempts + 1 if i in known else 1,
            }
            for i in some
        ]
        upsert(connection, QUARANTINE, full)


def settled(connection: Connection, applied: Sequence[tuple[str, str]]) -> None:
    """Applied records wait no longer; refused ones right below them are tried again."""
    remove(connection, [short_id(entity, key) for entity, key in applied])
    for some in _some(sorted({key for _, key in applied})):
        below = QUARANTINE.c.parent_key.in_(some)
        connection.execute(update(QUARANTINE).where(below, _REFUSED).values(again=True))


def release(connection: Connection, entity: str, wanted: frozenset[str]) -> int:
    """Refused records that nobody wants to send any more: the ERP took its change back, or dropped the record."""
    query = select(QUARANTINE.c.id, QUARANTINE.c.key).where(QUARANTINE.c.entity == entity, _REFUSED)
    return remove(connection, [i for i, key in connection.execute(query) if key not in wanted])


def remove(connection: Connection, ids: Sequence[str]) -> int:
    return sum(
        connection.execute(delete(QUARANTINE).where(QUARANTINE.c.id.in_(some))).rowcount for some in _some(list(ids))
    )


def wake(connection: Connection, ids: Sequence[str]) -> int:
    return sum(
        connection.execute(update(QUARANTINE).where(QUARANTINE.c.id.in_(some)).values(again=True)).rowcount
        for some in _some(list(ids))
    )


def replace(
    connection: Connection,
    kind: QuarantineKind,
    entities: Sequence[str],
    datasets: Sequence[str],
    rows: Rows,
    now: datetime,
) -> None:
    """These rows in place of what of their kind waited for these entities, or for none in one of these datasets."""
    stay = {row["id"] for row in rows}
    nameless = and_(QUARANTINE.c.entity == "", QUARANTINE.c.dataset.in_(datasets))
    query = select(QUARANTINE.c.id).where(QUARANTINE.c.kind == kind, or_(QUARANTINE.c.entity.in_(entities), nameless))
    remove(connection, [i for i in connection.scalars(query) if i not in stay])
    take_in(connection, rows, now)


def refused_steps(connection: Connection, entity: str, keys: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in portions(keys):
        query = select(QUARANTINE.c.key, QUARANTINE.c.step).where(among(connection, QUARANTINE, entity, some))
        found.update((row.key, row.step) for row in connection.execute(query.where(_REFUSED, ~QUARANTINE.c.again)))
    return found


def everything(
    connection: Connection, *, entity: str | None, kind: QuarantineKind | None, key: str | None
) -> list[Quarantined]:
    query = select(QUARANTINE).order_by(QUARANTINE.c.first_at, QUARANTINE.c.entity, QUARANTINE.c.key, QUARANTINE.c.id)
    for column, value in ((QUARANTINE.c.entity, entity), (QUARANTINE.c.kind, kind), (QUARANTINE.c.key, key)):
        if value is not None:
            query = query.where(column == value)
    return [_entry(row) for row in connection.execute(query)]


def entry(connection: Connection, id: str) -> Quarantined | None:
    row = connection.execute(select(QUARANTINE).where(QUARANTINE.c.id == id)).one_or_none()
    return None if row is None else _entry(row)


def _entry(row: Row[Any]) -> Quarantined:
    origin = json.loads(row.origin)
    detail = json.loads(row.detail)
    waits_for = detail.pop("waits_for", None)
    return Quarantined(
        row.id,
        QuarantineKind(row.kind),
        row.entity,
        row.key,
        row.reason,
        row.first_at,
        row.last_at,
        row.attempts,
        row.run,
        row.step,
        row.action,
        row.request_id,
        Origin(row.dataset, *origin) if origin else None,
        row.mapping_at,
        waits_for=tuple(waits_for) if waits_for else None,
        again=row.again,
        **detail,
    )


def _some(ids: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]
