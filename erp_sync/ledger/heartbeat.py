"""The thread that keeps a lease alive while its process lives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from erp_sync.errors import ErpSyncError


class Heartbeat:
    """``every`` None: no thread; whoever holds the ledger calls ``beat`` (a simulation drives its own clock)."""

    def __init__(self, every: timedelta | None) -> None:
        self._every = every
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.failure: ErpSyncError | None = None

    def start(self, beat: Callable[[], None]) -> None:
        if self._every is None:
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, args=(beat,), name="ledger heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _run(self, beat: Callable[[], None]) -> None:
        assert self._every is not None
        while not self._stop.wait(self._every.total_seconds()):
            try:
                beat()
                self.failure = None
            except ErpSyncError as error:
                # One beat may be missed, the server may be back for the next. When the lease was lost meanwhile, the
                # next write says so: this thread cannot stop a send, and need not.
                self.failure = error
