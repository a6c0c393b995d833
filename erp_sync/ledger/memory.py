"""What the last extracts were: rows, digests, watermarks. It advances with a run that applied everything."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from erp_sync.ledger.tables import DATASET
from erp_sync.ledger.upsert import upsert
from erp_sync.model.extract import DatasetReport


class Recalled(NamedTuple):
    rows: int | None = None
    watermark: str | None = None
    since_full: int | None = None
    mapping: str = ""


def recall(connection: Connection, dataset: str) -> Recalled:
    query = select(DATASET.c.rows, DATASET.c.watermark, DATASET.c.since_full, DATASET.c.digest)
    row = connection.execute(query.where(DATASET.c.name == dataset)).one_or_none()
    if row is None:
        return Recalled()
    mark, mapping = json.loads(row.watermark) if row.watermark is not None else (None, "")
    return Recalled(row.rows, mark, None if row.rows is None else row.since_full, mapping)


def digests(connection: Connection) -> dict[str, str]:
    query = select(DATASET.c.name, DATASET.c.digest).where(DATASET.c.digest != "")
    return {row.name: row.digest for row in connection.execute(query)}


def pack(datasets: Iterable[DatasetReport], mapping: str) -> str:
    """What a run keeps back until it is done. A watermark holds for the mapping that it was reached with."""
    return json.dumps(
        [
            [d.name, d.rows, d.digest, d.complete, d.full, None if d.watermark is None else [d.watermark, mapping]]
            for d in datasets
        ]
    )


def advance(connection: Connection, packed: str, run: int, now: datetime, *, everything: bool) -> None:
    """After a run. Unless it applied ``everything``, only the count since the last full extract goes on.

    An incomplete extract leaves no trace: its rows are no measure for the next one's, its watermark would skip rows.
    """
    known = {row.name: row for row in connection.execute(select(DATASET))}
    changed: list[dict[str, Any]] = []
    for name, rows, digest, complete, full, watermark in json.loads(packed):
        if not complete:
            continue
        old = known.get(name)
        new = {
            "name": name,
            "rows": old.rows if old else None,
            "digest": old.digest if old else "",
            "watermark": old.watermark if old else None,
            "since_full": (old.since_full if old else 0) + (not full),
            "seen_at": now,
            "run": run,
        }
        if everything:
            new |= {"digest": digest, "watermark": None if watermark is None else json.dumps(watermark)}
            new |= {"rows": rows, "since_full": 0} if full else {}
        changed.append(new)
    upsert(connection, DATASET, changed)
