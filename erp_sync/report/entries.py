"""What a report shows of one change, one refused record, one rejected row: masked, and ready for any form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from erp_sync.model.change import Action, FieldChange
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.key import show_key
from erp_sync.model.plan import Step, Waiting
from erp_sync.model.quarantine import Quarantined
from erp_sync.model.value import FieldValue
from erp_sync.report.masking import MASK, Mask, without

T = TypeVar("T")

SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.RETIRE: "-", Action.UNLINK: "-", Action.BLOCKED: "!"}


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field: ``masked`` where it differs but may not be shown, ``doubtful`` where a send of it got no reply."""

    path: str
    old: FieldValue
    new: str
    doubtful: bool
    masked: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One record's change. ``word`` is the action, or why it waits."""

    sign: str
    word: str
    entity: str
    key: str
    fields: tuple[FieldLine, ...] = ()
    reason: str = ""
    origin: Origin | None = None
    mapping_at: str = ""
    id: str = ""

    @property
    def where(self) -> str:
        """The row and the mapping's line, as far as they are known."""
        return ", ".join(filter(None, (str(self.origin) if self.origin else "", self.mapping_at)))


def _fields(entity: str, fields: Iterable[FieldChange], mask: Mask) -> tuple[FieldLine, ...]:
    return tuple(
        FieldLine(
            f.path,
            mask.value(entity, f.path, f.old),
            mask.value(entity, f.path, f.new) or "",
            f.doubtful,
            mask.hides(entity, f.path),
        )
        for f in fields
    )


def of_step(step: Step, mask: Mask) -> Entry:
    fields = _fields(step.entity, step.fields, mask)
    return Entry(SIGNS[step.action], step.action.value, step.entity, show_key(step.key), fields, step.reason,
                 step.origin, step.mapping_at, step.id)  # fmt: skip


def of_waiting(waiting: Waiting, mask: Mask) -> Entry:
    reason = _waits(waiting.reason, waiting.waits_for)
    return Entry("!", waiting.wait.value, waiting.entity, show_key(waiting.key),
                 _fields(waiting.entity, waiting.fields, mask), reason, waiting.origin, waiting.mapping_at)  # fmt: skip


def of_rejection(rejection: Rejection, mask: Mask) -> Entry:
    value, reason = mask.rejection(rejection)
    key = show_key(rejection.key) if rejection.key else ""
    said = _said(rejection.field or rejection.column, reason, value)
    return Entry("!", "rejected", rejection.entity or "", key, (), said, rejection.origin, rejection.mapping_at or "")


def of_quarantined(waiting: Quarantined, mask: Mask) -> Entry:
    """With its attempts, since when, and what Centra's support asks for."""
    value, reason = waiting.value, waiting.reason
    if value and not mask.show_personal and (waiting.personal or mask.hides(waiting.entity, waiting.field)):
        value, reason = MASK, without([value], reason)
    said = _waits(_said(waiting.field or waiting.column, reason, value), waiting.waits_for)
    if waiting.request_id:
        said += f" (request {waiting.request_id})"
    if waiting.attempts > 1:
        said += f", {waiting.attempts} times since {waiting.first_at:%Y-%m-%d}"
    if waiting.again:
        said += ", to be tried again"
    return Entry("!", waiting.kind.value, waiting.entity, show_key(waiting.key), (), said, waiting.origin,
                 waiting.mapping_at, waiting.id)  # fmt: skip


def _waits(said: str, waits_for: tuple[str, str] | None) -> str:
    """With the record that has to arrive, where it is not named already."""
    missing = f"{waits_for[0]} {show_key(waits_for[1])}" if waits_for else ""
    if missing in said:
        return said
    return f"{said}; waits for {missing}" if said else f"waits for {missing}"


def _said(field: str | None, reason: str, value: str | None) -> str:
    """The field (or else the column) stands before the reason, the offending text after it where it is not in it."""
    said = f"{field}: {reason}" if field else reason
    return said + (f" ({value})" if value and value not in reason else "")


def at_most(
    items: Iterable[T], kind: Callable[[T], str], limit: int | None, totals: Mapping[str, int] | None = None
) -> Iterator[T]:
    """The first ``limit`` of each kind. With ``totals`` (kind -> how many) it stops reading once it has them all."""
    if limit is None:
        yield from items
        return
    left = {k: min(n, limit) for k, n in totals.items() if n} if totals is not None else {}
    if totals is not None and not any(left.values()):
        return
    seen: dict[str, int] = {}
    for item in items:
        name = kind(item)
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > limit:
            continue
        yield item
        if totals is not None:
            left[name] = left.get(name, 1) - 1
            if left[name] <= 0:
                del left[name]
                if not left:
                    return
