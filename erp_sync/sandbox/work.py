"""One request at work on the state: what it changed, so that all of it, or one record of it, can be undone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from erp_sync.sandbox.knobs import Knobs
from erp_sync.sandbox.shapes import Record
from erp_sync.sandbox.state import State

Journal = list[tuple[dict[str, Any], str, Any]]  # the dict, the key, and what stood there (None: nothing)


class Refusal(Exception):
    """Centra says no. ``reason`` is what the caller is told; it names the cause, hardly ever the record."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(slots=True)
class Work:
    """``touched`` are root objects in the order they changed in: entity, id, and the size of a sizetable or ""."""

    state: State
    knobs: Knobs
    journal: Journal = field(default_factory=list)
    touched: list[tuple[str, str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)
    fields: int = 0
    split: str = ""  # the list of the object at hand that is kept record by record (state.SPLIT)
    parts: dict[str, set[str]] = field(default_factory=dict)  # object -> records of that list that were sent

    def mark(self) -> tuple[int, int, int]:
        return len(self.journal), len(self.touched), len(self.notices)

    def undo(self, mark: tuple[int, int, int]) -> None:
        at, touched, notices = mark
        for target, key, old in reversed(self.journal[at:]):
            if old is None:
                del target[key]
            else:
                target[key] = old
        del self.journal[at:], self.touched[touched:], self.notices[notices:]

    def put(self, target: dict[str, Any], key: str, value: Any) -> None:
        self.journal.append((target, key, target.get(key)))
        target[key] = value

    def remove(self, target: dict[str, Any], key: str) -> bool:
        if key not in target:
            return False
        self.journal.append((target, key, target.pop(key)))
        return True

    def create(self, entity: str, key: str, record: Record) -> None:
        """Add a root object and give it the next internal number."""
        self.put(self.state.tables[entity], key, record)
        self.put(self.state.numbers[entity], key, self.state.next_number(entity))
        self.touched.append((entity, key, ""))
