"""The WSDL in an independent SOAP stack: PHP's SoapClient, and below its SoapServer."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from erp_sync.centra import CentraOptions, CentraTarget, wsdl
from erp_sync.centra.catalog import CATALOG
from erp_sync.centra.events import EventQueue
from erp_sync.model.outcome import ReplyKind
from erp_sync.sandbox import Options, Sandbox, serve
from tests.centra.http import NAMESPACE, answering, envelope, serving
from tests.centra.steps import step

PHP = Path(__file__).parent / "php"
LOGIN = {"username": "user", "password": "right"}


def php_has_soap() -> bool:
    if shutil.which("php") is None:
        return False
    return "soap" in subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout.split()


pytestmark = pytest.mark.skipif(
    not php_has_soap() and "CI" not in os.environ, reason="php with its soap extension is not installed"
)


def ask(endpoint: str, operation: str, **arguments: Any) -> Any:
    command = ["php", str(PHP / "client.php"), str(wsdl.shipped_wsdl()), endpoint, operation]
    ran = subprocess.run(
        [*command, json.dumps({"login": LOGIN, **arguments})], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(ran.stdout)


SIZE = {"id": "S", "warehouseitems": {"warehouse": [{"id": "W1", "qty": "3"}, {"id": "W2", "qty": "0"}]}}
PRODUCTS = {
    "product": [
        {"sku": "1", "description": "", "id": "P1", "variations": {"variation": [{"sizes": {"size": [SIZE]}}]}},
        {"id": "P2"},
    ]
}


def test_php_reads_the_guides_answer_and_sends_the_documented_tree() -> None:
    body = "<ns:result><ns:success>true</ns:success><ns:notices><ns:message>a</ns:message></ns:notices></ns:result>"
    with serving(answering(envelope(body))) as server:
        answer = ask(server.address, "products_Update", products=PRODUCTS)
        ((headers, sent),) = server.requests
    assert answer == {"reply": {"success": True, "notices": {"message": ["a"]}}}
    assert headers["SOAPAction"] == '"http://www.centra.com/webservices/Products_Update"'
    schema = next(
        s
        for s in etree.parse(str(wsdl.shipped_wsdl())).iter("{http://www.w3.org/2001/XMLSchema}schema")
        if s.get("targetNamespace") == NAMESPACE
    )
    request = etree.fromstring(sent.encode())[0][0]
    etree.XMLSchema(etree.fromstring(etree.tostring(schema))).assertValid(etree.fromstring(etree.tostring(request)))
    assert [e.text for e in request.iter(f"{{{NAMESPACE}}}qty")] == ["3", "0"]
    assert [e.text for e in request.iter(f"{{{NAMESPACE}}}description")] == [None]


def test_php_takes_the_references_answer_without_complaint() -> None:
    with serving(answering(envelope("<productsUpdateResponse>OK</productsUpdateResponse>"))) as server:
        assert ask(server.address, "products_Update", products=PRODUCTS) == {"reply": None}


def test_php_reads_a_fault() -> None:
    fault = "<s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring></s:Fault>"
    with serving(answering(envelope(fault), status=500)) as server:
        assert ask(server.address, "products_Update", products=PRODUCTS) == {"fault": "no"}


def test_php_reads_events_and_does_not_break_on_what_it_does_not_know() -> None:
    event = (
        "<ns:id>7</ns:id><ns:later>x</ns:later><ns:type>order</ns:type><ns:entry>12</ns:entry>"
        "<ns:data><ns:order><ns:id>12</ns:id><ns:later/></ns:order></ns:data>"
    )
    events = f"<ns:events_Get><ns:events><ns:event>{event}</ns:event></ns:events><ns:more/></ns:events_Get>"
    with serving(answering(envelope(events))) as server:
        answers = [
            ask(server.address, "events_Get", type="all"),
            ask(server.address, "events_GetByMarkets", type="all", markets={"market": [{"id": "SE"}]}),
        ]
        elements = [etree.QName(etree.fromstring(body.encode())[0][0]).localname for _, body in server.requests]
    assert elements == ["events_GetRequest", "events_GetByMarkets"]
    for answer in answers:
        (read,) = answer["reply"]["events"]["event"]
        assert (read["id"], read["type"], read["entry"]) == ("7", "order", "12")
        assert "<ns:later/>" in read["data"]["any"]


@contextmanager
def php_server(record: Path) -> Iterator[str]:
    """PHP's SoapServer on a port of its own; ``record`` gets what it was asked."""
    environment = {**os.environ, "WSDL": str(wsdl.shipped_wsdl()), "RECORD": str(record)}
    with subprocess.Popen(
        ["php", "-S", "127.0.0.1:0", str(PHP / "server.php")], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stderr is not None
            found = next(
                m for line in process.stderr if (m := re.search(r"\((http://127\.0\.0\.1:\d+)\) started", line))
            )
            yield found[1]
        finally:
            process.terminate()


def asked(record: Path) -> list[Any]:
    return [json.loads(line) for line in record.read_text().splitlines()]


def test_our_client_and_phps_server_understand_each_other(tmp_path: Path) -> None:
    record = tmp_path / "asked"
    with php_server(record) as address:
        target = CentraTarget(CentraOptions(address, "user", "right", connect_timeout=5, read_timeout=30))
        steps = [
            step("product", ("P1",), description="", folder__description="Åre / Över <2>"),
            step("stock", ("P1", "V1", "S", "W1"), qty="3"),
            step("stock", ("P1", "V1", "S", "W2"), qty="0"),
        ]
        reply = target.send("products_Update", [target.encode(steps)])
        assert (reply.kind, reply.notices) == (ReplyKind.APPLIED, ("products_Update was heard",))
        ((operation, request),) = asked(record)
        assert operation == "products_Update"
        assert request["products"]["product"] == [
            {
                "id": "P1",
                "description": "",
                "folder": {"description": "Åre / Över <2>"},
                "variations": {"variation": [{"id": "V1", "stockid": "V1", "sizes": {"size": [SIZE]}}]},
            }
        ]
        (event,) = EventQueue(target).read()
        assert (event.id, event.entry, event.date) == ("7", "12", "2019-03-27 12:52:20")
        record.unlink()

        for entity in CATALOG:
            if entity.parent is None:
                key = tuple(f"id of {part.name}" for part in entity.own_keys)
                assert (
                    target.send(entity.operation, [target.encode([step(entity.name, key)])]).kind is ReplyKind.APPLIED
                )
        assert [operation for operation, _ in asked(record)] == [e.operation for e in CATALOG if e.parent is None]

        wrong = CentraTarget(CentraOptions(address, "user", "wrong", connect_timeout=5, read_timeout=30))
        refused = wrong.send("products_Update", [wrong.encode(steps)])
        assert (refused.kind, refused.concerns_all) == (ReplyKind.REJECTED, True)


def test_phps_client_and_the_sandbox_understand_each_other() -> None:
    server = serve(Sandbox(Options(**LOGIN)), "127.0.0.1", 0)
    try:
        market = {"market": [{"id": "SE", "store": "1", "description": "Sverige & co"}]}
        answer = ask(server.endpoint, "markets_Update", markets=market)
        assert answer["reply"]["success"] is True
        assert (server.sandbox.get("market", "SE") or {})["description"] == "Sverige & co"
        (event,) = ask(server.endpoint, "events_Get", type="all")["reply"]["events"]["event"]
        assert (event["type"], event["entry"]) == ("market", "SE")
        assert ask(server.endpoint, "events_Done", event=[event["id"]])["reply"]["success"] is True
        assert "event" not in ask(server.endpoint, "events_Get", type="all")["reply"].get("events", {})
    finally:
        server.stop()
