"""What goes back over the wire, with the fault of the day worked in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final, Literal

from erp_sync.sandbox.faults import STATUS, Fault, FaultKind
from erp_sync.sandbox.knobs import Knobs
from erp_sync.sandbox.operations import UPDATES
from erp_sync.sandbox.soap import EVENT_READERS, Result, envelope, render_fault, render_reference, render_result

XML: Final = "text/xml; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Response:
    """``fault`` says that the connection ends badly: "drop" before any of it is sent, "reset" after ``body``.

    With "reset" the body is cut off, and the headers promise the whole. ``delay`` is in seconds, before the reply.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    fault: Literal["", "drop", "reset"] = ""
    delay: float = 0.0


def reply(operation: str, result: Result, knobs: Knobs, namespace: str) -> tuple[int, bytes]:
    """HTTP status and envelope for what an operation came to."""
    if not result.success:
        if knobs.failure == "fault":
            return 500, envelope(render_fault("Server", "; ".join(result.errors)), namespace)
        return 200, envelope(render_result(result, novelty=knobs.novelty), namespace)
    if result.events is not None:
        return 200, envelope(result.events, namespace)
    if knobs.shape == "guide":
        return 200, envelope(render_result(result, novelty=knobs.novelty), namespace)
    return 200, envelope(render_reference(reference_element(operation)), namespace)


def reference_element(operation: str) -> str:
    return UPDATES[operation].reference_reply if operation in UPDATES else "eventsDoneResponse"


def stranger(operation: str, knobs: Knobs, namespace: str) -> bytes:
    """A success, but of another operation."""
    if operation in EVENT_READERS:
        return envelope(render_reference("eventsDoneResponse"), namespace)
    if knobs.shape == "guide":
        return envelope("<ns1:events_Get><ns1:events/></ns1:events_Get>", namespace)
    other = "markets_Update" if operation != "markets_Update" else "sizes_Update"
    return envelope(render_reference(reference_element(other)), namespace)


def page(title: str) -> bytes:
    """What a proxy sends in place of XML."""
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>proxy</body></html>\n".encode()


def http_error(fault: Fault, now: datetime, headers: Mapping[str, str]) -> Response:
    status, title = STATUS[fault.kind]
    extra = {"Content-Type": HTML}
    at = now + timedelta(seconds=fault.seconds)
    if fault.retry_after == "seconds":
        extra["Retry-After"] = str(round(fault.seconds))
    elif fault.retry_after == "date":
        extra["Retry-After"] = format_datetime(at, usegmt=True)
    elif fault.retry_after == "epoch":
        extra["Retry-After"] = str(int(at.timestamp()))
    return Response(status, {**headers, **extra}, page(f"{status} {title}"))


def damaged(fault: Fault, response: Response, now: datetime, other: bytes) -> Response:
    """The reply of a request that was worked on, as the client gets to see it."""
    half = len(response.body) // 2
    match fault.kind:
        case FaultKind.DROP_AFTER | FaultKind.PARTIAL_DROP:
            return replace(response, fault="drop", body=b"")
        case FaultKind.RESET:
            headers = {**response.headers, "Content-Length": str(len(response.body))}
            return replace(response, fault="reset", headers=headers, body=response.body[:half])
        case FaultKind.TRUNCATED:
            return replace(response, body=response.body[:half])
        case FaultKind.SLOW:
            return replace(response, delay=response.delay + fault.seconds)
        case FaultKind.STRANGER:
            return replace(response, status=200, body=other)
        case FaultKind.HTML:
            return Response(200, {**response.headers, "Content-Type": HTML}, page("Please wait"))
        case FaultKind.EMPTY:
            return replace(response, status=200, body=b"")
        case FaultKind.HTTP_500 | FaultKind.HTTP_502:
            return http_error(fault, now, response.headers)
        case _:
            return response
