"""One read-only session in one snapshot: connected with patience, streamed from, left without a trace."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    NullPool,
    create_engine,
    make_url,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from erp_sync.errors import FixSettings, TryLater
from erp_sync.mapping.complaints import nearest
from erp_sync.sources.sql.faults import Faults
from erp_sync.sources.sql.options import SqlOptions
from erp_sync.sources.sql.servers import SERVERS, Server


def database_url(name: str, options: SqlOptions, folder: Path) -> tuple[URL, Server]:
    """The URL with driver, user and password, and the kind of server it leads to. Raises FixSettings."""
    try:
        url = make_url(options.url)
    except (ArgumentError, ValueError):
        # Not the text itself: a password may be in it.
        raise FixSettings(
            f"source {name}: `url` is no database URL", advice="As postgresql://user@host:5432/erp or sqlite:///erp.db."
        ) from None
    backend = url.get_backend_name()
    if backend not in SERVERS:
        meant = nearest(backend, SERVERS)
        raise FixSettings(
            f"source {name}: there is no kind of database {backend!r}"
            + (f", did you mean {meant!r}?" if meant else ""),
            advice=f"There is: {', '.join(SERVERS)}.",
        )
    server = SERVERS[backend]
    url = url.set(drivername=server.driver)
    if options.username is not None:
        url = url.set(username=options.username)
    if options.password is not None:
        url = url.set(password=options.password.get_secret_value())
    if backend == "sqlite":
        if url.username or url.password:
            raise FixSettings(f"source {name}: a SQLite file has no user and no password", advice="Take them out.")
        if not url.database or url.database == ":memory:":
            raise FixSettings(f"source {name}: `url` names no SQLite file", advice="As sqlite:///erp.db.")
        path = (folder / url.database).resolve()
        url = url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    return url, server


class Session:
    """A connection inside its snapshot. ``note`` says what is missing from one."""

    def __init__(self, connection: Connection, server: Server, options: SqlOptions, faults: Faults, note: str) -> None:
        self.connection, self.server, self.faults, self.note = connection, server, faults, note
        self._options, self._driver = options, connection.connection.driver_connection
        self._open: CursorResult[Any] | None = None

    @contextmanager
    def stream(self, statement: Executable, values: dict[str, Any], what: str) -> Iterator[CursorResult[Any]]:
        """The statement's result, fetched in pieces; ends an earlier one where the server has room for one only."""
        with self.faults.reading(what):
            if self._open is not None and not self.server.streams:
                self._open.close()
            self.server.before_statement(self.connection, self._options)
            rows = self._options.fetch_rows
            result = self.connection.execution_options(stream_results=True, max_row_buffer=rows).execute(
                statement, values
            )
        self._open = result
        try:
            yield result
        except TryLater:
            self.leave()
            raise
        finally:
            with self.faults.reading(what):
                result.close()
            if self._open is result:
                self._open = None

    def leave(self) -> None:
        """What is still being sent is wanted no more, and the session neither."""
        self.server.leave(self._driver)


@contextmanager
def session(name: str, options: SqlOptions, folder: Path) -> Iterator[Session]:
    """Raises FixSettings, FixSource, TryLater."""
    url, server = database_url(name, options, folder)
    faults = Faults(name, url, options.statement_timeout)
    with faults.connecting():
        engine = _engine(name, url, server, options)
    try:
        connection = _connected(engine, options, faults)
        try:
            with faults.reading("the snapshot"):
                note = server.begin(connection, options)
            connected = Session(connection, server, options, faults, note)
            try:
                yield connected
            finally:
                connected.leave()
        finally:
            # Not a rollback, which would wait for what is still being sent: the server ends what we leave.
            connection.invalidate()
            connection.close()
    finally:
        engine.dispose()


def _engine(name: str, url: URL, server: Server, options: SqlOptions) -> Engine:
    try:
        arguments = server.connect_args(options)
        importlib.import_module(url.get_dialect().import_dbapi().__name__)
    except ImportError as e:
        raise FixSettings(
            f"source {name}: the driver for {server.title} is not installed: {e.name}",
            advice=f"Install {server.package}.",
        ) from None
    return create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=arguments,
        **({"isolation_level": "AUTOCOMMIT"} if server.autocommit else {}),
        **server.engine_args(options),
    )


def _connected(engine: Engine, options: SqlOptions, faults: Faults) -> Connection:
    tries = Retrying(
        retry=retry_if_exception_type(TryLater),
        stop=stop_after_attempt(options.connect_retries + 1),
        wait=wait_exponential(multiplier=0.5, max=10),
        reraise=True,
    )
    for attempt in tries:
        with attempt, faults.connecting():
            return engine.connect()
    raise AssertionError("tenacity gives back or raises")
