"""A whole quiet night: ``erp-sync plan`` over 1,000,000 records of 10 fields, from the export's bytes to "No changes".

Each line is a process of its own: seconds on the clock, CPU seconds, peak memory. The peers read the export of today
and that of yesterday and compare the two; ours reads today's, maps it, and compares with a ledger that really took a
first load (through plan and apply, with a Centra that says yes to everything in this process).

    python tests/bench/bench_night.py [records]
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from erp_sync.model.outcome import Reply, ReplyKind
from erp_sync.model.plan import Step
from erp_sync.plan import open_plan
from erp_sync.report.progress import QuietReporter
from erp_sync.wiring import open_project

PROJECT = """
version: 1
name: night
mappings: mappings
sources: {erp: {kind: csv, folder: export, delimiter: ",", datasets: {items: {files: items.csv}}}}
centra:
  endpoint: http://127.0.0.1:9/api
  username: bench
  password: ${BENCH_PASSWORD}
  batch: {documents: 1000, bytes: 10000000}
ledger: {url: "sqlite:///ledger.db"}
"""
MAPPING = """
entity: product
from: items
key: {product: id}
fields:
  status: {from: f0, values: {a: active, i: inactive}}
  description: {from: f1, transform: [collapse]}
  sku: {from: f2, transform: [upper]}
  folder.description: {template: "{f3} / {f4}"}
  brand.id: f5
  brand.description: f6
  comment: {from: f7, blank: unset}
  harmcode.id: f8
  weight.value: {from: f9, transform: [{decimal: {decimal: ","}}]}
  weight.unit: {value: kg}
"""
COLUMNS = [f"f{n}" for n in range(10)]
PEERS = {
    "DuckDB full join of two CSVs": """
import duckdb, sys
tables = [f"read_csv('{path}', all_varchar=true)" for path in sys.argv[1:3]]
differs = " or ".join(f"a.f{n} is distinct from b.f{n}" for n in range(10))
with duckdb.connect(config={"threads": 1}) as db:
    db.execute("set enable_progress_bar = false")
    print(db.sql(f"select count(*) from {tables[0]} a full join {tables[1]} b on a.id = b.id "
                 f"where a.id is null or b.id is null or {differs}").fetchall()[0][0])
""",
    "datacompy on pandas, two CSVs": """
import datacompy, pandas, sys
old, new = (pandas.read_csv(path, dtype=str, keep_default_na=False) for path in sys.argv[1:3])
result = datacompy.PandasCompare(old, new, join_columns="id")
print(int((~result.intersect_rows.filter(like="_match").all(axis=1)).sum()))
""",
    "csv-diff, two CSVs": """
import csv_diff, sys
with open(sys.argv[1]) as old, open(sys.argv[2]) as new:
    print(len(csv_diff.compare(csv_diff.load_csv(old, key="id"), csv_diff.load_csv(new, key="id"))["changed"]))
""",
}
# started by a small process, because the peak memory of a child begins with that of whoever started it
LAUNCH = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss, flush=True)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass
class Yes:
    """A Centra that takes everything: what is measured is ours."""

    encoder: object
    endpoint: str

    def encode(self, steps: Sequence[Step]) -> bytes:
        return self.encoder.encode(steps)  # type: ignore[attr-defined, no-any-return]

    def send(self, operation: str, documents: Sequence[bytes]) -> Reply:
        return Reply(ReplyKind.APPLIED)

    def probe(self) -> Reply:
        return Reply(ReplyKind.APPLIED)


def company(count: int) -> pa.Table:
    rng = random.Random(7)
    words = [f"{rng.choice(['wool', 'linen', 'silk'])} {rng.randrange(10_000)}" for _ in range(20_000)]
    columns = {name: pa.array(rng.choices(words, k=count)) for name in COLUMNS}
    columns["f0"] = pa.array(rng.choices(["a", "a", "a", "i"], k=count))
    columns["f9"] = pa.array([f"{n % 9},{n % 97:02}" for n in range(count)])
    return pa.table({"id": pa.array([f"{n:08}" for n in range(count)]), **columns})


def changed(table: pa.Table, every: int) -> pa.Table:
    frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    frame.loc[::every, "f1"] = "changed"
    return pa.Table.from_pandas(frame, preserve_index=False)


def first_load(folder: Path) -> float:
    project = open_project(folder / "erp-sync.yaml", None, os.environ)
    start = time.perf_counter()
    project.plan(folder / "first.plan", QuietReporter(sys.stderr))
    project.__dict__["target"] = Yes(project.target, project.target.endpoint)
    summary = project.apply(open_plan(folder / "first.plan"), QuietReporter(sys.stderr))
    assert summary.status == "done", summary
    return time.perf_counter() - start


def measured(command: Sequence[str], folder: Path) -> tuple[float, float, float, str]:
    """Seconds on the clock, seconds of CPU, peak memory in MB, and what the process said."""
    done = subprocess.run([sys.executable, "-c", LAUNCH, *command], cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    said, _, used = done.stdout.rstrip().rpartition("\n")
    seconds, cpu, kilobytes = map(float, used.split())
    return seconds, cpu, kilobytes / 1024, said


def main(count: int) -> None:
    os.environ["BENCH_PASSWORD"] = "none"
    table = company(count)
    hundredth = len(range(0, count, 100))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "export").mkdir()
        (folder / "mappings").mkdir()
        (folder / "erp-sync.yaml").write_text(PROJECT, "utf-8")
        (folder / "mappings" / "product.yaml").write_text(MAPPING, "utf-8")
        export, old, new = folder / "export" / "items.csv", folder / "old.csv", folder / "new.csv"
        for path, content in ((export, table), (old, table), (new, changed(table, 100))):
            pyarrow.csv.write_csv(content, path)
        del table
        print(f"{count:,} records of 10 fields, {export.stat().st_size / 1e6:.0f} MB of CSV", flush=True)
        print(f"  first load into the ledger, Centra's time left out: {first_load(folder):.0f} s", flush=True)
        erp_sync = str(Path(sys.executable).with_name("erp-sync"))
        quiet = 0.0

        def line(what: str, command: Sequence[str], expected: str) -> float:
            seconds, cpu, megabytes, said = measured(command, folder)
            assert re.search(expected, said), f"{what}: {said}"
            ratio = f"{cpu / quiet:6.1f} x ours" if quiet else ""
            print(f"  {what:<34}{seconds:7.1f} s {cpu:7.1f} s CPU {megabytes:7,.0f} MB {ratio}", flush=True)
            return cpu

        quiet = line("erp-sync plan, nothing changed", [erp_sync, "plan", "-q"], "No changes")
        line("erp-sync sync, nothing changed", [erp_sync, "sync", "--yes", "-q"], "No changes")
        export.write_bytes(new.read_bytes())
        line("erp-sync plan, 1 % changed", [erp_sync, "plan", "-q"], f"{hundredth:,} to update")
        for what, program in PEERS.items():
            line(what, [sys.executable, "-c", program, str(old), str(new)], f"^{hundredth}$")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
