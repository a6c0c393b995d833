"""Values of any database as text in one form, so that two databases with the same company give the same cells.

| value | text |
|---|---|
| integer, decimal | digits with `.`, no exponent; a decimal keeps the zeros of its scale: `12.50` |
| float | the fewest digits that mean the same number: `0.1`, `14`, `0.0000001` |
| date, time | `2024-05-01`, `13:30:00` |
| moment | `2024-05-01 13:30:00`, fractions without trailing zeros: `13:30:00.967` |
| moment with a zone | in UTC, with `+00:00` at its end |
| truth | `1`, `0` |
| UUID | lower case, with hyphens |
| JSON, array | JSON |
| NULL | null, never the empty text |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import inf, isfinite
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

# What a column holds where the driver's values do not say it themselves.
MOMENT: Final = "moment"  # text as 2024-05-01T13:30:00.000
UTC_MOMENT: Final = "moment in UTC"  # the same, in UTC whether it says so or not
TIME: Final = "time"  # text as 13:30:00.000
BITS: Final = "bits"  # b"\x01" means 1
MARK: Final = "mark"  # bytes that order rows: SQL Server's rowversion

_MOMENT = r"^(\d{4,}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.0+|(\.\d*[1-9])0*)?((?:Z|[+-]\d\d(?::?\d\d)?)?)$"
_REWRITTEN = {
    MOMENT: (_MOMENT, r"\1 \2\3\4"),
    UTC_MOMENT: (_MOMENT, r"\1 \2\3+00:00"),
    TIME: (r"^(-?\d+:\d\d:\d\d)(?:\.0+|(\.\d*[1-9])0*)?$", r"\1\2"),
}


class Unreadable(ValueError):
    """A value that is no text. The caller knows in which column it stands."""


def text_column(values: Sequence[Any], kind: str | int | None = None) -> pa.Array:
    """One column of a driver's values. ``kind``: one of the words above, or the scale of decimals kept as floats.

    Raises Unreadable for binary data.
    """
    types = set(map(type, values))
    types.discard(type(None))
    if types <= {str}:
        texts = pa.array(values, pa.string())
    elif len(types) == 1:
        to_text = _to_text(types.pop(), kind)
        texts = pa.array([None if v is None else to_text(v) for v in values], pa.string())
    else:
        texts = pa.array([None if v is None else _to_text(type(v), kind)(v) for v in values], pa.string())
    if kind in _REWRITTEN:
        return pc.replace_substring_regex(texts, *_REWRITTEN[str(kind)])
    return texts


def _to_text(kind_of_value: type, kind: str | int | None) -> Callable[[Any], str]:
    if issubclass(kind_of_value, bytes | bytearray | memoryview):
        return _BYTES.get(kind, _binary)
    if isinstance(kind, int) and kind_of_value in (float, int):
        return lambda value: format(Decimal(repr(value)), f".{kind}f")  # 58.33, not 58.3299999999999982947
    for known, to_text in _TEXTS:
        if issubclass(kind_of_value, known):
            return to_text
    return str


def _binary(value: bytes) -> str:
    raise Unreadable("binary data")


def _float(value: float) -> str:
    if not isfinite(value):
        return {inf: "Infinity", -inf: "-Infinity"}.get(value, "NaN")
    text = repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def _moment(value: datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    whole, point, fraction = value.isoformat(" ").partition(".")
    return whole if not point else f"{whole}.{fraction[:6].rstrip('0')}{fraction[6:]}"


def _span(value: timedelta) -> str:
    sign = "-" if value < timedelta() else ""
    seconds = abs(value)
    minutes, rest = divmod(seconds, timedelta(minutes=1))
    fraction = f".{rest.microseconds:06}".rstrip("0") if rest.microseconds else ""
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{rest.seconds:02}{fraction}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_inside_json)


def _inside_json(value: object) -> str:
    return _to_text(type(value), None)(value)


_BYTES: dict[str | int | None, Callable[[Any], str]] = {
    BITS: lambda value: str(int.from_bytes(value, "big")),
    MARK: lambda value: "0x" + bytes(value).hex(),
}
_TEXTS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (str, str),
    (bool, lambda value: "1" if value else "0"),
    (int, str),
    (Decimal, lambda value: format(value, "f")),
    (float, _float),
    (datetime, _moment),
    (date, str),
    (time, lambda value: str(value).rstrip("0") if value.microsecond else str(value)),
    (timedelta, _span),
    (UUID, str),
    (dict, _json),
    (list, _json),
)
