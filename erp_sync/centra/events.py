"""The event queue (soap.md, "The event queue"): read, store for good, and only then tell Centra that they are done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from lxml import etree

from erp_sync.centra.replies import Answer
from erp_sync.centra.target import CentraTarget
from erp_sync.errors import ErpSyncError, TryLater
from erp_sync.model.event import Event
from erp_sync.model.outcome import Reply, ReplyKind


class EventQueue:
    """Centra's queue. Every call is one request; an answer that is no success raises TryLater or ErpSyncError."""

    def __init__(self, target: CentraTarget) -> None:
        self._target = target

    def read(self, type: str = "all", markets: Sequence[str] = ()) -> list[Event]:
        """The oldest events that are not done, 100 at the most; with ``markets`` those of the markets only."""
        if markets:
            named = {"market": [{"id": market} for market in markets]}
            return _events(self._target.call("events_GetByMarkets", type=type, markets=named))
        return _events(self._target.call("events_Get", type=type))

    def drain(self, store: Callable[[Sequence[Event]], object], type: str = "all") -> int:
        """Read, store, mark as done, until the queue is empty; returns how many.

        ``store`` must not return before the events are kept for good. There is no other way here to mark an event
        as done, since one that was not stored is lost (soap.md).
        """
        count = 0
        done: set[str] = set()
        while events := self.read(type):
            if all(event.id in done for event in events):
                raise TryLater(
                    f"Centra returns {len(events)} events again that were marked as done",
                    advice="They are stored; a later run marks them again.",
                )
            store(events)
            _succeeded(self._target.call("events_Done", event=[event.id for event in events]).reply)
            done.update(event.id for event in events)
            count += len(events)
        return count


def parse_events(element: etree._Element) -> Iterator[Event]:
    """The events of an answer, whatever else it holds. One without an id could never be marked as done: left out."""
    for found in element.iter("{*}event"):
        fields = {etree.QName(child).localname: child for child in found}
        if not (id_ := _text(fields, "id")):
            continue
        data = fields.get("data")
        yield Event(
            id=id_,
            type=_text(fields, "type"),
            entry=_text(fields, "entry"),
            mission=_text(fields, "mission"),
            date=_text(fields, "date"),
            data=etree.tostring(data, encoding="unicode", with_tail=False) if data is not None and len(data) else "",
        )


def event_time(event: Event) -> datetime | None:
    """The event's date in either of Centra's forms: aware where it has an offset. None where it is no date."""
    try:
        return datetime.fromisoformat(event.date)
    except ValueError:
        return None


def _events(answer: Answer) -> list[Event]:
    _succeeded(answer.reply)
    return list(parse_events(answer.element)) if answer.element is not None else []


def _succeeded(reply: Reply) -> None:
    if reply.kind is ReplyKind.APPLIED:
        return
    said = "; ".join(reply.messages)
    if reply.kind is ReplyKind.REJECTED:
        raise ErpSyncError(f"Centra refused the request for events: {said}", advice=f"request id {reply.request_id}")
    raise TryLater(f"Centra's events cannot be had now: {said}", advice="Nothing is lost: events wait in the queue.")


def _text(fields: dict[str, etree._Element], name: str) -> str:
    element = fields.get(name)
    return (element.text or "").strip() if element is not None else ""
