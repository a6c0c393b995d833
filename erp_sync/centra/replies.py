"""What came back over HTTP -> what is known of the request (docs/centra.md has the table)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from lxml import etree

from erp_sync.centra import assumed
from erp_sync.model.outcome import Reply, ReplyKind

_EPOCH_BEGINS = 1_000_000_000  # a greater Retry-After is a time, not a wait: no wait is thirty years


@dataclass(frozen=True, slots=True)
class Answer:
    """``element`` is the first child of the SOAP body, when there is one."""

    reply: Reply
    element: etree._Element | None = None


def read_answer(operation: str, status: int, headers: Mapping[str, str], content: bytes, now: datetime) -> Answer:
    """A whole HTTP reply. ``headers`` are looked up whatever their case."""
    element = _body_of(content)
    kind, messages, notices, all_of_it = _judge(operation, status, headers, content, element)
    return Answer(
        Reply(
            kind=kind,
            messages=messages,
            notices=notices,
            request_id=headers.get("X-Centra-Request-ID") or "",
            correlation_id=headers.get("X-Correlation-ID") or "",
            http_status=status,
            retry_after=retry_after(headers.get("Retry-After"), now),
            concerns_all=kind is ReplyKind.REJECTED
            and (all_of_it or any(assumed.CONCERNS_ALL.search(m) for m in messages)),
            passing=kind is ReplyKind.REJECTED and bool(messages) and all(map(assumed.TRY_AGAIN.search, messages)),
        ),
        element,
    )


_Judged = tuple[ReplyKind, tuple[str, ...], tuple[str, ...], bool]


def _judge(
    operation: str, status: int, headers: Mapping[str, str], content: bytes, element: etree._Element | None
) -> _Judged:
    said = _texts(element, "message") + _texts(element, "faultstring") if element is not None else ()
    if status in assumed.HTTP_RETRY_LATER:
        return ReplyKind.RETRY_LATER, said or (_status(status),), (), False
    if element is not None and (status in assumed.HTTP_FAULT or status // 100 in (2, 4)):
        return _judge_soap(operation, element)
    if status in assumed.HTTP_CONCERNS_ALL:
        where = headers.get("Location")
        moved = f" to {where}: correct the endpoint's address" if where else ""
        return ReplyKind.REJECTED, (f"{_status(status)}{moved}",), (), True
    if status // 100 == 4 and status != HTTPStatus.REQUEST_TIMEOUT:
        return ReplyKind.REJECTED, (f"{_status(status)}, without a SOAP answer",), (), False
    what = "an empty body" if not content.strip() else "something that is no whole SOAP answer"
    return ReplyKind.IN_DOUBT, (f"{_status(status)}, with {what}",), (), False


def _judge_soap(operation: str, element: etree._Element) -> _Judged:
    name = _local(element)
    if name == "Fault":
        said = _texts(element, "faultstring") or _texts(element, "Text") or ("a SOAP Fault without a text",)
        return ReplyKind.REJECTED, said, (), False
    success = next(iter(_texts(element, "success")), "").lower()
    if name not in ("result", *answer_names(operation)):
        return ReplyKind.IN_DOUBT, (f"the answer to another request came back: {name}",), (), False
    notices = _texts(_child(element, "notices"), "message")
    if success in ("false", "0"):
        errors = _child(element, "errors")
        said = _texts(errors, "message") or _own_text(errors) or ("refused, without a reason",)
        return ReplyKind.REJECTED, said, notices, False
    if reads_events(operation):
        if name == "events_Get":
            return ReplyKind.APPLIED, (), notices, False
    elif success in ("true", "1") or _own_text(element) == ("OK",):
        return ReplyKind.APPLIED, (), notices, False
    return ReplyKind.IN_DOUBT, (f"an answer that does not say whether it succeeded: {name}",), notices, False


def answer_names(operation: str) -> tuple[str, ...]:
    """The reference's answer elements: ``productsUpdateResponse``, and ``events_Get`` for both reads of events."""
    if reads_events(operation):
        return ("events_Get",)
    return (f"{operation.replace('_', '')}Response", f"{operation}Response")


def reads_events(operation: str) -> bool:
    return operation in ("events_Get", "events_GetByMarkets")


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from ``now``: Retry-After as seconds, as an HTTP date, or as seconds since 1970; None when it is none."""
    if not value:
        return None
    try:
        number = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        number = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if number > _EPOCH_BEGINS:
        number -= now.timestamp()
    return max(0.0, number) if number < _EPOCH_BEGINS else None


def _body_of(content: bytes) -> etree._Element | None:
    """The first child of the body of a whole SOAP envelope, in whatever namespace; None for anything else."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(content.strip(), parser)
    except etree.XMLSyntaxError:
        return None
    body = _child(root, "Body") if _local(root) == "Envelope" else None
    return body[0] if body is not None and len(body) else None


def _status(status: int) -> str:
    phrase = HTTPStatus(status).phrase if status in list(HTTPStatus) else ""
    return f"HTTP {status} {phrase}".rstrip()


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element.iter() if child is not element and _local(child) == name), None)


def _texts(element: etree._Element | None, name: str) -> tuple[str, ...]:
    """The texts of all elements of this name below the element; Centra's answers differ in their namespaces."""
    if element is None:
        return ()
    found = (" ".join("".join(map(str, e.itertext())).split()) for e in element.iter() if _local(e) == name)
    return tuple(text for text in found if text)


def _own_text(element: etree._Element | None) -> tuple[str, ...]:
    text = (element.text or "").strip() if element is not None else ""
    return (text,) if text else ()
