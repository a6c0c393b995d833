"""The ledger as it would be had Centra taken all of a plan: what an edit of the mapping does is measured against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event

from erp_sync.ledger.database import Database, parse
from erp_sync.ledger.reading import SqlReader
from erp_sync.ledger.records import Records
from erp_sync.ledger.settling import acknowledged
from erp_sync.ledger.tables import metadata
from erp_sync.model.key import join_key
from erp_sync.model.plan import Step

_RUN = 1
_AT_ONCE = 10_000
_CACHE_KIB = 65536


@contextmanager
def as_if_applied(steps: Iterable[Step], folder: Path) -> Iterator[SqlReader]:
    """Kept in a file in ``folder`` that nobody else opens."""
    url = f"sqlite:///{folder / 'imagined.db'}"
    database = Database(parse(url), engine=_careless(url))
    try:
        metadata.create_all(database.engine)
        waiting = iter(steps)
        while some := list(islice(waiting, _AT_ONCE)):
            with database.write() as connection:
                records = Records(connection, ((s.entity, join_key(s.key)) for s in some), _RUN)
                for step in some:
                    name = step.entity, join_key(step.key)
                    sent = {f.path: f.new for f in step.fields}
                    records.put(name, acknowledged(records.get(name), step.action, sent, step.fingerprint))
                records.write()
        yield SqlReader(database)
    finally:
        database.close()


def _careless(url: str) -> Engine:
    """It need not outlive a crash, and nothing in it is ever taken back."""
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine
