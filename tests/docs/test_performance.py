"""Every bench still runs, on little data, and the page of figures tells of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LITTLE = {
    "bench_diff.py": ["2000"],
    "bench_encoding.py": ["20"],
    "bench_mapping.py": ["--rows", "2000", "--slow-rows", "500"],
    "bench_night.py": ["2000"],
    "bench_sources.py": ["2000"],
    "bench_sql.py": ["2000", "sqlite"],
}


def test_every_bench_is_on_the_page() -> None:
    page = (ROOT / "docs/performance.md").read_text("utf-8")
    benches = {path.name for path in (ROOT / "tests/bench").glob("bench_*.py")}
    assert benches == LITTLE.keys()
    assert [name for name in sorted(benches) if f"tests/bench/{name}" not in page] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", LITTLE)
def test_a_bench_runs(name: str) -> None:
    command = [sys.executable, f"tests/bench/{name}", *LITTLE[name]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") >= 3
