"""How one step's outcome changes what is known of its record. Pure; the truth table of the ledger.

| outcome | fields | doubtful | fingerprint | present |
|---|---|---|---|---|
| applied | those sent take their new value | those sent leave it | the step's, without doubt | yes; unlinked: gone |
| rejected, skipped | as they were | as it was | as it was | as it was |
| rejected in part, in doubt, crashed | as they were | those sent join it | none | as it was; a new record: no |

A retired record keeps no fingerprint: when the ERP has it again, its fields are compared one by one.
An unlinked record in doubt is no longer known to be there and all of its fields are doubtful: whether the next plan
links it again or unlinks it again, everything is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from erp_sync.model.change import Action


@dataclass(frozen=True, slots=True)
class State:
    """A record as the ledger has it."""

    fields: dict[str, str]
    doubtful: frozenset[str]
    fingerprint: int | None
    present: bool
    retired: bool
    absences: int = 0


NOTHING = State({}, frozenset(), None, present=False, retired=False)


def acknowledged(known: State | None, action: Action, sent: Mapping[str, str], fingerprint: int) -> State | None:
    """After Centra said yes. None: there is no such record any more."""
    if action is Action.UNLINK:
        return None
    before = known or NOTHING
    doubtful = before.doubtful - sent.keys()
    retired = action is Action.RETIRE
    return State(
        fields={**before.fields, **sent},
        doubtful=doubtful,
        fingerprint=None if doubtful or retired else fingerprint,
        present=True,
        retired=retired,
        absences=before.absences if retired else 0,
    )


def doubted(known: State | None, action: Action, paths: Iterable[str]) -> State:
    """After a send of which nobody knows what came."""
    before = known or NOTHING
    if action is Action.UNLINK:
        return replace(before, doubtful=before.doubtful | before.fields.keys(), fingerprint=None, present=False)
    return replace(before, doubtful=before.doubtful | set(paths), fingerprint=None)
