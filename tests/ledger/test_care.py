"""Check, backup, restore and export, on all three databases and between them."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from erp_sync.errors import FixSettings, RepairLedger, TryLater
from erp_sync.ledger import SqlLedger, backup, check, export, open_ledger, open_reader, restore
from erp_sync.model.change import Action, Baseline
from erp_sync.model.event import Event
from erp_sync.model.extract import DatasetReport
from erp_sync.model.outcome import OutcomeKind
from erp_sync.testing.ledger import APPLIED, IN_DOUBT, REJECTED, SteppedClock, manifest, outcomes, step


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


def opened(url: str, clock: SteppedClock) -> SqlLedger:
    return open_ledger(url, clock=clock, beat_every=None)


def send(ledger: SqlLedger, kind: OutcomeKind, *steps: Any, plan: str = "plan") -> None:
    run = ledger.begin(plan)
    ledger.remember(run, manifest(plan, DatasetReport("items", 4, "d", complete=True, watermark="w")), [])
    ledger.settle(run, ledger.intend(run, steps), outcomes(kind, *steps))
    ledger.finish(run, "done", {str(kind): len(steps)})


@pytest.fixture
def filled(ledger_url: str, clock: SteppedClock) -> Iterator[str]:
    """Some of everything."""
    with closing(opened(ledger_url, clock)) as ledger:
        send(ledger, APPLIED, step("product", ("P1",), description="Schuh — größer \U0001f9e6", status="active"))
        send(ledger, APPLIED, step("customer", ("K1",), email="kim@example.com"), step("market", ("SE",)))
        send(ledger, IN_DOUBT, step("product", ("P2",), description="Sock"))
        send(ledger, REJECTED, step("product", ("P3",), description="Bad"))
        send(ledger, APPLIED, step("product", ("P1",), Action.RETIRE, status="inactive"))
        ledger.store_events([Event("1", "order", "o1", "update", "2019-03-27 12:52:20", "<order/>")])
        ledger.override("plan", "shrink", "Kim")
    yield ledger_url


def content(url: str) -> list[dict[str, Any]]:
    return list(export(url, lambda entity, path, value: value))


def test_a_sound_ledger_is_called_sound(filled: str) -> None:
    found = check(filled)
    assert found.problems == []
    assert {e: (c.records, c.retired, c.doubtful) for e, c in found.entities.items()} == {
        "customer": (1, 0, 0),
        "market": (1, 0, 0),
        "product": (2, 1, 1),
    }
    assert (found.runs, found.waiting, found.open_batches, found.holder, found.generation) == (5, 1, 0, None, 5)
    assert (found.size is None) == (not filled.startswith("sqlite"))


def test_check_names_a_run_in_progress_and_its_open_batch(ledger_url: str, clock: SteppedClock) -> None:
    with closing(opened(ledger_url, clock)) as ledger:
        ledger.intend(ledger.begin("plan"), [step("product", ("P1",))])
        found = check(ledger_url)
    assert found.open_batches == 1
    assert found.holder is not None
    assert found.problems == []


def test_check_finds_what_makes_no_sense(filled: str) -> None:
    with create_engine(filled).begin() as connection:
        connection.execute(text("UPDATE erp_sync_record SET fields = '{' WHERE entity = 'customer'"))
        connection.execute(text("UPDATE erp_sync_record SET own_id = 'x' WHERE entity = 'market'"))
        connection.execute(text("UPDATE erp_sync_meta SET value = '2' WHERE name = 'generation'"))
    assert check(filled).problems == [
        "a run has generation 5, the ledger only 2",
        "customer K1: its fields are no JSON object",
        "market SE: its own id is not the last part of its key",
    ]


def test_a_backup_restored_is_the_same_ledger_by_another_id(filled: str, tmp_path: Path, clock: SteppedClock) -> None:
    kept = tmp_path / "backup.db"
    before = content(filled)
    old = check(filled)
    backup(filled, kept)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir() if "backup" in p.name] == ["backup.db"]
    assert content(f"sqlite:///{kept}") == before
    with closing(opened(filled, clock)) as ledger:
        send(ledger, APPLIED, step("product", ("P9",), description="later"), plan="later")
    aside = restore(filled, kept, clock=clock, trust=True)
    assert content(filled) == before
    new = check(filled)
    assert new.problems == []
    assert new.id not in ("", old.id)
    assert (new.generation, new.runs, new.waiting) == (old.generation, old.runs, old.waiting)
    with closing(opened(filled, clock)) as ledger:
        assert [e.id for e in ledger.open_events()] == ["1"]
        assert (ledger.overrides("plan"), ledger.watermark("items")) == ({"shrink"}, "w")
        send(ledger, APPLIED, step("product", ("P9",), description="later"), plan="numbers go on")
        latest, before_it = ledger.runs(2)
        assert (before_it.id, latest.id > 5) == (5, True)
    if filled.startswith("sqlite"):
        assert aside is not None
        assert [r["key"] for r in content(f"sqlite:///{aside}")] == [["K1"], ["SE"], ["P1"], ["P2"], ["P9"]]


def test_what_was_sent_after_a_backup_is_unknown_so_everything_is_doubted(
    filled: str, tmp_path: Path, clock: SteppedClock
) -> None:
    backup(filled, tmp_path / "backup.db")
    restore(filled, tmp_path / "backup.db", clock=clock)
    with closing(open_reader(filled, clock)) as reader:
        assert reader.baselines("customer", ["K1"]) == {
            "K1": Baseline("K1", {"email": "kim@example.com"}, frozenset({"email"}), None)
        }
        assert reader.baselines("market", ["SE"]) == {"SE": Baseline("SE", {}, frozenset(), None, exists=False)}
        product = reader.baselines("product", ["P1"])["P1"]
        assert (product.doubtful, product.retired) == (frozenset({"description", "status"}), True)


@pytest.mark.server
def test_a_ledger_moves_to_another_database(filled: str, tmp_path: Path, clock: SteppedClock) -> None:
    kept, elsewhere = tmp_path / "backup.db", f"sqlite:///{tmp_path / 'elsewhere.db'}"
    backup(filled, kept)
    assert restore(elsewhere, kept, clock=clock, trust=True) is None
    assert content(elsewhere) == content(filled)


def test_a_backup_taken_during_a_run_knows_that_it_was_cut_off(
    ledger_url: str, tmp_path: Path, clock: SteppedClock
) -> None:
    with closing(opened(ledger_url, clock)) as ledger:
        ledger.intend(ledger.begin("plan"), [step("product", ("P1",), description="Sock")])
        backup(ledger_url, tmp_path / "backup.db")
    place = f"sqlite:///{tmp_path / 'other.db'}"
    restore(place, tmp_path / "backup.db", clock=clock, trust=True)
    with closing(opened(place, clock)) as ledger:
        ledger.begin("next")
        assert ledger.baselines("product", ["P1"])["P1"].doubtful == {"description"}


def test_nothing_is_restored_under_a_run(filled: str, tmp_path: Path, clock: SteppedClock) -> None:
    backup(filled, tmp_path / "backup.db")
    with closing(opened(filled, clock)) as ledger:
        ledger.begin("running")
        with pytest.raises(TryLater, match="held by a run"):
            restore(filled, tmp_path / "backup.db", clock=clock)
        assert ledger.runs(1)[0].plan == "running"
    assert [p.name for p in tmp_path.iterdir() if "restoring" in p.name] == []


def test_only_a_sound_backup_is_restored(filled: str, tmp_path: Path, clock: SteppedClock) -> None:
    before = content(filled)
    empty, prose, other = tmp_path / "empty.db", tmp_path / "prose.txt", tmp_path / "other.db"
    empty.touch()
    prose.write_text("This is no ledger. " * 300)
    with create_engine(f"sqlite:///{other}").begin() as connection:
        connection.execute(text("CREATE TABLE t (a)"))
    for file, error in (
        (tmp_path / "none.db", FixSettings),
        (empty, FixSettings),
        (other, FixSettings),
        (prose, RepairLedger),
    ):
        with pytest.raises(error, match=file.name):
            restore(filled, file, clock=clock)
    assert content(filled) == before


def test_a_backup_is_never_written_over_and_never_half(filled: str, tmp_path: Path) -> None:
    kept = tmp_path / "backup.db"
    kept.write_text("older")
    with pytest.raises(FixSettings, match="there already"):
        backup(filled, kept)
    assert kept.read_text() == "older"
    with pytest.raises(FixSettings, match="cannot be written"):
        backup(filled, tmp_path / "no folder" / "backup.db")


def test_without_a_ledger_there_is_nothing_to_look_after(ledger_url: str, tmp_path: Path) -> None:
    for call in (lambda: check(ledger_url), lambda: backup(ledger_url, tmp_path / "b.db"), lambda: content(ledger_url)):
        with pytest.raises(FixSettings, match="there is no ledger"):
            call()
    assert list(tmp_path.iterdir()) == []


def test_export_shows_what_may_be_shown(filled: str) -> None:
    shown = list(export(filled, lambda entity, path, value: "•••" if path == "email" else value, "customer"))
    assert len(shown) == 1
    assert (shown[0]["fields"], shown[0]["key"]) == ({"email": "•••"}, ["K1"])
    assert shown[0]["origin"] == ["customer", "customer.csv", 1]
    doubted = [r for r in content(filled) if r["doubtful"]]
    assert [(r["key"], r["doubtful"], r["exists"]) for r in doubted] == [(["P2"], ["description"], False)]
