"""Exact numbers on whole columns: texts in their one canonical form, and arithmetic between them.

The canonical form has a point, no sign for plus, no needless zero: ``1.5``, ``0``, ``-0.25``. So the same number is
the same text whether it came from a CSV, from numeric(10,2) or from a real.
"""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.mapping.column import Checked, any_of, is_empty, not_matching, only_where

DIGITS, PLACES = 37, 12
EXACT = pa.decimal256(DIGITS, PLACES)  # the widest whose product with itself still fits
_ZERO = pa.scalar(Decimal(0), EXACT)
_DIVISOR = pa.decimal256(24, 8)  # the widest that EXACT can be divided by
NOT_A_NUMBER = "is not a number: expected digits with a decimal point, such as 1234.5"
_CANONICAL = r"^(0|-?[1-9][0-9]*|-?(0|[1-9][0-9]*)\.[0-9]*[1-9])$"
_ODD_FRONT = r"^(?:[+.]|-\.|-?0[0-9])|-$"
_NUMBER = r"^([+-]?([0-9]+\.?[0-9]*|\.[0-9]+)|([0-9]+\.?[0-9]*|\.[0-9]+)-)$"  # SAP writes its minus behind
_FITS = rf"^-?[0-9]{{1,24}}(\.[0-9]{{1,{PLACES}}})?$"
_FITS_DIVISOR = r"^-?[0-9]{1,16}(\.[0-9]{1,8})?$"


def canonical(texts: pa.Array) -> Checked:
    """Numbers with a decimal point in their canonical form; what is none is bad. Empty stays empty."""
    odd = not_matching(texts, _CANONICAL)
    if not any_of(odd):
        return Checked(texts)
    bad = not_matching(texts, _NUMBER)
    if not any_of(bad):
        return Checked(tidy(texts))
    return Checked(pc.if_else(bad, texts, tidy(pc.if_else(bad, None, texts))), bad, NOT_A_NUMBER)


def tidy(numbers: pa.Array) -> pa.Array:
    """Numbers with a decimal point in their canonical form. What is no number must have been sorted out before."""
    fixed = only_where(numbers, pc.match_substring_regex(numbers, _ODD_FRONT), _front)
    with_point = pc.match_substring(fixed, ".")
    short = pc.utf8_rtrim(pc.utf8_rtrim(fixed, characters="0"), characters=".")
    fixed = pc.if_else(with_point, short, fixed)
    return pc.if_else(pc.or_(pc.equal(fixed, "-0"), pc.equal(fixed, "-")), "0", fixed)


def _front(numbers: pa.Array) -> pa.Array:
    """Sign in front, no plus, no needless zeros, a zero before the point."""
    fixed = pc.replace_substring_regex(numbers, r"^(.*)-$", r"-\1")
    fixed = pc.replace_substring_regex(fixed, r"^\+?(-?)0*([0-9.]*)$", r"\1\2")
    return pc.replace_substring_regex(fixed, r"^(-?)(\.|$)", r"\10\2")


def parse(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Texts as exact numbers, and which are none or are too long to be exact. Empty becomes null."""
    checked = canonical(texts)
    bad = not_matching(checked.values, _FITS)  # what is no number does not fit either
    usable = pc.if_else(pc.or_(bad, is_empty(texts)), pa.scalar(None, pa.string()), checked.values)
    return pc.cast(usable, EXACT), bad


def show(numbers: pa.Array) -> pa.Array:
    """Exact numbers as canonical texts. Arrow's own form of a small number is scientific, so digits are cut by hand."""
    numbers = pc.cast(pc.round(numbers, PLACES), EXACT)
    buffers, offset = numbers.buffers(), numbers.offset
    digits = pc.cast(pa.Array.from_buffers(pa.decimal256(DIGITS, 0), len(numbers), buffers, offset=offset), pa.string())
    negative = pc.starts_with(digits, "-")
    digits = pc.utf8_lpad(pc.utf8_ltrim(digits, characters="-"), width=PLACES + 1, padding="0")
    whole = pc.utf8_slice_codeunits(digits, 0, -PLACES)
    rest = pc.utf8_rtrim(pc.utf8_slice_codeunits(digits, -PLACES), characters="0")
    point = pc.if_else(pc.equal(rest, ""), "", ".")
    return pc.binary_join_element_wise(pc.if_else(negative, "-", ""), whole, point, rest, "")


def add(left: pa.Array, right: pa.Array) -> tuple[pa.Array, pa.Array]:
    return _fit(pc.add(left, right))


def subtract(left: pa.Array, right: pa.Array) -> tuple[pa.Array, pa.Array]:
    return _fit(pc.subtract(left, right))


def multiply(left: pa.Array, right: pa.Array) -> tuple[pa.Array, pa.Array]:
    return _fit(pc.multiply(left, right))


def divide(left: pa.Array, right: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The quotient to 12 places; bad are divisions by zero, or by more digits than are exact."""
    bad = pc.or_(pc.fill_null(pc.equal(right, _ZERO), False), not_matching(show(right), _FITS_DIVISOR))
    bad = pc.and_(bad, pc.is_valid(left))
    quotient, large = _fit(pc.divide(left, pc.cast(pc.if_else(bad, pa.scalar(None, EXACT), right), _DIVISOR)))
    return quotient, pc.or_(bad, large)


def rounded(numbers: pa.Array, places: int, mode: str) -> pa.Array:
    """``mode`` is one of Arrow's names: half_towards_infinity, half_to_even, up, down, towards_zero ..."""
    return pc.cast(pc.round(numbers, places, round_mode=mode), EXACT)


def _fit(numbers: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Back to EXACT, and the rows that do not fit any more."""
    large = pc.fill_null(pc.greater(pc.abs(numbers), pa.scalar(Decimal(10) ** 24).cast(numbers.type)), False)
    kept = pc.if_else(large, pa.scalar(None, numbers.type), numbers) if any_of(large) else numbers
    return pc.cast(pc.round(kept, PLACES), EXACT), large
