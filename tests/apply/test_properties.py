"""Random refusals, lost replies and crashes: what the ledger says is what Centra has, and nothing goes out twice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from erp_sync.centra.catalog import CATALOG
from erp_sync.model.change import Action
from erp_sync.model.key import join_key
from erp_sync.model.outcome import OutcomeKind, Reply, ReplyKind
from erp_sync.model.plan import Step
from tests.apply.memory import DOUBT, LATER, Crash, Crashes, MemoryCentra, MemoryLedger, Name, make_steps, run

FAULTS = [None, None, None, DOUBT, LATER, Reply(ReplyKind.RETRY_LATER, retry_after=5.0)]


@st.composite
def companies(draw: st.DrawFn) -> list[Step]:
    """Products with variations, sizes and stock; pricelists with prices."""
    records: list[tuple[str, tuple[str, ...], dict[str, str]]] = []
    for p in range(draw(st.integers(1, 6))):
        records.append(("product", (f"P{p}",), {"description": f"Product {p}"}))
        for v in range(draw(st.integers(0, 3))):
            records.append(("variation", (f"P{p}", f"V{p}{v}"), {"description": "Red", "sku": "1"}))
            if draw(st.booleans()):
                records.append(("variation_size", (f"P{p}", f"V{p}{v}", "S"), {"ean": "7"}))
                records.append(("stock", (f"P{p}", f"V{p}{v}", "S", "W"), {"qty": str(p)}))
    for n in range(draw(st.integers(0, 2))):
        records.append(("pricelist", (f"L{n}",), {"currency": "EUR"}))
        records += [("price", (f"L{n}", f"P{p}"), {"price": "1"}) for p in range(draw(st.integers(0, 4)))]
    return make_steps(records)


def name(step: Step) -> Name:
    return step.entity, join_key(step.key)


def below_or_in(bad: set[Name], step: Step) -> bool:
    lineage = CATALOG.lineage(step.entity)
    above = {(e.name, join_key(step.key[: len(CATALOG.keys(e.name))])) for e in lineage}
    return bool(above & bad)


def check_truth(steps: list[Step], centra: MemoryCentra, ledger: MemoryLedger) -> None:
    """Field by field: what counts as acknowledged is so; what is not is absent, or in doubt."""
    for step in steps:
        record = ledger.records.get(name(step))
        truth = centra.truth.get(name(step), {})
        for field in step.fields:
            doubtful = record is not None and field.path in record.doubtful
            baseline = record.fields.get(field.path) if record else None
            assert doubtful or baseline == truth.get(field.path), (step, record, truth)
    assert all(steps is None for steps in ledger.batches.values()), "every batch was settled"


@settings(deadline=None, max_examples=200)
@given(companies(), st.data())
def test_refusals_and_lost_replies(steps: list[Step], data: st.DataObject) -> None:
    bad = set(data.draw(st.lists(st.sampled_from([name(s) for s in steps]), max_size=4)))
    centra = MemoryCentra(
        bad=bad,
        faults=data.draw(st.lists(st.sampled_from(FAULTS), max_size=12)),
        lost=data.draw(st.booleans()),
        partial=data.draw(st.booleans()),
    )
    ledger = MemoryLedger()
    summary = run(steps, centra, ledger, documents=data.draw(st.integers(1, 8)), records=data.draw(st.integers(1, 9)))
    assert sum(summary.counts.values()) == len(steps)
    check_truth(steps, centra, ledger)
    refused = {n for n, o in ledger.quarantine.items() if o.kind is OutcomeKind.REJECTED}
    later = (OutcomeKind.IN_DOUBT, OutcomeKind.SKIPPED)  # no reply, or four times "try later"
    in_doubt = {name(s) for s in steps if ledger.told.get(s.id) in later} - refused
    if not summary.ended:
        assert refused <= bad, f"nobody is refused who is not bad: {refused - bad}"
        alone = {name(s) for s in steps if name(s) in bad and not below_or_in((bad | in_doubt) - {name(s)}, s)}
        assert alone <= refused | in_doubt, "everybody is who is bad, and whose parent is not"
        for step in steps:
            if not below_or_in(bad | in_doubt, step):
                assert centra.truth[name(step)] == {f.path: f.new for f in step.fields}


@settings(deadline=None, max_examples=300)
@given(companies(), st.data())
def test_a_crash_at_any_call_changes_nothing_in_the_end(steps: list[Step], data: st.DataObject) -> None:
    bad = set(data.draw(st.lists(st.sampled_from([name(s) for s in steps]), max_size=2)))
    partial = data.draw(st.booleans())
    size = {"documents": data.draw(st.integers(1, 5)), "records": data.draw(st.integers(1, 9))}
    smooth, clean = MemoryCentra(bad=set(bad), partial=partial), MemoryLedger()
    run(steps, smooth, clean, **size)

    centra, ledger = MemoryCentra(bad=set(bad), partial=partial), MemoryLedger()
    for _ in range(data.draw(st.integers(1, 3))):
        crashes = Crashes(data.draw(st.integers(1, 40)), data.draw(st.booleans()))
        centra.crashes = ledger.crashes = crashes
        known = set(ledger.settled_steps("plan-1"))
        before = len(centra.requests)
        with suppress(Crash):
            run(steps, centra, ledger, **size)
        resent = {n for request in centra.requests[before:] for n in request}
        assert not {name(s) for s in steps if s.id in known} & resent, "what is known to be applied is not sent again"
    centra.crashes = ledger.crashes = Crashes()
    run(steps, centra, ledger, **size)
    check_truth(steps, centra, ledger)
    stale = {n for n in smooth.truth if n[0] == "stock" and n not in centra.truth}
    assert centra.truth == {n: fields for n, fields in smooth.truth.items() if n not in stale}
    doubt = {name(s) for s in steps if ledger.told.get(s.id) is OutcomeKind.IN_DOUBT}
    assert stale <= doubt, "only stock of which nobody knows whether it arrived may be missing: it is taken afresh"


@settings(deadline=None, max_examples=100)
@given(companies(), st.lists(st.sampled_from(FAULTS), max_size=20), st.booleans(), st.data())
def test_stock_is_never_replayed(
    steps: list[Step], faults: list[Reply | None], lost: bool, data: st.DataObject
) -> None:
    centra, ledger = MemoryCentra(faults=list(faults), lost=lost), MemoryLedger()
    for _ in range(3):
        crashes = Crashes(data.draw(st.integers(1, 60)), data.draw(st.booleans()))
        centra.crashes = ledger.crashes = crashes
        with suppress(Crash):
            run(steps, centra, ledger, documents=3)
    arrived = [n for n, _, _ in centra.applied if n[0] == "stock"]
    assert len(arrived) == len(set(arrived))


@settings(deadline=None, max_examples=60)
@given(companies(), st.data())
def test_updates_of_records_that_exist_need_nothing_else(steps: list[Step], data: st.DataObject) -> None:
    """A record whose parent is refused can still be updated: the parent is there, from earlier nights."""
    bad = {name(data.draw(st.sampled_from(steps)))}
    centra, ledger = MemoryCentra(bad=bad), MemoryLedger()
    centra.truth = {name(s): {} for s in steps}
    updates = [replace(s, action=Action.UPDATE, needs=()) for s in steps]
    run(updates, centra, ledger)
    for step in updates:
        if name(step) not in bad:
            assert centra.truth[name(step)] == {f.path: f.new for f in step.fields}
    assert {n for n, o in ledger.quarantine.items() if o.kind is OutcomeKind.REJECTED} == bad
