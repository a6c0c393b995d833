"""The WSDL: the file that ships with the program, and what it says of each request's structure."""

from __future__ import annotations

import io
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import requests
import zeep
import zeep.exceptions
import zeep.transports
from lxml import etree

from erp_sync.centra.transport import what_failed
from erp_sync.errors import FixSettings, Place, TryLater
from erp_sync.model.outcome import ReplyKind

NAMESPACE: Final = "http://www.centra.com/webservices/"

Tree = dict[str, "Tree | None"]
"""An element's children in the order that they go out; None for a leaf."""


def shipped_wsdl() -> Path:
    """Where ``centra.wsdl`` is: within the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "_data" / "wsdl" / "centra.wsdl"
    return installed if installed.exists() else package.parent / "wsdl" / "centra.wsdl"


def load_file(path: Path, namespace: str, transport: zeep.transports.Transport) -> zeep.Client:
    """The WSDL in ``path`` with ``namespace`` put in the place of its own, SOAPActions too.

    The older endpoints differ in the namespace and in nothing else (soap.md, "Transport"). Raises FixSettings.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FixSettings(
            f"the WSDL cannot be read: {error.strerror}",
            place=Place(str(path)),
            advice="Give the path of a WSDL file, or take the one that ships with the program.",
        ) from error
    try:
        own = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True)).get("targetNamespace")
        if own:
            content = content.replace(own.encode(), namespace.encode())
        settings = zeep.Settings(strict=True, forbid_external=True)
        client = zeep.Client(io.BytesIO(content), transport=transport, settings=settings)  # type: ignore[no-untyped-call]
    except (etree.XMLSyntaxError, zeep.exceptions.Error) as error:
        raise FixSettings(f"this is no WSDL that can be used: {error}", place=Place(str(path))) from error
    return _with_service(client, str(path))


def load_endpoint(address: str, namespace: str, transport: zeep.transports.Transport) -> zeep.Client:
    """The endpoint's own WSDL, at its address with ``?wsdl``. Raises TryLater, FixSettings."""
    url = f"{address}{'&' if '?' in address else '?'}wsdl"
    advice = "Set `wsdl: shipped` to use the one that ships with the program."
    try:
        client = zeep.Client(url, transport=transport)  # type: ignore[no-untyped-call]
    except requests.HTTPError as error:
        status = error.response.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS or status // 100 == 5:
            raise TryLater(f"the WSDL cannot be had: HTTP {status} from {url}") from error
        raise FixSettings(f"the WSDL cannot be had: HTTP {status} from {url}", advice=advice) from error
    except requests.RequestException as error:
        kind, message, _ = what_failed(error)
        if kind is ReplyKind.REJECTED:
            raise FixSettings(f"the WSDL cannot be had from {url}: {message}") from error
        raise TryLater(f"the WSDL cannot be had from {url}: {message}") from error
    except zeep.exceptions.Error as error:
        raise FixSettings(f"{url} is no WSDL that can be used: {error.message}", advice=advice) from error
    own = namespace_of(_with_service(client, url))
    if own != namespace:
        raise FixSettings(
            f"the WSDL at {url} has the namespace {own}, the settings have {namespace}",
            advice=f"Set `namespace: {own}`.",
        )
    return client


def _with_service(client: zeep.Client, where: str) -> zeep.Client:
    if not client.wsdl.services:
        raise FixSettings("this is no WSDL that can be used: it describes no service", place=Place(where))
    return client


def operations(client: zeep.Client) -> dict[str, Any]:
    """The first service's operations by name, as zeep's binding knows them."""
    return dict(client.service._binding._operations)


def namespace_of(client: zeep.Client) -> str:
    """The one that the requests are in."""
    return str(next(etree.QName(o.input.body.qname).namespace for o in operations(client).values()))


def request_trees(client: zeep.Client) -> dict[str, Tree]:
    """Each operation's request: the children of its request element, without the login."""
    trees = {name: _children(operation.input.body) for name, operation in operations(client).items()}
    for tree in trees.values():
        tree.pop("login", None)
    return trees


def _children(element: Any) -> Tree:
    return {
        child.name: _children(child) if getattr(child.type, "elements", None) else None
        for _, child in element.type.elements
        if child.name is not None  # a wildcard
    }
