"""The shipped WSDL: what it was written from, and whether schema processors and SOAP stacks take it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zeep.transports
from lxml import etree

from erp_sync.centra import wsdl
from erp_sync.errors import FixSettings
from tests.centra import tree, write_wsdl

XS = "{http://www.w3.org/2001/XMLSchema}"
NS = f"{{{wsdl.NAMESPACE}}}"
HAS_FACTS = pytest.mark.skipif(not tree.OPERATIONS.exists(), reason=f"{tree.OPERATIONS} is not there")


def load(namespace: str = wsdl.NAMESPACE, path: Path | None = None) -> zeep.Client:
    return wsdl.load_file(path or wsdl.shipped_wsdl(), namespace, zeep.transports.Transport())


def schemas() -> list[etree._Element]:
    return [etree.fromstring(etree.tostring(s)) for s in etree.parse(str(wsdl.shipped_wsdl())).iter(f"{XS}schema")]


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(next(s for s in schemas() if s.get("targetNamespace") == wsdl.NAMESPACE))


SAMPLES = {"string": "text", "int": "3", "boolean": "true"}


def filled(parent: etree._Element, facts: dict[str, Any]) -> etree._Element:
    """Every element of a documented tree, those that repeat twice."""
    for marked, below in facts.items():
        name = marked.removesuffix("[]")
        for _ in range(1 if name == marked else 2):
            element = etree.SubElement(parent, f"{NS}{name}")
            if isinstance(below, dict):
                filled(element, below)
            else:
                element.text = SAMPLES[below]
    return parent


def requests() -> Iterator[tuple[str, etree._Element]]:
    for operation, facts in tree.operations().items():
        login = {"login": {"username": "string", "password": "string"}}
        yield operation, filled(etree.Element(f"{NS}{facts['request_element']}"), {**login, **facts["request"]})


@HAS_FACTS
def test_the_file_is_what_is_written_from_the_facts() -> None:
    assert write_wsdl.TARGET.read_text(encoding="utf-8") == write_wsdl.write()


@HAS_FACTS
def test_every_documented_tree_is_valid(schema: etree.XMLSchema) -> None:
    seen = [operation for operation, request in requests() if schema.assertValid(request) is None]
    assert len(seen) == 17


@HAS_FACTS
def test_documented_actions_and_elements() -> None:
    known = wsdl.operations(load())
    for operation, facts in tree.operations().items():
        assert known[operation].soapaction == facts["soap_action"]
        assert known[operation].input.body.qname == f"{NS}{facts['request_element']}"
    assert known["events_Get"].output.body.qname == known["events_GetByMarkets"].output.body.qname == f"{NS}events_Get"


def test_every_schema_compiles() -> None:
    assert len([etree.XMLSchema(s) for s in schemas()]) == 2


@pytest.mark.parametrize(
    ("content", "valid"),
    [
        ("<product/>", True),
        ("<product><id>P</id><sku/></product><product/>", True),
        ("<product><sku/><id>P</id></product>", False),
        ("<product><id>P</id><id>Q</id></product>", False),
        ('<product><id>P</id><x:later xmlns:x="urn:later"/></product>', True),
    ],
)
def test_order_repetition_and_other_namespaces(schema: etree.XMLSchema, content: str, valid: bool) -> None:
    text = f'<products_Update xmlns="{wsdl.NAMESPACE}"><products>{content}</products></products_Update>'
    assert schema.validate(etree.fromstring(text)) is valid


@pytest.mark.parametrize(
    "answer",
    [
        "<result><success>true</success><notices><message>a</message><message>b</message></notices></result>",
        "<result><success>false</success><errors><message>no</message></errors></result>",
        "<events_Get/>",
        "<events_Get><events><event><id>1</id><data><order><new/></order></data></event><event/></events></events_Get>",
        "<events_Get><events/></events_Get>",
    ],
)
def test_answers_are_valid(schema: etree.XMLSchema, answer: str) -> None:
    wrapped = etree.fromstring(f'<any xmlns="{wsdl.NAMESPACE}">{answer}</any>')
    schema.assertValid(etree.fromstring(etree.tostring(wrapped[0])))


def test_the_references_answers_are_valid_in_no_namespace() -> None:
    reference = etree.XMLSchema(next(s for s in schemas() if s.get("targetNamespace") is None))
    assert reference.validate(etree.fromstring("<productsUpdateResponse>OK</productsUpdateResponse>"))
    assert reference.validate(etree.fromstring("<eventsDoneResponse>OK</eventsDoneResponse>"))


def test_another_namespace_goes_everywhere() -> None:
    client = load("urn:older")
    products = wsdl.operations(client)["products_Update"]
    assert products.input.body.qname == "{urn:older}products_Update"
    assert products.soapaction == "urn:olderProducts_Update"
    assert wsdl.request_trees(client) == wsdl.request_trees(load())


def test_a_wsdl_that_is_none_says_where(tmp_path: Path) -> None:
    with pytest.raises(FixSettings, match=r"missing\.wsdl: the WSDL cannot be read"):
        load(path=tmp_path / "missing.wsdl")
    page = tmp_path / "page.html"
    page.write_text("<html><body>Sign in</body></html>")
    with pytest.raises(FixSettings, match=r"page\.html: this is no WSDL"):
        load(path=page)
