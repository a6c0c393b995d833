"""Records that could not go out, and why: where they wait, in the ledger, until something changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from erp_sync.model.extract import Origin


class QuarantineKind(StrEnum):
    REJECTED = "rejected"  # Centra refused it
    UNUSABLE = "unusable"  # rejected before any send: a row or a value that the mapping or Centra's rules cannot take
    PARKED = "parked"  # its parent, or a record that it names, is not there yet


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One waiting record. ``id`` is short, for people to type; the same record has the same id every night.

    ``key`` is joined (model.key), and empty where a row was rejected before its key was known.
    """

    id: str
    kind: QuarantineKind
    entity: str
    key: str
    reason: str
    first_at: datetime
    last_at: datetime
    attempts: int
    run: int
    step: str = ""
    action: str = ""
    request_id: str = ""
    origin: Origin | None = None
    mapping_at: str = ""
    field: str = ""
    column: str = ""
    value: str = ""  # the offending text; personal where `personal`
    personal: bool = False
    waits_for: tuple[str, str] | None = None  # entity and joined key (or own id) of the missing record
    again: bool = False  # asked for, or its parent changed: the next plan may send it
