"""A cable between a client and a server that a test can cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Cable:
    def __init__(self, host: str, port: int, cut_after: int | None, *, listening: bool = True) -> None:
        self._target = (host, port)
        self._left = cut_after
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))  # nobody else gets the port, and nobody is let in yet
        self.port = int(self._listener.getsockname()[1])
        self._ends: list[socket.socket] = []
        if listening:
            self.listen()

    def listen(self) -> None:
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._ends += [client, server]
                for a, b in ((client, server), (server, client)):
                    threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                if self._left is not None:
                    self._left -= len(data)
                    if self._left < 0:
                        self.cut()
                other.sendall(data)

    def cut(self) -> None:
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def cable(host: str, port: int, cut_after: int | None = None) -> Iterator[Cable]:
    """``cut_after``: so many bytes, of both directions."""
    made = Cable(host, port, cut_after)
    try:
        yield made
    finally:
        made.cut()
