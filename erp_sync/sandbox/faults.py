"""What goes wrong between a client and Centra, by order or by a seeded schedule."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

RetryAfter = Literal["", "seconds", "date", "epoch"]


class FaultKind(StrEnum):
    """``Fault.applied`` says whether the request was worked on where that can go either way."""

    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    RESET = "reset"
    HTTP_500 = "http_500"
    HTTP_502 = "http_502"
    HTTP_503 = "http_503"
    HTTP_429 = "http_429"
    HTML = "html"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    SLOW = "slow"
    STRANGER = "stranger"
    OTHER_SHAPE = "other_shape"
    SOAP_FAULT = "soap_fault"
    REJECT = "reject"
    PARTIAL = "partial"
    PARTIAL_DROP = "partial_drop"
    MEDDLE = "meddle"


MEANINGS: Final[Mapping[FaultKind, str]] = {
    FaultKind.DROP_BEFORE: "the connection closes, nothing was applied",
    FaultKind.DROP_AFTER: "applied, then the connection closes without a reply",
    FaultKind.RESET: "applied, the connection is reset in the middle of the reply",
    FaultKind.HTTP_500: "Internal Server Error with a page, applied or not",
    FaultKind.HTTP_502: "Bad Gateway with a page, applied or not",
    FaultKind.HTTP_503: "Service Unavailable with a page, not applied",
    FaultKind.HTTP_429: "Too Many Requests with a page, not applied",
    FaultKind.HTML: "HTTP 200 with a page in place of XML, applied or not",
    FaultKind.EMPTY: "HTTP 200 with nothing in it, applied or not",
    FaultKind.TRUNCATED: "applied, the reply ends half-way, and its length says so too",
    FaultKind.SLOW: "applied, and answered after some seconds",
    FaultKind.STRANGER: "applied, the reply is one to another operation",
    FaultKind.OTHER_SHAPE: "applied, a success in the other of the two documented shapes",
    FaultKind.SOAP_FAULT: "not applied, a SOAP Fault that has nothing to do with the request",
    FaultKind.REJECT: "not applied, a refusal that has nothing to do with the request",
    FaultKind.PARTIAL: "the first half of the objects is applied, then a refusal",
    FaultKind.PARTIAL_DROP: "the first half is applied, then the connection closes without a reply",
    FaultKind.MEDDLE: "applied, but a Centra admin edits, creates or deletes something first",
}
NEVER_APPLIED: Final = frozenset(
    {FaultKind.DROP_BEFORE, FaultKind.HTTP_503, FaultKind.HTTP_429, FaultKind.SOAP_FAULT, FaultKind.REJECT}
)
EITHER_WAY: Final = frozenset({FaultKind.HTTP_500, FaultKind.HTTP_502, FaultKind.HTML, FaultKind.EMPTY})
STATUS: Final = {
    FaultKind.HTTP_500: (500, "Internal Server Error"),
    FaultKind.HTTP_502: (502, "Bad Gateway"),
    FaultKind.HTTP_503: (503, "Service Unavailable"),
    FaultKind.HTTP_429: (429, "Too Many Requests"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, for one request. ``seconds`` is the wait of SLOW, and what Retry-After asks for."""

    kind: FaultKind
    applied: bool = False
    retry_after: RetryAfter = ""
    seconds: float = 2.0

    def __post_init__(self) -> None:
        if self.kind in NEVER_APPLIED and self.applied:
            raise ValueError(f"a request that meets {self.kind} is never applied")
        if self.kind not in NEVER_APPLIED | EITHER_WAY:
            object.__setattr__(self, "applied", True)


@dataclass(frozen=True, slots=True)
class FaultSchedule:
    """Faults by chance, the same for the same seed: which one request n meets depends on the seed and n only.

    ``rates`` are shares of requests, 1 in all at the most. Raises ValueError.
    """

    seed: int
    rates: Mapping[FaultKind, float]
    seconds: float = 2.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rates", {FaultKind(kind): rate for kind, rate in self.rates.items()})
        if any(rate < 0 for rate in self.rates.values()) or sum(self.rates.values()) > 1 + 1e-9:
            raise ValueError("rates of faults are shares from 0 to 1, and 1 in all at the most")

    def fault(self, number: int) -> Fault | None:
        rng = random.Random(f"{self.seed}/{number}")  # noqa: S311  (a schedule is no secret)
        left = rng.random()
        for kind, rate in self.rates.items():
            left -= rate
            if left < 0:
                return self._detailed(kind, rng)
        return None

    def _detailed(self, kind: FaultKind, rng: random.Random) -> Fault:
        retry: RetryAfter = rng.choice(("", "seconds", "date", "epoch")) if kind in STATUS else ""
        return Fault(kind, kind in EITHER_WAY and rng.random() < 0.5, retry, self.seconds)


@dataclass(slots=True)
class FaultBox:
    """Which fault the next request meets: first those put in by hand, in order, then the schedule."""

    schedule: FaultSchedule | None = None
    waiting: deque[Fault | None] = field(default_factory=deque)

    def inject(self, *faults: Fault | FaultKind | str | None) -> None:
        """For the next requests, one each; None lets one pass unharmed."""
        self.waiting.extend(
            fault if fault is None or isinstance(fault, Fault) else Fault(FaultKind(fault)) for fault in faults
        )

    def next(self, number: int) -> Fault | None:
        if self.waiting:
            return self.waiting.popleft()
        return self.schedule.fault(number) if self.schedule else None

    def clear(self) -> None:
        self.schedule = None
        self.waiting.clear()


def parse_rates(texts: Iterable[str], seed: int = 0) -> FaultSchedule | None:
    """``drop_after:0.05`` and the like, as the command line takes them. Raises ValueError that says what is wrong."""
    rates: dict[FaultKind, float] = {}
    for text in texts:
        name, _, rate = text.partition(":")
        if name not in FaultKind.__members__.values():
            raise ValueError(f"no fault is called {name!r}; there are {', '.join(FaultKind)}")
        try:
            rates[FaultKind(name)] = float(rate) if rate else 0.1
        except ValueError as error:
            raise ValueError(f"{text!r}: expected KIND:RATE, as in drop_after:0.05") from error
    return FaultSchedule(seed, rates) if rates else None
