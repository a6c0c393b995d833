"""1,000,000 rows x 12 mapped fields by the mapping language, beside pydantic row by row and polars expressions.

All three read the same texts and make the same twelve fields and the key; CPU seconds of this process, one core.

    python tests/bench/bench_mapping.py [--rows 1000000] [--chunk 65536]
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, Field

from erp_sync.centra.catalog import CATALOG
from erp_sync.mapping import MappingSet, load_mappings
from erp_sync.model.extract import ExtractReport, Rejection
from erp_sync.ports import Chunk

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MAPPING = r"""
entity: product
from: items
where: Blocked != "2"
key: {product: No_}
fields:
  status: {from: Blocked, values: {"0": active, "1": inactive}}
  description: {from: Description, transform: [collapse, {truncate: 60}], required: true}
  sku: {from: Sku, transform: [strip, upper]}
  folder.description: {template: "{Category}[ / {Subcategory}]"}
  brand.id: Brand Code
  brand.description: {lookup: {in: brands, on: {Code: Brand Code}, take: Name}}
  collection.description: {first_of: [Season, {value: Basic}]}
  harmcode.id: {from: Tariff No_, transform: [{regex: {find: "[ .]", with: ""}}]}
  countryoforigin: {from: Origin, values: {D: DE, S: SE, I: IT, PRC: CN}, otherwise: keep}
  weight.value: {from: Net Weight, transform: [{decimal: {decimal: ",", thousands: "."}}]}
  weight.unit: {value: g}
  comment: {from: Comment, blank: unset}
"""
ORIGINS = {"D": "DE", "S": "SE", "I": "IT", "PRC": "CN"}


def company(rows: int) -> tuple[pa.Table, pa.Table]:
    """Items and brands as an ERP would export them: text in every cell."""
    rng = np.random.default_rng(7)

    def pick(choices: Sequence[str]) -> pa.Array:
        return pa.array(choices).take(pa.array(rng.integers(0, len(choices), rows)))

    numbers = np.arange(rows)
    weights = rng.integers(1, 5_000_000, rows)
    brands = [f"B{n:03d}" for n in range(500)]
    items = pa.table(
        {
            "No_": pa.array([f"{n:07d}" for n in numbers]),
            "Blocked": pick(["0"] * 18 + ["1", "2"]),
            "Description": pa.array([f"Shirt  no. {n} of fine cotton" for n in numbers]),
            "Sku": pa.array([f" sku-{n}" for n in numbers]),
            "Category": pick(["Tops", "Trousers", "Shoes", "Jackets"]),
            "Subcategory": pick(["", "Polo", "Chino", "Running"]),
            "Brand Code": pick(brands),
            "Season": pick(["", "SS26", "AW26"]),
            "Tariff No_": pick(["6109 10 00", "6203.42.31", "64041100"]),
            "Origin": pick(["D", "S", "I", "PRC", "PT"]),
            "Net Weight": pa.array([f"{w // 100_000}.{w // 100 % 1000:03d},{w % 100:02d}" if w >= 100_000
                                    else f"{w // 100},{w % 100:02d}" for w in weights.tolist()]),
            "Comment": pick(["", "", "see catalogue", "new"]),
        }
    )  # fmt: skip
    return items, pa.table({"Code": brands, "Name": [f"Brand {code}" for code in brands]})


class InMemory:
    """An extract of tables that are there already, so that only the mapping is measured."""

    def __init__(self, tables: dict[str, pa.Table], size: int) -> None:
        self._tables, self._size = tables, size

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        table = self._tables[dataset] if columns is None else self._tables[dataset].select(list(columns))
        for start in range(0, len(table), self._size):
            piece = table.slice(start, self._size)
            frame = pd.DataFrame({n: pd.arrays.ArrowExtensionArray(piece.column(n)) for n in piece.column_names})
            frame.index = pd.RangeIndex(start + 2, start + 2 + len(piece))
            yield Chunk(dataset, f"{dataset}.csv", frame)

    def rejections(self) -> Sequence[Rejection]:
        return []

    def report(self) -> ExtractReport:
        return ExtractReport("memory", NOW, ())


def ours(mappings: MappingSet, extract: InMemory) -> tuple[int, dict[str, object]]:
    records, sample = 0, {}
    prepared = mappings.prepare(extract, NOW)
    (unit,) = mappings.units
    for chunk in prepared.chunks(unit.dataset):
        mapped = prepared.map(unit, chunk)
        assert not mapped.rejections
        records += len(mapped.records.frame)
        sample = mapped.records.frame.iloc[-1].to_dict()
    return records, {str(k): v for k, v in sample.items()}


def _number(text: object) -> object:
    return text.replace(".", "").replace(",", ".") if isinstance(text, str) else text


class Row(BaseModel):
    """The same twelve fields, by a model per row."""

    key: str = Field(alias="No_", min_length=1)
    blocked: str = Field(alias="Blocked")
    description: Annotated[str, BeforeValidator(lambda t: " ".join(t.split())[:60])] = Field(
        alias="Description", min_length=1
    )
    sku: Annotated[str, BeforeValidator(lambda t: t.strip().upper())] = Field(alias="Sku")
    category: str = Field(alias="Category")
    subcategory: str = Field(alias="Subcategory")
    brand: str = Field(alias="Brand Code")
    season: str = Field(alias="Season")
    tariff: Annotated[str, BeforeValidator(lambda t: t.replace(" ", "").replace(".", ""))] = Field(alias="Tariff No_")
    origin: str = Field(alias="Origin", pattern="^[A-Z]+$")
    weight: Annotated[Decimal, BeforeValidator(_number)] = Field(alias="Net Weight")
    comment: str = Field(alias="Comment")


def by_pydantic(items: pa.Table, brands: pa.Table) -> tuple[int, dict[str, object]]:
    names = dict(zip(brands["Code"].to_pylist(), brands["Name"].to_pylist(), strict=True))
    status = {"0": "active", "1": "inactive"}
    count, record = 0, {}
    for cells in items.to_pylist():
        if cells["Blocked"] == "2":
            continue
        row = Row.model_validate(cells)
        record = {
            "#key": row.key,
            "status": status[row.blocked],
            "description": row.description,
            "sku": row.sku,
            "folder.description": f"{row.category} / {row.subcategory}" if row.subcategory else row.category,
            "brand.id": row.brand,
            "brand.description": names[row.brand],
            "collection.description": row.season or "Basic",
            "harmcode.id": row.tariff,
            "countryoforigin": ORIGINS.get(row.origin, row.origin),
            "weight.value": str(row.weight.normalize()),
            "weight.unit": "g",
            "comment": row.comment or None,
        }
        count += 1
    return count, record


def by_polars(items: pl.DataFrame, brands: pl.DataFrame) -> tuple[int, dict[str, object]]:
    c = pl.col
    number = c("Net Weight").str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    frame = (
        items.lazy()
        .filter(c("Blocked") != "2")
        .join(brands.lazy(), left_on="Brand Code", right_on="Code", how="left")
        .select(
            c("No_").alias("#key"),
            c("Blocked").replace_strict({"0": "active", "1": "inactive"}).alias("status"),
            c("Description").str.replace_all(r"[\s\p{Zs}]+", " ").str.strip_chars().str.slice(0, 60)
            .alias("description"),
            c("Sku").str.strip_chars().str.to_uppercase().alias("sku"),
            pl.when(c("Subcategory") == "").then(c("Category"))
            .otherwise(c("Category") + " / " + c("Subcategory")).alias("folder.description"),
            c("Brand Code").alias("brand.id"),
            c("Name").alias("brand.description"),
            pl.when(c("Season") == "").then(pl.lit("Basic")).otherwise(c("Season")).alias("collection.description"),
            c("Tariff No_").str.replace_all("[ .]", "").alias("harmcode.id"),
            c("Origin").replace(ORIGINS).alias("countryoforigin"),
            number.str.to_decimal(scale=2).cast(pl.String).str.replace(r"\.?0+$", "").alias("weight.value"),
            pl.lit("g").alias("weight.unit"),
            pl.when(c("Comment") == "").then(None).otherwise(c("Comment")).alias("comment"),
        )
        .collect()
    )  # fmt: skip
    return len(frame), frame.row(-1, named=True)


def cpu(work: Callable[[], tuple[int, dict[str, object]]]) -> tuple[float, int, dict[str, object]]:
    gc.collect()
    start = time.process_time()
    count, sample = work()
    return time.process_time() - start, count, sample


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--chunk", type=int, default=65_536)
    parser.add_argument("--slow-rows", type=int, default=100_000, help="rows for pydantic; its time is scaled up")
    given = parser.parse_args()
    pa.set_cpu_count(1)
    items, brands = company(given.rows)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "product.yaml").write_text(MAPPING, encoding="utf-8")
        mappings = load_mappings(Path(folder), CATALOG, {})
    few = items.slice(0, given.slow_rows)
    polars_items, polars_brands = pl.from_arrow(items), pl.from_arrow(brands)
    assert isinstance(polars_items, pl.DataFrame) and isinstance(polars_brands, pl.DataFrame)

    mine, count, sample = cpu(lambda: ours(mappings, InMemory({"items": items, "brands": brands}, given.chunk)))
    polars, polars_count, polars_sample = cpu(lambda: by_polars(polars_items, polars_brands))
    rows, _, _ = cpu(lambda: by_pydantic(few, brands))
    pydantic = rows * given.rows / len(few)
    print(f"{given.rows:,} rows x 12 fields and the key, {count:,} records; CPU seconds on one core")
    for name, seconds in (("erp_sync mapping", mine), ("pydantic per row", pydantic), ("polars expressions", polars)):
        speed = given.rows / seconds / 1000
        print(f"  {name:20s} {seconds:7.2f} s  {speed:7.0f} thousand rows/s  x {seconds / mine:5.2f}")
    same = {k: (v, polars_sample[k]) for k, v in sample.items() if v != polars_sample[k] and v is not pd.NA}
    if count != polars_count or same:
        print(f"  the results differ: {count} and {polars_count} records, {same}", file=sys.stderr)
        return 1
    print("  erp_sync also checks kinds, keys and control characters, and can say why of every row it refuses")
    return 0


if __name__ == "__main__":
    sys.exit(main())
