"""Which keys an extract has, in some 40 bytes a record: to find duplicates across chunks, and what vanished."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

_Hashes = npt.NDArray[np.uint64]
_MIX = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio's bits: spreads equal fingerprints of different keys


def _none() -> _Hashes:
    return np.empty(0, np.uint64)


def _contains(ordered: _Hashes, wanted: _Hashes) -> npt.NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(wanted), dtype=bool)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.asarray(ordered[at] == wanted)


@dataclass(slots=True)
class Seen:
    """Fed with every record of one entity, chunk by chunk, in the order of the extract."""

    collapsed: int = 0  # rows that repeated a record to the letter
    _keys: _Hashes = field(default_factory=_none)  # sorted
    _rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # beside _keys
    _pairs: _Hashes = field(default_factory=_none)  # of key and content, sorted
    _rejected: _Hashes = field(default_factory=_none)
    _places: list[tuple[int, str, pd.Index]] = field(default_factory=list)
    _total: int = 0

    def add(self, keys: _Hashes, prints: npt.NDArray[np.int64], place: str, at: pd.Index) -> npt.NDArray[np.bool_]:
        """Take a chunk's records; True for each row whose key and content were not both seen before."""
        pairs = keys ^ (prints.view(np.uint64) * _MIX)
        _, first = np.unique(pairs, return_index=True)
        fresh = np.zeros(len(keys), dtype=bool)
        fresh[first] = True
        fresh &= ~_contains(self._pairs, pairs)
        rows = np.arange(self._total, self._total + len(keys), dtype=np.int64)
        self._places.append((self._total, place, at))
        self._total += len(keys)
        self.collapsed += int(len(keys) - fresh.sum())
        merged = np.concatenate([self._keys, keys[fresh]])
        order = np.argsort(merged, kind="stable")
        self._keys = merged[order]
        self._rows = np.concatenate([self._rows, rows[fresh]])[order]
        self._pairs = np.sort(np.concatenate([self._pairs, pairs[fresh]]), kind="stable")
        return fresh

    def add_rejected(self, keys: _Hashes) -> None:
        """Keys of rows that were rejected: they have not vanished."""
        self._rejected = np.union1d(self._rejected, keys)

    def holds(self, keys: _Hashes) -> npt.NDArray[np.bool_]:
        """True for each key that the extract has, rejected rows included."""
        return _contains(self._keys, keys) | _contains(self._rejected, keys)

    def conflicts(self) -> dict[int, tuple[str, ...]]:
        """Hash of each key that came with more than one content -> where its rows stand."""
        doubled = np.unique(self._keys[1:][self._keys[1:] == self._keys[:-1]])
        firsts, lasts = np.searchsorted(self._keys, doubled, "left"), np.searchsorted(self._keys, doubled, "right")
        return {
            int(key): tuple(self._where(int(row)) for row in np.sort(self._rows[first:last]))
            for key, first, last in zip(doubled, firsts, lasts, strict=True)
        }

    def _where(self, row: int) -> str:
        start, place, at = max((p for p in self._places if p[0] <= row), key=lambda p: p[0])
        return f"{place}:{at[row - start]}"
