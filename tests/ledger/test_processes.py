"""Real processes: who gets the lease, who takes it over, and what a kill leaves behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from erp_sync.errors import TryLater
from erp_sync.ledger import SqlLedger, open_ledger, open_reader
from erp_sync.ledger.process import Holder, provably_dead, this_process
from erp_sync.model.change import Baseline
from erp_sync.model.key import join_key
from erp_sync.testing.ledger import SteppedClock

ROOT = Path(__file__).parents[2]


class Child:
    def __init__(self, url: str, mode: str, expires: float = 60.0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.ledger.child", url, mode, str(expires)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.says() == "opened"

    def tell(self, number: int = 0) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)


@contextmanager
def child(url: str, mode: str, expires: float = 60.0) -> Iterator[Child]:
    one = Child(url, mode, expires)
    try:
        yield one
    finally:
        one.kill()
        for pipe in (one.process.stdin, one.process.stdout):
            assert pipe is not None
            pipe.close()


def now() -> datetime:
    return datetime.now(UTC)


def opened(url: str) -> SqlLedger:
    return open_ledger(url, clock=now, beat_every=None)


def test_of_processes_that_race_one_gets_the_lease(ledger_url: str) -> None:
    with child(ledger_url, "race") as one, child(ledger_url, "race") as two, child(ledger_url, "race") as three:
        racers = (one, two, three)
        for racer in racers:
            racer.tell()
        said = [racer.says() for racer in racers]
        winners = [r for r, words in zip(racers, said, strict=True) if words.startswith("began")]
        assert len(winners) == 1, said
        for words in said:
            if not words.startswith("began"):
                assert words.startswith("refused TryLater")
                assert f"process {winners[0].process.pid} on" in words
        winners[0].tell()
        assert winners[0].says() == "finished"
    ledger = opened(ledger_url)
    assert [r.status for r in ledger.runs()] == ["done"]
    ledger.close()


def test_two_processes_may_make_the_same_new_ledger(ledger_url: str) -> None:
    command = [sys.executable, "-m", "tests.ledger.child", ledger_url, "race"]
    both = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate("0\n0\n")[0].splitlines()[0] for process in both]
    assert said == ["opened", "opened"]
    assert open_reader(ledger_url, now).id


def test_the_lease_of_a_killed_process_is_taken_over_and_its_send_is_in_doubt(ledger_url: str) -> None:
    with child(ledger_url, "hold") as holder:
        holder.tell()
        assert holder.says().startswith("began")
        assert holder.says() == "intended"
        ledger = opened(ledger_url)
        with pytest.raises(TryLater, match=f"process {holder.process.pid} on"):
            ledger.begin("another")
        holder.kill()
        run = ledger.begin("another")
        assert ledger.baselines("product", ["P1"])["P1"].doubtful == {"description"}
        assert [r.status for r in ledger.runs()] == ["running", "crashed"]
        ledger.finish(run, "done", {})
        ledger.close()


def test_a_stopped_process_loses_the_lease_and_cannot_write_when_it_wakes(ledger_url: str) -> None:
    with child(ledger_url, "work", expires=1.0) as worker:
        worker.tell()
        while worker.says() != "settled 3":
            continue
        worker.signal(signal.SIGSTOP)
        ledger = opened(ledger_url)
        run = None
        while run is None:
            try:
                run = ledger.begin("another")
            except TryLater:
                continue
        known = {b.key: b for some in ledger.scan("product") for b in some}
        worker.signal(signal.SIGCONT)
        worker.process.wait()
        assert worker.process.returncode == 1
        assert {b.key: b for some in ledger.scan("product") for b in some} == known
        ledger.finish(run, "done", {})
        ledger.close()


def test_a_heartbeat_keeps_the_lease_of_a_process_that_only_waits(ledger_url: str) -> None:
    with child(ledger_url, "hold", expires=1.0) as holder:
        holder.tell()
        assert holder.says().startswith("began")
        ledger = opened(ledger_url)
        first = ledger.holder()
        assert first is not None
        beats = set()
        while len(beats) < 8:  # more than the lease's length of beats, a sixth of it each
            held = ledger.holder()
            assert held is not None
            beats.add(held.beat_at)
        with pytest.raises(TryLater):
            ledger.begin("another")
        assert max(beats) - first.taken_at > timedelta(seconds=1)
        ledger.close()


def test_whatever_is_killed_leaves_a_true_ledger(ledger_url: str) -> None:
    """What the child said it settled is known; what it may have sent beyond that is known, or in doubt."""
    chance = random.Random(int(os.environ.get("ERP_SYNC_SEED", "1")))
    settled, generation = -1, 0
    for cut in range(int(os.environ.get("ERP_SYNC_CUTS", "5"))):
        with child(ledger_url, "work") as worker:
            worker.tell(settled + 1)
            said = [worker.says() for _ in range(chance.randrange(1, 60))]
            worker.kill()
            assert worker.process.stdout is not None
            said += worker.process.stdout.read().split("\n")[:-1]
        settled = max([int(line.split()[1]) for line in said if line.startswith("settled")], default=settled)
        ledger = opened(ledger_url)
        ledger.finish(ledger.begin(f"after {cut}"), "done", {})
        known = {b.key: b for some in ledger.scan("product") for b in some}
        settled = _true(known, settled, was_sent=said[-1].startswith("sent"))
        assert ledger.generation() > generation
        generation = ledger.generation()
        assert "running" not in {r.status for r in ledger.runs(200)}
        ledger.close()


def _true(known: dict[str, Baseline], settled: int, *, was_sent: bool) -> int:
    """The last batch that is settled indeed: a kill may come between the commit and the child's word for it."""
    reached = settled
    for product in range(7):
        last = max((n for n in range(settled + 1) if n % 7 == product), default=None)
        for part in range(5):
            record = known.get(join_key((f"P{product}", f"V{part}")))
            value = record.fields.get("description") if record else None
            doubtful = bool(record and record.doubtful)
            if (settled + 1) % 7 != product:
                assert (value, doubtful) == (None if last is None else str(last), False)
            elif value == str(settled + 1):
                assert not doubtful
                reached = settled + 1
            else:
                assert value == (None if last is None else str(last))
                assert doubtful or not was_sent
                assert record is None or (record.fingerprint is None) == doubtful
    return reached


def test_death_is_only_proven_here_and_now() -> None:
    me = this_process()
    assert me.process, "Linux tells a process's start"
    assert not provably_dead(me)
    scope, _, start = me.process.rpartition("/")
    assert provably_dead(Holder(me.host, me.pid, f"{scope}/{int(start) + 1}")), "the pid went to a later process"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert provably_dead(Holder(me.host, gone.pid, me.process))
    assert not provably_dead(Holder("another host", gone.pid, me.process))
    assert not provably_dead(Holder(me.host, gone.pid, f"another start of the system/{start}"))
    assert not provably_dead(Holder(me.host, gone.pid, ""))


def test_an_injected_clock_drives_the_lease(sqlite_url: str) -> None:
    clock = SteppedClock()
    first, second = (open_ledger(sqlite_url, clock=clock, beat_every=None) for _ in range(2))
    first.begin("one")
    held = second.holder()
    assert held is not None
    assert (held.taken_at, held.expires_at) == (clock.now, clock.now + timedelta(seconds=60))
