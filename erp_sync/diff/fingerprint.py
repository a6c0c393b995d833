"""Fingerprints: 64 bits that say, without reading fields, that a record is what Centra last acknowledged.

A fingerprint only ever saves work. Where it differs, fields are compared one by one, so another pandas whose hash
differed would cost one slow night and send nothing. Two contents of one record share it by chance once in 2^64.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.model.key import SEPARATOR
from erp_sync.ports import KEY

_UNSET = "\x00"  # no field's text can be this: XML 1.0 cannot carry it


def _hash(texts: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    values = np.asarray(texts.to_numpy(zero_copy_only=False), dtype=object)
    return np.asarray(pd.util.hash_array(values, categorize=False), dtype=np.uint64)


def arrow_column(frame: pd.DataFrame, column: str) -> pa.ChunkedArray:
    """A frame's column as Arrow, without a copy."""
    array = pa.array(frame[column])
    return pa.chunked_array([array]) if isinstance(array, pa.Array) else array


def hash_keys(keys: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """One hash per joined key; nulls are not allowed."""
    return _hash(keys)


def fingerprints(frame: pd.DataFrame, paths: Sequence[str] | None = None) -> npt.NDArray[np.int64]:
    """One signed 64-bit fingerprint per row over ``paths`` (all fields by default), names and states included."""
    columns = sorted(c for c in (paths if paths is not None else frame.columns) if c != KEY)
    salt = SEPARATOR.join(columns)
    if not columns:
        return np.full(len(frame), _hash(pa.array([salt]))[0]).astype(np.int64)
    texts = [pc.fill_null(arrow_column(frame, c), _UNSET) for c in columns]
    joined = pc.binary_join_element_wise(pa.scalar(salt), *texts, pa.scalar(SEPARATOR))
    return _hash(joined).view(np.int64)
