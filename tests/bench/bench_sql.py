"""A table of a PostgreSQL server streamed as text: rows a second and peak memory, beside pandas.read_sql in chunks.

``python tests/bench/bench_sql.py [rows]``; the server is that of ERP_SYNC_TEST_POSTGRESQL. Wall-clock seconds, since
the server works too; each contender in a process of its own, whose peak memory is its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import pandas as pd
from sqlalchemy import create_engine, text

from erp_sync.sources.sql.options import SqlOptions
from erp_sync.sources.sql.source import SqlSource
from tests.companies.databases import empty_database, url_of

MAKE = """
CREATE UNLOGGED TABLE items AS SELECT g AS no, 'Artikel nummer ' || g AS description, 'BLUE' || g % 37 AS color,
  (g % 100000)::numeric(12, 2) / 100 AS price, date '2024-01-01' + g % 365 AS sold,
  timestamp '2024-05-01' + g * interval '1 second' AS modified, g % 2 = 0 AS blocked, md5(g::text) AS hash
FROM generate_series(1, {rows}) g
"""


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


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder, empty_database("postgresql", Path(folder)) as engine:
        with engine.begin() as connection:
            connection.execute(text(MAKE.format(rows=rows)))
        print(f"{rows:,} rows of 8 columns")
        mine = 0.0
        for name in CONTENDERS:
            if name == "pandas.read_sql" and rows > 2_000_000:
                print(f"  {name:36} left out: it holds all rows in memory")
                continue
            run = subprocess.run(
                [sys.executable, __file__, "--run", name, url_of(engine)], stdout=subprocess.PIPE, check=True, text=True
            )
            count, seconds, peak = run.stdout.split()
            assert int(count) == rows
            mine = mine or float(seconds)
            ratio = "" if name == "erp_sync" else f"   erp_sync is {float(seconds) / mine:4.1f} times as fast"
            print(f"  {name:36} {rows / float(seconds):10,.0f} rows/s, peak {peak} MB{ratio}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        started = time.perf_counter()
        found = CONTENDERS[sys.argv[2]](sys.argv[3])
        took = time.perf_counter() - started
        status = Path("/proc/self/status").read_text().splitlines()
        high = next(line for line in status if line.startswith("VmHWM"))
        print(found, took, round(int(high.split()[1]) / 1024))
        sys.exit()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)
