"""Centra as a target: requests out, replies in. zeep keeps the WSDL, the login, the SOAPAction and the transport."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from erp_sync.centra import assumed, wsdl
from erp_sync.centra.catalog import CATALOG
from erp_sync.centra.encoder import Encoder
from erp_sync.centra.replies import Answer, read_answer
from erp_sync.centra.service import Service, open_service
from erp_sync.centra.transport import QuietTransport, what_failed
from erp_sync.errors import FixSettings, Place, TryLater
from erp_sync.model.outcome import Reply, ReplyKind
from erp_sync.model.plan import Step

log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


def _is_address(text: str) -> bool:
    try:
        address = urlsplit(text)
        return address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:  # a port that is no number, brackets that do not match
        return False


@dataclass(frozen=True, slots=True)
class CentraOptions:
    """``wsdl`` is a file, or None to load it from the endpoint (``?wsdl``); time-outs are in seconds.

    ``verify`` is as requests has it: False trusts any certificate, a text is the path of a bundle to trust.
    """

    address: str
    username: str
    password: str = field(repr=False)
    namespace: str = wsdl.NAMESPACE
    wsdl: Path | None = field(default_factory=wsdl.shipped_wsdl)
    connect_timeout: float = 10.0
    read_timeout: float = 120.0
    verify: bool | str = True
    connections: int = 8


class CentraTarget:
    """Implements ports.Target. Nothing is read or sent before it is needed; may be used by several threads."""

    def __init__(self, options: CentraOptions, *, clock: Callable[[], datetime] = _now) -> None:
        if not _is_address(options.address):
            raise FixSettings(
                "Centra's endpoint must be a whole address that begins with https:// or http://",
                advice="It looks like https://NAME.centra.com/ams/system/service/module/soap/api",
            )
        if "@" in urlsplit(options.address).netloc:
            raise FixSettings(
                "the login does not belong into the endpoint's address", advice="Use username and password."
            )
        if isinstance(options.verify, str) and not Path(options.verify).exists():
            raise FixSettings("the bundle of certificates to trust is not there", place=Place(options.verify))
        self._options, self._clock = options, clock
        self._lock = threading.RLock()
        who = sha256(f"{options.address}\n{options.username}".encode()).hexdigest()[:12]
        self.endpoint = f"{options.address} {options.namespace} {who}"

    def __repr__(self) -> str:
        return f"CentraTarget({self._options.address!r})"

    def encode(self, steps: Sequence[Step]) -> bytes:
        """One document. Raises CannotSend; FixSettings and TryLater when the WSDL cannot be had."""
        return self._encoder.encode(steps)

    def send(self, operation: str, documents: Sequence[bytes]) -> Reply:
        """One request. Raises FixSettings for a WSDL that is none, and nothing for what Centra or the network does."""
        try:
            body = self._service.around(operation, documents)
        except TryLater as error:
            return Reply(ReplyKind.RETRY_LATER, (error.message,))
        return self._post(operation, body, len(documents)).reply

    def probe(self) -> Reply:
        return self.call("events_Get", type=assumed.EVENT_PROBE).reply

    def call(self, operation: str, **content: Any) -> Answer:
        """A request that zeep makes whole, from Python values: for what is no batch of documents."""
        try:
            body = self._service.message(operation, content)
        except TryLater as error:
            return Answer(Reply(ReplyKind.RETRY_LATER, (error.message,)))
        return self._post(operation, body, 0)

    def envelope(self, operation: str, documents: Sequence[bytes]) -> bytes:
        """The bytes that ``send`` would send, login and all: for those who bring a network of their own."""
        return self._service.around(operation, documents)

    def _post(self, operation: str, body: bytes, documents: int) -> Answer:
        start = time.monotonic()
        try:
            got = self._transport.post(self._options.address, body, self._service.headers(operation))
        except requests.RequestException as error:
            kind, message, concerns_all = what_failed(error)
            answer = Answer(Reply(kind, (message,), concerns_all=concerns_all))
        else:
            answer = read_answer(operation, got.status_code, got.headers, got.content, self._clock())
        reply = replace(answer.reply, seconds=time.monotonic() - start)
        log.info(
            "%s: %s, HTTP %s, %d documents, %d bytes, %.2f s, request id %s, correlation id %s",
            operation, reply.kind.value, reply.http_status or "-", documents, len(body), reply.seconds,
            reply.request_id or "-", reply.correlation_id or "-",
        )  # fmt: skip
        return Answer(reply, answer.element)

    @cached_property
    def _transport(self) -> QuietTransport:
        options = self._options
        return QuietTransport(
            connect_timeout=options.connect_timeout,
            read_timeout=options.read_timeout,
            verify=options.verify,
            connections=options.connections,
        )

    @property
    def _service(self) -> Service:
        with self._lock:
            return self._opened

    @cached_property
    def _opened(self) -> Service:
        options = self._options
        login = {"username": options.username, "password": options.password}
        return open_service(options.address, options.wsdl, options.namespace, login, self._transport)

    @property
    def _encoder(self) -> Encoder:
        with self._lock:
            return self._compiled

    @cached_property
    def _compiled(self) -> Encoder:
        return Encoder(CATALOG, self._service.trees, self._service.prefix)
