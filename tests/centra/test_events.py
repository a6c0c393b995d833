"""The event queue: what events look like, and that none is done before it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from lxml import etree

from erp_sync.centra import CentraOptions, CentraTarget
from erp_sync.centra.events import EventQueue, event_time
from erp_sync.errors import ErpSyncError, TryLater
from erp_sync.model.event import Event
from tests.centra.http import NAMESPACE, Answer, Server, answering, dropping, envelope, serving


@contextmanager
def queue(answer: Answer) -> Iterator[tuple[EventQueue, Server]]:
    with serving(answer) as server:
        yield (
            EventQueue(CentraTarget(CentraOptions(server.address, "u", "p", connect_timeout=5, read_timeout=5))),
            server,
        )


def events(*contents: str) -> str:
    inside = "".join(f"<ns:event>{content}</ns:event>" for content in contents)
    return envelope(f"<ns:events_Get><ns:events>{inside}</ns:events><ns:later/></ns:events_Get>")


ORDER = (
    "<ns:later>?</ns:later><ns:id> 7 </ns:id><ns:type>order</ns:type><ns:entry>12</ns:entry>"
    "<ns:mission>update</ns:mission><ns:date>2019-03-27 12:52:20</ns:date>"
    "<ns:data><ns:account/><ns:order><ns:id>12</ns:id><ns:bundleinfo><ns:isbundle>false</ns:isbundle></ns:bundleinfo>"
    "</ns:order></ns:data>"
)


def test_an_event_and_what_is_not_known_of_it() -> None:
    with queue(answering(events(ORDER, "<ns:id>8</ns:id>", "<ns:type>stray</ns:type>"))) as (reading, _):
        first, second = reading.read()
    assert (first.id, first.type, first.entry, first.mission) == ("7", "order", "12", "update")
    data = etree.fromstring(first.data)
    assert data.findtext(f"{{{NAMESPACE}}}order/{{{NAMESPACE}}}bundleinfo/{{{NAMESPACE}}}isbundle") == "false"
    assert second == Event("8", "", "", "", "")


def test_events_are_found_without_the_list_around_them_too() -> None:
    with queue(answering(envelope(f"<ns:events_Get><ns:event>{ORDER}</ns:event></ns:events_Get>"))) as (reading, _):
        assert [event.id for event in reading.read()] == ["7"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-03-27 12:52:20", datetime(2019, 3, 27, 12, 52, 20)),
        ("2019-10-14T09:02:49+02:00", datetime(2019, 10, 14, 9, 2, 49, tzinfo=timezone(timedelta(hours=2)))),
        ("2019-10-14T07:02:49Z", datetime(2019, 10, 14, 7, 2, 49, tzinfo=timezone(timedelta()))),
        ("yesterday", None),
        ("", None),
    ],
)
def test_both_forms_of_a_date(text: str, expected: datetime | None) -> None:
    assert event_time(Event("1", "order", "1", "update", text)) == expected


def test_by_markets() -> None:
    with queue(answering(events())) as (reading, server):
        assert reading.read("order", markets=["SE", "NO"]) == []
        ((_headers, body),) = server.requests
    request = etree.fromstring(body.encode())[0][0]
    assert etree.QName(request).localname == "events_GetByMarkets"
    assert [e.text for e in request.iter(f"{{{NAMESPACE}}}id")] == ["SE", "NO"]


class Centra:
    """A queue with a window: events come again until they are done."""

    def __init__(self, count: int, *, forgets: bool = False) -> None:
        self.waiting = [str(number) for number in range(count)]
        self.forgets = forgets
        self.told: list[list[str]] = []

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        request = etree.fromstring(self.server.requests[-1][1].encode())[0][0]
        if etree.QName(request).localname == "events_Done":
            ids = [e.text or "" for e in request.iter(f"{{{NAMESPACE}}}event")]
            self.told.append(ids)
            if not self.forgets:
                self.waiting = [id_ for id_ in self.waiting if id_ not in ids]
            answering(envelope("<eventsDoneResponse>OK</eventsDoneResponse>"))(handler)
        else:
            answering(events(*(f"<ns:id>{id_}</ns:id>" for id_ in self.waiting[:100])))(handler)

    server: Any = None


def test_draining_stores_each_window_before_it_is_done() -> None:
    centra = Centra(234)
    stored: list[str] = []

    def store(window: Sequence[Event]) -> None:
        assert sum(map(len, centra.told)) == len(stored), "told before stored"
        stored.extend(event.id for event in window)

    with queue(centra) as (reading, server):
        centra.server = server
        assert reading.drain(store) == 234
    assert stored == [str(number) for number in range(234)]
    assert [len(ids) for ids in centra.told] == [100, 100, 34]


def test_nothing_is_done_when_storing_fails() -> None:
    centra = Centra(3)

    def store(_: Sequence[Event]) -> None:
        raise OSError("disk full")

    with queue(centra) as (reading, server):
        centra.server = server
        with pytest.raises(OSError, match="disk full"):
            reading.drain(store)
    assert centra.told == []


def test_a_queue_that_forgets_what_is_done_does_not_go_round_for_ever() -> None:
    centra = Centra(3, forgets=True)
    with queue(centra) as (reading, server):
        centra.server = server
        with pytest.raises(TryLater, match="returns 3 events again"):
            reading.drain(lambda _: None)
    assert len(centra.told) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (answering("", status=503), TryLater),
        (dropping, TryLater),
        (answering(envelope("<ns:result><ns:success>true</ns:success></ns:result>")), TryLater),
        (answering(envelope("<ns:result><ns:success>false</ns:success></ns:result>")), ErpSyncError),
    ],
)
def test_an_answer_that_is_no_success(answer: Answer, error: type[Exception]) -> None:
    with queue(answer) as (reading, _), pytest.raises(error):
        reading.read()
