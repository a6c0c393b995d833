"""What a database says when it fails -> the error that says what to do next. No password ever gets into a message."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

from erp_sync.errors import ErpSyncError, FixSettings, RepairLedger, TryLater

DAMAGED = (
    "Stop all runs, then: `erp-sync ledger check`, and `erp-sync ledger restore BACKUP` with your last backup. "
    "Without a backup, move the file away: the next plan then sends every record again, which Centra takes as updates."
)

_Meaning = tuple[type[ErpSyncError], str, str]

_SQLITE: dict[str, _Meaning] = {
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
_STATES: dict[str, _Meaning] = {  # PostgreSQL's classes and codes
    "53100": (RepairLedger, "the server's disk is full", _SERVER_FULL),
    "55P03": (TryLater, "another process is writing to it", "Try again when it is done."),
    "40P01": (TryLater, "another process is writing to it", "Try again when it is done."),
    "25006": (RepairLedger, "the server is read-only", "Point ledger.url at the primary server."),
    "42501": (RepairLedger, "this user lacks a right", "Grant the user all rights on the ledger's schema."),
    "XX001": (RepairLedger, "it is damaged", DAMAGED),
    "XX002": (RepairLedger, "it is damaged", DAMAGED),
}
_TURNED_AWAY = ("does not exist", "authentication failed", "pg_hba.conf", "not permitted")  # psycopg has no code here
_CHECK_URL = "Check ledger.url: the database must exist, and its user must be let in."
_NUMBERS: dict[int, _Meaning] = {  # MariaDB's
    1021: (RepairLedger, "the server's disk is full", _SERVER_FULL),
    1114: (RepairLedger, "the server's disk is full", _SERVER_FULL),
    1205: (TryLater, "another process is writing to it", "Try again when it is done."),
    1213: (TryLater, "another process is writing to it", "Try again when it is done."),
    1290: (RepairLedger, "the server is read-only", "Point ledger.url at the primary server."),
    1045: (FixSettings, "the server did not let this user in", _CHECK_URL),
    1698: (FixSettings, "the server did not let this user in", _CHECK_URL),
    1049: (FixSettings, "there is no such database", _CHECK_URL),
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
    kind, what, advice = _known(error) or _unknown(error)
    return kind(f"{where}: {what}", advice=advice)


def _known(error: DBAPIError) -> _Meaning | None:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "") or ""
        return next((v for k, v in _SQLITE.items() if name == k or name.startswith(k + "_")), None)
    number = cause.args[0] if cause is not None and cause.args else None
    if isinstance(number, int):
        return _NUMBERS.get(number)
    state = getattr(cause, "sqlstate", None)
    if state is None and any(words in str(cause) for words in _TURNED_AWAY):
        return FixSettings, str(cause).partition("FATAL:")[2].strip(), _CHECK_URL
    return _STATES.get(state or "")


def _unknown(error: DBAPIError) -> _Meaning:
    cause = error.orig
    number = cause.args[0] if cause is not None and cause.args else None
    said = f"{type(cause).__name__}: {str(cause).partition(chr(10))[0][:200]}"
    # MariaDB's own complaints are numbered from 1000, those of its client, about the connection, from 2000.
    away = isinstance(error, OperationalError) and not (isinstance(number, int) and number < 2000)
    if away or error.connection_invalidated:
        return TryLater, f"the database is away ({said})", _SERVER_AWAY
    return RepairLedger, said, "Run `erp-sync ledger check`."
