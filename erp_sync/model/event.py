"""One event of Centra's queue (soap.md, "The event queue")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """It says that something changed, not what: ``data`` holds the whole current object as XML text, as received.

    ``date`` is Centra's own text, in either of its forms. ``mission`` is update or delete.
    """

    id: str
    type: str
    entry: str
    mission: str
    date: str
    data: str = ""
