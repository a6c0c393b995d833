"""Exported files read as text: rows a second, beside pandas.read_csv and the csv module, in one run.

``python tests/bench/bench_sources.py [rows]``. CPU seconds of this process, the best of three runs. Ours also finds the
dialect, knows each row's line, hashes the file and checks its end; the peers only cut it into columns.
"""

from __future__ import annotations

import csv
import itertools
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import pandas as pd
import pyarrow as pa

from erp_sync.sources.csv_options import CsvOptions
from erp_sync.sources.csv_source import CsvSource

COLUMNS = ["No_", "Description", "Color", "Size", "Price", "Vendor", "EAN", "Blocked", "Modified", "Comment"]


def rows(count: int) -> list[list[str]]:
    rng = random.Random(7)
    return [
        [
            f"{n:07}", f"Artikel nummer {n} blå", f"BLUE{n % 37}", str(n % 50), f"{n % 1000},{n % 100:02}",
            f"V{n % 211}", str(7300000000000 + n), str(n % 2),
            f"2024-05-{n % 28 + 1:02} 10:00:00", f"text {rng.randrange(n + 1)}",
        ]
        for n in range(count)
    ]  # fmt: skip


def ours(path: Path, **options: Any) -> int:
    settings = {"datasets": {"items": {"files": path.name}}, **options}
    source = CsvSource.from_options("erp", CsvOptions.model_validate(settings), path.parent)
    with source.open() as extract:
        count = sum(len(chunk.frame) for chunk in extract.chunks("items"))
        assert extract.report().complete, extract.report()
    return count


def by_pandas(path: Path, **options: Any) -> int:
    chunks = pd.read_csv(path, dtype=str, keep_default_na=False, chunksize=50_000, **options)
    return sum(len(chunk) for chunk in chunks)


def by_csv_module(path: Path, encoding: str = "utf-8") -> int:
    count = 0
    with path.open(newline="", encoding=encoding) as f:
        reader = csv.reader(f, delimiter=";")
        next(reader)
        while batch := list(itertools.islice(reader, 50_000)):
            count += pa.table([pa.array(c) for c in zip(*batch, strict=True)], names=COLUMNS).num_rows
    return count


def measure(title: str, count: int, contenders: dict[str, Callable[[], int]]) -> None:
    best: dict[str, float] = {}
    for name, run in contenders.items():
        for _ in range(3):
            started = time.process_time()
            assert run() == count, f"{name} read another number of rows"
            best[name] = min(best.get(name, 1e9), time.process_time() - started)
    mine = best["erp_sync"]
    print(f"\n{title}, {count:,} rows of {len(COLUMNS)} columns")
    for name, seconds in best.items():
        ratio = "" if name == "erp_sync" else f"   erp_sync is {seconds / mine:5.1f} times as fast"
        print(f"  {name:18} {count / seconds:12,.0f} rows/s{ratio}")


def main(count: int) -> None:
    made = rows(count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        plain, quoted, bulk, western = (path / f"{n}.csv" for n in ("plain", "quoted", "bulk", "western"))
        text = ";".join(COLUMNS) + "\n" + "".join(";".join(r) + "\n" for r in made)
        plain.write_text(text, "utf-8")
        western.write_text(text, "cp1252")
        with quoted.open("w", newline="") as f:
            writer = csv.writer(f, delimiter=";", quoting=csv.QUOTE_ALL)
            writer.writerows([COLUMNS, *([*r[:-1], r[-1] + '\n"more"'] for r in made)])
        bulk.write_text("".join("+|".join(r) + "&|\n" for r in made))

        size = plain.stat().st_size
        for times in (1, 10):
            plain.write_text(text.partition("\n")[0] + "\n" + text.partition("\n")[2] * times, "utf-8")
            peak = subprocess.run([sys.executable, __file__, "--peak", str(plain)], stdout=subprocess.PIPE, check=True)
            print(f"peak memory of a process that reads {size * times / 1e6:,.0f} MB: {peak.stdout.decode().strip()}")
        plain.write_text(text, "utf-8")
        measure(
            "delimited by ;, UTF-8", count,
            {"erp_sync": lambda: ours(plain), "pandas.read_csv": lambda: by_pandas(plain, sep=";"),
             "csv": lambda: by_csv_module(plain)},
        )  # fmt: skip
        measure(
            "Windows-1252", count,
            {"erp_sync": lambda: ours(western),
             "pandas.read_csv": lambda: by_pandas(western, sep=";", encoding="cp1252"),
             "csv": lambda: by_csv_module(western, "cp1252")},
        )  # fmt: skip
        measure(
            "every cell quoted, line ends inside", count,
            {"erp_sync": lambda: ours(quoted), "pandas.read_csv": lambda: by_pandas(quoted, sep=";"),
             "csv": lambda: by_csv_module(quoted)},
        )  # fmt: skip
        dialect = {"delimiter": "+|", "row_end": "&|\n", "quote": "none", "header": False}
        named = {"datasets": {"items": {"files": bulk.name, "columns": COLUMNS}}}
        measure(
            "bulk copy, +| and &|", count,
            {"erp_sync": lambda: ours(bulk, **dialect, **named),
             "pandas.read_csv": lambda: by_pandas(bulk, sep=r"\+\|", engine="python", header=None, names=COLUMNS)},
        )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        ours(Path(sys.argv[2]))
        # Not ru_maxrss: a child begins with its parent's.
        peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
        print(f"{int(peak.split()[1]) / 1024:.0f} MB")
        sys.exit()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
