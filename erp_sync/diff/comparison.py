"""One entity over a whole extract: what was seen, what it means that something was not, what stands there twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from erp_sync.diff.compare import Compared, Rules, compare
from erp_sync.diff.fingerprint import hash_keys
from erp_sync.diff.known import Known
from erp_sync.diff.seen import Seen
from erp_sync.diff.vanish import Vanished, vanished
from erp_sync.model.catalog import Entity
from erp_sync.model.change import Change
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.key import join_key
from erp_sync.ports import LedgerReader, Records

Verified = list[tuple[pa.Array, npt.NDArray[np.int64]]]


class Comparison:
    """Fed chunk by chunk; what it says of the whole (conflicts, vanished) is true once all chunks were given.

    ``count`` is how many records and rejected keys there were.
    ``nameless`` counts rows rejected before their key was known: while there are any, nothing follows from absence.
    ``verified`` are keys and new fingerprints of records that were compared by field and found unchanged.
    """

    def __init__(self, entity: Entity, reader: LedgerReader) -> None:
        self.entity, self._reader = entity, reader
        self._known, self._seen = Known(reader, entity.name), Seen()
        self.count = self.nameless = 0
        self.verified: Verified = []

    def compare(self, records: Records, rules: Rules) -> Compared:
        self.count += len(records.frame)
        found = compare(records, self.entity, rules, self._known, self._seen)
        if len(found.verified_keys):
            self.verified.append((found.verified_keys, found.verified_prints))
        return found

    def reject(self, rejections: Sequence[Rejection]) -> None:
        """Rows that became no record: those whose key is known have not vanished."""
        keys = [r.key for r in rejections if r.key is not None]
        self.count += len(keys)
        self.nameless += len(rejections) - len(keys)
        if keys:
            self._seen.add_rejected(hash_keys(pa.array(keys, pa.string())))

    def vanished(self, retire_after: int | None, mapping_at: str) -> Iterator[Vanished]:
        return vanished(self.entity, self._reader, self._seen, retire_after=retire_after, mapping_at=mapping_at)

    @cached_property
    def _conflicts(self) -> dict[int, tuple[str, ...]]:
        return self._seen.conflicts()

    def conflict(self, change: Change) -> Rejection | None:
        """Why a change is not sent after all: its key came with several contents, and nobody can say which is right."""
        if not self._conflicts:
            return None
        key = join_key(change.key)
        places = self._conflicts.get(int(hash_keys(pa.array([key], pa.string()))[0]))
        if places is None:
            return None
        reason = f"{len(places)} rows have this key and different contents: {', '.join(places[:5])}"
        origin = change.origin or Origin("", "", "")
        return Rejection(origin, reason, self.entity.name, key, mapping_at=change.mapping_at)
