"""A ledger in a dict, for the diff: only what stop 4 asks of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from erp_sync.model.change import Baseline
from erp_sync.model.key import split_key
from erp_sync.ports import KEY, TEXT, Records


@dataclass
class DictReader:
    known: dict[str, Baseline] = field(default_factory=dict)
    field_reads: int = 0

    def fingerprints(self, entity: str, keys: pa.Array) -> pd.DataFrame:
        hits = [self.known[k] for k in keys.to_pylist() if k in self.known]
        prints = [None if b.doubtful else b.fingerprint for b in hits]
        return pd.DataFrame(
            {
                "key": pd.Series([b.key for b in hits], dtype=TEXT),
                "fingerprint": pd.Series(prints, dtype=pd.ArrowDtype(pa.int64())),
            }
        )

    def all_fingerprints(self, entity: str) -> Iterator[tuple[pa.Array, npt.NDArray[np.int64]]]:
        sure = [b for b in self.known.values() if b.fingerprint is not None and not b.doubtful]
        for at in range(0, len(sure), 2):
            some = sure[at : at + 2]
            yield pa.array([b.key for b in some], pa.string()), np.array([b.fingerprint for b in some], np.int64)

    def baselines(self, entity: str, keys: Sequence[str]) -> dict[str, Baseline]:
        self.field_reads += len(keys)
        return {k: self.known[k] for k in keys if k in self.known}

    def owners_of(self, entity: str, own_ids: Sequence[str]) -> dict[str, str]:
        return {split_key(k)[-1]: k for k in self.known if split_key(k)[-1] in own_ids}

    def keys(self, entity: str) -> Iterator[pa.Array]:
        yield pa.array(sorted(k for k, b in self.known.items() if not b.retired), pa.string())


def records(entity: str, rows: Sequence[dict[str, str | None]], first_line: int = 2) -> Records:
    paths = [KEY, *sorted({p for row in rows for p in row if p != KEY})]
    frame = pd.DataFrame(
        {p: pd.Series([row.get(p) for row in rows], dtype=TEXT) for p in paths},
    )
    frame.index = pd.RangeIndex(first_line, first_line + len(rows))
    return Records(entity, "items", "items.csv", frame, f"{entity}.yaml:1")
