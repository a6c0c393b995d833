"""The sandbox over HTTP/1.1, with persistent connections, and with connections that end badly on demand."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from lxml import etree

from erp_sync.sandbox.control import perform
from erp_sync.sandbox.knobs import ENDPOINT
from erp_sync.sandbox.pages import Page, show

if TYPE_CHECKING:
    from erp_sync.sandbox.replies import Response
    from erp_sync.sandbox.sandbox import Sandbox

WSDL_SOAP: Final = "{http://schemas.xmlsoap.org/wsdl/soap/}address"
ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset
MAX_BODY: Final = 512 * 1024 * 1024


class BadRequestError(Exception):
    """The HTTP around a request cannot be read."""


class Server(ThreadingHTTPServer):
    """A running sandbox. ``url`` is the address of its pages, ``endpoint`` of its SOAP API."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, host: str, port: int) -> None:
        self.sandbox = sandbox
        self._open: set[socket.socket] = set()
        self._stopped = threading.Event()
        super().__init__((host, port), Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="sandbox", daemon=True)

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def endpoint(self) -> str:
        return self.url + ENDPOINT

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection, then the state. May be called twice."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            _shut(connection)
        with self.sandbox.lock:
            self.sandbox.close()
        self._thread.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event; anything else is a bug and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Start serving; port 0 takes a free one. Raises OSError where the port is taken."""
    server = Server(sandbox, host, port)
    server.start()
    return server


class Handler(BaseHTTPRequestHandler):
    """One connection. Written in one piece each, so that no reply waits for an acknowledgement."""

    protocol_version = "HTTP/1.1"
    server_version = "CentraSandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 300
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        sandbox = self.server.sandbox
        if parts.path == ENDPOINT:
            if "wsdl" in {name.lower() for name in parse_qs(parts.query, keep_blank_values=True)}:
                self._wsdl()
            else:
                self._text(405, "This address takes POST, and GET with ?wsdl.", {"Allow": "POST"})
            return
        page = show(sandbox, unquote(parts.path), {k: v[-1] for k, v in parse_qs(parts.query).items()})
        if page is None:
            self._text(404, "There is nothing at this address.")
        else:
            self._page(page)

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        try:
            body = self._body()
        except BadRequestError as error:
            self.close_connection = True
            self._text(400, str(error))
            return
        if path == ENDPOINT:
            self._soap(body)
        elif path.startswith("/admin/"):
            self._admin(path.removeprefix("/admin/"), body)
        elif show(self.server.sandbox, unquote(path), {}) is not None:
            self._text(405, "This address takes GET only.", {"Allow": "GET, HEAD"})
        else:
            self._text(404, "There is nothing at this address.")

    def do_PUT(self) -> None:
        self.close_connection = True
        self._text(405, "No address takes this method.", {"Allow": "GET, HEAD, POST"})

    do_DELETE = do_PATCH = do_OPTIONS = do_PUT  # noqa: N815

    def _soap(self, body: bytes) -> None:
        if self.headers.get_content_type() != "text/xml":
            self._text(415, "SOAP 1.1 is sent as text/xml.")
            return
        response = self.server.sandbox.handle(body, dict(self.headers.items()))
        if response.delay:
            time.sleep(response.delay)
        if response.fault == "drop":
            self.close_connection = True
            _shut(self.connection)
        elif response.fault == "reset":
            self._reset(response)
        else:
            self._send(response.status, response.headers, response.body)

    def _reset(self, response: Response) -> None:
        """Some of the reply, then a reset; a pause lets the first part arrive before it."""
        self._send(response.status, response.headers, response.body)
        time.sleep(0.05)
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        self.connection.close()

    def _admin(self, action: str, body: bytes) -> None:
        if self.headers.get_content_type() != "application/json":
            self._text(415, "Send JSON, as application/json.")
            return
        status, answer = perform(self.server.sandbox, action, body)
        self._send(status, {"Content-Type": "application/json"}, json.dumps(answer, ensure_ascii=False).encode())

    def _wsdl(self) -> None:
        path = self.server.sandbox.options.wsdl
        if path is None:
            self._text(404, "This sandbox was started without a WSDL.")
            return
        tree = etree.parse(path)
        host = self.headers.get("Host") or self.server.url.removeprefix("http://")
        for address in tree.iter(WSDL_SOAP):
            address.set("location", f"http://{host}{ENDPOINT}")
        self._send(200, {"Content-Type": "text/xml; charset=utf-8"}, etree.tostring(tree, encoding="UTF-8"))

    def _page(self, page: Page) -> None:
        self._send(page.status, {"Content-Type": page.type, **SAFE}, page.body)

    def _text(self, status: int, text: str, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}, f"{text}\n".encode())

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        everything = {
            "Server": self.server_version,
            "Date": format_datetime(self.server.sandbox.now(), usegmt=True),
            "Content-Length": str(len(body)),
            **headers,
        }
        if self.close_connection:
            everything["Connection"] = "close"
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{k}: {v}" for k, v in everything.items())]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.wfile.write(head if self.command == "HEAD" else head + body)

    def _body(self) -> bytes:
        """By length or in chunks. Raises BadRequestError."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            raise BadRequestError("The length of the body is no number, or too large.")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise BadRequestError("The connection ended within the body.")
        return body

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        while True:
            size_text = self.rfile.readline(100).split(b";")[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError as error:
                raise BadRequestError("A chunk has no size.") from error
            parts.append(self.rfile.read(size))
            if size == 0:
                while self.rfile.readline(10_000).strip():
                    pass
                return b"".join(parts)
            self.rfile.readline(10)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr: the log is one of the pages."""


SAFE: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)
