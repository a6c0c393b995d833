"""Envelopes, logins, Faults and the two shapes of a reply."""

from __future__ import annotations

import pytest
from lxml import etree

from erp_sync.sandbox import NAMESPACE, Knobs, Sandbox
from tests.sandbox.conftest import new_box
from tests.sandbox.speaking import LOGIN, call, errors, notices, ok, read, refused, sizes, soap, update, xml

ACTION = f'"{NAMESPACE}Markets_Update"'
GOOD = soap("markets_Update", xml({"markets": {"market": {"id": "SE"}}}))


def fault(box: Sandbox, body: bytes, action: str | None = ACTION) -> str:
    response = box.handle(body, {} if action is None else {"SOAPAction": action})
    assert response.status == 500
    found = etree.fromstring(response.body)[0].find("{http://schemas.xmlsoap.org/soap/envelope/}Fault")
    assert found is not None
    assert box.objects("market") == {}
    return f"{found.findtext('faultcode')} {found.findtext('faultstring')}"


def test_a_good_request_is_answered_with_both_request_ids(box: Sandbox) -> None:
    response = box.handle(GOOD, {"soapaction": ACTION})
    ok(response)
    assert response.headers["X-Correlation-ID"] == "centra_" + response.headers["X-Centra-Request-ID"]
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    again = box.handle(GOOD, {"soapaction": ACTION})
    assert again.headers["X-Centra-Request-ID"] != response.headers["X-Centra-Request-ID"]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "well-formed"),
        (b"<html>", "well-formed"),
        (GOOD[: len(GOOD) // 2], "well-formed"),
        (b"<a/>", "envelope"),
        (GOOD.replace(b"<e:Body>", b"<e:Body><x/>"), "one body that holds one element"),
        (GOOD.replace(NAMESPACE.encode(), b"http://example.com/"), "namespace"),
        (GOOD.replace(b"markets_Update", b"markets_Delete"), "not a valid method"),
        (GOOD.replace(b"markets_Update", b"events_Get"), "not a valid method"),
        (GOOD.replace(b"<id>", b'<id x="1">'), "attribute"),
        (GOOD.replace(b"<market>", b"<market>loose"), "text beside"),
        (GOOD.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "c">]>'), "document type"),
        (GOOD.replace(b"xmlsoap.org/soap/envelope/", b"w3.org/2003/05/soap-envelope"), "VersionMismatch"),
    ],
)
def test_what_is_no_soap_makes_a_fault(box: Sandbox, body: bytes, part: str) -> None:
    assert part in fault(box, body)


@pytest.mark.parametrize(
    "action", [None, "", NAMESPACE + "Markets_Update", f'"{NAMESPACE}markets_Update"', f'"{NAMESPACE}Sizes_Update"']
)
def test_the_soap_action_is_quoted_and_names_the_operation(box: Sandbox, action: str | None) -> None:
    assert "SOAPAction" in fault(box, GOOD, action)


@pytest.mark.parametrize(
    "login",
    [
        "",
        "<login><username>sandbox</username><password>wrong</password></login>",
        "<login><username>nobody</username><password>sandbox</password></login>",
        "<login/>",
    ],
)
def test_a_login_that_is_wrong_or_missing_is_refused(box: Sandbox, login: str) -> None:
    refused(call(box, "markets_Update", "<markets><market><id>SE</id></market></markets>", login=login), "login failed")
    assert box.objects("market") == {}


def test_the_login_comes_first(box: Sandbox) -> None:
    markets = "<markets><market><id>SE</id></market></markets>"
    refused(call(box, "markets_Update", markets + LOGIN, login=""), "first element")


def test_another_namespace_is_a_setting() -> None:
    box = new_box(namespace="http://example.com/old")
    ok(
        call(
            box, "markets_Update", "<markets><market><id>SE</id></market></markets>", namespace="http://example.com/old"
        )
    )
    assert box.get("market", "SE") == {}


def test_both_shapes_of_a_success(box: Sandbox) -> None:
    guide = update(box, "sizes", *sizes("Small"))
    assert notices(guide) == ["Added new size: S: Small to: Small Medium Large!"]
    box.knobs.shape = "reference"
    reference = etree.fromstring(update(box, "sizes", *sizes("Medium")).body)[0][0]
    assert (reference.tag, reference.text) == ("sizesUpdateResponse", "OK")
    assert [str(c.tag) for c in etree.fromstring(call(box, "events_Done", "<event>1</event>").body)[0]] == [
        "eventsDoneResponse"
    ]
    assert read(box)[0][0].tag == f"{{{NAMESPACE}}}events_Get"


def test_a_refusal_is_a_result_or_a_fault(box: Sandbox) -> None:
    response = update(box, "markets", {"id": "SE", "type": "other"})
    assert (response.status, len(errors(response))) == (200, 1)
    box.knobs.failure = "fault"
    response = update(box, "markets", {"id": "SE", "type": "other"})
    assert response.status == 500
    assert "expected one of retail, wholesale" in errors(response)[0]


def test_new_elements_in_replies_and_events(box: Sandbox) -> None:
    box.knobs.novelty = True
    response = update(box, "markets", {"id": "SE"})
    ok(response)
    assert b"traceid" in response.body
    assert b"revision" in etree.tostring(read(box))


def test_a_request_that_is_too_large_meets_413(box: Sandbox) -> None:
    box.knobs.max_bytes = 100
    response = box.handle(GOOD, {"soapaction": ACTION})
    assert (response.status, box.objects("market")) == (413, {})


def test_messages_hold_only_what_xml_can_carry(box: Sandbox) -> None:
    refused(update(box, "markets", {"id": "SE", "type": "<&>\U0001f600"}), "\U0001f600")


def test_knobs_are_checked() -> None:
    with pytest.raises(ValueError, match="shape"):
        Knobs(shape="square")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="colour"):
        Knobs.model_validate({"colour": "red"})


def test_the_same_seed_gives_the_same_request_ids() -> None:
    def first_id(seed: int) -> str:
        return new_box(seed=seed).handle(GOOD, {"soapaction": ACTION}).headers["X-Centra-Request-ID"]

    assert first_id(1) == first_id(1) != first_id(2)
