"""A quiet night: 1,000,000 records of 10 fields against what is already known, beside three tools that compare tables.

The peers compare two files of the same content; we compare one with our ledger (SQLite), which is what a night does.
``python tests/bench/bench_diff.py [records]``; CPU seconds of this process, children included.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import csv_diff  # type: ignore[import-untyped]
import datacompy
import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from erp_sync.diff import Known, Rules, Seen, compare, fingerprints
from erp_sync.model.catalog import Entity, Field, KeyPart
from erp_sync.model.change import Baseline
from erp_sync.ports import KEY, TEXT, Records

FIELDS = [f"field{n}" for n in range(10)]
ENTITY = Entity(
    "product", "products_Update", 20, "products.product", (KeyPart("product", "id"),), "",
    fields=tuple(Field(f) for f in FIELDS),
)  # fmt: skip
CHUNK = 50_000


def make(count: int) -> pd.DataFrame:
    rng = random.Random(7)
    words = [f"{rng.choice(['wool', 'linen', 'silk'])} {rng.randrange(10_000)}" for _ in range(20_000)]
    columns = {f: pa.array(rng.choices(words, k=count)) for f in FIELDS}
    keys = pa.array([f"{n:08}" for n in range(count)])
    return pd.DataFrame({KEY: pd.Series(keys, dtype=TEXT)} | {f: pd.Series(c, dtype=TEXT) for f, c in columns.items()})


def changed(frame: pd.DataFrame, share: float) -> pd.DataFrame:
    other = frame.copy()
    step = int(1 / share)
    other.loc[::step, "field3"] = "changed"
    return other


def ours(frame: pd.DataFrame, reader: Any) -> int:
    seen, known, found = Seen(), Known(reader, "product"), 0
    for at in range(0, len(frame), CHUNK):
        part = frame.iloc[at : at + CHUNK]
        found += len(compare(Records("product", "d", "d.csv", part), ENTITY, Rules(), known, seen).changes)
    return found


def with_datacompy(old: pd.DataFrame, new: pd.DataFrame) -> int:
    result = datacompy.PandasCompare(old, new, join_columns=KEY)
    return int((~result.intersect_rows.filter(like="_match").all(axis=1)).sum())


def with_duckdb(old: Path, new: Path) -> int:
    differs = " or ".join(f"a.{f} is distinct from b.{f}" for f in FIELDS)
    tables = [f"read_csv('{path}', all_varchar=true)" for path in (old, new)]
    with duckdb.connect(config={"threads": 1}) as db:
        rows = db.sql(
            f"select count(*) from {tables[0]} a full join {tables[1]} b on a.id = b.id"
            f" where a.id is null or b.id is null or {differs}"
        ).fetchall()
    return int(rows[0][0])


def with_csv_diff(old: Path, new: Path) -> int:
    with old.open() as one, new.open() as two:
        return len(csv_diff.compare(csv_diff.load_csv(one, key="id"), csv_diff.load_csv(two, key="id"))["changed"])


def measure(name: str, run: Callable[[], int], expected: int, against: float | None) -> float:
    before = os.times()
    found = run()
    after = os.times()
    seconds = after.user + after.system - before.user - before.system
    assert found == expected, f"{name} found {found} changes, expected {expected}"
    ratio = f"{seconds / against:6.1f} x ours" if against else ""
    print(f"  {name:<34}{seconds:7.2f} s CPU  {ratio}")
    return seconds


def main(count: int) -> None:
    from erp_sync.ledger import open_ledger

    frame = make(count)
    later = changed(frame, 0.01)
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{folder}/ledger.db", clock=lambda: datetime.now(UTC), beat_every=None)
        run = ledger.begin("bench")
        for at in range(0, count, CHUNK):
            part = frame.iloc[at : at + CHUNK]
            prints = fingerprints(part).tolist()
            rows = part.to_dict("records")
            ledger.adopt(
                run, "product", [Baseline(r.pop(KEY), r, fingerprint=p) for r, p in zip(rows, prints, strict=True)]
            )
        ledger.finish(run, "done", {})
        old, new = Path(folder, "old.csv"), Path(folder, "new.csv")
        for path, content in ((old, frame), (new, later)):
            table = pa.Table.from_pandas(content.rename(columns={KEY: "id"}), preserve_index=False)
            pyarrow.csv.write_csv(table, path)
        print(f"{count:,} records x {len(FIELDS)} fields")
        quiet = measure("erp_sync, nothing changed", lambda: ours(frame, ledger), 0, None)
        hundredth = len(range(0, count, 100))
        measure("erp_sync, 1 % changed", lambda: ours(later, ledger), hundredth, quiet)
        measure("DuckDB full join of two CSVs", lambda: with_duckdb(old, new), hundredth, quiet)
        measure("datacompy on pandas", lambda: with_datacompy(frame, later), hundredth, quiet)
        measure("csv-diff", lambda: with_csv_diff(old, new), hundredth, quiet)
        ledger.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
