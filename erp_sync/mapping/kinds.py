"""What a field of each kind looks like on the wire. Checks bring a text into that one form, or say that it is none.

Every check leaves null and the empty text alone; all run on whole columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.mapping.codes import COUNTRIES, CURRENCIES
from erp_sync.mapping.column import Checked, any_of, by_value, is_empty, none, not_matching
from erp_sync.mapping.decimals import canonical
from erp_sync.model.catalog import Field, FieldKind

_MONTHS = r"(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])"
_DATE = rf"^[0-9]{{4}}-({_MONTHS})$"
_DATE_AT_MIDNIGHT = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00(?::00(?:\.0+)?)?$"
_NOT_A_DATE = "is not a date: expected the form 2026-11-24; name the form it has with the transform `date`"


def check_kind(texts: pa.Array, field: Field) -> Checked:
    """The texts in the one form of the field's kind; what cannot be brought into it is bad."""
    return _CHECKS[field.kind](texts, field)


def check_decimal(texts: pa.Array) -> Checked:
    return canonical(texts)


def check_integer(texts: pa.Array) -> Checked:
    checked = canonical(texts)
    bad = not_matching(checked.values, r"^-?[0-9]+$")
    return Checked(checked.values, bad if any_of(bad) else None, "is not a whole number")


def check_date(texts: pa.Array) -> Checked:
    odd = not_matching(texts, _DATE)
    if not any_of(odd):
        return Checked(texts)
    days = pc.replace_substring_regex(texts, _DATE_AT_MIDNIGHT, r"\1")
    odd = not_matching(days, _DATE)
    if any_of(odd):  # leap days, and what is no date at all
        refused = by_value(pc.if_else(odd, days, None), _iso_day).bad
        odd = refused if refused is not None else none(len(days))
    return Checked(days, odd if any_of(odd) else None, _NOT_A_DATE)


def check_boolean(texts: pa.Array) -> Checked:
    return _words(texts, {"true": "true", "false": "false", "1": "true", "0": "false"},
                  "is neither true nor false: translate it with the transform `boolean`")  # fmt: skip


def check_country(texts: pa.Array) -> Checked:
    upper = pc.utf8_upper(texts)
    return _member(upper, COUNTRIES, "is not a two-letter country code: translate it with the transform `country`")


def check_currency(texts: pa.Array) -> Checked:
    upper = pc.utf8_upper(texts)
    return _member(upper, CURRENCIES, "is not a three-letter currency code: translate it with the transform `currency`")


def _check_status(texts: pa.Array, field: Field) -> Checked:
    return _words(texts, {w.casefold(): w for w in field.words},
                  f"is not one of {', '.join(field.words)}: translate it with `values`")  # fmt: skip


def _as_it_is(texts: pa.Array) -> Checked:
    return Checked(texts)


def _words(texts: pa.Array, words: Mapping[str, str], reason: str) -> Checked:
    folded = pc.utf8_lower(texts)
    at = pc.index_in(folded, value_set=pa.array(list(words), pa.string()))
    known = pc.take(pa.array(list(words.values()), pa.string()), at)
    bad = pc.and_not(pc.is_null(known), is_empty(texts))
    return Checked(pc.coalesce(known, texts), bad if any_of(bad) else None, reason)


def _member(texts: pa.Array, codes: frozenset[str], reason: str) -> Checked:
    bad = pc.and_not(pc.invert(pc.is_in(texts, value_set=pa.array(sorted(codes), pa.string()))), is_empty(texts))
    return Checked(texts, bad if any_of(bad) else None, reason)


def _iso_day(text: str) -> str:
    if text and (len(text) != 10 or date.fromisoformat(text).isoformat() != text):
        raise ValueError(text)
    return text


def _of_kind(check: Callable[[pa.Array], Checked]) -> Callable[[pa.Array, Field], Checked]:
    return lambda texts, field: check(texts)


_CHECKS: dict[FieldKind, Callable[[pa.Array, Field], Checked]] = {
    FieldKind.TEXT: _of_kind(_as_it_is),
    FieldKind.REFERENCE: _of_kind(_as_it_is),
    FieldKind.DECIMAL: _of_kind(check_decimal),
    FieldKind.INTEGER: _of_kind(check_integer),
    FieldKind.DATE: _of_kind(check_date),
    FieldKind.BOOLEAN: _of_kind(check_boolean),
    FieldKind.COUNTRY: _of_kind(check_country),
    FieldKind.CURRENCY: _of_kind(check_currency),
    FieldKind.STATUS: _check_status,
}
