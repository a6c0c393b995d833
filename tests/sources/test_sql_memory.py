"""However long a table is, reading it takes the same memory: a process of its own reads a short and a long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.bench_sql import LIMIT, make, measured
from tests.companies.databases import KINDS, empty_database, url_of

SHORT, LONG = 100_000, 500_000  # two chunks and ten
GROWTH = 40  # MB; the rows between the two would take some 300 as text


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_streamed(kind: str, tmp_path: Path) -> None:
    peaks = []
    for rows in (SHORT, LONG):
        with empty_database(kind, tmp_path) as engine:
            make(engine, kind, rows)
            count, _, peak = measured("erp_sync", url_of(engine))
            assert count == rows
            peaks.append(peak)
        (tmp_path / "erp.db").unlink(missing_ok=True)
    assert peaks[1] - peaks[0] < GROWTH, peaks
    assert peaks[1] < LIMIT
