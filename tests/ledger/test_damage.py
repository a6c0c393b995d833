"""What a disk can do to a ledger on SQLite, and what a person is told."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text

from erp_sync.errors import ErpSyncError, FixSettings, RepairLedger, TryLater
from erp_sync.ledger import SqlLedger, check, open_ledger, open_reader, restore
from erp_sync.ledger.database import Database
from erp_sync.testing.ledger import APPLIED, SteppedClock, outcomes, step

RESTORE = "erp-sync ledger restore"


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def opened(file: Path, clock: SteppedClock) -> SqlLedger:
    return open_ledger(f"sqlite:///{file}", clock=clock, beat_every=None)


def fill(ledger: SqlLedger, products: int = 400) -> None:
    run = ledger.begin("plan")
    some = [step("product", (f"P{n:04}",), description="x" * 200) for n in range(products)]
    ledger.settle(run, ledger.intend(run, some), outcomes(APPLIED, *some))
    ledger.finish(run, "done", {})


def engine_of(ledger: SqlLedger) -> Engine:
    return ledger._database.engine


def test_a_new_ledger_is_for_its_owner_only(file: Path, clock: SteppedClock) -> None:
    opened(file, clock).close()
    assert file.stat().st_mode & 0o077 == 0


def test_commits_are_durable_and_readers_do_not_wait(file: Path, clock: SteppedClock) -> None:
    with closing(opened(file, clock)) as ledger, engine_of(ledger).connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL


def test_a_page_overwritten_is_found_by_the_next_writer_and_by_check(file: Path, clock: SteppedClock) -> None:
    with closing(opened(file, clock)) as ledger:
        fill(ledger)
    content = bytearray(file.read_bytes())
    for page in range(4, len(content) // 4096, 3):
        content[page * 4096 : page * 4096 + 512] = os.urandom(512)
    file.write_bytes(content)
    with pytest.raises(RepairLedger, match=RESTORE):
        opened(file, clock)
    try:
        assert check(f"sqlite:///{file}").problems
    except RepairLedger as error:  # too damaged to be read to its end
        assert RESTORE in str(error)


@pytest.mark.parametrize("keep", [50, 5_000, 40_000])
def test_a_file_cut_off_is_told(file: Path, clock: SteppedClock, keep: int) -> None:
    with closing(opened(file, clock)) as ledger:
        fill(ledger)
    os.truncate(file, keep)
    for use in (lambda: opened(file, clock), lambda: open_reader(f"sqlite:///{file}", clock)):
        with pytest.raises(RepairLedger, match=RESTORE):
            use()


def test_a_damaged_ledger_can_be_restored(file: Path, clock: SteppedClock, tmp_path: Path) -> None:
    with closing(opened(file, clock)) as ledger:
        fill(ledger)
    shutil.copy(file, tmp_path / "backup.db")
    file.write_bytes(b"no ledger at all" * 1000)
    aside = restore(f"sqlite:///{file}", tmp_path / "backup.db", clock=clock)
    assert aside is not None
    assert aside.read_bytes().startswith(b"no ledger")
    assert check(f"sqlite:///{file}").problems == []


def test_some_other_file_is_not_taken_for_a_ledger(file: Path, clock: SteppedClock) -> None:
    file.write_text("entity;key\n" * 1000)
    with pytest.raises(RepairLedger, match="not an SQLite file"):
        opened(file, clock)
    assert file.read_text().startswith("entity;key")


def test_another_programs_database_is_left_alone(file: Path, clock: SteppedClock) -> None:
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as theirs:
        theirs.execute("CREATE TABLE run (id INTEGER)")
        theirs.commit()
    before = file.read_bytes()
    with pytest.raises(FixSettings, match=r"belongs to another program: .*\(run\)"):
        open_ledger(f"sqlite:///{file}", clock=clock)
    assert file.read_bytes() == before


def test_a_newer_ledger_is_told_apart_from_a_damaged_one(file: Path, clock: SteppedClock) -> None:
    opened(file, clock).close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE erp_sync_version SET version_num = '9999'")
    for use in (lambda: opened(file, clock), lambda: open_reader(f"sqlite:///{file}", clock)):
        with pytest.raises(RepairLedger, match="newer erp-sync"):
            use()


def test_an_older_ledger_is_upgraded_by_a_writer_and_refused_by_a_reader(
    file: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(file, clock).close()
    monkeypatch.setattr("erp_sync.ledger.versions.HEAD", "0002")
    with pytest.raises(RepairLedger, match="brings it up to date"):
        open_reader(f"sqlite:///{file}", clock)


def test_a_full_disk_undoes_the_write_and_nothing_else(file: Path, clock: SteppedClock) -> None:
    with closing(opened(file, clock)) as ledger:
        fill(ledger, 50)
        run = ledger.begin("next")
        some = [step("product", (f"Q{n}",), description="y" * 4000) for n in range(200)]
        batch = ledger.intend(run, some)
        before = ledger.generation()

        @event.listens_for(engine_of(ledger), "begin")
        def _no_more_pages(connection: object) -> None:
            cursor = connection.connection.cursor()  # type: ignore[attr-defined]
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count={pages + 3}")

        with pytest.raises(RepairLedger, match="the disk is full"):
            ledger.settle(run, batch, outcomes(APPLIED, *some))
        event.remove(engine_of(ledger), "begin", _no_more_pages)
        assert ledger.baselines("product", ["Q1"]) == {}
        assert ledger.generation() == before
        with engine_of(ledger).connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        ledger.settle(run, batch, outcomes(APPLIED, *some))
        assert ledger.generation() == before + 1
    assert check(f"sqlite:///{file}").problems == []


def test_a_locked_file_is_waited_for_and_then_told(
    file: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("erp_sync.ledger.database._BUSY_SECONDS", 0.2)
    with closing(opened(file, clock)) as ledger, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TryLater, match="another process is writing"):
            ledger.begin("plan")
        assert ledger.runs() == []
        other.execute("COMMIT")
        assert ledger.begin("plan")


@pytest.fixture
def read_only(file: Path, clock: SteppedClock) -> Iterator[Path]:
    """A read-only file: by an SQLite that was told so, since root may write to anything."""
    with closing(opened(file, clock)) as ledger:
        fill(ledger, 3)
    yield file


def test_a_read_only_ledger_is_told_to_a_writer(read_only: Path, clock: SteppedClock) -> None:
    with closing(opened(read_only, clock)) as ledger:

        @event.listens_for(engine_of(ledger), "begin")
        def _read_only(connection: object) -> None:
            connection.connection.cursor().execute("PRAGMA query_only=1")  # type: ignore[attr-defined]

        with pytest.raises(RepairLedger, match="may not be written"):
            ledger.begin("plan")


def test_a_frozen_folder_is_enough_for_a_reader(
    read_only: Path, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("erp_sync.ledger.database.os.access", lambda path, mode: False)
    before = sorted(p.name for p in read_only.parent.iterdir())
    with closing(open_reader(f"sqlite:///{read_only}", clock)) as reader:
        assert reader.population("product") == 3
    assert sorted(p.name for p in read_only.parent.iterdir()) == before


def test_a_reader_never_writes(file: Path, clock: SteppedClock) -> None:
    with closing(opened(file, clock)) as ledger:
        fill(ledger, 3)
    with closing(open_reader(f"sqlite:///{file}", clock)) as reader:
        database: Database = reader._database
        with pytest.raises(ErpSyncError), database.write() as connection:
            connection.execute(text("DELETE FROM erp_sync_record"))
        assert reader.population("product") == 3


def test_a_ledger_in_memory_is_refused(clock: SteppedClock) -> None:
    for url in ("sqlite://", "sqlite:///:memory:"):
        with pytest.raises(FixSettings, match="forget"):
            open_ledger(url, clock=clock)


def test_power_may_fail_at_any_byte(file: Path, clock: SteppedClock, tmp_path: Path) -> None:
    """Whatever part of the log reached the disk, the ledger is one of those that were committed, in order."""
    ledger = opened(file, clock)
    run = ledger.begin("plan")
    committed: list[tuple[int, int]] = []  # generation, products known
    log = Path(f"{file}-wal")
    sizes = []
    for number in range(12):
        some = [step("product", (f"P{number}-{k}",), description="x" * 300) for k in range(4)]
        batch = ledger.intend(run, some)
        ledger.settle(run, batch, outcomes(APPLIED, *some))
        committed.append((ledger.generation(), ledger.population("product")))
        sizes.append(log.stat().st_size)
    chance = random.Random(5)
    cuts = [0, 10, 32, *(s + d for s in sizes for d in (-1, 0)), *(chance.randrange(sizes[-1]) for _ in range(25))]
    seen = []
    for cut in sorted(cuts):
        place = tmp_path / f"cut-{cut}.db"
        shutil.copy(file, place)
        Path(f"{place}-wal").write_bytes(log.read_bytes()[:cut])
        try:
            reader = opened(place, clock)
        except RepairLedger:
            raise AssertionError(f"cut at {cut} of {sizes[-1]} was taken for damage") from None
        found = (reader.generation(), reader.population("product"))
        assert found == (0, 0) or found in committed
        assert check(f"sqlite:///{place}").problems == []
        seen.append(found)
        reader.close()
    ledger.close()
    assert seen == sorted(seen)
    assert seen[-1] == committed[-1]
    assert len(set(seen)) > 5
