"""HTTP as zeep's transport does it, but quiet about bodies, which hold the login."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Final

import requests
import zeep.transports
from urllib3.exceptions import HTTPError, LocationValueError, NewConnectionError, ProxyError

from erp_sync.model.outcome import ReplyKind

_HANDSHAKE: Final = frozenset(
    {
        "CERTIFICATE_VERIFY_FAILED",
        "HTTP_REQUEST",
        "NO_PROTOCOLS_AVAILABLE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "TLSV1_UNRECOGNIZED_NAME",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)
"""OpenSSL's reasons that come up only while a connection is being agreed on, before any of the request is sent."""


class QuietTransport(zeep.transports.Transport):
    """zeep's own logs every body at level DEBUG. This one logs nothing, and follows no redirect away from a POST."""

    def __init__(self, *, connect_timeout: float, read_timeout: float, verify: bool | str, connections: int) -> None:
        timeouts = (connect_timeout, read_timeout)
        session = requests.Session()
        session.verify = verify
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=connections)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        super().__init__(timeout=timeouts, operation_timeout=timeouts, session=session)  # type: ignore[no-untyped-call]

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> requests.Response:
        """Raises requests.RequestException, and nothing else that urllib3 knows."""
        try:
            return self.session.post(
                address, data=message, headers=dict(headers), timeout=self.operation_timeout, allow_redirects=False
            )
        except LocationValueError as error:  # requests lets it through
            raise requests.exceptions.InvalidURL(str(error)) from error
        except HTTPError as error:
            raise requests.ConnectionError(error) from error


def what_failed(error: requests.RequestException) -> tuple[ReplyKind, str, bool]:
    """Kind, message and whether it concerns all, for a request that brought no whole HTTP reply.

    Only what certainly never reached Centra is RETRY_LATER; the rest may have been applied.
    """
    if isinstance(error, ValueError):  # requests' own kind for an address or a header that cannot be used
        return ReplyKind.REJECTED, "the endpoint's address cannot be used; nothing was sent", True
    causes = _causes(error)
    if any(_tls_reason(cause) in _HANDSHAKE for cause in causes):
        return ReplyKind.REJECTED, f"no TLS connection ({_why(causes)}); nothing was sent", True
    if isinstance(error, requests.ConnectTimeout):
        return ReplyKind.RETRY_LATER, "no connection within the time-out; nothing was sent", False
    if any(isinstance(cause, NewConnectionError | ProxyError) for cause in causes):
        return ReplyKind.RETRY_LATER, f"no connection ({_why(causes)}); nothing was sent", False
    if isinstance(error, requests.Timeout):
        return ReplyKind.IN_DOUBT, "sent, and no reply within the time-out", False
    return ReplyKind.IN_DOUBT, f"sent, and the connection broke before the reply was whole ({_why(causes)})", False


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that it was made of: requests and urllib3 nest them as arguments and as reasons."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [*cause.args, cause.__cause__, cause.__context__, getattr(cause, "reason", None)]
    return found


def _tls_reason(cause: BaseException) -> str:
    return getattr(cause, "reason", None) or "" if isinstance(cause, ssl.SSLError) else ""


def _why(causes: list[BaseException]) -> str:
    """The operating system's own words where there are any: what requests says names machines and objects."""
    for cause in causes:
        if reason := _tls_reason(cause):
            return reason.replace("_", " ").lower()
        if isinstance(cause, OSError) and cause.strerror and not isinstance(cause, requests.RequestException):
            return cause.strerror
    return type(causes[-1]).__name__
