"""Tiny HTTP servers on a port of their own, answering as a test says."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAMESPACE = "http://www.centra.com/webservices/"


def envelope(body: str) -> str:
    """A SOAP reply; prefix ``ns`` is bound to Centra's namespace."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:ns="{NAMESPACE}"><s:Body>{body}</s:Body></s:Envelope>'
    )


@dataclass
class Server:
    address: str
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)  # headers, body


Answer = Callable[[BaseHTTPRequestHandler], None]


def answering(body: str | bytes, *, status: int = 200, **headers: str) -> Answer:
    """A whole, well-behaved HTTP reply; an underscore in a header's name stands for a dash."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        content = body.encode() if isinstance(body, str) else body
        handler.send_response(status)
        for name, value in {"Content-Type": "text/xml; charset=utf-8", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def cut_short(handler: BaseHTTPRequestHandler, content: bytes, promised: int) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/xml; charset=utf-8")
    handler.send_header("Content-Length", str(promised))
    handler.end_headers()
    handler.wfile.write(content)
    handler.wfile.flush()


def truncated(body: str) -> Answer:
    """Half of the body, though all of it was promised, and the connection closed in an orderly way."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        cut_short(handler, body.encode()[: len(body) // 2], len(body.encode()))
        handler.close_connection = True

    return answer


def resetting(body: str) -> Answer:
    """Half of the body, and then a TCP reset."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        cut_short(handler, body.encode()[: len(body) // 2], len(body.encode()))
        reset(handler)

    return answer


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Closing with unread time to linger makes the kernel send RST instead of FIN."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def dropping(handler: BaseHTTPRequestHandler) -> None:
    """The request was read; no byte of a reply."""
    handler.close_connection = True


def slow(seconds: float, then: Answer) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        with suppress(OSError):  # the client is gone by now
            then(handler)

    return answer


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            server.requests.append((dict(self.headers.items()), body))
            answer(self)

        def do_GET(self) -> None:
            server.requests.append((dict(self.headers.items()), ""))
            answer(self)

        def finish(self) -> None:
            with suppress(OSError):  # a connection that was reset cannot be flushed
                super().finish()

        def log_message(self, *args: object) -> None:
            """Quiet: pytest shows what matters."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server = Server(f"http://127.0.0.1:{listener.server_address[1]}/soap/api")
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
