"""The envelope that zeep makes, cut open where the documents go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import zeep
import zeep.proxy
from lxml import etree
from zeep.wsdl.utils import etree_to_string


@dataclass(frozen=True, slots=True)
class Envelope:
    """One operation's request without its documents. It holds the login, so it shows nothing of itself."""

    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)
    prefix: str  # what zeep bound to Centra's namespace

    def around(self, documents: Sequence[bytes]) -> bytes:
        return b"".join([self.head, *documents, self.tail])


def make_envelope(
    client: zeep.Client, service: zeep.proxy.ServiceProxy, operation: str, element: str, login: dict[str, str]
) -> Envelope:
    """``element`` is the dotted path of the root record, ``products.product``: its list is left open."""
    container, _, record = element.partition(".")
    content: dict[str, Any] = {container: {record: [{}]}}
    message = client.create_message(service, operation, login=login, **content)  # type: ignore[no-untyped-call]
    opened = message[-1][0][-1]  # of the body's request element the list, which stands after the login
    opened[:] = [etree.Comment("documents")]
    written: bytes = etree_to_string(message)  # type: ignore[no-untyped-call]
    head, _, tail = written.partition(b"<!--documents-->")
    return Envelope(head, tail, opened.prefix)
