"""A plan: ordered, guarded, sealed changes. Applying, printing and explaining are readers of these values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from erp_sync.model.change import Action, FieldChange
from erp_sync.model.extract import DatasetReport, Origin
from erp_sync.model.key import Key


@dataclass(frozen=True, slots=True)
class Step:
    """One record's change in a plan.

    ``id`` depends on entity, key, action and the values sent, nothing else: the same change has the same id in
    every plan. ``needs`` are ids of steps in this plan that must be applied first. ``document`` is the root key.
    """

    id: str
    level: int
    operation: str
    entity: str
    key: Key
    action: Action
    fields: tuple[FieldChange, ...]
    fingerprint: int
    document: Key
    needs: tuple[str, ...] = ()
    origin: Origin | None = None
    mapping_at: str = ""
    reason: str = ""  # why a record leaves


class Wait(StrEnum):
    """Why a record's change stands in a plan without being sent. FOREIGN stands beside whatever else is said of the
    record; of the others there is one for each record at most."""

    BLOCKED = "blocked"  # Centra would refuse it for good: immutable, or moved to another parent
    PARKED = "parked"  # its parent, or a record that it names, is not there yet
    HELD = "held"  # Centra refused this very change before; it waits in quarantine
    ABSENT = "absent"  # gone from the ERP, and stays in Centra: the mapping's policy, or not yet often enough
    FOREIGN = "centra-owned"  # Centra has something else in fields that it owns, and keeps it


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record's change that the plan lists and does not send. ``waits_for`` names what has to arrive."""

    wait: Wait
    entity: str
    key: Key
    action: Action
    fields: tuple[FieldChange, ...]
    reason: str
    waits_for: tuple[str, str] | None = None  # entity and joined key (or own id) of the missing record
    origin: Origin | None = None
    mapping_at: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guard said. A breach refuses the entity, or the whole plan where ``entity`` is None."""

    guard: str
    breached: bool
    entity: str | None
    message: str
    limit: str = ""
    measured: str = ""
    examples: tuple[str, ...] = ()
    overridden: bool = False
    advice: str = ""

    @property
    def name(self) -> str:
        """What an override calls it, before the ``@``."""
        return self.guard if self.entity is None else f"{self.guard}:{self.entity}"

    @property
    def refuses(self) -> bool:
        return self.breached and not self.overridden


@dataclass(frozen=True, slots=True)
class Binding:
    """What the plan was made from; when any of it has moved, the plan is refused."""

    extract: str  # digest over the datasets' digests
    mapping: str  # digest of the mapping files
    ledger: str  # the ledger's id
    generation: int  # the ledger's count of settles
    endpoint: str  # address, namespace and login name's digest; no secret


@dataclass(frozen=True, slots=True)
class Manifest:
    """The last line of a plan's file: its commit point.

    ``digest`` is over all lines before it and over the manifest itself: the identity of this one plan. ``content``
    is over the lines before it only: the same changes found again give the same, and an override names it.
    ``counts``: entity -> action (and "unchanged", "rejected", and the words of ``Wait``) -> how many.
    """

    version: int
    digest: str
    created_at: datetime
    expires_at: datetime
    binding: Binding
    steps: int
    counts: Mapping[str, Mapping[str, int]]
    verdicts: tuple[Verdict, ...]
    datasets: tuple[DatasetReport, ...]
    notes: tuple[str, ...] = ()
    content: str = ""
    concluded: tuple[str, ...] = ()  # entities of which every record that is gone from the ERP is known
    perishables_expire_at: datetime | None = None  # steps of perishable entities are skipped after it
    partial: bool = False  # somebody asked for a part of the records: nothing is learnt about the datasets
    partly: tuple[str, ...] = ()  # entities of which only changed rows were read

    @property
    def refused(self) -> bool:
        """Some guard refuses something: the whole plan (see ``refused_whole``), or single entities of it."""
        return any(v.refuses for v in self.verdicts)

    @property
    def refused_whole(self) -> bool:
        return any(v.refuses and v.entity is None for v in self.verdicts)

    @property
    def refused_entities(self) -> frozenset[str]:
        return frozenset(v.entity for v in self.verdicts if v.refuses and v.entity is not None)
