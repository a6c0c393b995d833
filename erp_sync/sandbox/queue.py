"""The event queue: oldest first, a window of 100, again until done (soap.md, "The event queue")."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Final

from erp_sync.sandbox.knobs import Knobs
from erp_sync.sandbox.operations import EVENT_TYPES, UPDATES
from erp_sync.sandbox.rendering import render_event
from erp_sync.sandbox.shapes import Record
from erp_sync.sandbox.state import Event, State
from erp_sync.sandbox.work import Refusal

WINDOW: Final = 100
TYPE_OF: Final = {update.entity: update.event for update in UPDATES.values() if update.event}


def push(
    state: State, knobs: Knobs, now: datetime, entity: str, key: str, *, mission: str = "update", entry: str = "",
    data: Record | None = None,
) -> Event | None:  # fmt: skip
    """Add an event for one object; None for entities that have no events. ``entry`` is the size for a sizetable."""
    type_ = TYPE_OF.get(entity)
    if type_ is None:
        return None
    number = state.next_number("event")
    plain = knobs.event_dates == "plain" or (knobs.event_dates == "mixed" and number % 2 == 1)
    date = f"{now:%Y-%m-%d %H:%M:%S}" if plain else now.isoformat(timespec="seconds")
    event = Event(number, type_, entity, entry or key, mission, date, data, key if entry else "")
    state.events[number] = event
    return event


def read(state: State, knobs: Knobs, type_: str, markets: frozenset[str] | None = None) -> str:
    """The oldest 100 that match, as XML. With ``markets``, objects of those markets only."""
    if type_ not in ("all", *EVENT_TYPES):
        raise Refusal(f"Type {type_!r} is not allowed, use one of all, {', '.join(EVENT_TYPES)}")
    matching = (
        event
        for event in state.events.values()
        if (type_ in ("all", event.type)) and (markets is None or _market(state, event) in markets)
    )
    window = islice(matching, WINDOW)
    inner = "".join(render_event(event, _object(state, event), novelty=knobs.novelty) for event in window)
    events = f"<ns1:events>{inner}</ns1:events>" if inner else "<ns1:events/>"
    return f"<ns1:events_Get>{events}</ns1:events_Get>"


def named(state: State, ids: Iterable[str]) -> list[int]:
    """The events of these ids that are in the queue; those that are not are no error."""
    numbers = []
    for text in ids:
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise Refusal(f"{text!r} is not the id of an event")
        if int(text) in state.events:
            numbers.append(int(text))
    return numbers


def _object(state: State, event: Event) -> Record | None:
    return event.data if event.data is not None else state.tables[event.entity].get(event.table or event.entry)


def _market(state: State, event: Event) -> str | None:
    if event.entity == "market":
        return event.entry
    record = _object(state, event) or {}
    market = record.get("market")
    return market.get("id") if isinstance(market, dict) else None
