"""One writer at a time, across machines: a lease with a token, a heartbeat, and an end.

The one row of the lease is locked by every write transaction first, so that writers stand in line and each checks,
within its own transaction, that the lease is still its own (fencing). A holder that was away for longer than the
lease, and whose lease was taken over, cannot write any more when it comes back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from erp_sync.errors import TryLater
from erp_sync.ledger.process import Holder
from erp_sync.ledger.tables import LEASE
from erp_sync.ports import Clock

BEAT_EVERY = timedelta(seconds=10)
EXPIRES_AFTER = timedelta(seconds=60)


class Lease:
    """This process's part of the lease; ``token`` is empty while it holds none."""

    def __init__(
        self, clock: Clock, skew: timedelta, holder: Holder, dead: Callable[[Holder], bool], expires_after: timedelta
    ) -> None:
        self._clock, self._skew, self._holder, self._dead = clock, skew, holder, dead
        self.expires_after = expires_after
        self.token = ""

    def now(self) -> datetime:
        """The server's time as this process reckons it: two machines' clocks may differ by more than a lease."""
        return self._clock() + self._skew

    def take(self, connection: Connection, purpose: str) -> bool:
        """True when it had to be taken over from one that is dead. Raises TryLater naming the holder."""
        held = connection.execute(select(LEASE).with_for_update()).one()
        now = self.now()
        if held.token is not None and now < held.expires_at and not self._is_dead(held):
            raise TryLater(
                f"the ledger is held by {held.purpose}, process {held.pid} on {held.host}, "
                f"since {_clock_text(held.taken_at)}; it last gave sign {_ago(now - held.beat_at)} ago",
                advice="One run at a time. Wait for it to end; when it died, its hold ends by itself "
                f"{_ago(held.expires_at - now)} from now.",
            )
        self.token = str(uuid.uuid4())
        connection.execute(
            update(LEASE).values(
                token=self.token,
                purpose=purpose,
                host=self._holder.host,
                pid=self._holder.pid,
                process=self._holder.process,
                taken_at=now,
                beat_at=now,
                expires_at=now + self.expires_after,
            )
        )
        return held.token is not None

    def verify(self, connection: Connection) -> None:
        """To be called first in every write. Raises TryLater when the lease is not ours any more."""
        held = connection.execute(select(LEASE).with_for_update()).one()
        if not self.token or held.token != self.token:
            by = f"process {held.pid} on {held.host} took it over" if held.token else "it was given back"
            raise TryLater(
                f"this process no longer holds the ledger: {by}",
                advice="It gave no sign for longer than the lease lasts, or its run had ended. Nothing was written; "
                "run again: what was sent and not settled counts as in doubt, and is sent again.",
            )

    def renew(self, connection: Connection) -> None:
        self.verify(connection)
        now = self.now()
        connection.execute(update(LEASE).values(beat_at=now, expires_at=now + self.expires_after))

    def give_back(self, connection: Connection) -> None:
        connection.execute(update(LEASE).values(token=None))

    def _is_dead(self, held: Row[Any]) -> bool:
        return self._dead(Holder(held.host, held.pid, held.process))


def skew_of(connection: Connection, clock: Clock) -> timedelta:
    """How far the database server's clock is from ours; nothing for SQLite, which runs on this machine."""
    query = {
        "postgresql": "SELECT clock_timestamp() AT TIME ZONE 'UTC'",
        "mysql": "SELECT UTC_TIMESTAMP(6)",
        "mariadb": "SELECT UTC_TIMESTAMP(6)",
    }.get(connection.dialect.name)
    if query is None:
        return timedelta(0)
    theirs: datetime = connection.execute(text(query)).scalar_one()
    return theirs.replace(tzinfo=UTC) - clock()


def _ago(span: timedelta) -> str:
    seconds = max(0, round(span.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _clock_text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
