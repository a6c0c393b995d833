"""Whether a run died and left sends that nobody settled."""

from __future__ import annotations

from contextlib import closing

from sqlalchemy import func, select

from erp_sync.ledger.database import Database, parse, sqlite_file
from erp_sync.ledger.tables import BATCH
from erp_sync.ledger.versions import readable


def unsettled(url: str) -> int:
    """How many sends are open: of a run under way, or of one that died. Raises RepairLedger, TryLater."""
    parsed = parse(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        return 0
    with closing(Database(parsed, read_only=True)) as database:
        if not readable(database, upgradable=True):
            return 0
        with database.read() as connection:
            return connection.scalar(select(func.count(BATCH.c.id)).where(BATCH.c.closed_at.is_(None))) or 0
