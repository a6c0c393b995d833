"""On a real terminal: colours and a moving line, unless they are not wanted."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

PLAN = "import sys; sys.argv = ['erp-sync', 'plan']; from erp_sync.cli import main; main()"


def on_a_terminal(folder: Path, **environment: str) -> str:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PLAN], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs,
        env={k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | environment,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while more := _read(ours):
        said += more
    os.close(ours)
    assert process.wait(60) == 0
    return said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how a terminal says that nobody writes to it any more
        return b""


@pytest.mark.parametrize(
    ("environment", "colour", "moving"),
    [({}, True, True), ({"NO_COLOR": "1"}, False, True), ({"TERM": "dumb"}, False, False)],
)
def test_colours_and_a_moving_line(
    erp_sync: Run, tmp_path: Path, environment: dict[str, str], colour: bool, moving: bool
) -> None:
    said = on_a_terminal(tmp_path, **environment)
    assert "9 to create" in said
    assert ("\x1b[32m" in said) is colour
    assert ("\r\x1b[K" in said) is moving
    assert colour or "\x1b[" not in said.replace("\x1b[K", "")
