"""One record's difference between what the ERP says and what Centra last acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from erp_sync.model.extract import Origin
from erp_sync.model.key import Key
from erp_sync.model.value import FieldValue


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    RETIRE = "retire"
    UNLINK = "unlink"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """``old`` is UNSET where Centra never acknowledged a value; ``doubtful`` where a send of it got no reply."""

    path: str
    old: FieldValue
    new: str
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """``fingerprint`` is the desired record's, kept by the ledger once acknowledged. ``reason`` says why blocked."""

    entity: str
    key: Key
    action: Action
    fields: tuple[FieldChange, ...]
    origin: Origin | None
    fingerprint: int
    reason: str = ""
    mapping_at: str = ""  # file:line of the entity in the mapping


@dataclass(frozen=True, slots=True)
class Baseline:
    """What Centra last acknowledged of one record, and the fields whose last send is in doubt."""

    key: str
    fields: dict[str, str]
    doubtful: frozenset[str] = frozenset()
    fingerprint: int | None = None
    exists: bool = True  # False: only ever sent without a reply, or rejected
    retired: bool = False
    absences: int = 0  # complete runs in a row that did not have it
