"""One tree of errors, named by what the caller should do next. The CLI turns each into an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: line and column count from 1; 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


class ErpSyncError(Exception):
    """The root. ``advice`` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, *, advice: str = "", place: Place | None = None) -> None:
        self.message, self.advice, self.place = message, advice, place
        where = f"{place}: " if place else ""
        super().__init__(f"{where}{message}" + (f"\n  {advice}" if advice else ""))


class FixSettings(ErpSyncError):
    """The project file, the command line or the environment must be corrected."""

    exit_code = 2


class FixMapping(ErpSyncError):
    """A mapping must be corrected. ``problems`` holds all of them, each already a complete error."""

    exit_code = 2

    def __init__(self, message: str = "", *, advice: str = "", place: Place | None = None,
                 problems: Sequence[FixMapping] = ()) -> None:  # fmt: skip
        self.problems = list(problems)
        super().__init__(message or "\n".join(str(p) for p in self.problems), advice=advice, place=place)


class FixSource(ErpSyncError):
    """The ERP's export or database cannot be read as the settings describe it."""


class TryLater(ErpSyncError):
    """Nothing is wrong that a person must correct: the ledger is held, or Centra or a database is away."""


class Refused(ErpSyncError):
    """The plan must not be applied: expired, tampered with, moved, or a guard's limit is breached."""

    exit_code = 4


class RepairLedger(ErpSyncError):
    """The ledger is damaged, or of another version than this program."""


class CannotSend(ErpSyncError):
    """A record cannot be put on the wire (an XML 1.0 character, an unknown field): it is rejected before any send."""
