"""Each way to fail gives its exit code and words on stderr, and never a traceback."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from erp_sync.cli import failures
from erp_sync.cli.session import log_to
from erp_sync.errors import ErpSyncError, FixMapping, FixSettings, FixSource, Place, Refused, TryLater


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    logger = logging.getLogger("erp_sync")
    before = list(logger.handlers), logger.level
    yield
    logger.handlers, logger.level = before


def failing(error: BaseException) -> int:
    def program() -> None:
        raise error

    return failures.run(program)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FixSettings("no endpoint", advice="add one", place=Place("erp-sync.yaml", 3, 5)), 2),
        (FixMapping(message="no field"), 2),
        (FixSource("cut off"), 1),
        (TryLater("the ledger is held"), 1),
        (Refused("expired"), 4),
        (click.UsageError("no such option"), 2),
        (PermissionError(13, "Permission denied", "plan.jsonl"), 1),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (failures.Terminated(), 143),
    ],
)
def test_exit_codes(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(error) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err
    assert "Traceback" not in said.err


def test_a_full_disk_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(OSError(28, "No space left on device")) == 1
    assert capsys.readouterr().err.splitlines() == [
        "erp-sync: No space left on device",
        "  Free some space and run again: what Centra acknowledged is in the ledger.",
    ]


def test_an_error_says_where_what_and_what_next(capsys: pytest.CaptureFixture[str]) -> None:
    failing(FixSettings("no endpoint", advice="add one", place=Place("erp-sync.yaml", 3, 5)))
    assert capsys.readouterr().err == "erp-sync: erp-sync.yaml:3:5: no endpoint\n  add one\n"


def test_a_fault_of_ours_names_the_log_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(ZeroDivisionError("division by zero")) == 1
    said = capsys.readouterr().err
    assert said.startswith("erp-sync: a fault in erp-sync itself: ZeroDivisionError; details are in ")
    log = Path(said.rpartition(" ")[2].strip())
    assert "Traceback" in log.read_text()
    assert "division by zero" in log.read_text()
    log.unlink()


def test_with_a_log_file_it_is_written_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "erp-sync.log"
    log_to(log, 0)
    assert failing(ZeroDivisionError()) == 1
    assert str(log) in capsys.readouterr().err
    assert "ZeroDivisionError" in log.read_text()
    assert failing(TryLater("the ledger is held")) == 1
    assert "the ledger is held" in log.read_text()


def test_results_are_exit_codes() -> None:
    assert failures.run(lambda: 3) == 3
    assert failures.run(lambda: None) == 0


def test_every_error_of_ours_is_caught() -> None:
    assert failing(ErpSyncError("something")) == 1


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_cleanly(sent: signal.Signals, code: int) -> None:
    script = "import signal, sys, time; from erp_sync.cli import failures; "
    script += "signal.signal(signal.SIGINT, signal.default_int_handler); "  # a shell's background jobs ignore it
    script += "sys.exit(failures.run(lambda: (print('on', flush=True), time.sleep(60))))"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    process.send_signal(sent)
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert err.startswith("Stopped.")


def test_a_reader_that_leaves_is_no_fault() -> None:
    script = "import sys; from erp_sync.cli import failures; "
    script += "sys.exit(failures.run(lambda: [print('x' * 80) for _ in range(100000)] and None))"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=30) == 1
