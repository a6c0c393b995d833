"""Which records Centra has with exactly this content: asked of the ledger by key, or once for all of an entity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.diff.fingerprint import arrow_column, hash_keys
from erp_sync.ports import LedgerReader

_Hashes = npt.NDArray[np.uint64]


@dataclass(slots=True)
class Known:
    """One entity's fingerprints.

    The first chunk asks by key, since an extract may be that small. Whoever comes with a second one gets the whole
    entity read in one pass, which costs a third of asking by key, and 16 bytes a record.
    """

    reader: LedgerReader
    entity: str
    _asked: bool = False
    _hashes: _Hashes | None = None  # of keys, sorted
    _prints: npt.NDArray[np.int64] | None = None  # beside _hashes

    def same(self, keys: pa.ChunkedArray, hashes: _Hashes, prints: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """True for each record that is, to the letter, what Centra last acknowledged."""
        if not self._asked:
            self._asked = True
            return self._by_key(keys, prints)
        if self._hashes is None or self._prints is None:
            self._hashes, self._prints = self._read_all()
        if not len(self._hashes):
            return np.zeros(len(hashes), dtype=bool)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return np.asarray((self._hashes[at] == hashes) & (self._prints[at] == prints))

    def _by_key(self, keys: pa.ChunkedArray, prints: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        known = self.reader.fingerprints(self.entity, keys.combine_chunks())
        if not len(known):
            return np.zeros(len(keys), dtype=bool)
        at = pc.index_in(keys, value_set=arrow_column(known, "key").combine_chunks())
        equal = pc.equal(pc.take(arrow_column(known, "fingerprint"), at), pa.array(prints))
        return np.asarray(pc.fill_null(equal, False).to_numpy())

    def _read_all(self) -> tuple[_Hashes, npt.NDArray[np.int64]]:
        chunks = [(hash_keys(keys), prints) for keys, prints in self.reader.all_fingerprints(self.entity)]
        if not chunks:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        hashes = np.concatenate([h for h, _ in chunks])
        order = np.argsort(hashes)
        return hashes[order], np.concatenate([p for _, p in chunks])[order]
