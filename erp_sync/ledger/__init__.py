"""Durable state: what Centra acknowledged, what was sent and not answered, and who may write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from erp_sync.ledger.checking import Checked, EntityCount, check, quick_check
from erp_sync.ledger.copies import backup, restore
from erp_sync.ledger.database import Database, absent, parse, sqlite_file
from erp_sync.ledger.exporting import export
from erp_sync.ledger.heartbeat import Heartbeat
from erp_sync.ledger.lease import BEAT_EVERY, EXPIRES_AFTER, Lease, skew_of
from erp_sync.ledger.process import Holder, provably_dead, this_process
from erp_sync.ledger.reading import SqlReader
from erp_sync.ledger.unsettled import unsettled
from erp_sync.ledger.versions import readable, upgrade
from erp_sync.ledger.writing import SqlLedger
from erp_sync.ports import Clock

__all__ = [
    "Checked", "EntityCount", "Holder", "SqlLedger", "SqlReader", "backup", "check", "export", "open_ledger",
    "open_reader", "provably_dead", "restore", "this_process", "unsettled",
]  # fmt: skip


def open_ledger(
    url: str,
    *,
    clock: Clock,
    holder: Holder | None = None,
    dead: Callable[[Holder], bool] = provably_dead,
    beat_every: timedelta | None = BEAT_EVERY,
    expires_after: timedelta = EXPIRES_AFTER,
) -> SqlLedger:
    """The ledger, made or brought up to date if need be. Raises FixSettings, RepairLedger, TryLater.

    ``holder`` is who writes (this process), ``dead`` says whether another one provably is dead, so that its lease
    need not be waited for. With ``beat_every`` None nobody renews the lease but whoever calls ``beat``.
    """
    database = Database(parse(url))
    quick_check(database)
    upgrade(database)
    with database.read() as connection:
        skew = skew_of(connection, clock)
    holder = holder or this_process()
    return SqlLedger(database, Lease(clock, skew, holder, dead, expires_after), holder, Heartbeat(beat_every))


def open_reader(url: str, clock: Clock) -> SqlReader:
    """The ledger for reading only. One that is not there reads as empty, and is not made."""
    parsed = parse(url)
    file = sqlite_file(parsed)
    if file is not None and not file.exists():
        return SqlReader(absent(parsed))
    database = Database(parsed, read_only=True)
    return SqlReader(database if readable(database) else absent(parsed))
