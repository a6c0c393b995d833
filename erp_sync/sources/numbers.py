"""Numbers as a country writes them, column by column, to `1234.56`."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.sources.csv_options import Numbers

_SPACES = "\u00a0\u202f"  # what programs write between thousands where a person writes a space


def plain_numbers(column: pa.ChunkedArray, numbers: Numbers) -> tuple[pa.ChunkedArray, npt.NDArray[np.bool_]]:
    """The column as `1234.56` and which of its cells are no such numbers. Empty cells and nulls stay as they are."""
    text = pc.utf8_trim_whitespace(column)
    if numbers.thousands == " ":
        for space in _SPACES:
            text = pc.replace_substring(text, space, " ")
    wrong = pc.invert(pc.match_substring_regex(text, _pattern(numbers)))
    if numbers.thousands:
        text = pc.replace_substring(text, numbers.thousands, "")
    text = pc.replace_substring(text, numbers.decimal, ".")
    text = pc.replace_substring_regex(text, r"^\+", "")
    text = pc.replace_substring_regex(text, r"^([^-].*)-$", r"-\1")  # as SAP writes it: 3,50-
    return text, np.asarray(pc.fill_null(wrong, False).to_numpy(), dtype=bool)


def _pattern(numbers: Numbers) -> str:
    decimal = re.escape(numbers.decimal)
    whole = r"\d+"
    if numbers.thousands:
        whole = rf"(?:\d{{1,3}}(?:{re.escape(numbers.thousands)}\d{{3}})+|\d+)"
    number = rf"(?:{whole}(?:{decimal}\d*)?|{decimal}\d+)"
    return rf"^$|^[+-]?{number}$|^{number}-$"
