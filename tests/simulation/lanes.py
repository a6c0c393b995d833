"""Several requests at once, and yet the same story for the same seed: threads of which one runs at a time.

A lane may give way where it waits for the network, and nowhere else; which one goes on is drawn by lot.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from erp_sync.apply import run

_HERE = threading.local()


class _Landing(Future[Any]):
    """Knows whose turn it is to be taken until it is done."""

    def __init__(self, pool: LanePool) -> None:
        super().__init__()
        self.pool = pool


class _Lane:
    def __init__(self, pool: LanePool, work: Callable[[], Any]) -> None:
        self._pool, self._work = pool, work
        self.future = _Landing(pool)
        self.go, self.over = threading.Semaphore(0), False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.go.acquire()
        _HERE.lane = self
        try:
            self.future.set_result(self._work())
        except BaseException as error:  # noqa: BLE001  (the pool's owner gets it, as from a real pool)
            self.future.set_exception(error)
        self.over = True
        self._pool.back.release()

    def pause(self) -> None:
        self._pool.back.release()
        self.go.acquire()


class LanePool:
    """Stands in for ThreadPoolExecutor."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._lanes = rng, list[_Lane]()
        self.back = threading.Semaphore(0)

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future[Any]:
        lane = _Lane(self, lambda: work(*arguments))
        self._lanes.append(lane)
        return lane.future

    def turn(self) -> None:
        lane = self._rng.choice(self._lanes)
        lane.go.release()
        self.back.acquire()
        if lane.over:
            self._lanes.remove(lane)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        while self._lanes:
            self.turn()


def pause() -> None:
    """To be called where a thread would wait for the network."""
    lane = getattr(_HERE, "lane", None)
    if lane is not None:
        lane.pause()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Another process has the stage: no lane of the one that waits may go on meanwhile."""
    lane, _HERE.lane = getattr(_HERE, "lane", None), None
    try:
        yield
    finally:
        _HERE.lane = lane


@contextmanager
def by_lot(rng: random.Random) -> Iterator[None]:
    """Runs within use lanes in place of threads."""

    def wait(futures: Iterable[_Landing], **_: Any) -> tuple[list[_Landing], list[_Landing]]:
        waiting = list(futures)
        while not any(f.done() for f in waiting):
            waiting[0].pool.turn()
        return [f for f in waiting if f.done()], [f for f in waiting if not f.done()]

    with patch.object(run, "ThreadPoolExecutor", lambda _: LanePool(rng)), patch.object(run, "wait", wait):
        yield
