"""Centra's service as its WSDL describes it: envelopes, SOAPActions, the structure of requests."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import zeep
import zeep.exceptions
import zeep.proxy
from zeep.wsdl.utils import etree_to_string

from erp_sync.centra import wsdl
from erp_sync.centra.catalog import CATALOG
from erp_sync.centra.envelope import Envelope, make_envelope
from erp_sync.centra.transport import QuietTransport
from erp_sync.errors import CannotSend, FixSettings

PREFIX: Final = "c"
_ROOTS: Final = {entity.operation: entity.element for entity in CATALOG if entity.parent is None}


class Service:
    """Makes messages; knows the login and shows it to nobody."""

    def __init__(self, client: zeep.Client, address: str, namespace: str, login: Mapping[str, str]) -> None:
        client.set_ns_prefix(PREFIX, namespace)  # type: ignore[no-untyped-call]
        self.prefix = PREFIX
        self.trees = wsdl.request_trees(client)
        self._client, self._login = client, dict(login)
        self._operations = wsdl.operations(client)
        binding = client.service._binding.name
        self._proxy: zeep.proxy.ServiceProxy = client.create_service(str(binding), address)  # type: ignore[no-untyped-call]
        self._envelopes: dict[str, Envelope] = {}
        self._lock = threading.Lock()

    def headers(self, operation: str) -> dict[str, str]:
        action = self._known(operation).soapaction
        return {"SOAPAction": f'"{action}"', "Content-Type": "text/xml; charset=utf-8"}

    def around(self, operation: str, documents: Sequence[bytes]) -> bytes:
        """The whole request of documents that the encoder made."""
        self._known(operation)
        with self._lock:
            if operation not in self._envelopes:
                element = _ROOTS[operation]
                self._envelopes[operation] = make_envelope(self._client, self._proxy, operation, element, self._login)
            return self._envelopes[operation].around(documents)

    def message(self, operation: str, content: Mapping[str, Any]) -> bytes:
        """The whole request of ``content``, by zeep's own objects. Raises CannotSend."""
        self._known(operation)
        with self._lock:
            try:
                message = self._client.create_message(  # type: ignore[no-untyped-call]
                    self._proxy, operation, login=self._login, **content
                )
            except (zeep.exceptions.ValidationError, TypeError, ValueError) as error:
                raise CannotSend(f"{operation}: {error}") from error
        written: bytes = etree_to_string(message)  # type: ignore[no-untyped-call]
        return written

    def _known(self, operation: str) -> Any:
        if operation not in self._operations:
            raise FixSettings(
                f"the WSDL has no operation {operation}",
                advice="Set `wsdl: shipped` to use the one that ships with the program.",
            )
        return self._operations[operation]


def open_service(
    address: str, path: Path | None, namespace: str, login: Mapping[str, str], transport: QuietTransport
) -> Service:
    """Load the WSDL from the file, or from the endpoint where ``path`` is None. Raises FixSettings, TryLater."""
    if path is None:
        client = wsdl.load_endpoint(address, namespace, transport)
    else:
        client = wsdl.load_file(path, namespace, transport)
    return Service(client, address, namespace, login)
