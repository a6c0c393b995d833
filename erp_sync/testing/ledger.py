"""What every ledger must do, whatever it stands on.

Subclass ``LedgerContract`` in a test module, say in ``open`` and ``read`` how your ledger is made, and run it:

    class TestMyLedger(LedgerContract):
        def open(self, clock, **options):
            return open_ledger(self.url, clock=clock, beat_every=None, **options)

        def read(self, clock):
            return open_reader(self.url, clock)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from erp_sync.errors import CannotSend, TryLater
from erp_sync.model.change import Action, Baseline, FieldChange
from erp_sync.model.event import Event
from erp_sync.model.extract import DatasetReport, Origin, Rejection
from erp_sync.model.key import LONGEST_KEY, Key, join_key
from erp_sync.model.outcome import Outcome, OutcomeKind
from erp_sync.model.plan import Binding, Manifest, Step, Wait, Waiting
from erp_sync.model.quarantine import QuarantineKind
from erp_sync.ports import Ledger, LedgerReader

APPLIED, REJECTED = OutcomeKind.APPLIED, OutcomeKind.REJECTED
IN_DOUBT, SKIPPED = OutcomeKind.IN_DOUBT, OutcomeKind.SKIPPED


class SteppedClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


def step(
    entity: str,
    key: Key,
    action: Action = Action.CREATE,
    *,
    at: int = 1,
    fingerprint: int | None = None,
    **fields: str,
) -> Step:
    """A step with what a ledger looks at; ``a__b`` in a field's name stands for the path ``a.b``."""
    new = {name.replace("__", "."): value for name, value in fields.items()}
    identity = sha256(repr((entity, key, action, sorted(new.items()))).encode())
    return Step(
        id=identity.hexdigest()[:16],
        level=20,
        operation="products_Update",
        entity=entity,
        key=key,
        action=action,
        fields=tuple(FieldChange(path, None, value) for path, value in new.items()),
        fingerprint=int.from_bytes(identity.digest()[:8], signed=True) if fingerprint is None else fingerprint,
        document=key[:1],
        origin=Origin(entity, f"{entity}.csv", at),
        mapping_at=f"{entity}.yaml:1",
    )


def manifest(digest: str, *datasets: DatasetReport, entities: Iterable[str] = ("product",)) -> Manifest:
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    binding = Binding("", "", "", 0, "")
    return Manifest(1, digest, moment, moment, binding, 0, {e: {} for e in entities}, (), datasets)


def outcomes(kind: OutcomeKind, *steps: Step, **more: Any) -> list[Outcome]:
    return [Outcome(s, kind, **more) for s in steps]


class LedgerContract:
    """The suite. Each test starts from a ledger that is not there."""

    def open(self, clock: SteppedClock, **options: Any) -> Ledger:
        raise NotImplementedError

    def read(self, clock: SteppedClock) -> LedgerReader:
        raise NotImplementedError

    def sent(self, ledger: Ledger, kind: OutcomeKind, *steps: Step, plan: str = "plan", **more: Any) -> int:
        """One run with one batch."""
        run = ledger.begin(plan)
        ledger.settle(run, ledger.intend(run, steps), outcomes(kind, *steps, **more))
        ledger.finish(run, "done", {str(kind): len(steps)})
        return run

    # --- reading what is not there

    def test_an_absent_ledger_reads_as_empty_and_is_not_made(self) -> None:
        clock = SteppedClock()
        for _ in range(2):
            reader = self.read(clock)
            assert (reader.id, reader.generation(), reader.runs()) == ("", 0, [])
            assert reader.baselines("product", ["P1"]) == {}
            assert len(reader.fingerprints("product", pa.array(["P1"]))) == 0
            assert (reader.last_rows("items"), reader.since_full("items"), reader.holder()) == (None, None, None)

    def test_a_ledger_keeps_its_id(self) -> None:
        clock = SteppedClock()
        first = self.open(clock).id
        assert first
        assert self.open(clock).id == first
        assert self.read(clock).id == first

    # --- what an outcome does

    def test_applied_becomes_the_baseline(self) -> None:
        clock = SteppedClock()
        ledger = self.open(clock)
        create = step("product", ("P1",), description="Shirt", folder__description="Tops", fingerprint=-7)
        self.sent(ledger, APPLIED, create)
        update = step("product", ("P1",), Action.UPDATE, description="", fingerprint=8)
        self.sent(ledger, APPLIED, update)
        reader = self.read(clock)
        assert reader.baselines("product", ["P1", "P2"]) == {
            "P1": Baseline("P1", {"description": "", "folder.description": "Tops"}, frozenset(), 8)
        }
        assert reader.generation() == 2
        assert reader.population("product") == 1

    def test_rejected_leaves_the_baseline_alone_and_waits(self) -> None:
        clock = SteppedClock()
        ledger = self.open(clock)
        self.sent(ledger, APPLIED, step("product", ("P1",), description="Shirt"))
        before = ledger.baselines("product", ["P1", "P2"])
        bad = step("product", ("P1",), Action.UPDATE, description="Bad", at=12)
        new = step("product", ("P2",), description="Bad")
        self.sent(ledger, REJECTED, bad, new, messages=("No.", "Never."), request_id="r-1")
        clock.advance(days=1)
        self.sent(ledger, REJECTED, bad, messages=("Still no.",), request_id="r-2")
        assert ledger.baselines("product", ["P1", "P2"]) == before
        assert ledger.quarantined("product", ["P1", "P2", "P3"]) == {"P1": bad.id, "P2": new.id}
        waits = ledger.quarantine(key="P1")
        assert len(waits) == 1
        assert (waits[0].kind, waits[0].reason, waits[0].attempts) == (QuarantineKind.REJECTED, "Still no.", 2)
        assert (waits[0].request_id, str(waits[0].origin)) == ("r-2", "product.csv:12")
        assert waits[0].last_at - waits[0].first_at == timedelta(days=1)
        assert ledger.quarantine_entry(waits[0].id) == waits[0]

    def test_a_later_success_ends_the_quarantine(self) -> None:
        ledger = self.open(SteppedClock())
        self.sent(ledger, REJECTED, step("product", ("P1",), description="Bad"))
        self.sent(ledger, APPLIED, step("product", ("P1",), description="Good"))
        assert ledger.quarantined("product", ["P1"]) == {}
        assert ledger.quarantine() == []

    def test_in_doubt_is_doubted_field_by_field(self) -> None:
        ledger = self.open(SteppedClock())
        self.sent(ledger, APPLIED, step("product", ("P1",), description="Shirt", status="active"))
        self.sent(ledger, IN_DOUBT, step("product", ("P1",), Action.UPDATE, description="Blouse"))
        self.sent(ledger, IN_DOUBT, step("product", ("P2",), description="Sock", status="active"))
        assert ledger.baselines("product", ["P1", "P2"]) == {
            "P1": Baseline("P1", {"description": "Shirt", "status": "active"}, frozenset({"description"}), None),
            "P2": Baseline("P2", {}, frozenset({"description", "status"}), None, exists=False),
        }
        assert ledger.population("product") == 1
        known = ledger.fingerprints("product", pa.array(["P1", "P2"]))
        assert known["fingerprint"].isna().all()
        assert len(known) == 2

    def test_doubt_ends_with_the_fields_that_were_applied(self) -> None:
        ledger = self.open(SteppedClock())
        self.sent(ledger, IN_DOUBT, step("product", ("P1",), description="Sock", status="active"))
        self.sent(ledger, APPLIED, step("product", ("P1",), description="Sock", fingerprint=1))
        half = ledger.baselines("product", ["P1"])["P1"]
        assert (half.fields, half.doubtful, half.fingerprint) == (
            {"description": "Sock"},
            frozenset({"status"}),
            None,
        )
        self.sent(ledger, APPLIED, step("product", ("P1",), Action.UPDATE, status="active", fingerprint=2))
        whole = ledger.baselines("product", ["P1"])["P1"]
        assert (whole.doubtful, whole.fingerprint, whole.exists) == (frozenset(), 2, True)

    def test_a_rejection_in_part_is_doubted_and_waits(self) -> None:
        ledger = self.open(SteppedClock())
        self.sent(ledger, APPLIED, step("product", ("P1",), description="Shirt"))
        bad = step("product", ("P1",), Action.UPDATE, description="Blouse")
        self.sent(ledger, REJECTED, bad, partial=True)
        assert ledger.baselines("product", ["P1"])["P1"].doubtful == {"description"}
        assert ledger.quarantined("product", ["P1"]) == {"P1": bad.id}

    def test_skipped_within_a_batch_changes_nothing(self) -> None:
        ledger = self.open(SteppedClock())
        self.sent(ledger, SKIPPED, step("product", ("P1",), description="Shirt"), reason="Centra is down")
        assert ledger.baselines("product", ["P1"]) == {}
        assert ledger.quarantine() == []

    def test_retired_and_back(self) -> None:
        ledger = self.open(SteppedClock())
        self.sent(ledger, APPLIED, step("product", ("P1",), description="Shirt", status="active"))
        self.sent(ledger, APPLIED, step("product", ("P1",), Action.RETIRE, status="inactive", fingerprint=0))
        gone = ledger.baselines("product", ["P1"])["P1"]
        assert (gone.retired, gone.fingerprint, gone.fields["status"]) == (True, None, "inactive")
        assert ledger.population("product") == 0
        assert list(chain(*(a.to_pylist() for a in ledger.keys("product")))) == []
        self.sent(ledger, APPLIED, step("product", ("P1",), Action.UPDATE, status="active", fingerprint=5))
        back = ledger.baselines("product", ["P1"])["P1"]
        assert (back.retired, back.fingerprint) == (False, 5)
        assert ledger.population("product") == 1

    def test_unlinked_is_forgotten_and_an_unlink_in_doubt_doubts_all(self) -> None:
        ledger = self.open(SteppedClock())
        stays, goes = ("P1", "V1", "S1", "C1"), ("P1", "V1", "S1", "C2")
        self.sent(ledger, APPLIED, *(step("display_category", k, sort="1") for k in (stays, goes)))
        self.sent(ledger, APPLIED, step("display_category", goes, Action.UNLINK))
        self.sent(ledger, IN_DOUBT, step("display_category", stays, Action.UNLINK))
        known = ledger.baselines("display_category", [join_key(stays), join_key(goes)])
        assert list(known) == [join_key(stays)]
        doubted = known[join_key(stays)]
        assert (doubted.exists, doubted.doubtful, doubted.fingerprint) == (False, frozenset({"sort"}), None)
        assert list(chain(*(a.to_pylist() for a in ledger.keys("display_category")))) == [join_key(stays)]

    def test_a_batch_is_settled_whole_and_once(self) -> None:
        ledger = self.open(SteppedClock())
        run = ledger.begin("plan")
        one, two = step("product", ("P1",), status="active"), step("product", ("P2",), status="active")
        batch = ledger.intend(run, [one, two])
        for wrong in ([one], [one, one], [one, two, step("product", ("P3",))]):
            assert _raises(ValueError, ledger.settle, run, batch, outcomes(APPLIED, *wrong))
        assert ledger.baselines("product", ["P1", "P2"]) == {}
        ledger.settle(run, batch, outcomes(APPLIED, one, two))
        assert _raises(ValueError, ledger.settle, run, batch, outcomes(APPLIED, one, two))
        assert ledger.generation() == 1

    # --- keys

    def test_keys_are_compared_to_the_letter(self) -> None:
        ledger = self.open(SteppedClock())
        keys = [
            "a",
            "A",
            "a ",
            " a",
            "ä",
            "a\u0308",
            "å",
            "\U0001f9e6",
            "ß",
            "ss",
            "00123",
            "123",
            "a\tb",
            "it's",
            '"',
            "\\",
        ]
        self.sent(ledger, APPLIED, *(step("product", (k,), description=k) for k in keys))
        known = ledger.baselines("product", [*keys, "b", "a  ", "\x00", "x" * 5000])
        assert {k: b.fields["description"] for k, b in known.items()} == {k: k for k in keys}
        assert sorted(ledger.fingerprints("product", pa.array(keys))["key"]) == sorted(keys)
        ordered = [b.key for some in ledger.scan("product") for b in some]
        assert ordered == sorted(keys, key=lambda k: k.encode())

    def test_a_key_that_no_index_holds_is_refused_before_the_send(self) -> None:
        ledger = self.open(SteppedClock())
        run = ledger.begin("plan")
        longest = ("\U0001f9e6" * 299, "\U0001f9e6" * 300)
        assert len(join_key(longest)) == LONGEST_KEY
        fits = step("variation", longest, status="active")
        ledger.settle(run, ledger.intend(run, [fits]), outcomes(APPLIED, fits))
        assert ledger.baselines("variation", [join_key(longest)])
        error = _raises(CannotSend, ledger.intend, run, [step("variation", (*longest, "x"))])
        assert str(LONGEST_KEY) in str(error)

    def test_owners_are_found_by_own_id_and_the_living_come_first(self) -> None:
        ledger = self.open(SteppedClock())
        self.sent(ledger, APPLIED, step("variation", ("P1", "V1"), status="active"))
        self.sent(ledger, APPLIED, step("variation", ("P1", "V2"), status="active"))
        self.sent(ledger, APPLIED, step("variation", ("P1", "V1"), Action.RETIRE, status="inactive"))
        self.sent(ledger, APPLIED, step("variation", ("P2", "V1"), status="active"))
        self.sent(ledger, IN_DOUBT, step("variation", ("P0", "V1"), status="active"))
        assert ledger.owners_of("variation", ["V1", "V2", "V3", "v2", "V2 "]) == {
            "V1": join_key(("P2", "V1")),
            "V2": join_key(("P1", "V2")),
        }

    def test_many_records_in_chunks(self) -> None:
        ledger = self.open(SteppedClock())
        steps = [step("price", ("L1", f"P{n:05}"), price=str(n), fingerprint=n) for n in range(12_000)]
        self.sent(ledger, APPLIED, *steps)
        keys = [join_key(s.key) for s in steps]
        known = ledger.fingerprints("price", pa.array([*reversed(keys), "L1", *keys[:5]]))
        assert dict(zip(known["key"], known["fingerprint"], strict=True)) == dict(zip(keys, range(12_000), strict=True))
        assert len(known) == 12_000
        assert len(ledger.baselines("price", keys)) == 12_000
        assert [b.key for some in ledger.scan("price") for b in some] == keys
        assert list(chain(*(a.to_pylist() for a in ledger.keys("price")))) == keys
        assert ledger.population("price") == 12_000

    # --- runs, crashes and the lease

    def test_a_crash_between_intend_and_settle_leaves_doubt(self) -> None:
        clock = SteppedClock()
        dead, ledger = self.open(clock), self.open(clock)
        self.sent(dead, APPLIED, step("product", ("P1",), description="Shirt", status="active", fingerprint=3))
        run = dead.begin("crashing")
        dead.intend(
            run, [step("product", ("P1",), Action.UPDATE, description="Blouse"), step("product", ("P2",), ean="1")]
        )
        settled = dead.generation()
        clock.advance(hours=1)
        ledger.begin("next")
        assert ledger.baselines("product", ["P1", "P2"]) == {
            "P1": Baseline("P1", {"description": "Shirt", "status": "active"}, frozenset({"description"}), None),
            "P2": Baseline("P2", {}, frozenset({"ean"}), None, exists=False),
        }
        assert [r.status for r in ledger.runs()] == ["running", "crashed", "done"]
        assert ledger.generation() == settled + 1
        assert ledger.generation(without_plan="crashing") == settled

    def test_the_same_plan_goes_on_where_it_stopped(self) -> None:
        clock = SteppedClock()
        dead, ledger = self.open(clock), self.open(clock)
        steps = [step("product", (f"P{n}",), status="active") for n in range(4)]
        run = dead.begin("plan")
        dead.settle(run, dead.intend(run, steps[:2]), [*outcomes(APPLIED, steps[0]), *outcomes(REJECTED, steps[1])])
        dead.intend(run, steps[2:3])
        clock.advance(hours=1)
        ledger.begin("plan")
        assert ledger.settled_steps("plan") == {steps[0].id}
        assert ledger.settled_steps("another plan") == set()
        assert ledger.generation(without_plan="plan") == 0
        assert ledger.generation() == 2

    def test_a_second_run_is_told_who_holds_the_ledger(self) -> None:
        clock = SteppedClock()
        first, second = self.open(clock), self.open(clock)
        first.begin("one")
        clock.advance(seconds=20)
        error = _raises(TryLater, second.begin, "two")
        held = second.holder()
        assert held is not None
        for part in (held.host, str(held.pid), "2026-" if held.taken_at.year == 2026 else "-"):
            assert part in str(error)
        ago = re.search(r"(\d+) s ago", str(error))  # the two took a server's clock one after the other
        assert ago is not None
        assert 20 <= int(ago[1]) < 60
        assert [r.plan for r in second.runs()] == ["one"]

    def test_a_lease_ends_by_time_and_a_beat_renews_it(self) -> None:
        clock = SteppedClock()
        first, second = self.open(clock), self.open(clock)
        first.begin("one")
        for _ in range(3):
            clock.advance(seconds=50)
            first.beat()
        clock.advance(seconds=50)
        assert _raises(TryLater, second.begin, "two")
        clock.advance(seconds=20)
        assert second.begin("two")

    def test_who_was_away_too_long_cannot_write_any_more(self) -> None:
        clock = SteppedClock()
        first, second = self.open(clock), self.open(clock)
        one = step("product", ("P1",), status="active")
        old = first.begin("one")
        batch = first.intend(old, [one])
        clock.advance(hours=1)
        new = second.begin("two")
        before = (second.generation(), second.baselines("product", ["P1"]))
        for write in (
            lambda: first.settle(old, batch, outcomes(APPLIED, one)),
            lambda: first.intend(old, [one]),
            lambda: first.skip(old, outcomes(SKIPPED, one)),
            lambda: first.remember(old, manifest("one"), []),
            lambda: first.refresh(old, "product", pa.array(["P1"]), np.array([1])),
            lambda: first.count_absences(old, "product", pa.array(["P1"])),
            lambda: first.release(old, "product", []),
            lambda: first.adopt(old, "product", [Baseline("P1", {})]),
            lambda: first.finish(old, "done", {}),
            first.beat,
        ):
            assert "no longer holds the ledger" in str(_raises(TryLater, write))
        assert (second.generation(), second.baselines("product", ["P1"])) == before
        second.finish(new, "done", {})

    def test_a_lease_of_the_dead_is_taken_over_at_once(self) -> None:
        clock = SteppedClock()
        self.open(clock).begin("one")
        ledger = self.open(clock, dead=lambda holder: True)
        assert ledger.begin("two")
        assert [r.status for r in ledger.runs()] == ["running", "crashed"]

    def test_a_finished_run_gives_the_lease_back(self) -> None:
        clock = SteppedClock()
        first, second = self.open(clock), self.open(clock)
        run = first.begin("one")
        first.finish(run, "partly", {"applied": 3})
        assert first.holder() is None
        assert _raises(TryLater, first.intend, run, [step("product", ("P1",))])
        second.finish(second.begin("two"), "done", {})
        assert [(r.plan, r.status, r.counts) for r in first.runs()] == [
            ("two", "done", {}),
            ("one", "partly", {"applied": 3}),
        ]
        assert first.runs(1)[0].ended_at == second.runs(1)[0].started_at

    # --- what a run saw

    def test_datasets_are_remembered_once_everything_was_applied(self) -> None:
        clock = SteppedClock()
        ledger = self.open(clock)
        full = DatasetReport("items", 100, "sha256:a", complete=True, watermark="2026-01-01")
        self._seen(ledger, "one", "partly", full)
        assert (ledger.last_rows("items"), ledger.watermark("items"), ledger.since_full("items")) == (None, None, None)
        self._seen(ledger, "two", "done", full)
        assert (ledger.last_rows("items"), ledger.watermark("items"), ledger.since_full("items")) == (
            100,
            "2026-01-01",
            0,
        )
        assert ledger.digests() == {"items": "sha256:a"}
        delta = DatasetReport("items", 3, "sha256:b", complete=True, full=False, watermark="2026-01-02")
        self._seen(ledger, "three", "done", delta)
        self._seen(ledger, "four", "partly", delta)
        assert (ledger.last_rows("items"), ledger.watermark("items"), ledger.since_full("items")) == (
            100,
            "2026-01-02",
            2,
        )
        cut_off = DatasetReport("items", 50, "sha256:c", complete=False, watermark="2026-01-03")
        self._seen(ledger, "five", "done", cut_off)
        assert (ledger.last_rows("items"), ledger.watermark("items")) == (100, "2026-01-02")
        assert self.read(clock).since_full("items") == 2

    def test_a_watermark_names_the_mapping_that_was_applied_up_to_it(self) -> None:
        ledger = self.open(SteppedClock())
        run = ledger.begin("one")
        seen = manifest("one", DatasetReport("items", 9, "d", complete=True, watermark="w"))
        bound = replace(seen, binding=replace(seen.binding, mapping="sha256:m"))
        ledger.remember(run, bound, [])
        ledger.finish(run, "done", {})
        assert (ledger.watermark("items"), ledger.marked_by("items")) == ("w", "sha256:m")
        assert ledger.marked_by("other") == ""

    def test_a_run_for_a_part_of_the_records_teaches_nothing(self) -> None:
        ledger = self.open(SteppedClock())
        row = Rejection(Origin("items", "items", "7"), "no number", "product", "P1")
        items = DatasetReport("items", 9, "d", complete=True, watermark="w")
        run = ledger.begin("one")
        ledger.remember(run, manifest("one", items), [row])
        ledger.finish(run, "partly", {})
        run = ledger.begin("two")
        ledger.remember(run, replace(manifest("two", items), partial=True), [])
        ledger.finish(run, "done", {})
        assert (ledger.watermark("items"), ledger.last_rows("items"), ledger.digests()) == (None, None, {})
        assert [q.key for q in ledger.quarantine()] == ["P1"]

    def test_rows_that_wait_are_let_go_where_all_of_their_kind_was_read(self) -> None:
        ledger = self.open(SteppedClock())
        items = DatasetReport("items", 9, "d", complete=True)
        prices = DatasetReport("prices", 2, "d", complete=True, full=False)
        rows = [
            Rejection(Origin("items", "items", "7"), "no number", "product", "P1"),
            Rejection(Origin("prices", "prices", "7"), "no number", "price", "L1"),
            Rejection(Origin("items", "items", "8"), "no key"),
            Rejection(Origin("prices", "prices", "8"), "no key"),
        ]
        run = ledger.begin("one")
        ledger.remember(run, manifest("one", items, prices, entities=["product", "price"]), rows)
        changed = replace(manifest("two", items, prices, entities=["product", "price"]), partly=("price",))
        ledger.remember(run, changed, [])
        assert {(q.entity, q.origin and q.origin.at) for q in ledger.quarantine()} == {("price", "7"), ("", "8")}
        assert [q.origin.dataset for q in ledger.quarantine(entity="") if q.origin] == ["prices"]

    def _seen(self, ledger: Ledger, plan: str, status: str, *datasets: DatasetReport) -> None:
        run = ledger.begin(plan)
        ledger.remember(run, manifest(plan, *datasets), [])
        ledger.finish(run, status, {})

    def test_a_crash_moves_no_watermark(self) -> None:
        clock = SteppedClock()
        dead, ledger = self.open(clock), self.open(clock)
        run = dead.begin("one")
        dead.remember(run, manifest("one", DatasetReport("items", 9, "d", complete=True, watermark="w")), [])
        clock.advance(hours=1)
        ledger.begin("two")
        assert (ledger.watermark("items"), ledger.digests()) == (None, {})

    def test_unusable_rows_wait_until_a_whole_extract_has_them_no_more(self) -> None:
        clock = SteppedClock()
        ledger = self.open(clock)
        whole = DatasetReport("items", 9, "d", complete=True)
        cut_off = DatasetReport("items", 4, "e", complete=False)
        nameless = Rejection(Origin("items", "items.csv", 7), "row has 3 cells, not 4")
        named = Rejection(
            Origin("items", "items.csv", 9), "no number", "product", "P1", "weight", "Weight", "heavy", "p.yaml:3:5"
        )
        run = ledger.begin("one")
        ledger.remember(run, manifest("one", whole), [nameless, named])
        ledger.remember(run, manifest("one", cut_off), [])
        ledger.remember(run, manifest("one", whole, entities=["customer"]), [nameless])
        assert {(q.entity, q.key, q.attempts) for q in ledger.quarantine()} == {("", "", 2), ("product", "P1", 1)}
        shown = ledger.quarantine(entity="product")[0]
        assert (shown.kind, shown.field, shown.column, shown.value) == (
            QuarantineKind.UNUSABLE,
            "weight",
            "Weight",
            "heavy",
        )
        assert (shown.mapping_at, shown.personal) == ("p.yaml:3:5", False)
        assert ledger.quarantined("product", ["P1"]) == {}
        ledger.remember(run, manifest("one", whole), [])
        assert ledger.quarantine() == []

    def test_parked_records_name_what_they_wait_for(self) -> None:
        ledger = self.open(SteppedClock())
        run = ledger.begin("one")
        price = step("price", ("L1", "P9"), price="1")
        ledger.skip(run, outcomes(SKIPPED, price, reason="its product is not there", waits_for=("product", "P9")))
        planned = Waiting(Wait.PARKED, "variation", ("P8", "V1"), Action.CREATE, (), "no parent", ("product", "P8"))
        held = Waiting(Wait.HELD, "variation", ("P8", "V2"), Action.CREATE, (), "refused before")
        ledger.remember(run, manifest("one", entities=["variation"]), [], [planned, held])
        parked = ledger.quarantine(kind=QuarantineKind.PARKED)
        assert {(q.key, q.waits_for) for q in parked} == {
            (join_key(("L1", "P9")), ("product", "P9")),
            (join_key(("P8", "V1")), ("product", "P8")),
        }
        ledger.settle(run, ledger.intend(run, [price]), outcomes(APPLIED, price))
        ledger.remember(run, manifest("one", entities=["variation"]), [])
        assert ledger.quarantine() == []

    def test_fingerprints_are_refreshed(self) -> None:
        ledger = self.open(SteppedClock())
        self.sent(ledger, APPLIED, step("product", ("P1",), fingerprint=1), step("product", ("P2",), fingerprint=2))
        run = ledger.begin("two")
        ledger.refresh(run, "product", pa.array(["P1", "P9"]), np.array([-(2**63), 9]))
        ledger.refresh(run, "product", pa.array([], pa.string()), np.array([], np.int64))
        assert [ledger.baselines("product", ["P1"])["P1"].fingerprint, len(ledger.baselines("product", ["P9"]))] == [
            -(2**63),
            0,
        ]
        assert ledger.generation() == 1

    def test_absences_count_complete_extracts_in_a_row(self) -> None:
        clock = SteppedClock()
        ledger = self.open(clock)
        self.sent(ledger, APPLIED, *(step("product", (k,), status="active") for k in ("P1", "P2", "P3")))
        for plan, absent in (("a", ["P1", "P2"]), ("a", ["P1", "P2"]), ("b", ["P1"])):
            run = ledger.begin(plan)
            ledger.count_absences(run, "product", pa.array(absent))
            ledger.finish(run, "done", {})
        assert {k: b.absences for k, b in ledger.baselines("product", ["P1", "P2", "P3"]).items()} == {
            "P1": 2,
            "P2": 0,
            "P3": 0,
        }

    # --- quarantine, by hand and by itself

    def test_a_refused_record_is_tried_again_when_its_parent_changed_or_on_request(self) -> None:
        ledger = self.open(SteppedClock())
        child, other = step("variation", ("P1", "V1"), name="x"), step("variation", ("P2", "V2"), name="y")
        grandchild = step("variation_size", ("P1", "V1", "S"), ean="1")
        self.sent(ledger, REJECTED, child, other, grandchild)
        self.sent(ledger, APPLIED, step("product", ("P1",), status="active"))
        waits = {join_key(s.key): s.id for s in (child, other)}
        assert ledger.quarantined("variation", list(waits)) == {join_key(other.key): other.id}
        assert ledger.quarantined("variation_size", [join_key(grandchild.key)])
        again = [q for q in ledger.quarantine(entity="variation") if q.key == join_key(other.key)]
        assert ledger.retry([again[0].id, "no such id"]) == 1
        assert ledger.quarantined("variation", list(waits)) == {}
        assert len(ledger.quarantine(entity="variation")) == 2
        self.sent(ledger, REJECTED, child)
        assert ledger.quarantined("variation", list(waits)) == {join_key(child.key): child.id}

    def test_quarantine_is_dropped_and_released(self) -> None:
        ledger = self.open(SteppedClock())
        steps = [step("product", (k,), status="bad") for k in ("P1", "P2", "P3")]
        self.sent(ledger, REJECTED, *steps)
        assert ledger.drop([ledger.quarantine(key="P1")[0].id]) == 1
        run = ledger.begin("next")
        assert ledger.release(run, "product", ["P3"]) == 1
        assert ledger.release(run, "customer", []) == 0
        assert [q.key for q in ledger.quarantine()] == ["P3"]

    def test_the_quarantine_is_not_changed_under_a_run(self) -> None:
        clock = SteppedClock()
        first, second = self.open(clock), self.open(clock)
        self.sent(first, REJECTED, step("product", ("P1",), status="bad"))
        first.begin("one")
        wait = first.quarantine()[0].id
        assert _raises(TryLater, second.drop, [wait])
        assert len(second.quarantine()) == 1
        assert first.retry([wait]) == 1

    # --- adopting, events, overrides

    def test_adopted_records_are_known(self) -> None:
        ledger = self.open(SteppedClock())
        run = ledger.begin("reconcile")
        ledger.adopt(run, "market", [Baseline("SE", {"description": "Sweden"}, fingerprint=4)])
        assert ledger.baselines("market", ["SE"]) == {"SE": Baseline("SE", {"description": "Sweden"}, frozenset(), 4)}
        assert ledger.generation() == 1

    def test_events_are_stored_once_and_in_order(self) -> None:
        clock = SteppedClock()
        ledger = self.open(clock)
        events = [Event(str(n), "order", f"o{n}", "update", "2019-03-27 12:52:20", "<order/>") for n in (9, 10, 11)]
        assert ledger.store_events(events[:2]) == 2
        assert ledger.store_events(events) == 1
        assert ledger.open_events() == events
        ledger.events_done(["9", "10"])
        assert ledger.open_events() == events
        ledger.events_handled(["10"])
        assert self.read(clock).open_events() == [events[0], events[2]]

    def test_overrides_are_noted_per_plan(self) -> None:
        clock = SteppedClock()
        ledger = self.open(clock)
        ledger.override("plan-a", "shrink:product", "Kim", "we closed a warehouse")
        assert (ledger.overrides("plan-a"), self.read(clock).overrides("plan-b")) == ({"shrink:product"}, set())


def _raises(kind: type[Exception], call: Any, *arguments: Any) -> Exception:
    """The suite needs no test runner's own words, so that any can run it."""
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")
