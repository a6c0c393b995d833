"""`erp-sync ledger backup` and `restore`: any ledger as one SQLite file, and back, onto any of the three databases."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Table, delete, func, insert, select, text

from erp_sync.errors import FixSettings, RepairLedger
from erp_sync.ledger.checking import quick_check
from erp_sync.ledger.database import Database, parse, sqlite_file
from erp_sync.ledger.doubting import doubt_everything, new_identity
from erp_sync.ledger.lease import EXPIRES_AFTER, Lease, skew_of
from erp_sync.ledger.process import provably_dead, this_process
from erp_sync.ledger.tables import metadata
from erp_sync.ledger.versions import existing, readable, upgrade
from erp_sync.ports import Clock

_AT_ONCE = 2_000


def backup(url: str, file: Path) -> None:
    """A copy as of one moment, also while a run goes on. ``file`` must not be there yet; it appears when complete.

    Raises FixSettings where there is no ledger, or the file cannot be written.
    """
    if file.exists():
        raise FixSettings(f"{file} is there already", advice="Give a new name: a backup is never written over.")
    unfinished = file.with_name(f"{file.name}.unfinished")
    with existing(url, upgradable=True) as source:
        try:
            unfinished.unlink(missing_ok=True)
            os.close(os.open(unfinished, os.O_CREAT | os.O_RDWR, 0o600))
            if source.dialect == "sqlite":
                _copy_file(Path(source.url.database or ""), unfinished)
            else:
                with closing(Database(_at(unfinished))) as target:
                    upgrade(target)
                    with target.write() as into:
                        _copy(source, into)
            _to_disk(unfinished)
            unfinished.rename(file)
            _to_disk(file.absolute().parent)
        except (sqlite3.Error, OSError) as error:
            unfinished.unlink(missing_ok=True)
            raise FixSettings(f"{file} cannot be written: {error}", advice="Check the folder and its space.") from error


def restore(url: str, file: Path, *, clock: Clock, trust: bool = False) -> Path | None:
    """Put a backup in the place of the ledger. An old SQLite file is kept beside it; its new path is returned.

    A backup knows nothing of what was sent after it was made. So every field of it is in doubt afterwards, and the
    next plan sends everything again, which Centra takes as updates; ``trust`` says that nothing was sent since.
    Plans made before do not fit the restored ledger: it gets an id of its own.
    Raises FixSettings or RepairLedger for a file that is no sound backup, TryLater while a run holds the ledger.
    """
    if not file.is_file():
        raise FixSettings(f"there is no backup {file}")
    parsed = parse(url)
    place = sqlite_file(parsed)
    prepared = (place or file.absolute()).with_name(f"{(place or file).name}.restoring")
    try:
        _prepare(file, prepared, trust)
        if place is not None:
            aside = _move_aside(place, clock)
            prepared.rename(place)
            _to_disk(place.absolute().parent)
            return aside
        with closing(Database(parsed)) as target, closing(Database(_at(prepared), read_only=True)) as source:
            upgrade(target)
            with target.write() as into:
                _lease(into, clock).take(into, "a restore")
                _copy(source, into)
        return None
    finally:
        for leftover in (prepared, *_beside(prepared)):
            leftover.unlink(missing_ok=True)


def _prepare(file: Path, prepared: Path, trust: bool) -> None:
    """The backup as it will be: brought up to date, with its new id, and with its doubts."""
    prepared.unlink(missing_ok=True)
    _copy_file(file, prepared)
    prepared.chmod(0o600)
    with closing(Database(_at(prepared))) as database:
        quick_check(database)
        if not readable(database, upgradable=True):
            raise FixSettings(f"{file} is no backup of a ledger", advice="Name a file that `ledger backup` wrote.")
        upgrade(database)
        with database.write() as connection:
            new_identity(connection)
            if not trust:
                doubt_everything(connection)


def _copy_file(source: Path, target: Path) -> None:
    """By SQLite itself, page by page: as of one moment, whatever still stands in a -wal file."""
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorname in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            raise RepairLedger(
                f"{source} is damaged, or no SQLite file: {error}", advice="Take another backup."
            ) from error
        raise


def _copy(source: Database, into: Connection) -> None:
    """All rows in the place of all others, from one snapshot."""
    for table in reversed(metadata.sorted_tables):
        into.execute(delete(table))
    level = {} if source.dialect == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with source.engine.connect().execution_options(**level) as connection:
        for table in metadata.sorted_tables:
            rows = connection.execution_options(stream_results=True).execute(select(table)).mappings()
            for some in rows.partitions(_AT_ONCE):
                into.execute(insert(table), [dict(row) for row in some])
            _count_on(into, table)


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL's counters know nothing of numbers that came with a copy."""
    column = table.autoincrement_column
    if connection.dialect.name == "postgresql" and column is not None:
        highest = connection.scalar(select(func.max(column)))
        if highest is not None:
            name = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
            connection.execute(text(f"SELECT setval({name}, :highest)"), {"highest": highest})


def _move_aside(place: Path, clock: Clock) -> Path | None:
    """The old ledger, held so that no run starts on it meanwhile. A damaged one is moved as it is."""
    if not place.exists():
        return None
    with suppress(RepairLedger), closing(Database(_at(place))) as old:
        if readable(old, upgradable=True):
            with old.write() as connection:
                _lease(connection, clock).take(connection, "a restore")
    aside = place.with_name(f"{place.name}.before-{clock():%Y%m%dT%H%M%S}")
    for part in _beside(place):
        if part.exists():
            part.rename(aside.with_name(f"{aside.name}{part.name.removeprefix(place.name)}"))
    place.rename(aside)
    return aside


def _lease(connection: Connection, clock: Clock) -> Lease:
    return Lease(clock, skew_of(connection, clock), this_process(), provably_dead, EXPIRES_AFTER)


def _beside(file: Path) -> tuple[Path, ...]:
    """What SQLite keeps beside a file in use, and leaves behind after a crash: a -wal belongs to its file only."""
    return tuple(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm", "-journal"))


def _at(file: Path) -> URL:
    return URL.create("sqlite", database=str(file))


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
