"""The kinds of values that a project file holds beside plain ones."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?\Z")


def read_duration(value: object) -> object:
    """``12h``, ``30m``, ``1d``, ``1h30m``, ``90s`` as a timedelta. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.match(value) if isinstance(value, str) and value else None
    if not found:
        raise ValueError(f'"{value}" is no length of time\nwrite it with its units: 12h, 30m, 1d, 1h30m')
    seconds = sum(int(n) * u for n, u in zip(found.groups(), _UNITS.values(), strict=True) if n)
    if seconds == 0:
        raise ValueError("a length of time of nothing\nwrite at least 1s")
    return timedelta(seconds=seconds)


def show_duration(value: timedelta) -> str:
    """As ``read_duration`` reads it: the largest units first, nothing that is zero."""
    rest, text = int(value.total_seconds()), ""
    for unit, seconds in _UNITS.items():
        count, rest = divmod(rest, seconds)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(read_duration),
    PlainSerializer(show_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+d)?(\d+h)?(\d+m)?(\d+s)?$", "examples": ["12h", "30m"]}),
]
Seconds = Annotated[float, Field(gt=0, le=3600)]
