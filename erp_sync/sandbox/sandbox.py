"""A local Centra: bytes in, bytes out, with the rules and the state of the real one, and faults on demand."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from lxml.etree import _Element

from erp_sync.sandbox import queue, views
from erp_sync.sandbox.admin import Admin
from erp_sync.sandbox.faults import EITHER_WAY, NEVER_APPLIED, STATUS, Fault, FaultBox, FaultKind, FaultSchedule
from erp_sync.sandbox.knobs import Knobs, Options
from erp_sync.sandbox.log import Request
from erp_sync.sandbox.merging import apply_document
from erp_sync.sandbox.operations import UPDATES
from erp_sync.sandbox.replies import HTML, XML, Response, damaged, http_error, page, reply, stranger
from erp_sync.sandbox.shapes import local_name, qualified
from erp_sync.sandbox.soap import Call, Result, envelope, parse, render_fault
from erp_sync.sandbox.soap import Fault as SoapFault
from erp_sync.sandbox.state import Event, State
from erp_sync.sandbox.store import Parts, Store
from erp_sync.sandbox.work import Refusal, Work

OPERATIONS = (*UPDATES, "events_Get", "events_GetByMarkets", "events_Done")
WRONG_LOGIN = "Login failed: wrong username or password"
BROKEN = "An internal error occurred, please try again"


class Sandbox:
    """Usable in one process without HTTP: ``handle`` is the whole of the network's side.

    ``clock`` tells the time in UTC; together with ``options.seed`` it makes everything repeatable. Raises FixSettings
    where the state's file cannot be used.
    """

    def __init__(
        self,
        options: Options | None = None,
        knobs: Knobs | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        schedule: FaultSchedule | None = None,
    ) -> None:
        self.options = options or Options()
        self.knobs = knobs or Knobs()
        self.faults = FaultBox(schedule)
        self.requests: deque[Request] = deque(maxlen=self.options.log_size)
        self.lock = threading.RLock()
        self._clock = clock
        self._store = Store(self.options.state) if self.options.state else None
        self.state = self._store.load() if self._store else State()
        self.admin = Admin(self)

    # What tests and pages look at

    def objects(self, entity: str) -> dict[views.Key, dict[str, str]]:
        """Every record of an entity, flat: key (the root's id first) -> dotted path -> text."""
        with self.lock:
            return dict(views.records(self.state, entity))

    def get(self, entity: str, *key: str) -> dict[str, str] | None:
        """One record, flat; None where Centra has none."""
        with self.lock:
            return views.record(self.state, entity, key)

    def sent(self, request: Request) -> list[views.Sent]:
        """The fields that a request carried, identities left out. Needs Options.keep_bodies."""
        if request.body is None:
            raise ValueError("bodies are not kept: set keep_bodies in the sandbox's options")
        headers = {"soapaction": self._action(request.operation)}
        call = parse(request.body, headers, self.options.namespace, OPERATIONS)
        return [
            sent
            for element in self._documents(call)
            for sent in views.sent_fields(request.operation, element, self.options.namespace)
        ]

    def now(self) -> datetime:
        """By Centra's own clock."""
        return self._clock() + timedelta(seconds=self.knobs.skew)

    def close(self) -> None:
        if self._store:
            self._store.close()

    # A request

    def handle(self, body: bytes, headers: Mapping[str, str]) -> Response:
        """One POST to the endpoint. Never sleeps: ``delay`` of the response says what the caller should wait."""
        with self.lock:
            started = time.perf_counter()
            number = self.state.next_number("request")
            digest = hashlib.sha256(f"{self.options.seed}/{number}".encode()).hexdigest()[:32]
            log = Request(number, self.now(), f"1_{digest}", len(body), body=body if self.options.keep_bodies else None)
            fault = self.faults.next(number)
            log.fault = fault.kind if fault else ""
            response = self._respond(body, {name.lower(): value for name, value in headers.items()}, fault, log)
            log.status, log.seconds = response.status, time.perf_counter() - started
            if response.fault:
                log.result = "cut off"
            self.requests.append(log)
            return response

    def _respond(self, body: bytes, headers: Mapping[str, str], fault: Fault | None, log: Request) -> Response:
        own = {
            "Content-Type": XML,
            "X-Centra-Request-ID": log.request_id,
            "X-Correlation-ID": f"centra_{log.request_id}",
        }
        unharmed = Response(200, own, b"", delay=self.knobs.delay)
        if self.knobs.max_bytes is not None and len(body) > self.knobs.max_bytes:
            log.result = "http"
            return Response(413, {**own, "Content-Type": HTML}, page("413 Request Entity Too Large"))
        if fault and fault.kind in NEVER_APPLIED | EITHER_WAY and not fault.applied:
            return self._away(fault, unharmed, log)
        knobs = self.knobs
        if fault and fault.kind == FaultKind.OTHER_SHAPE:
            knobs = knobs.model_copy(update={"shape": "reference" if knobs.shape == "guide" else "guide"})
        namespace = self.options.namespace
        try:
            if fault and fault.kind == FaultKind.MEDDLE:
                self.admin.meddle(f"{self.options.seed}/{log.number}")
            call = parse(body, headers, namespace, OPERATIONS)
            log.operation = call.operation
            result = self._perform(call, fault, log)
            status, text = reply(call.operation, result, knobs, namespace)
            log.result, log.errors, log.notices = (
                "success" if result.success else "refused",
                result.errors,
                result.notices,
            )
        except SoapFault as error:
            log.result, log.errors = "fault", (error.message,)
            status, text = 500, envelope(render_fault(error.code, error.message), namespace)
        delay = self.knobs.delay + self.knobs.delay_per_document * log.documents
        response = Response(status, own, text, delay=delay)
        if fault is None:
            return response
        return damaged(fault, response, self.now(), stranger(log.operation, knobs, namespace))

    def _away(self, fault: Fault, unharmed: Response, log: Request) -> Response:
        """A fault that keeps the request from being worked on at all."""
        log.result = "http"
        if fault.kind in STATUS:
            return http_error(fault, self.now(), unharmed.headers)
        if fault.kind == FaultKind.DROP_BEFORE:
            return Response(0, {}, b"", fault="drop")
        if fault.kind == FaultKind.REJECT:
            log.result, log.errors = "refused", (BROKEN,)
            result = Result(False, (BROKEN,))
            status, text = reply("", result, self.knobs, self.options.namespace)
            return Response(status, unharmed.headers, text)
        if fault.kind == FaultKind.SOAP_FAULT:
            log.result, log.errors = "fault", (BROKEN,)
            return Response(500, unharmed.headers, envelope(render_fault("Server", BROKEN), self.options.namespace))
        return damaged(fault, unharmed, self.now(), b"")

    def _perform(self, call: Call, fault: Fault | None, log: Request) -> Result:
        if call.login is None:
            return Result(False, ("Login failed: login must be the first element of the request",))
        if call.login != (self.options.username, self.options.password):
            return Result(False, (WRONG_LOGIN,))
        try:
            if call.operation in UPDATES:
                cut = fault is not None and fault.kind in (FaultKind.PARTIAL, FaultKind.PARTIAL_DROP)
                return self._update(call, log, cut=cut)
            if call.operation == "events_Done":
                return self._events_done(call)
            return self._events(call)
        except Refusal as refusal:
            return Result(False, (refusal.reason,))

    # Updates

    def _documents(self, call: Call) -> list[_Element]:
        """The objects of an update operation."""
        update = UPDATES[call.operation]
        namespace = self.options.namespace
        wrapper = qualified(namespace, update.wrapper)
        for part in call.parts:
            if part.tag != wrapper:
                self._strange(part)
        wrappers = [part for part in call.parts if part.tag == wrapper]
        if len(wrappers) != 1:
            raise Refusal(f"Expected one element {update.wrapper}")
        item = qualified(namespace, update.item)
        for element in wrappers[0]:
            if element.tag != item:
                self._strange(element)
        return [element for element in wrappers[0] if element.tag == item]

    def _strange(self, element: _Element) -> None:
        if self.knobs.unknown == "refuse":
            raise Refusal(f"Element {local_name(str(element.tag))!r} is not known here")

    def _update(self, call: Call, log: Request, *, cut: bool) -> Result:
        update = UPDATES[call.operation]
        documents = self._documents(call)
        log.documents = len(documents)
        work = Work(self.state, self.knobs)
        start = work.mark()
        stop = len(documents) // 2 if cut else len(documents)
        applied, refusal = stop, Refusal(BROKEN) if cut else None
        for position, element in enumerate(documents[:stop]):
            mark = work.mark()
            try:
                self._reject_by_knob(update.operation, update.entity, element)
                apply_document(work, update, element, self.options.namespace)
            except Refusal as error:
                work.undo(mark)
                applied, refusal = position, error
                log.detail = f"{update.item} {element.findtext('{*}id')}: {error.reason}"
                break
        if refusal is not None and self.knobs.batch == "atomic" and not cut:
            work.undo(start)
            applied = 0
        log.applied, log.records, log.fields = applied, dict(work.records), work.fields
        log.ignored = tuple(dict.fromkeys(work.ignored))
        self.commit(work, echo=self.knobs.echo, by_hand=False)
        return Result(refusal is None, (refusal.reason,) if refusal else (), tuple(work.notices))

    def refuses(self, entity: str, id: str) -> bool:
        """Whether an object is one of those that the knob ``reject_chance`` chose to refuse for good."""
        name = f"{self.options.seed}/{entity}/{id}"
        return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) < self.knobs.reject_chance * 2**32

    def _reject_by_knob(self, operation: str, entity: str, element: _Element) -> None:
        knobs = self.knobs
        if self.refuses(entity, element.findtext("{*}id") or ""):
            raise Refusal("The object could not be saved")
        if not knobs.reject_ids and not knobs.reject_fields:
            return
        for sent in views.sent_fields(operation, element, self.options.namespace):
            if not set(sent.key).isdisjoint(knobs.reject_ids):
                raise Refusal("The object could not be saved")
            if sent.path in knobs.reject_fields or f"{sent.entity}.{sent.path}" in knobs.reject_fields:
                raise Refusal(f"The value of {sent.path} is not accepted")

    def commit(
        self,
        work: Work,
        *,
        echo: bool,
        by_hand: bool = True,
        gone: tuple[tuple[str, str], ...] = (),
        events: tuple[Event, ...] = (),
    ) -> None:
        """Make the work last, and put its events into the queue. Raises SoapFault, the work undone, on a full disk."""
        pushed = list(events)
        if echo:
            now = self.now()
            for entity, key, entry in dict.fromkeys(work.touched):
                event = queue.push(self.state, self.knobs, now, entity, key, entry=entry)
                if event:
                    pushed.append(event)
        objects = {(entity, key): None if by_hand else work.parts.get(key, ()) for entity, key, _ in work.touched}
        try:
            self._save(objects | dict.fromkeys(gone), pushed, ())
        except SoapFault:
            for event in pushed:
                del self.state.events[event.id]
            work.undo((0, 0, 0))
            raise

    def forget(self) -> None:
        """Empty it, as if Centra had just been set up. Knobs and faults stay."""
        with self.lock:
            self.state = State()
            self.requests.clear()
            if self._store:
                self._store.clear()

    # Events

    def _events(self, call: Call) -> Result:
        namespace = self.options.namespace
        type_, markets = "", None
        for part in call.parts:
            name = local_name(str(part.tag))
            if name == "type":
                type_ = part.text or ""
            elif name == "markets" and call.operation == "events_GetByMarkets":
                ids = (market.findtext(qualified(namespace, "id")) for market in part)
                markets = frozenset(id_ for id_ in ids if id_)
            else:
                self._strange(part)
        if call.operation == "events_GetByMarkets" and not markets:
            raise Refusal("events_GetByMarkets needs at least one market with an id")
        return Result(True, events=queue.read(self.state, self.knobs, type_, markets))

    def _events_done(self, call: Call) -> Result:
        tag = qualified(self.options.namespace, "event")
        for part in call.parts:
            if part.tag != tag:
                self._strange(part)
        gone = queue.named(self.state, [part.text or "" for part in call.parts if part.tag == tag])
        self._save({}, (), gone)
        for number in gone:
            self.state.events.pop(number, None)
        return Result(True)

    def _save(self, objects: Mapping[tuple[str, str], Parts], events: Iterable[Event], done: Iterable[int]) -> None:
        if self._store is None:
            return
        try:
            self._store.save(self.state, objects, events, done)
        except sqlite3.Error as error:
            raise SoapFault("Server", f"The state could not be saved: {error}") from error

    def _action(self, operation: str) -> str:
        return f'"{self.options.namespace}{operation[0].upper()}{operation[1:]}"'
