"""A ledger in memory, as far as a plan reads it, and changes to feed it with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pyarrow as pa

from erp_sync.centra.catalog import CATALOG
from erp_sync.model.change import Action, Baseline, Change, FieldChange
from erp_sync.model.extract import DatasetReport, ExtractReport, Origin
from erp_sync.model.key import join_key, split_key
from erp_sync.model.plan import Binding
from erp_sync.plan import PlanOptions, PlanWriter
from erp_sync.ports import TEXT, LedgerReader

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
BINDING = Binding("sha256:e", "sha256:m", "ledger-1", 7, "http://127.0.0.1/api#ns#login")
EVERYTHING = frozenset(e.name for e in CATALOG)


@dataclass
class MemoryReader:
    """``known``: entity -> joined key -> baseline."""

    known: dict[str, dict[str, Baseline]] = field(default_factory=dict)
    held: dict[tuple[str, str], str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    lookups: int = 0
    id: str = "ledger-1"

    def knows(self, entity: str, *key: str, exists: bool = True) -> MemoryReader:
        baseline = Baseline(join_key(key), {}, fingerprint=1 if exists else None, exists=exists)
        self.known.setdefault(entity, {})[join_key(key)] = baseline
        return self

    def fingerprints(self, entity: str, keys: pa.Array) -> pd.DataFrame:
        self.lookups += 1
        found = [self.known.get(entity, {})[k] for k in keys.to_pylist() if k in self.known.get(entity, {})]
        prints = pd.Series([b.fingerprint for b in found], dtype="Int64")
        return pd.DataFrame({"key": pd.Series([b.key for b in found], dtype=TEXT), "fingerprint": prints})

    def baselines(self, entity: str, keys: Sequence[str]) -> dict[str, Baseline]:
        self.lookups += 1
        return {k: b for k, b in self.known.get(entity, {}).items() if k in set(keys)}

    def owners_of(self, entity: str, own_ids: Sequence[str]) -> dict[str, str]:
        self.lookups += 1
        return {split_key(k)[-1]: k for k in self.known.get(entity, {}) if split_key(k)[-1] in set(own_ids)}

    def keys(self, entity: str) -> Iterator[pa.Array]:
        yield pa.array(sorted(self.known.get(entity, {})), pa.string())

    def scan(self, entity: str) -> Iterator[list[Baseline]]:
        yield [baseline for _, baseline in sorted(self.known.get(entity, {}).items())]

    def quarantined(self, entity: str, keys: Sequence[str]) -> dict[str, str]:
        self.lookups += 1
        return {k: self.held[entity, k] for k in keys if (entity, k) in self.held}

    def population(self, entity: str) -> int:
        return self.sizes.get(entity, len(self.known.get(entity, {})))

    def last_rows(self, dataset: str) -> int | None:
        return self.rows.get(dataset)


def change(entity: str, *key: str, action: Action = Action.CREATE, old: str | None = None, **new: str) -> Change:
    """Fields as keywords, ``__`` for a dot."""
    fields = tuple(FieldChange(path.replace("__", "."), old, value) for path, value in new.items())
    return Change(entity, key, action, fields, Origin("items", "items.csv", 2), 1)


def update(entity: str, *key: str, old: str | None = None, **new: str) -> Change:
    return change(entity, *key, action=Action.UPDATE, old=old, **new)


def extract(**rows: int) -> ExtractReport:
    return ExtractReport("erp", NOW, tuple(DatasetReport(n, c, "sha256:d", True) for n, c in rows.items()))


def writer(path: Path, reader: MemoryReader | None = None, **options: Any) -> PlanWriter:
    options.setdefault("mapped", EVERYTHING)
    ledger = cast(LedgerReader, reader or MemoryReader())
    return PlanWriter(path, CATALOG, ledger, PlanOptions(**options), lambda: NOW)
