"""The WSDL in an independent SOAP stack: PHP's SoapClient, and below its SoapServer."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from erp_sync.centra import wsdl
from tests.centra.http import NAMESPACE, answering, envelope, serving

PHP = Path(__file__).parent / "php"
LOGIN = {"username": "user", "password": "right"}


def php_has_soap() -> bool:
    if shutil.which("php") is None:
        return False
    return "soap" in subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout.split()


pytestmark = pytest.mark.skipif(not php_has_soap(), reason="php with its soap extension is not installed")


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
    with serving(
        answering(envelope(f"<ns:events_Get><ns:event>{event}</ns:event><ns:more/></ns:events_Get>"))
    ) as server:
        answers = [
            ask(server.address, "events_Get", type="all"),
            ask(server.address, "events_GetByMarkets", type="all", markets={"market": [{"id": "SE"}]}),
        ]
        elements = [etree.QName(etree.fromstring(body.encode())[0][0]).localname for _, body in server.requests]
    assert elements == ["events_GetRequest", "events_GetByMarkets"]
    for answer in answers:
        (read,) = answer["reply"]["event"]
        assert (read["id"], read["type"], read["entry"]) == ("7", "order", "12")
        assert "<ns:later/>" in read["data"]["any"]
