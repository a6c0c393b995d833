"""The client against servers that behave and misbehave: what it says of each reply, and what it never says."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests
import urllib3.exceptions
from lxml import etree
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError

from erp_sync.centra import CentraOptions, CentraTarget, wsdl
from erp_sync.centra.transport import what_failed
from erp_sync.errors import CannotSend, FixSettings, TryLater
from erp_sync.model.outcome import Reply, ReplyKind
from erp_sync.ports import Target
from tests.centra.http import (
    NAMESPACE,
    Answer,
    answering,
    dropping,
    envelope,
    reset,
    resetting,
    serving,
    slow,
    truncated,
)
from tests.centra.steps import step

SENTINEL = "s3ntinel<&>pässword"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
REFERENCE = "<productsUpdateResponse>OK</productsUpdateResponse>"


def guide(success: str, *errors: str, notices: tuple[str, ...] = (), extra: str = "") -> str:
    def listed(name: str, texts: tuple[str, ...]) -> str:
        return f"<ns:{name}>" + "".join(f"<ns:message>{text}</ns:message>" for text in texts) + f"</ns:{name}>"

    messages = listed("errors", errors) + listed("notices", notices)
    return f"<ns:result><ns:success>{success}</ns:success>{messages}{extra}</ns:result>"


def fault(text: str) -> str:
    return f"<s:Fault><faultcode>s:Client</faultcode><faultstring>{text}</faultstring></s:Fault>"


def options(address: str, **changed: object) -> CentraOptions:
    return replace(CentraOptions(address, "robot", SENTINEL, connect_timeout=5, read_timeout=5), **changed)  # type: ignore[arg-type]


def client(address: str, **changed: object) -> CentraTarget:
    return CentraTarget(options(address, **changed), clock=lambda: NOW)


def sent(answer: Answer, operation: str = "products_Update", **changed: object) -> Reply:
    with serving(answer) as server:
        target = client(server.address, **changed)
        reply = target.send(operation, [target.encode([step("product", ("P1",), sku="1")])])
        assert len(server.requests) == 1, "never sent twice by itself"
        return reply


def test_it_is_a_target_and_one_request_holds_all_documents() -> None:
    target: Target
    with serving(answering(envelope(REFERENCE), X_Centra_Request_ID="r1", X_Correlation_ID="centra_r1")) as server:
        target = client(server.address)
        documents = [target.encode([step("product", (p,), description="")]) for p in ("P1", "P<2>")]
        reply = target.send("products_Update", documents)
        ((headers, body),) = server.requests
    assert (reply.kind, reply.request_id, reply.correlation_id) == (ReplyKind.APPLIED, "r1", "centra_r1")
    assert reply.http_status == 200 and reply.seconds > 0
    assert headers["SOAPAction"] == '"http://www.centra.com/webservices/Products_Update"'
    assert headers["Content-Type"] == "text/xml; charset=utf-8"
    request = etree.fromstring(body.encode())[0][0]
    assert [etree.QName(e).localname for e in request] == ["login", "products"]
    assert request.findtext(f"{{{NAMESPACE}}}login/{{{NAMESPACE}}}password") == SENTINEL
    assert [e.text for e in request.iter(f"{{{NAMESPACE}}}id")] == ["P1", "P<2>"]


SOAP = [
    (REFERENCE, ReplyKind.APPLIED, (), ()),
    ("<productsUpdateResponse>\n OK\n</productsUpdateResponse>", ReplyKind.APPLIED, (), ()),
    (guide("true", notices=("Added new size: S",)), ReplyKind.APPLIED, (), ("Added new size: S",)),
    (guide("1", extra="<ns:later>x</ns:later>"), ReplyKind.APPLIED, (), ()),
    (guide("true") + "<ns:later/>", ReplyKind.APPLIED, (), ()),
    (guide("false", "no &amp; no", "why", notices=("n",)), ReplyKind.REJECTED, ("no & no", "why"), ("n",)),
    (guide("false"), ReplyKind.REJECTED, ("refused, without a reason",), ()),
    (guide(""), ReplyKind.IN_DOUBT, ("an answer that does not say whether it succeeded: result",), ()),
    (f"<productsUpdateResponse>{guide('false', 'no')}</productsUpdateResponse>", ReplyKind.REJECTED, ("no",), ()),
    ("<productsUpdateResponse/>", ReplyKind.IN_DOUBT,
     ("an answer that does not say whether it succeeded: productsUpdateResponse",), ()),
    ("<marketsUpdateResponse>OK</marketsUpdateResponse>", ReplyKind.IN_DOUBT,
     ("the answer to another request came back: marketsUpdateResponse",), ()),
    ("<ns:events_Get><ns:events/></ns:events_Get>", ReplyKind.IN_DOUBT,
     ("the answer to another request came back: events_Get",), ()),
    (fault("size &lt;XL&gt; unknown"), ReplyKind.REJECTED, ("size <XL> unknown",), ()),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "messages", "notices"), SOAP)
def test_soap_answers(body: str, kind: ReplyKind, messages: tuple[str, ...], notices: tuple[str, ...]) -> None:
    reply = sent(answering(envelope(body)))
    assert (reply.kind, reply.messages, reply.notices, reply.concerns_all) == (kind, messages, notices, False)


@pytest.mark.parametrize(
    ("message", "concerns_all"),
    [
        ("Login failed: wrong username or password", True),
        ("Wrong password", True),
        ("User is not authorized", True),
        ("Bad request: products_Update is not in namespace urn:x", True),
        ("Function 'x' is not a valid method for this service", True),
        ('SOAPAction must be "y"', True),
        ("Down for maintenance", True),
        ("Product P1: unknown sizetable T9", False),
        ("Variation name already in use", False),
        ("Unknown currency XXX", False),
    ],
)
def test_what_concerns_all_is_told_from_what_concerns_a_record(message: str, concerns_all: bool) -> None:
    for reply in (
        sent(answering(envelope(guide("false", message)))),
        sent(answering(envelope(fault(message)), status=500)),
    ):
        assert (reply.kind, reply.messages, reply.concerns_all) == (ReplyKind.REJECTED, (message,), concerns_all)


HTML = "<html><body><h1>Sorry</h1></body></html>"


@pytest.mark.parametrize(
    ("status", "body", "kind", "concerns_all"),
    [
        (200, HTML, ReplyKind.IN_DOUBT, False),
        (200, "", ReplyKind.IN_DOUBT, False),
        (202, "", ReplyKind.IN_DOUBT, False),
        (200, envelope(""), ReplyKind.IN_DOUBT, False),
        (200, envelope(REFERENCE)[:-30], ReplyKind.IN_DOUBT, False),
        (200, "\n" + envelope(REFERENCE), ReplyKind.APPLIED, False),
        (500, HTML, ReplyKind.IN_DOUBT, False),
        (500, "", ReplyKind.IN_DOUBT, False),
        (500, envelope(fault("no")), ReplyKind.REJECTED, False),
        (502, HTML, ReplyKind.IN_DOUBT, False),
        (504, HTML, ReplyKind.IN_DOUBT, False),
        (504, envelope(fault("gateway time-out")), ReplyKind.IN_DOUBT, False),
        (503, HTML, ReplyKind.RETRY_LATER, False),
        (503, envelope(fault("busy")), ReplyKind.RETRY_LATER, False),
        (429, "", ReplyKind.RETRY_LATER, False),
        (408, "", ReplyKind.IN_DOUBT, False),
        (400, HTML, ReplyKind.REJECTED, False),
        (403, HTML, ReplyKind.REJECTED, False),
        (413, HTML, ReplyKind.REJECTED, False),
        (401, HTML, ReplyKind.REJECTED, True),
        (404, HTML, ReplyKind.REJECTED, True),
    ],
)
def test_http_statuses(status: int, body: str, kind: ReplyKind, concerns_all: bool) -> None:
    reply = sent(answering(body, status=status))
    assert (reply.kind, reply.concerns_all, reply.http_status) == (kind, concerns_all, status)
    assert reply.messages or reply.kind is ReplyKind.APPLIED


def test_a_redirect_is_not_followed() -> None:
    reply = sent(answering("", status=302, Location="https://elsewhere/login"))
    assert (reply.kind, reply.concerns_all) == (ReplyKind.REJECTED, True)
    assert reply.messages == ("HTTP 302 Found to https://elsewhere/login: correct the endpoint's address",)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        (str(int((NOW + timedelta(seconds=30)).timestamp())), 30.0),
        ("soon", None),
        ("inf", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert sent(answering("", status=429, Retry_After=value)).retry_after == seconds


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (truncated(envelope(REFERENCE)), "the connection broke before the reply was whole"),
        (resetting(envelope(REFERENCE)), "the connection broke before the reply was whole"),
        (dropping, "the connection broke before the reply was whole"),
        (reset, "the connection broke before the reply was whole"),
    ],
)
def test_a_lost_reply_is_in_doubt(answer: Answer, message: str) -> None:
    reply = sent(answer)
    assert reply.kind is ReplyKind.IN_DOUBT
    assert message in reply.messages[0]


def test_a_reply_that_takes_too_long_is_in_doubt() -> None:
    reply = sent(slow(1.0, answering(envelope(REFERENCE))), read_timeout=0.2)
    assert (reply.kind, reply.messages) == (ReplyKind.IN_DOUBT, ("sent, and no reply within the time-out",))


def test_what_never_left_is_tried_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        refused = client(f"http://127.0.0.1:{taken.getsockname()[1]}/").send("products_Update", [])
    assert (refused.kind, refused.messages) == (
        ReplyKind.RETRY_LATER,
        ("no connection (Connection refused); nothing was sent",),
    )
    unknown = client("http://centra.invalid/").send("products_Update", [])
    assert unknown.kind is ReplyKind.RETRY_LATER


def test_tls_that_cannot_be_agreed_on_sends_nothing(tmp_path: Path) -> None:
    with serving(answering("")) as server:
        reply = client(server.address.replace("http:", "https:")).send("products_Update", [])
        assert server.requests == []
    assert (reply.kind, reply.concerns_all) == (ReplyKind.REJECTED, True)
    assert reply.messages[0].startswith("no TLS connection (")
    with pytest.raises(FixSettings, match="the bundle of certificates to trust is not there"):
        client("https://centra.invalid/", verify=str(tmp_path / "none.pem"))


def test_a_certificate_that_cannot_be_verified_concerns_all() -> None:
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.reason = "CERTIFICATE_VERIFY_FAILED"
    wrapped = MaxRetryError(HTTPSConnectionPool("centra.invalid"), "/", urllib3.exceptions.SSLError(refused))
    assert what_failed(requests.exceptions.SSLError(wrapped)) == (
        ReplyKind.REJECTED,
        "no TLS connection (certificate verify failed); nothing was sent",
        True,
    )


def test_tls_that_breaks_later_is_in_doubt() -> None:
    assert what_failed(requests.exceptions.SSLError(ssl.SSLEOFError(8, "EOF")))[0] is ReplyKind.IN_DOUBT


def test_the_password_is_nowhere_to_be_seen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    for answer in (answering(envelope(REFERENCE), X_Centra_Request_ID="r7"), answering(HTML, status=500), dropping):
        with serving(answer) as server:
            target = client(server.address)
            said += [repr(target), target.endpoint, repr(options(server.address)), repr(vars(target))]
            reply = target.send("products_Update", [target.encode([step("product", ("P",), sku="1")])])
            said += [repr(reply), repr(target.call("events_Done", event=["1"]))]
            with pytest.raises(CannotSend) as refused:
                target.call("events_Get", nonsense=1)
            said.append(str(refused.value))
            with pytest.raises(FixSettings) as unknown:
                target.send("products_Delete", [])
            said.append(str(unknown.value))
    said += [record.getMessage() for record in caplog.records]
    assert any("products_Update: applied, HTTP 200, 1 documents" in text and "request id r7" in text for text in said)
    for text in said:
        assert SENTINEL not in text and "s3ntinel" not in text
        assert "robot" not in text or "CentraOptions" in text


def test_the_endpoint_tells_logins_and_namespaces_apart() -> None:
    known = {
        client("https://a.invalid/").endpoint,
        client("https://b.invalid/").endpoint,
        client("https://a.invalid/", username="other").endpoint,
        client("https://a.invalid/", namespace="urn:older").endpoint,
    }
    assert len(known) == 4
    assert client("https://a.invalid/", password="changed").endpoint in known


@pytest.mark.parametrize(
    "address",
    [
        "centra.com/soap",
        "ftp://centra.com/",
        "https:///soap",
        "https://centra.com:x/",
        "https://[::1/",
        "https://u:p@centra.com/",
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(FixSettings) as raised:
        client(address)
    assert "u:p" not in str(raised.value)


def test_an_address_that_no_request_can_be_made_of_concerns_all() -> None:
    reply = client("https://centra..invalid/").send("products_Update", [])
    assert (reply.kind, reply.concerns_all) == (ReplyKind.REJECTED, True)


def test_an_older_endpoint_has_another_namespace_everywhere() -> None:
    older = envelope(guide("true")).replace(NAMESPACE, "urn:older")
    with serving(answering(older)) as server:
        target = client(server.address, namespace="urn:older")
        assert (
            target.send("products_Update", [target.encode([step("product", ("P",), sku="1")])]).kind
            is ReplyKind.APPLIED
        )
        ((headers, body),) = server.requests
    assert NAMESPACE not in body
    assert {etree.QName(e).namespace for e in etree.fromstring(body.encode())[0].iterdescendants()} == {"urn:older"}
    assert headers["SOAPAction"] == '"urn:olderProducts_Update"'


def test_the_wsdl_can_come_from_the_endpoint() -> None:
    content = wsdl.shipped_wsdl().read_bytes()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked_for_wsdl = handler.command == "GET" and handler.path.endswith("?wsdl")
        answering(content if asked_for_wsdl else envelope(REFERENCE))(handler)

    with serving(answer) as server:
        target = client(server.address, wsdl=None)
        assert server.requests == []
        assert (
            target.send("products_Update", [target.encode([step("product", ("P",), sku="1")])]).kind
            is ReplyKind.APPLIED
        )
        assert len(server.requests) == 2
        with pytest.raises(
            FixSettings, match=r"has the namespace http://www\.centra\.com/webservices/, the settings have"
        ):
            client(server.address, wsdl=None, namespace="urn:older").encode([])


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, "", FixSettings),
        (200, HTML, FixSettings),
        (200, "<html>", FixSettings),
        (503, "", TryLater),
        (429, "", TryLater),
    ],
)
def test_a_wsdl_that_cannot_be_had(status: int, body: str, error: type[Exception]) -> None:
    with serving(answering(body, status=status)) as server:
        target = client(server.address, wsdl=None)
        with pytest.raises(error):
            target.encode([step("product", ("P",), sku="1")])
        if error is TryLater:
            assert target.send("products_Update", [b""]).kind is ReplyKind.RETRY_LATER
            assert target.probe().kind is ReplyKind.RETRY_LATER


def test_probe_reads_events_and_marks_none() -> None:
    with serving(answering(envelope("<ns:events_Get><ns:events/></ns:events_Get>"))) as server:
        assert client(server.address).probe().kind is ReplyKind.APPLIED
        ((headers, body),) = server.requests
    assert headers["SOAPAction"].endswith('Events_Get"')
    assert etree.QName(etree.fromstring(body.encode())[0][0]).localname == "events_GetRequest"


def test_several_threads_share_one_target() -> None:
    with serving(answering(envelope(REFERENCE))) as server:
        target = client(server.address)
        kinds: list[ReplyKind] = []

        def work(number: int) -> None:
            document = target.encode([step("product", (f"P{number}",), sku="1")])
            kinds.append(target.send("products_Update", [document]).kind)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ids = {
            e.text for _, body in server.requests for e in etree.fromstring(body.encode()).iter(f"{{{NAMESPACE}}}id")
        }
    assert kinds == [ReplyKind.APPLIED] * 8
    assert ids == {f"P{n}" for n in range(8)}
