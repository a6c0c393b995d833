"""Writes wsdl/centra.wsdl from soap-operations.yaml: ``python -m tests.centra.write_wsdl``.

The shape of the types, and why they end in a wildcard for other namespaces only, is decided in
docs/decisions/0101-an-open-wsdl.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.centra.tree import OPERATIONS, operations

TARGET = Path(__file__).parents[2] / "wsdl" / "centra.wsdl"
NAMESPACE = "http://www.centra.com/webservices/"
ADDRESS = "https://NAME.centra.com/ams/system/service/module/soap/api"
_TYPES = {"string": "xs:string", "int": "xs:int", "boolean": "xs:boolean"}
_OPEN = '<xs:any namespace="##other" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>'

_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- Centra's SOAP API: all operations of its public reference and its ERP integration guide, elements in their order.
     Written from soap-operations.yaml by `python -m tests.centra.write_wsdl`: change that, not this.
     Every element is optional. -->
<wsdl:definitions name="centra" targetNamespace="{NAMESPACE}"
    xmlns:tns="{NAMESPACE}" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">"""

_SHARED = f"""\
<xs:complexType name="login">
  <xs:sequence>
    <xs:element name="username" type="xs:string" minOccurs="0"/>
    <xs:element name="password" type="xs:string" minOccurs="0"/>
  </xs:sequence>
</xs:complexType>
<xs:complexType name="messages">
  <xs:sequence>
    <xs:element name="message" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
    {_OPEN}
  </xs:sequence>
</xs:complexType>
<!-- the guide's answer to every update and to events_Done -->
<xs:element name="result">
  <xs:complexType>
    <xs:sequence>
      <xs:element name="success" type="xs:boolean" minOccurs="0"/>
      <xs:element name="errors" type="tns:messages" minOccurs="0"/>
      <xs:element name="notices" type="tns:messages" minOccurs="0"/>
      {_OPEN}
    </xs:sequence>
  </xs:complexType>
</xs:element>
<!-- the answer to both reads of events; `data` holds the object as its update operation would -->
<xs:element name="events_Get">
  <xs:complexType>
    <xs:sequence>
      <xs:element name="events" minOccurs="0">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="event" minOccurs="0" maxOccurs="unbounded">
              <xs:complexType>
                <xs:sequence>
                  <xs:element name="id" type="xs:string" minOccurs="0"/>
                  <xs:element name="type" type="xs:string" minOccurs="0"/>
                  <xs:element name="entry" type="xs:string" minOccurs="0"/>
                  <xs:element name="mission" type="xs:string" minOccurs="0"/>
                  <xs:element name="date" type="xs:string" minOccurs="0"/>
                  <xs:element name="data" minOccurs="0">
                    <xs:complexType>
                      <xs:sequence>
                        <xs:any namespace="##any" processContents="skip" minOccurs="0" maxOccurs="unbounded"/>
                      </xs:sequence>
                    </xs:complexType>
                  </xs:element>
                  {_OPEN}
                </xs:sequence>
              </xs:complexType>
            </xs:element>
            {_OPEN}
          </xs:sequence>
        </xs:complexType>
      </xs:element>
      {_OPEN}
    </xs:sequence>
  </xs:complexType>
</xs:element>"""


def write() -> str:
    """The whole file's text."""
    facts = operations()
    return "\n".join([_HEAD, *_indented(_body(facts), 2), "</wsdl:definitions>", ""])


def _body(facts: dict[str, Any]) -> Iterator[str]:
    yield "<wsdl:types>"
    yield from _indented(_answers(facts), 2)
    yield from _indented(_requests(facts), 2)
    yield "</wsdl:types>"
    for operation, fact in facts.items():
        yield from _message(f"{operation}_request", f"tns:{fact['request_element']}")
        yield from _message(f"{operation}_response", _declared_answer(fact))
    yield '<wsdl:portType name="centra">'
    for operation in facts:
        yield f'  <wsdl:operation name="{operation}">'
        yield f'    <wsdl:input message="tns:{operation}_request"/>'
        yield f'    <wsdl:output message="tns:{operation}_response"/>'
        yield "  </wsdl:operation>"
    yield "</wsdl:portType>"
    yield '<wsdl:binding name="centra" type="tns:centra">'
    yield '  <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
    for operation, fact in facts.items():
        yield f'  <wsdl:operation name="{operation}">'
        yield f'    <soap:operation soapAction="{fact["soap_action"]}"/>'
        yield '    <wsdl:input><soap:body use="literal"/></wsdl:input>'
        yield '    <wsdl:output><soap:body use="literal"/></wsdl:output>'
        yield "  </wsdl:operation>"
    yield "</wsdl:binding>"
    yield '<wsdl:service name="centra">'
    yield f'  <wsdl:port name="centra" binding="tns:centra"><soap:address location="{ADDRESS}"/></wsdl:port>'
    yield "</wsdl:service>"


def _declared_answer(fact: dict[str, Any]) -> str:
    answer = fact["sample_response_element"]
    return "tns:result" if answer["namespace"] == "none" else f"tns:{answer['name']}"


def _answers(facts: dict[str, Any]) -> Iterator[str]:
    yield "<!-- the reference's answer to updates and events_Done, in no namespace: OK -->"
    yield "<xs:schema>"
    for fact in facts.values():
        if (answer := fact["sample_response_element"])["namespace"] == "none":
            yield f'  <xs:element name="{answer["name"]}" type="xs:string"/>'
    yield "</xs:schema>"


def _requests(facts: dict[str, Any]) -> Iterator[str]:
    yield f'<xs:schema targetNamespace="{NAMESPACE}" elementFormDefault="qualified">'
    yield from _indented(_SHARED.splitlines(), 2)
    for fact in facts.values():
        yield f'  <xs:element name="{fact["request_element"]}">'
        yield from _indented(_type({"login": "login", **fact["request"]}), 4)
        yield "  </xs:element>"
    yield "</xs:schema>"


def _type(tree: dict[str, Any]) -> Iterator[str]:
    yield "<xs:complexType>"
    yield "  <xs:sequence>"
    for marked, below in tree.items():
        name = marked.removesuffix("[]")
        occurs = 'minOccurs="0"' + (' maxOccurs="unbounded"' if name != marked else "")
        if isinstance(below, dict):
            yield f'    <xs:element name="{name}" {occurs}>'
            yield from _indented(_type(below), 6)
            yield "    </xs:element>"
        else:
            yield f'    <xs:element name="{name}" type="{_TYPES.get(below, f"tns:{below}")}" {occurs}/>'
    yield f"    {_OPEN}"
    yield "  </xs:sequence>"
    yield "</xs:complexType>"


def _message(name: str, element: str) -> Iterator[str]:
    yield f'<wsdl:message name="{name}"><wsdl:part name="body" element="{element}"/></wsdl:message>'


def _indented(lines: Any, by: int) -> Iterator[str]:
    return (" " * by + line for line in lines)


if __name__ == "__main__":
    if not OPERATIONS.exists():
        sys.exit(f"{OPERATIONS} is not there: nothing to write from")
    TARGET.write_text(write(), encoding="utf-8")
