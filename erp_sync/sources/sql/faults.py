"""What a database or its driver says, as an error that says what to do next, and never a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, NoSuchModuleError, SQLAlchemyError

from erp_sync.errors import ErpSyncError, FixSource, TryLater

# What a person must correct; everything else that keeps us from connecting may pass by itself.
_PERSON = re.compile(
    r"authentication failed|access denied|login failed|unknown database|database \S+ does not exist|role \S+ does not"
    r"|no pg_hba|unable to open database|file is not a database|ORA-0?1017|ORA-12514|DPY-6001|cannot open database",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"statement timeout|max_statement_time|maximum statement execution|interrupted|message 20003|call timeout|DPY-4024",
    re.IGNORECASE,
)
_LOCKED = re.compile(
    r"database is locked|lock request time|snapshot too old|ORA-01555|\b3960\b|deadlock", re.IGNORECASE
)
_LOST = re.compile(
    r"lost connection|server has gone away|connection (?:is )?(?:lost|closed|reset)|terminating connection|broken pipe"
    r"|closed the connection|timed out|DPY-1001|DPY-4011|not connected",
    re.IGNORECASE,
)


class Faults:
    """Turns what goes wrong with one database into errors of ours."""

    def __init__(self, source: str, url: URL, timeout: int) -> None:
        self._source, self._url, self._timeout = source, url, timeout
        password = url.password
        secrets = {password, quote(password, safe=""), quote_plus(password)} if password else set()
        self._secrets = sorted(secrets, key=len, reverse=True)

    @property
    def where(self) -> str:
        host = f"{self._url.host}:{self._url.port}" if self._url.port else (self._url.host or "")
        return f"source {self._source} ({self._url.get_backend_name()}{' at ' + host if host else ''})"

    def masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def said(self, error: BaseException) -> str:
        """The database's own words, without the statement and its values, on one line."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        words = cause.args[-1] if cause.args and isinstance(cause.args[-1], str) else str(cause)
        return self.masked(" ".join(words.split()))

    @contextmanager
    def connecting(self) -> Iterator[None]:
        try:
            yield
        except NoSuchModuleError as e:
            raise FixSource(f"{self.where}: there is no driver: {self.masked(str(e))}") from None
        except UnicodeError:  # which shows what it could not encode
            raise FixSource(f"{self.where}: user or password hold a character that the driver cannot send") from None
        except (SQLAlchemyError, OSError) as e:
            said = self.said(e)
            if _PERSON.search(said):
                raise FixSource(
                    f"{self.where} refuses us: {said}", advice="Correct `url`, `username` and `password` of the source."
                ) from None
            raise TryLater(
                f"{self.where} cannot be reached: {said}", advice="Is the server up, and the network to it?"
            ) from None

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """``what`` is being read: a dataset's place."""
        try:
            yield
        except (SQLAlchemyError, OSError) as e:
            raise self._while_reading(e, what) from None

    def _while_reading(self, error: Exception, what: str) -> ErpSyncError:
        said = self.said(error)
        if _TOO_LONG.search(said):
            return TryLater(
                f"{self.where}: {what} took longer than {self._timeout} s",
                advice="Raise `statement_timeout`, or narrow the query; the server may be busy now.",
            )
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        if lost or isinstance(error, OSError) or _LOST.search(said):
            return TryLater(
                f"{self.where}: the connection was lost while {what} was read: {said}",
                advice="Nothing was changed. Run again when the database can be reached.",
            )
        if _LOCKED.search(said) or isinstance(error, InterfaceError):
            return TryLater(f"{self.where}: {what} cannot be read now: {said}", advice="Run again later.")
        advice = "Correct the dataset's table, query or parameters, or give the login the right to read."
        return FixSource(f"{self.where}: {what} cannot be read: {said}", advice=advice)
