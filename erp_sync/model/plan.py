"""A plan: ordered, guarded, sealed changes. Applying, printing and explaining are readers of these values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

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
    """The last line of a plan's file: its commit point. ``digest`` is over all lines before it."""

    version: int
    digest: str
    created_at: datetime
    expires_at: datetime
    binding: Binding
    steps: int
    counts: Mapping[str, Mapping[str, int]]  # entity -> action (and "unchanged", "rejected", "held") -> how many
    verdicts: tuple[Verdict, ...]
    datasets: tuple[DatasetReport, ...]
    notes: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        return any(v.breached and not v.overridden for v in self.verdicts)
