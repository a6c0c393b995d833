"""What the replies so far say about the next request: how large it may be, and whether there should be one at all."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from threading import Event, Lock

from erp_sync.apply.options import SendOptions
from erp_sync.model.outcome import Reply, ReplyKind

_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|\S*\d\S*")  # quoted words and ids: what differs from record to record


class Pace:
    """Shared by all requests of a run, from whatever thread.

    ``ended`` says why nothing more is sent: Centra is down, or refuses for a reason that concerns all.
    """

    def __init__(self, options: SendOptions) -> None:
        self._options, self._lock = options, Lock()
        self._size, self._failures = options.documents, 0
        self._refused: dict[str, tuple[str, int]] = defaultdict(lambda: ("", 0))
        self._given_up: dict[str, str] = {}
        self._over = Event()
        self.ended = ""

    def most(self, *, doubtful: bool) -> int:
        """Documents in a request. What was once sent without a reply goes in small requests: a request that always
        takes too long would do so every night."""
        return max(1, self._size // 4) if doubtful else self._size

    def note(self, reply: Reply) -> None:
        """Take a reply into account."""
        with self._lock:
            if reply.kind in (ReplyKind.APPLIED, ReplyKind.REJECTED):
                self._failures = 0
            else:
                self._failures += 1
            if reply.kind is ReplyKind.APPLIED:
                self._size = min(self._options.documents, self._size + max(1, self._size // 4))
            elif reply.kind is ReplyKind.IN_DOUBT:
                self._size = max(1, self._size // 2)
            elif reply.kind is ReplyKind.REJECTED and reply.concerns_all:
                self._end(f"Centra refuses everything: {'; '.join(reply.messages) or 'without a reason'}")
            if self._failures >= self._options.circuit and not self.ended:
                last = "; ".join(reply.messages) or "no reply"
                self._end(f"Centra is away: {self._failures} sends in a row failed, the last with: {last}")

    def end(self, reason: str) -> None:
        with self._lock:
            self._end(self.ended or reason)

    def idle(self, seconds: float) -> None:
        """Wait, or until the run has ended: nobody who breaks it off waits for what Centra had asked for."""
        self._over.wait(seconds)

    def accepted(self, operation: str) -> None:
        with self._lock:
            self._refused.pop(operation, None)

    def refused(self, operation: str, messages: Sequence[str]) -> None:
        """One record stands refused. Many in a row for the same reason, and none accepted: give the operation up."""
        words = _PARTICULAR.sub("…", "; ".join(messages))
        with self._lock:
            before, count = self._refused[operation]
            count = count + 1 if words == before else 1
            self._refused[operation] = words, count
            if count >= self._options.hopeless:
                said = "; ".join(messages)
                self._given_up[operation] = f"{operation} was given up: {count} records in a row were refused: {said}"

    def why_not(self, operation: str) -> str:
        """Why nothing of this operation is sent any more; empty while it is."""
        return self.ended or self._given_up.get(operation, "")

    def _end(self, reason: str) -> None:
        self.ended = reason
        self._over.set()
