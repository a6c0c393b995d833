"""Ctrl-C in the middle of a run, a process that died, two at once: what is said, what is left, and how it goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from erp_sync.ledger import open_ledger
from erp_sync.plan import open_plan
from erp_sync.sandbox import Response, Server
from erp_sync.wiring import now
from tests.cli.conftest import Run

Edit = Callable[[str, str, str], None]
MAIN = threading.main_thread()


class Interrupter:
    """Interrupts the client, which is this process, when the n-th update was applied and before its reply."""

    def __init__(self, server: Server, countdown: int) -> None:
        self._handle, self._left = server.sandbox.handle, countdown
        server.sandbox.handle = self  # type: ignore[method-assign, assignment]

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> Response:
        response = self._handle(body, headers)
        self._left -= b"_Update" in body[:2000]
        if self._left == 0:
            assert MAIN.ident is not None
            signal.pthread_kill(MAIN.ident, signal.SIGINT)
        return response


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A shell has its background jobs ignore Ctrl-C, and these tests may be one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_leaves_a_true_ledger_and_a_plan_made_then_can_be_applied(
    erp_sync: Run, edit: Edit, sandbox: Server
) -> None:
    edit("erp-sync.yaml", "documents: 200", "documents: 1")
    Interrupter(sandbox, 3)
    said = erp_sync("sync", "--yes", "-q")
    assert said.code == 130
    assert said.err.endswith("Stopped. What was acknowledged is in the ledger; the next run goes on from there.\n")
    assert "partly" in erp_sync("status").out
    check = erp_sync("ledger", "check").out
    assert "nobody settled" not in check
    assert "in doubt" in check
    assert erp_sync("plan", "--out", "night.plan", "-q").code == 0
    said = erp_sync("apply", "night.plan", "-q")
    assert said.code == 0, said
    assert erp_sync("plan", "--exit-code", "-q").code == 0


@pytest.fixture
def died(erp_sync: Run, tmp_path: Path) -> str:
    """A ledger in which a run sent one record, and then was no more."""
    assert erp_sync("plan", "--out", "first.plan", "-q").code == 0
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    plan = open_plan(tmp_path / "first.plan")
    ledger = open_ledger(url, clock=now, beat_every=None)
    run = ledger.begin("some other plan")
    ledger.intend(run, list(plan.steps())[:1])
    ledger.close()
    return url


def test_a_plan_made_after_a_crash_knows_of_it_and_can_be_applied(
    erp_sync: Run, died: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder of the lease is this very process, so it counts as dead only once the lease is over."""
    held = erp_sync("plan", "--out", "early.plan", "-q")
    assert held.code == 0
    assert "sends that are not settled yet are not in this plan: the ledger is held by a run" in held.err
    monkeypatch.setattr("erp_sync.ledger.lease.Lease._is_dead", lambda *_: True)
    assert erp_sync("apply", "early.plan", "-q").code == 4
    assert erp_sync("plan", "--out", "night.plan", "-q").code == 0
    assert erp_sync("apply", "night.plan", "-q").code == 0


def test_one_run_at_a_time_and_a_plan_does_not_wait(erp_sync: Run, died: str) -> None:
    second = erp_sync("sync", "--yes", "-q")
    assert second.code == 1
    assert "the ledger is held by a run, process" in second.err
    assert "One run at a time." in second.err
    assert erp_sync("plan", "-q").code == 0
