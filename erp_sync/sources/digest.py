"""Digests of what was read: "sha256:…"; equal content gives an equal digest, whatever the size of the chunks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa


class ContentDigest:
    """Over the cells in order, column by column.

    Per column two streams are hashed: the lengths in bytes of its cells (-1 for null) and their UTF-8 text, each
    run on over all chunks. The order of the rows counts, the size of the chunks does not.
    """

    def __init__(self) -> None:
        self._columns: dict[str, tuple[hashlib._Hash, hashlib._Hash]] = {}

    def update(self, frame: pd.DataFrame) -> None:
        for name in frame.columns:
            lengths, text = self._columns.setdefault(str(name), (hashlib.sha256(), hashlib.sha256()))
            for piece in _pieces(frame[name]):
                size, data = _streams(piece)
                lengths.update(size)
                text.update(data)

    def hexdigest(self) -> str:
        return combined(f"{name}={size.hexdigest()}{text.hexdigest()}" for name, (size, text) in self._columns.items())


def combined(parts: Iterable[str]) -> str:
    """One digest over several texts, in the order given."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() + b"\n")
    return f"sha256:{whole.hexdigest()}"


def _pieces(column: pd.Series) -> list[pa.StringArray]:
    array = pa.array(column, type=pa.string())
    return list(array.chunks) if isinstance(array, pa.ChunkedArray) else [array]


def _streams(piece: pa.StringArray) -> tuple[bytes, bytes | memoryview]:
    _, offsets, data = piece.buffers()
    start, count = piece.offset, len(piece)
    ends = np.frombuffer(offsets, np.int32, count + 1, start * 4) if count else np.zeros(1, np.int32)
    sizes = np.diff(ends).astype(np.int32)
    text: bytes | memoryview = b"" if data is None else memoryview(data)[ends[0] : ends[-1]]
    if piece.null_count:
        valid = piece.is_valid().to_numpy(zero_copy_only=False)
        if sizes[~valid].any():  # a null may hide bytes that nobody sees
            text = "".join(v for v in piece.to_pylist() if v is not None).encode()
        sizes = np.where(valid, sizes, np.int32(-1)).astype(np.int32)
    return sizes.tobytes(), text
