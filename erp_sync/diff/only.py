"""A part of the data, where somebody asks for no more than that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow.compute as pc

from erp_sync.diff.comparison import Comparison
from erp_sync.diff.fingerprint import arrow_column
from erp_sync.model.extract import Rejection
from erp_sync.model.key import SEPARATOR, Key, join_key, show_key
from erp_sync.ports import KEY, Records


@dataclass(frozen=True, slots=True)
class Only:
    """These entities, and records whose key begins with these parts. Empty means all."""

    entities: frozenset[str] = frozenset()
    key: Key = ()

    @property
    def everything(self) -> bool:
        return not self.entities and not self.key

    def of(self, records: Records) -> Records:
        if not self.key:
            return records
        keys, wanted = arrow_column(records.frame, KEY), join_key(self.key)
        asked_for = pc.or_(pc.equal(keys, wanted), pc.starts_with(keys, wanted + SEPARATOR))
        return replace(records, frame=records.frame[np.asarray(asked_for)])

    def rejected(self, rejections: Sequence[Rejection]) -> Sequence[Rejection]:
        """Those of the records asked for, and those whose key is not known."""
        wanted = join_key(self.key) + SEPARATOR
        return [r for r in rejections if not self.key or r.key is None or f"{r.key}{SEPARATOR}".startswith(wanted)]

    def in_vain(self, comparisons: Iterable[Comparison]) -> list[str]:
        """A note where there is no such record: nothing to do is then no good news."""
        if not self.key or any(comparison.count for comparison in comparisons):
            return []
        return [f"the ERP has no record whose key is {show_key(self.key)} or begins with it"]
