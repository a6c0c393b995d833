"""A small catalog, an extract from lists, and one step from YAML to records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pandas as pd
import pyarrow as pa
import pytest

from erp_sync.errors import FixMapping
from erp_sync.mapping import MappingSet, Prepared, load_mappings
from erp_sync.model.catalog import Catalog, Entity, Field, FieldKind, KeyPart, Leaving
from erp_sync.model.extract import ExtractReport, Rejection
from erp_sync.model.key import show_key
from erp_sync.ports import KEY, Chunk

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
STATUS = Field("status", FieldKind.STATUS, words=("inactive", "active", "canceled"))


def _entity(name: str, level: int, keys: Sequence[str], fields: Sequence[Field], parent: str | None = None,
            leaving: Leaving = Leaving.NEVER) -> Entity:  # fmt: skip
    own = tuple(KeyPart(k, "id") for k in keys)
    return Entity(name, "op", level, name, own, name, parent, tuple(fields), leaving=leaving,
                  retired_status="canceled" if leaving is Leaving.RETIRE else "")  # fmt: skip


SMALL = Catalog(
    (
        _entity("warehouse", 10, ["warehouse"], [Field("description")]),
        _entity("product", 20, ["product"], [
            STATUS, Field("description", doc="The name."), Field("sku"), Field("folder.description"),
            Field("brand.description"),
            Field("weight.value", FieldKind.DECIMAL), Field("countryoforigin", FieldKind.COUNTRY),
            Field("comment", personal=True), Field("secret", FieldKind.SECRET),
        ], leaving=Leaving.RETIRE),
        _entity("variation", 20, ["variation"], [Field("description"), STATUS, Field("sku")], "product",
                Leaving.RETIRE),
        _entity("variation_size", 20, ["size"], [Field("description"), Field("ean")], "variation"),
        _entity("stock", 30, ["warehouse"], [Field("qty", FieldKind.INTEGER)], "variation_size"),
        _entity("price", 40, ["pricelist", "product"], [
            Field("price", FieldKind.DECIMAL), Field("currency", FieldKind.CURRENCY)
        ]),
        _entity("deliverywindow", 50, ["deliverywindow"], [
            Field("startdate", FieldKind.DATE), Field("atonce", FieldKind.BOOLEAN), Field("ref", FieldKind.REFERENCE),
        ]),
    )
)  # fmt: skip


class Given:
    """An extract from lists of rows; line 2 is the first row, as in a file with a header."""

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, str | None]]], chunk_rows: int = 1000) -> None:
        self._rows, self._size = rows, chunk_rows
        self.asked: list[tuple[str, tuple[str, ...] | None]] = []

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        self.asked.append((dataset, tuple(columns) if columns is not None else None))
        rows = self._rows[dataset]
        names = list(dict.fromkeys(n for row in rows for n in row))
        wanted = [n for n in names if columns is None or n in columns]
        for start in range(0, len(rows), self._size):
            piece = rows[start : start + self._size]
            data = {n: pd.array([row.get(n) for row in piece], dtype=pd.ArrowDtype(pa.string())) for n in wanted}
            yield Chunk(dataset, f"{dataset}.csv", pd.DataFrame(data, index=range(start + 2, start + 2 + len(piece))))

    def rejections(self) -> Sequence[Rejection]:
        return []

    def report(self) -> ExtractReport:
        return ExtractReport("given", NOW, ())


class Result:
    """What came of a mapping: records by entity and shown key, and what was refused."""

    def __init__(self, prepared: Prepared) -> None:
        self.records: dict[str, dict[str, dict[str, str | None]]] = {}
        self.order: dict[str, list[tuple[str, str]]] = {}
        self.rejections: list[Rejection] = []
        self.notices: list[str] = []
        for unit in prepared.mappings.units:
            into = self.records.setdefault(unit.entity, {})
            order = self.order.setdefault(unit.entity, [])
            for chunk in prepared.chunks(unit.dataset):
                mapped = prepared.map(unit, chunk)
                frame = mapped.records.frame
                for number, row in enumerate(frame.to_dict("records")):
                    key = show_key(row.pop(KEY))
                    into[key] = {str(k): None if v is pd.NA else v for k, v in row.items()}
                    order.append((str(mapped.records.origin(number)), key))
                self.rejections += mapped.rejections
                self.notices += [f"{n.mapping_at} {n.message} x{n.count} first {n.first}" for n in mapped.notices]
        self.derived = [r for found in prepared.rejections.values() for r in found]

    @property
    def refused(self) -> list[str]:
        return [f"{r.origin} {r.key and show_key(r.key)} {r.field} {r.column} {r.reason}" for r in self.rejections]


Files = str | Mapping[str, str]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., MappingSet]:
    """Files as texts -> a mapping set. A single text is m.yaml."""
    monkeypatch.chdir(tmp_path)

    def loader(files: Files, parameters: Mapping[str, str] | None = None, catalog: Catalog = SMALL) -> MappingSet:
        for name, text in ({"m.yaml": files} if isinstance(files, str) else files).items():
            (tmp_path / name).write_text(dedent(text), encoding="utf-8")
        return load_mappings(Path(tmp_path), catalog, parameters or {})

    return loader


@pytest.fixture
def problems(load: Callable[..., MappingSet]) -> Callable[..., list[str]]:
    """Files as texts -> the messages of everything that is wrong with them."""

    def collect(files: Files, parameters: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(FixMapping) as caught:
            load(files, parameters)
        found = caught.value.problems or [caught.value]
        return [str(p).replace("\n  ", " | ") for p in found]

    return collect


@pytest.fixture
def run(load: Callable[..., MappingSet]) -> Callable[..., Result]:
    """A mapping and rows -> records and rejections."""

    def runner(
        files: Files,
        rows: Mapping[str, Sequence[Mapping[str, str | None]]],
        parameters: Mapping[str, str] | None = None,
        chunk_rows: int = 1000,
    ) -> Result:
        return Result(load(files, parameters).prepare(Given(rows, chunk_rows), NOW))

    return runner
