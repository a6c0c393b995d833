"""What each request held and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(slots=True)
class Request:
    """One request. ``records`` counts by entity at every level, ``fields`` all leaves sent, identities among them.

    ``size`` is in bytes. ``applied`` is the number of objects that were applied for good. ``detail`` names the record
    that a refusal is about, for people who look at the sandbox: the client is never told. ``body`` only where bodies
    are kept.
    """

    number: int
    at: datetime
    request_id: str
    size: int
    operation: str = ""
    documents: int = 0
    applied: int = 0
    records: dict[str, int] = field(default_factory=dict)
    fields: int = 0
    status: int = 0
    result: Literal["", "success", "refused", "fault", "cut off", "http"] = ""
    errors: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    detail: str = ""
    fault: str = ""
    ignored: tuple[str, ...] = ()
    seconds: float = 0.0
    body: bytes | None = None
