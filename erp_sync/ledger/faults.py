"""What a database says when it fails -> the error that says what to do next. No password ever gets into a message."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from erp_sync.errors import ErpSyncError, RepairLedger, TryLater

DAMAGED = (
    "Stop all runs, then: `erp-sync ledger check`, and `erp-sync ledger restore BACKUP` with your last backup. "
    "Without a backup, move the file away: the next plan then sends every record again, which Centra takes as updates."
)

_SQLITE: dict[str, tuple[type[ErpSyncError], str, str]] = {
    "SQLITE_BUSY": (TryLater, "another process is writing to it", "Try again when it is done."),
    "SQLITE_LOCKED": (TryLater, "another process is writing to it", "Try again when it is done."),
    "SQLITE_FULL": (
        RepairLedger,
        "the disk is full",
        "Free some space and run again: the ledger is intact, what was being written was undone.",
    ),
    "SQLITE_READONLY": (
        RepairLedger,
        "it may not be written to",
        "Give this user the right to write to the file and to its folder (SQLite keeps -wal and -shm beside it).",
    ),
    "SQLITE_CANTOPEN": (
        RepairLedger,
        "it cannot be opened",
        "Check that the folder exists and that this user may read and write the file and its folder.",
    ),
    "SQLITE_PERM": (RepairLedger, "it may not be opened", "Give this user the right to read and write the file."),
    "SQLITE_CORRUPT": (RepairLedger, "it is damaged", DAMAGED),
    "SQLITE_NOTADB": (RepairLedger, "it is not an SQLite file, or its first page is damaged", DAMAGED),
    "SQLITE_IOERR": (
        RepairLedger,
        "the disk failed while reading or writing it",
        "Check the disk and its free space; then `erp-sync ledger check`. A ledger must not be on a network share.",
    ),
}

_SERVER_AWAY = "Check that the server runs and that ledger.url is right; then run again: nothing was lost."
_SERVER_FULL = "Free some space on the database server and run again: what was being written was undone."
_STATES: dict[str, tuple[type[ErpSyncError], str, str]] = {  # PostgreSQL's classes and codes
    "53100": (RepairLedger, "the server's disk is full", _SERVER_FULL),
    "55P03": (TryLater, "another process is writing to it", "Try again when it is done."),
    "40P01": (TryLater, "another process is writing to it", "Try again when it is done."),
    "25006": (RepairLedger, "the server is read-only", "Point ledger.url at the primary server."),
    "42501": (RepairLedger, "this user lacks a right", "Grant the user all rights on the ledger's schema."),
    "XX001": (RepairLedger, "it is damaged", DAMAGED),
    "XX002": (RepairLedger, "it is damaged", DAMAGED),
}
_NUMBERS: dict[int, tuple[type[ErpSyncError], str, str]] = {  # MariaDB's
    1021: (RepairLedger, "the server's disk is full", _SERVER_FULL),
    1114: (RepairLedger, "the server's disk is full", _SERVER_FULL),
    1205: (TryLater, "another process is writing to it", "Try again when it is done."),
    1213: (TryLater, "another process is writing to it", "Try again when it is done."),
    1290: (RepairLedger, "the server is read-only", "Point ledger.url at the primary server."),
    1142: (RepairLedger, "this user lacks a right", "Grant the user all rights on the ledger's database."),
    1044: (RepairLedger, "this user lacks a right", "Grant the user all rights on the ledger's database."),
    1034: (RepairLedger, "it is damaged", DAMAGED),
}


@contextmanager
def explained(url: URL) -> Iterator[None]:
    """Raises RepairLedger or TryLater for what the database says; errors of ours pass untouched."""
    try:
        yield
    except (DBAPIError, TimeoutError) as error:
        raise explain(url, error) from error


def explain(url: URL, error: DBAPIError | TimeoutError) -> ErpSyncError:
    where = f"the ledger {url.render_as_string(hide_password=True)}"
    if isinstance(error, TimeoutError):
        return TryLater(f"{where}: all connections are busy", advice="Try again when other work is done.")
    known = _known(error)
    if known is not None:
        kind, what, advice = known
        return kind(f"{where}: {what}", advice=advice)
    said = type(error.orig).__name__
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return TryLater(f"{where}: the database is away ({said})", advice=_SERVER_AWAY)
    return RepairLedger(f"{where}: {said}: {_first_line(error)}", advice="Run `erp-sync ledger check`.")


def _known(error: DBAPIError) -> tuple[type[ErpSyncError], str, str] | None:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "") or ""
        return next((v for k, v in _SQLITE.items() if name == k or name.startswith(k + "_")), None)
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return _STATES.get(state)
    number = cause.args[0] if cause is not None and cause.args else None
    return _NUMBERS.get(number) if isinstance(number, int) else None


def _first_line(error: DBAPIError) -> str:
    """The driver's own words without the statement's values: those may be personal."""
    return str(error.orig).splitlines()[0][:200] if str(error.orig) else ""
