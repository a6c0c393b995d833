"""A refused batch: the bad records are found, the good ones applied, in few requests."""

from __future__ import annotations

from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_sync.model.key import Key
from erp_sync.model.outcome import OutcomeKind, Reply, ReplyKind
from tests.apply.memory import DOUBT, LATER, MemoryCentra, MemoryLedger, World, make_steps, products, run


def names(*numbers: int) -> set[tuple[str, str]]:
    return {("product", f"P{n:04}") for n in numbers}


@pytest.mark.parametrize("bad", [{0}, {1}, {63}, {31, 32}, {0, 63}, {5, 6, 7}, set(range(0, 64, 9))])
@pytest.mark.parametrize("partial", [False, True])
def test_bad_records_stand_alone_and_good_ones_are_applied(bad: set[int], partial: bool) -> None:
    centra, ledger = MemoryCentra(bad=names(*bad), partial=partial), MemoryLedger()
    summary = run(products(64), centra, ledger)
    assert summary.counts == {OutcomeKind.APPLIED: 64 - len(bad), OutcomeKind.REJECTED: len(bad)}
    assert set(ledger.quarantine) == names(*bad)
    assert set(centra.truth) == names(*range(64)) - names(*bad)
    assert len(centra.requests) - 1 <= len(bad) * ceil(log2(64)) + len(bad)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_requests_stay_within_the_bound(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 200))
    bad = data.draw(st.sets(st.integers(0, n - 1), max_size=8))
    centra = MemoryCentra(bad=names(*bad))
    summary = run(products(n), centra, MemoryLedger(), hopeless=100)
    assert summary.requests == len(centra.requests)
    assert summary.requests <= 1 + len(bad) * ceil(log2(n)) + len(bad)
    assert set(centra.truth) == names(*range(n)) - names(*bad)


def test_a_request_that_was_refused_once_by_mistake_condemns_nobody() -> None:
    centra = MemoryCentra(faults=[Reply(ReplyKind.REJECTED, ("Deadlock found",))])
    summary = run(products(32), centra, MemoryLedger())
    assert summary.counts == {OutcomeKind.APPLIED: 32}
    assert len(centra.requests) - 1 <= log2(32) + 1


def test_the_words_that_belong_to_a_record_are_its_own() -> None:
    centra, ledger = MemoryCentra(bad=names(3, 9)), MemoryLedger()
    run(products(16), centra, ledger)
    for name, outcome in ledger.quarantine.items():
        request = centra.requests[int(outcome.request_id[1:]) - 1]
        assert name in request
        assert not (names(3, 9) - {name}) & set(request)


def test_inside_a_document_parents_go_first_and_only_the_bad_part_is_refused() -> None:
    steps = make_steps(
        [("product", ("P1",), {"description": "a"})]
        + [("variation", ("P1", f"V{n}"), {"description": "b"}) for n in range(8)]
        + [("variation_size", ("P1", f"V{n}", "S"), {"ean": "1"}) for n in range(8)]
    )
    bad = ("variation", "P1\x1fV5")
    centra, ledger = MemoryCentra(bad={bad}), MemoryLedger()
    summary = run(steps, centra, ledger)
    assert summary.counts == {OutcomeKind.APPLIED: 15, OutcomeKind.REJECTED: 1, OutcomeKind.SKIPPED: 1}
    assert ledger.quarantine[bad].kind is OutcomeKind.REJECTED
    parked = ledger.quarantine["variation_size", "P1\x1fV5\x1fS"]
    assert (parked.kind, parked.waits_for) == (OutcomeKind.SKIPPED, ("variation", "P1\x1fV5"))
    assert parked.reason == "waits for variation P1 / V5, which this run could not create"


def test_what_hangs_on_a_refused_root_record_never_goes_out() -> None:
    steps = make_steps([("product", ("P1",), {}), ("variation", ("P1", "V1"), {}), ("product", ("P2",), {})])
    centra, ledger = MemoryCentra(bad={("product", "P1")}), MemoryLedger()
    summary = run(steps, centra, ledger)
    assert centra.truth.keys() == {("product", "P2")}
    assert summary.skipped == {"each waits for a record that this run could not create": 1}
    assert set(ledger.quarantine) == {("product", "P1"), ("variation", "P1\x1fV1")}


@pytest.mark.parametrize("fault", [DOUBT, LATER])
def test_failures_of_transport_never_split(fault: Reply) -> None:
    centra = MemoryCentra(faults=[fault] * 4)
    run(products(16), centra, MemoryLedger(), attempts=4, circuit=100)
    assert [len(r) for r in centra.requests] == [16] * 4


def test_a_refusal_that_concerns_all_is_not_split_and_ends_the_run() -> None:
    login = Reply(ReplyKind.REJECTED, ("Wrong login",), concerns_all=True)
    centra, ledger = MemoryCentra(faults=[login]), MemoryLedger()
    summary = run(products(300), centra, ledger, documents=100)
    assert len(centra.requests) == 1
    assert summary.counts == {OutcomeKind.SKIPPED: 300}
    assert (summary.ended, summary.status) == ("Centra refuses everything: Wrong login", "failed")
    assert not ledger.quarantine


def test_an_operation_in_which_everything_is_refused_is_given_up() -> None:
    steps = products(200) + make_steps([("account", ("A1",), {"description": "x"})])
    centra = MemoryCentra(bad=names(*range(200)), words="Field 'folder' of P17 is not allowed")
    ledger = MemoryLedger()
    summary = run(steps, centra, ledger, hopeless=5)
    assert summary.counts == {OutcomeKind.REJECTED: 5, OutcomeKind.SKIPPED: 195, OutcomeKind.APPLIED: 1}
    assert len(ledger.quarantine) == 5
    (reason,) = summary.skipped
    assert reason.startswith("products_Update was given up: 5 records in a row were refused: Field 'folder'")


def test_a_record_that_cannot_go_on_the_wire_is_refused_before_any_send() -> None:
    steps = make_steps([("product", ("P1",), {}), ("variation", ("P1", "V1"), {}), ("variation", ("P1", "V2"), {})])
    centra, ledger = MemoryCentra(unsendable={("variation", "P1\x1fV1")}), MemoryLedger()
    summary = run(steps, centra, ledger)
    assert summary.counts == {OutcomeKind.APPLIED: 2, OutcomeKind.REJECTED: 1}
    assert len(centra.requests) == 1
    assert ledger.quarantine["variation", "P1\x1fV1"].messages == ("variation ('P1', 'V1'): U+0001 cannot be sent",)


def test_an_unreadable_reply_in_the_middle_of_the_search_ends_it_for_that_part_only() -> None:
    world = World()
    centra = MemoryCentra(bad=names(7), faults=[None, DOUBT, DOUBT], lost=False)
    summary = run(products(8), centra, MemoryLedger(), world, attempts=2, circuit=10)
    assert summary.counts == {OutcomeKind.IN_DOUBT: 4, OutcomeKind.APPLIED: 3, OutcomeKind.REJECTED: 1}


ACCOUNT = ("account", "A1")
PARTS = [("buyer", f"A1\x1fB{n}") for n in range(3)] + [("account_address", "A1\x1fD1")]


class Wholesale(MemoryCentra):
    """No account without a buyer: soap.md, "Rules per record"."""

    def _apply(self, records: list[tuple[str, Key, dict[str, str]]]) -> Reply:
        before = {k: dict(v) for k, v in self.truth.items()}
        reply = super()._apply(records)
        if ACCOUNT in self.truth and not any(entity == "buyer" for entity, _ in self.truth):
            self.truth = before
            return Reply(ReplyKind.REJECTED, ("An active account needs at least one buyer",))
        return reply


@pytest.mark.parametrize(
    ("bad", "applied"),
    [
        (set(), {ACCOUNT, *PARTS}),
        ({PARTS[0]}, {ACCOUNT, *PARTS[1:]}),
        ({PARTS[0], PARTS[1]}, {ACCOUNT, *PARTS[2:]}),
        ({PARTS[1], PARTS[3]}, {ACCOUNT, PARTS[0], PARTS[2]}),
        ({ACCOUNT}, set()),
        (set(PARTS[:3]), set()),
    ],
)
@pytest.mark.parametrize("faults", [[], [Reply(ReplyKind.REJECTED, ("Deadlock",))]])
def test_an_account_and_its_first_buyer_stand_and_fall_together(
    bad: set[tuple[str, str]], applied: set[tuple[str, str]], faults: list[Reply | None]
) -> None:
    steps = make_steps((entity, tuple(key.split("\x1f")), {"city": "x"}) for entity, key in [ACCOUNT, *PARTS])
    centra, ledger = Wholesale(bad=set(bad), faults=list(faults)), MemoryLedger()
    run(steps, centra, ledger)
    assert centra.truth.keys() == applied
    refused = {name for name, outcome in ledger.quarantine.items() if outcome.kind is OutcomeKind.REJECTED}
    assert refused == (bad if applied else {ACCOUNT, *PARTS[:3]})
    assert {name for name, outcome in ledger.quarantine.items() if outcome.waits_for} == (
        set() if applied else {PARTS[3]}
    )
