"""SOAP 1.1, document/literal, as Centra speaks it: envelopes in, results and Faults out (soap.md, "Transport")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from erp_sync.sandbox.shapes import local_name

SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
EVENT_READERS: Final = ("events_Get", "events_GetByMarkets")
REQUEST_ELEMENTS: Final = {"events_GetRequest": "events_Get"}  # every other element is named as its operation


class Fault(Exception):
    """What makes a SOAP Fault. ``code`` is Client, Server or VersionMismatch."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


@dataclass(slots=True)
class Call:
    """A request that is SOAP and names an operation: ``login`` is None where it is not the first child."""

    operation: str
    element: etree._Element
    login: tuple[str, str] | None
    parts: list[etree._Element] = field(default_factory=list)  # what follows the login


@dataclass(frozen=True, slots=True)
class Result:
    """What the operation came to. ``events`` are rendered; None for operations that read none."""

    success: bool
    errors: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    events: str | None = None


def parse(body: bytes, headers: Mapping[str, str], namespace: str, operations: Iterable[str]) -> Call:
    """Headers' names are lower case. Raises Fault for all that is wrong before the login is looked at."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Fault("Client", f"Bad request: not well-formed XML: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Fault("Client", "Bad request: a document type is not allowed")
    if local_name(str(root.tag)) == "Envelope" and root.tag != f"{{{SOAP_11}}}Envelope":
        raise Fault("VersionMismatch", "Wrong version: this is a SOAP 1.1 service")
    bodies = root.findall(f"{{{SOAP_11}}}Body")
    if root.tag != f"{{{SOAP_11}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise Fault("Client", "Bad request: no envelope with one body that holds one element")
    element = bodies[0][0]
    if etree.QName(element).namespace != namespace:
        raise Fault("Client", f"Bad request: {local_name(str(element.tag))} is not in namespace {namespace}")
    name = local_name(str(element.tag))
    operation = REQUEST_ELEMENTS.get(name, name)
    if operation not in operations or name in REQUEST_ELEMENTS.values():
        raise Fault("Client", f"Function {name!r} is not a valid method for this service")
    wanted = f"{namespace}{operation[0].upper()}{operation[1:]}"
    if headers.get("soapaction", "").strip() != f'"{wanted}"':
        raise Fault("Client", f'SOAPAction must be "{wanted}" for {name}')
    if element.xpath("boolean(.//*[*]/text()[normalize-space()]) or boolean(.//@*)"):
        raise Fault("Client", "Bad request: text beside elements, or an attribute, where there must be none")
    return Call(operation, element, _login(element, namespace), list(element)[1:])


def _login(element: etree._Element, namespace: str) -> tuple[str, str] | None:
    if len(element) == 0 or element[0].tag != f"{{{namespace}}}login":
        return None
    login = element[0]
    return (
        login.findtext(f"{{{namespace}}}username") or "",
        login.findtext(f"{{{namespace}}}password") or "",
    )


def envelope(body: str, namespace: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP_11}" xmlns:ns1="{escape(namespace)}">\n'
        f"  <SOAP-ENV:Body>\n{body}\n  </SOAP-ENV:Body>\n</SOAP-ENV:Envelope>\n"
    ).encode()


def render_result(result: Result, *, novelty: bool) -> str:
    """The guide's shape."""
    new = "<ns1:traceid>1</ns1:traceid>" if novelty else ""
    return (
        f"<ns1:result><ns1:success>{'true' if result.success else 'false'}</ns1:success>"
        f"{_messages('errors', result.errors)}{_messages('notices', result.notices)}{new}</ns1:result>"
    )


def _messages(name: str, messages: tuple[str, ...]) -> str:
    inner = "".join(f"<ns1:message>{escape(printable(m))}</ns1:message>" for m in messages)
    return f"<ns1:{name}>{inner}</ns1:{name}>" if inner else f"<ns1:{name}/>"


def render_reference(element: str) -> str:
    """The reference's shape, in no namespace."""
    return f"<{element}>OK</{element}>"


def render_fault(code: str, message: str) -> str:
    return (
        f"<SOAP-ENV:Fault><faultcode>SOAP-ENV:{code}</faultcode>"
        f"<faultstring>{escape(printable(message))}</faultstring></SOAP-ENV:Fault>"
    )


def printable(text: str) -> str:
    """Without what XML 1.0 cannot carry."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
