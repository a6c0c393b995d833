"""A table of a database streamed as text: rows a second and peak memory, beside pandas.read_sql in chunks.

``python tests/bench/bench_sql.py [rows] [kind ...]``: postgresql, mariadb and sqlite where none is named; the servers
are those of ERP_SYNC_TEST_POSTGRESQL and ERP_SYNC_TEST_MARIADB. Wall-clock seconds, since the server works too; each
contender in a process of its own, whose peak memory is its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pandas as pd
import pytest
from sqlalchemy import Engine, create_engine, text

from erp_sync.sources.sql.options import SqlOptions
from erp_sync.sources.sql.source import SqlSource
from tests.companies.databases import KINDS, empty_database, url_of

LIMIT = 600  # MB that streaming may take, however long the table
ALL_IN_MEMORY = 2_000_000  # rows: beyond it a contender that holds them all is left out

# Eight columns of the kinds that articles have; the rows come from what each server counts with.
_MAKE = {
    "postgresql": """
CREATE UNLOGGED TABLE items AS SELECT g AS no, 'Artikel nummer ' || g AS description, 'BLUE' || g % 37 AS color,
  ((g % 100000)::numeric(12, 2) / 100)::numeric(12, 2) AS price, date '2024-01-01' + g % 365 AS sold,
  timestamp '2024-05-01' + g * interval '1 second' AS modified, g % 2 = 0 AS blocked, md5(g::text) AS hash
FROM generate_series(1, {rows}) g
""",
    "mariadb": """
CREATE TABLE items AS SELECT seq AS no, CONCAT('Artikel nummer ', seq) AS description,
  CONCAT('BLUE', seq % 37) AS color, CAST((seq % 100000) / 100 AS DECIMAL(12, 2)) AS price,
  DATE '2024-01-01' + INTERVAL seq % 365 DAY AS sold,
  TIMESTAMP '2024-05-01 00:00:00' + INTERVAL seq SECOND AS modified, seq % 2 = 0 AS blocked, MD5(seq) AS hash
FROM seq_1_to_{rows}
""",
    "sqlite": """
CREATE TABLE items (no INTEGER, description TEXT, color TEXT, price NUMERIC(12, 2), sold DATE, modified DATETIME,
  blocked BOOLEAN, hash TEXT);
WITH RECURSIVE n(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM n WHERE g < {rows})
INSERT INTO items SELECT g, 'Artikel nummer ' || g, 'BLUE' || g % 37, (g % 100000) / 100.0,
  date('2024-01-01', g % 365 || ' days'), datetime('2024-05-01', g || ' seconds'), g % 2 = 0, printf('%032x', g) FROM n
""",
}


def make(engine: Engine, kind: str, rows: int) -> None:
    """The table ``items``, filled by the server itself."""
    with engine.begin() as connection:
        for statement in _MAKE[kind].format(rows=rows).split(";"):
            connection.exec_driver_sql(statement.replace("%", "%%") if kind != "sqlite" else statement)


def ours(url: str) -> int:
    source = SqlSource.from_options("erp", SqlOptions.model_validate({"url": url}), Path())
    with source.open() as extract:
        count = sum(len(chunk.frame) for chunk in extract.chunks("items"))
        assert extract.report().complete
    return count


def by_pandas(url: str, streamed: bool) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        if streamed:
            connection = connection.execution_options(stream_results=True)
        chunks = pd.read_sql(text("SELECT * FROM items"), connection, chunksize=50_000)
        return sum(len(chunk) for chunk in chunks)


CONTENDERS = {
    "erp_sync": ours,
    "pandas.read_sql, server-side cursor": lambda url: by_pandas(url, True),
    "pandas.read_sql": lambda url: by_pandas(url, False),
}


def measured(contender: str, url: str) -> tuple[int, float, int]:
    """Rows, seconds and peak MB of one reading, by a process of its own."""
    command = [sys.executable, __file__, "--run", contender, url]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    count, seconds, peak = run.stdout.split()
    return int(count), float(seconds), int(peak)


def main(rows: int, kinds: list[str]) -> int:
    highest = 0
    for kind in kinds:
        try:
            highest = max(highest, of_kind(kind, rows))
        except pytest.skip.Exception as absent:
            print(f"{kind}: left out, {absent}", flush=True)
    return highest


def of_kind(kind: str, rows: int) -> int:
    with tempfile.TemporaryDirectory() as folder, empty_database(kind, Path(folder)) as engine:
        make(engine, kind, rows)
        print(f"{kind}: {rows:,} rows of 8 columns", flush=True)
        mine, highest = 0.0, 0
        for name in CONTENDERS:
            if name == "pandas.read_sql" and rows > ALL_IN_MEMORY:
                print(f"  {name:36} left out: it holds all rows in memory")
                continue
            count, seconds, peak = measured(name, url_of(engine))
            assert count == rows
            mine = mine or seconds
            if name == "erp_sync":
                highest = max(highest, peak)
            ratio = "" if name == "erp_sync" else f"   erp_sync is {seconds / mine:4.1f} times as fast"
            print(f"  {name:36} {rows / seconds:10,.0f} rows/s, peak {peak} MB{ratio}", flush=True)
    return highest


def _run(contender: str, url: str) -> None:
    started = time.perf_counter()
    found = CONTENDERS[contender](url)
    took = time.perf_counter() - started
    status = Path("/proc/self/status").read_text().splitlines()
    high = next(line for line in status if line.startswith("VmHWM"))
    print(found, took, round(int(high.split()[1]) / 1024))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        _run(*sys.argv[2:])
        sys.exit()
    highest = main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000, sys.argv[2:] or list(KINDS))
    sys.exit(f"erp_sync took {highest} MB, more than {LIMIT}" if highest > LIMIT else 0)
