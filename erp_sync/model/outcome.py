"""What came of a request and of each step in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from erp_sync.model.plan import Step


class ReplyKind(StrEnum):
    """What a target knows after one request."""

    APPLIED = "applied"
    REJECTED = "rejected"  # Centra said no; nothing is known of the single records
    RETRY_LATER = "retry_later"  # certainly not applied: refused connection, 429, 503
    IN_DOUBT = "in_doubt"  # sent, and no reply that says what happened


@dataclass(frozen=True, slots=True)
class Reply:
    kind: ReplyKind
    messages: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    request_id: str = ""  # X-Centra-Request-ID
    correlation_id: str = ""
    http_status: int | None = None
    retry_after: float | None = None  # seconds
    concerns_all: bool = False  # a rejection that no halving can cure: login, namespace, operation
    passing: bool = False  # a rejection that by its words may pass: believed once it came back several times
    seconds: float = 0.0


class OutcomeKind(StrEnum):
    APPLIED = "applied"
    REJECTED = "rejected"
    IN_DOUBT = "in_doubt"
    SKIPPED = "skipped"  # not sent: dependency failed, expired, run ended before


@dataclass(frozen=True, slots=True)
class Outcome:
    """``partial``: rejected, but a part of it may have been applied before Centra failed; its fields are in doubt.

    ``waits_for``: skipped because this record (entity, joined key) is not there; the ledger parks it.
    """

    step: Step
    kind: OutcomeKind
    messages: tuple[str, ...] = ()
    request_id: str = ""
    reason: str = ""
    partial: bool = False
    waits_for: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One apply of one plan. ``status`` is running, done, partly, failed, refused or crashed."""

    id: int
    plan: str
    started_at: datetime
    ended_at: datetime | None
    host: str
    pid: int
    status: str
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeaseInfo:
    """Who holds the ledger: one writer at a time, across machines."""

    purpose: str
    host: str
    pid: int
    taken_at: datetime
    beat_at: datetime
    expires_at: datetime
