"""Levels, batches, retries, the circuit, expiry, and runs that go on where another ended."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock

import pytest

from erp_sync.apply import SendOptions, Summary
from erp_sync.apply.pace import Pace
from erp_sync.errors import TryLater
from erp_sync.model.change import Action
from erp_sync.model.key import join_key
from erp_sync.model.outcome import OutcomeKind, Reply, ReplyKind
from tests.apply.memory import (
    DOUBT,
    LATER,
    NOW,
    MemoryCentra,
    MemoryLedger,
    World,
    iterate,
    make_steps,
    products,
    run,
)

STOCK = make_steps([("stock", ("P1", "V1", "S", "W1"), {"qty": "4"})], Action.UPDATE)


def stocked() -> MemoryCentra:
    keys = [("product", "P1"), ("variation", "P1\x1fV1"), ("variation_size", "P1\x1fV1\x1fS")]
    return MemoryCentra(truth={k: {} for k in keys})


def test_batches_are_bounded_by_documents_and_by_bytes() -> None:
    centra = MemoryCentra()
    run(iterate(products(10)), centra, MemoryLedger(), documents=4)
    assert [len(r) for r in centra.requests] == [4, 4, 2]
    one = len(centra.encode(products(1)))
    centra = MemoryCentra()
    run(products(10), centra, MemoryLedger(), bytes=3 * one)
    assert [len(r) for r in centra.requests] == [3, 3, 3, 1]


def test_a_long_document_goes_in_pieces_one_after_the_other() -> None:
    steps = make_steps(
        [("pricelist", ("EUR",), {"currency": "EUR"})] + [("price", ("EUR", f"P{n}"), {"price": "1"}) for n in range(9)]
    )
    centra = MemoryCentra()
    summary = run(steps, centra, MemoryLedger(), records=4)
    assert [len(r) for r in centra.requests] == [4, 4, 2]
    assert summary.status == "done"


def test_levels_and_what_is_sent_alone_have_requests_of_their_own() -> None:
    steps = products(1) + STOCK + make_steps([("pricelist", ("EUR",), {})])
    centra = stocked()
    run(steps, centra, MemoryLedger())
    assert [r[0][0] for r in centra.requests] == ["product", "stock", "pricelist"]


def test_waits_double_and_what_centra_asks_for_is_honoured() -> None:
    world = World()
    asked = Reply(ReplyKind.RETRY_LATER, ("HTTP 429",), retry_after=17.0)
    centra = MemoryCentra(faults=[LATER, LATER, asked])
    summary = run(products(1), centra, MemoryLedger(), world, attempts=4, first_wait=2.0)
    assert world.slept == [1.5, 3.0, 17.0]  # 0.75 of 2 and 4: the jitter at 0.5
    assert (summary.status, summary.requests) == ("done", 4)


def test_when_centra_asks_for_more_than_we_wait_the_run_ends() -> None:
    world = World()
    centra = MemoryCentra(faults=[Reply(ReplyKind.RETRY_LATER, retry_after=3600)])
    summary = run(products(3), centra, MemoryLedger(), world, documents=1)
    assert world.slept == []
    assert summary.ended == "Centra asks to come back in 3600 seconds"
    assert summary.counts == {OutcomeKind.SKIPPED: 3}


def test_the_circuit_opens_and_everything_can_be_resumed() -> None:
    centra, ledger = MemoryCentra(faults=[DOUBT] * 2 + [LATER] * 4, lost=False), MemoryLedger()
    summary = run(products(10), centra, ledger, documents=2, attempts=3, circuit=6)
    assert len(centra.requests) == 6
    assert summary.counts == {OutcomeKind.IN_DOUBT: 2, OutcomeKind.SKIPPED: 8}
    assert summary.ended == "Centra is away: 6 sends in a row failed, the last with: HTTP 503"
    assert (sum(summary.doubts.values()), sum(summary.skipped.values())) == (2, 8)
    again = run(products(10), centra, ledger, documents=2)
    assert (again.status, len(centra.truth)) == ("done", 10)


def test_nothing_is_sent_again_once_the_ledger_is_another_runs() -> None:
    """The process was stopped while it waited, for longer than its lease lasts."""
    centra, ledger = MemoryCentra(faults=[LATER, LATER]), MemoryLedger()

    def stopped(_: float) -> None:
        ledger.lost = ledger.beats == 1

    with pytest.raises(TryLater, match="no longer holds"):
        run(products(3), centra, ledger, sleep=stopped)
    assert (len(centra.requests), ledger.beats) == (2, 2)


def test_a_run_that_is_broken_off_says_what_it_did() -> None:
    centra, ledger, summary = MemoryCentra(faults=[None, LATER]), MemoryLedger(), Summary()

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(products(4), centra, ledger, documents=2, sleep=interrupted, summary=summary)
    assert (summary.counts, summary.broken_off) == ({OutcomeKind.APPLIED: 2}, "partly")
    assert Summary().broken_off == "failed"


def test_a_lost_reply_is_settled_by_sending_again_within_the_run() -> None:
    centra, ledger = MemoryCentra(faults=[DOUBT]), MemoryLedger()
    summary = run(products(4), centra, ledger)
    assert summary.counts == {OutcomeKind.APPLIED: 4}
    assert len(centra.requests) == 2


def test_stock_without_a_reply_is_never_sent_again() -> None:
    centra, ledger = stocked(), MemoryLedger()
    centra.faults = [DOUBT]
    assert run(STOCK, centra, ledger).counts == {OutcomeKind.IN_DOUBT: 1}
    again = run(STOCK, centra, ledger)
    assert len(centra.requests) == 1
    assert again.counts == {OutcomeKind.SKIPPED: 1}
    assert ledger.records["stock", join_key(STOCK[0].key)].doubtful == {"qty"}


def test_a_step_that_is_withheld_is_skipped_with_its_reason_even_between_two_tries() -> None:
    centra, world = stocked(), World()
    centra.faults = [Reply(ReplyKind.RETRY_LATER, retry_after=60.0), None]
    limit = NOW + timedelta(seconds=30)
    summary = run(STOCK, centra, MemoryLedger(), world, withhold=lambda s, now: "expired" if now > limit else "")
    assert summary.counts == {OutcomeKind.SKIPPED: 1}
    assert len(centra.requests) == 1


def test_expired_steps_are_skipped() -> None:
    summary = run(STOCK, stocked(), MemoryLedger(), withhold=lambda step, now: "expired")
    assert summary.skipped == {"expired": 1}


def test_batches_shrink_when_replies_get_lost_and_grow_again() -> None:
    centra = MemoryCentra(faults=[DOUBT, DOUBT])
    run(products(60), centra, MemoryLedger(), documents=16)
    assert [len(r) for r in centra.requests] == [16, 16, 16, 5, 6, 7, 8, 10, 8]


def test_what_an_earlier_run_of_the_plan_applied_is_not_sent_again() -> None:
    steps, centra, ledger = products(6), MemoryCentra(), MemoryLedger()
    run(steps[:4], centra, ledger)
    world = World()
    summary = run(steps, centra, ledger, world)
    assert [len(r) for r in centra.requests] == [4, 2]
    assert (summary.settled, summary.status, world.progress) == (4, "done", 6)


def test_progress_and_counts_are_of_every_step() -> None:
    world = World()
    steps = products(30)
    summary = run(steps, MemoryCentra(bad={("product", "P0003")}), MemoryLedger(), world)
    assert world.progress == sum(summary.counts.values()) == 30
    assert summary.by_entity["product"] == summary.counts
    assert summary.messages == {"Something is wrong with a record": 1}
    assert "product P0003: Something is wrong with a record" in world.notes


@pytest.mark.parametrize("bad", [set(), {("product", "P0017"), ("product", "P0090")}])
def test_several_requests_at_once_give_the_same_result(bad: set[tuple[str, str]]) -> None:
    class Locked(MemoryCentra):
        lock = Lock()

        def send(self, operation: str, documents: Sequence[bytes]) -> Reply:
            with self.lock:
                return super().send(operation, documents)

    centra, ledger = Locked(bad=set(bad)), MemoryLedger()
    summary = run(products(120), centra, ledger, documents=10, concurrency=4)
    assert summary.counts[OutcomeKind.APPLIED] == 120 - len(bad)
    assert set(ledger.quarantine) == bad
    assert all(ledger.records[name].fields == fields for name, fields in centra.truth.items())


def test_a_refusal_that_may_pass_is_believed_only_after_some_tries() -> None:
    trouble = Reply(ReplyKind.REJECTED, ("An internal error occurred, please try again",), passing=True)
    centra = MemoryCentra(faults=[trouble, trouble])
    assert run(products(4), centra, MemoryLedger(), attempts=3).counts == {OutcomeKind.APPLIED: 4}
    assert [len(r) for r in centra.requests] == [4] * 3
    centra, ledger = MemoryCentra(faults=[trouble] * 3), MemoryLedger()
    assert run(products(1), centra, ledger, attempts=3).counts == {OutcomeKind.REJECTED: 1}
    assert ledger.records["product", "P0000"].doubtful == {"description"}


def test_what_was_not_sent_says_what_stood_in_the_way() -> None:
    centra = MemoryCentra(faults=[Reply(ReplyKind.RETRY_LATER, ("no connection (Connection refused)",))] * 9)
    summary = run(products(2), centra, MemoryLedger(), attempts=3)
    assert summary.skipped == {"no connection (Connection refused)": 2}


def test_the_end_of_a_run_ends_the_waits_of_its_other_requests() -> None:
    pace = Pace(SendOptions())
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(pace.idle, 3600)
        pace.end("broken off")
        waiting.result(timeout=60)
