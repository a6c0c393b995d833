"""What all stories of a process share because it is slow to make: the client, the mappings, the ledger's file.

All of it is the real thing. Only the network, the clock and the place of the ledger's file are the simulation's.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, event, select

from erp_sync.centra import CentraOptions, CentraTarget
from erp_sync.centra.catalog import CATALOG
from erp_sync.ledger import SqlLedger, SqlReader, open_ledger
from erp_sync.ledger.database import Database, parse
from erp_sync.ledger.heartbeat import Heartbeat
from erp_sync.ledger.lease import EXPIRES_AFTER, Lease
from erp_sync.ledger.reading import BASELINE, as_baseline
from erp_sync.ledger.tables import RECORD
from erp_sync.mapping import MappingSet, load_mappings
from erp_sync.model.change import Baseline
from erp_sync.model.outcome import Outcome
from erp_sync.model.plan import Step
from tests.simulation.company import mapping_files
from tests.simulation.world import BEGINNING, READ_TIMEOUT, Process, World

_SHM = "/dev/shm"
_NOW = SimpleNamespace(world=None, folder=None)  # whose story is being told, and where


@contextmanager
def inhabited(world: World) -> Iterator[None]:
    """The stage is this world's: an empty ledger, and its network and clock behind the client."""
    database = _database()
    database.close()
    file = Path(database.url.database or "")
    for ending in ("", "-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)
    file.write_bytes(_fresh_ledger())
    _NOW.world = world
    world.witness.companions = _companions()
    try:
        yield
    finally:
        _NOW.world = None


def target_of(world: World) -> CentraTarget:
    target = _target()
    target.__dict__["_transport"] = world
    return target


@cache
def mappings_of(tables: tuple[str, ...], version: str) -> MappingSet:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in mapping_files(tables, version).items():
            (Path(folder) / name).write_text(text)
        return load_mappings(Path(folder), CATALOG, {})


class WatchedLedger(SqlLedger):
    """The real one; the world is told what it has committed."""

    def intend(self, run: int, steps: Sequence[Step]) -> int:
        batch = super().intend(run, steps)
        _NOW.world.witness.intended(self._holder.process, batch, steps)
        return batch

    def settle(self, run: int, batch: int, outcomes: Sequence[Outcome]) -> None:
        super().settle(run, batch, outcomes)
        _NOW.world.witness.acknowledged(self._holder.process, batch, outcomes)


def ledger_of(world: World, process: Process) -> WatchedLedger:
    lease = Lease(world.clock, timedelta(0), process.holder, world.dead, EXPIRES_AFTER)
    return WatchedLedger(_database(), lease, process.holder, Heartbeat(None))


class _Snapshot:
    """Reads of one plan within one transaction, as a cheap stand-in for one each: nobody writes meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield self._connection


@contextmanager
def reader() -> Iterator[SqlReader]:
    with _database().read() as connection:
        yield SqlReader(cast(Database, _Snapshot(connection)))


def all_baselines() -> list[tuple[str, Baseline]]:
    """Every record that the ledger has, with its entity."""
    query = select(RECORD.c.entity, *BASELINE).order_by(RECORD.c.entity, RECORD.c.key)
    with _database().read() as connection:
        return [(row.entity, as_baseline(row)) for row in connection.execute(query)]


def live_in(place: str) -> None:
    """Plans and the ledger of this process are kept in a folder of its own there."""
    _NOW.folder = Path(tempfile.mkdtemp(dir=place))


def folder() -> Path:
    assert _NOW.folder is not None, "nobody said where to live"
    return Path(_NOW.folder)


def memory() -> str | None:
    """Where files cost nothing; None where there is no such place."""
    return _SHM if Path(_SHM).is_dir() and os.access(_SHM, os.W_OK) else None


@cache
def _target() -> CentraTarget:
    """The WSDL is read once; the transport is exchanged for every story."""
    options = CentraOptions("http://centra.example/api", "sandbox", "sandbox", read_timeout=READ_TIMEOUT)
    return CentraTarget(options, clock=lambda: _NOW.world.now)


@cache
def _database() -> Database:
    """One for all stories, so that its statements are compiled once. Every write is a moment at which one may die."""
    database = Database(parse(f"sqlite:///{folder()}/ledger.db"))

    @event.listens_for(database.engine, "before_cursor_execute")
    def _statement(_: object, __: object, statement: str, *___: object) -> None:
        if _NOW.world is not None and statement.startswith(("INSERT", "UPDATE", "DELETE")):
            _NOW.world.touch()

    @event.listens_for(database.engine, "commit")
    def _commit(connection: Any) -> None:
        if _NOW.world is not None and connection.info.get("immediate"):
            _NOW.world.touch()

    return database


@cache
def _fresh_ledger() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        open_ledger(f"sqlite:///{place}/l.db", clock=lambda: BEGINNING, beat_every=None).close()
        return (Path(place) / "l.db").read_bytes()


@cache
def _companions() -> frozenset[tuple[str, str]]:
    """Fields that go along with others: mirrors of an id, the id or the unit that a field belongs to."""
    mirrors = {(e.name, m) for e in CATALOG for m in e.mirrors}
    return frozenset(mirrors | {(e.name, f.sent_with) for e in CATALOG for f in e.fields if f.sent_with})
