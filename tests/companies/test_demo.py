"""`make demo` does what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_demo_ends_well_and_shows_what_it_promises(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fixtures.demo.run", str(tmp_path / "demo")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = done.stdout
    assert shown.count("No changes: Centra has what the ERP says.") == 2
    assert '"Sarek Crew" -> "Sarek Crew, handstickad"' in shown
    assert "<c:id>00001</c:id><c:price>1495</c:price>" in shown
    assert "4 to update" in shown
