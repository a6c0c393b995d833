"""Transforms of dates and times. What comes out is a day: 2026-11-24."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, Field, model_validator

from erp_sync.mapping.column import Checked, any_of, by_value, not_matching
from erp_sync.mapping.kinds import check_date
from erp_sync.mapping.transforms.registry import Options, Transform
from erp_sync.model.catalog import FieldKind

_TIME = r"(?:[ T]+(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,][0-9]+)?)?)?"
_ZONE = r"(?P<Z>Z|[+-][0-9]{2}:?[0-9]{2})?"
_NAMED = {  # name -> how the day is written; a time may follow each
    "iso": "yyyy-mm-dd",
    "german": "dd.mm.yyyy",
    "british": "dd/mm/yyyy",
    "american": "mm/dd/yyyy",
    "compact": "yyyymmdd",
    "dutch": "dd-mm-yyyy",
}
_COUNTED = ("excel", "unix")  # days since 1899-12-30, seconds since 1970-01-01 UTC
_PARTS = {"yyyy": r"(?P<y>[0-9]{4})", "yy": r"(?P<s>[0-9]{2})", "mm": r"(?P<m>[0-9]{2})", "m": r"(?P<m>[0-9]{1,2})",
          "dd": r"(?P<d>[0-9]{2})", "d": r"(?P<d>[0-9]{1,2})"}  # fmt: skip


def _format(text: str) -> str:
    if text in _NAMED or text in _COUNTED:
        return text
    parts = re.findall(r"y+|m+|d+", text)
    if sorted(p[0] for p in parts) != ["d", "m", "y"] or any(p not in _PARTS for p in parts):
        names = ", ".join([*_NAMED, *_COUNTED])
        raise ValueError(f'"{text}" is not a form of dates: expected a name ({names}) or yyyy, mm and dd once each')
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'"{text}" is not a time zone: expected a name such as Europe/Stockholm or UTC') from None
    return text


Format = Annotated[str, AfterValidator(_format)]
Zone = Annotated[str, AfterValidator(_zone)]


class Date(Options):
    """How the ERP writes the day, and in which time zones a time is meant."""

    shorthand: ClassVar[str] = "form"
    form: Format = Field("iso", description=f"{', '.join([*_NAMED, *_COUNTED])}, or a form such as d.m.yy.")
    time_zone: Zone | None = Field(
        None, description="The zone of the ERP's times, where they do not say it themselves."
    )
    day_in: Zone | None = Field(None, description="The zone whose calendar day is wanted, such as Europe/Stockholm.")
    none: list[str] = Field([], description='What the ERP writes for "no date", such as 1753-01-01; becomes blank.')

    @model_validator(mode="after")
    def _zones_go_together(self) -> Date:
        if self.time_zone is not None and self.day_in is None:
            raise ValueError("time_zone changes nothing without day_in\nsay in day_in whose calendar day is wanted")
        return self


def read_date(texts: pa.Array, options: Date) -> Checked:
    bare = pc.utf8_trim_whitespace(texts)
    if options.none:
        bare = pc.if_else(_is_one_of(bare, options.none), "", bare)
    form = _NAMED.get(options.form, options.form)
    if options.day_in is None and {"yyyy", "mm", "dd"} == set(re.findall(r"y+|m+|d+", form)):
        return _whole_column(bare, form)
    return by_value(bare, _reader(options))


def _is_one_of(texts: pa.Array, days: list[str]) -> pa.Array:
    """Whether a text is one of the days, with a time behind it or not."""
    pattern = "^(?:" + "|".join(re.escape(d) for d in days) + ")(?:[ T].*)?$"
    return pc.fill_null(pc.match_substring_regex(texts, pattern), False)


def _whole_column(texts: pa.Array, form: str) -> Checked:
    pattern = f"^{_day(form)}{_TIME}{_ZONE}$"
    order = [p[0] for p in re.findall(r"y+|m+|d+", form)]
    iso = "-".join(f"\\{order.index(letter) + 1}" for letter in "ymd")
    wrong = not_matching(texts, pattern)
    days = pc.replace_substring_regex(pc.if_else(wrong, None, texts), pattern, iso)
    checked = check_date(days)
    bad = wrong if checked.bad is None else pc.or_(wrong, checked.bad)
    values = pc.if_else(wrong, texts, checked.values)
    return Checked(values, bad if any_of(bad) else None, f"is not a date of the form {form}")


def _day(form: str) -> str:
    return re.sub(r"y+|m+|d+|[^ymd]+", lambda p: _PARTS.get(p[0]) or re.escape(p[0]), form)


def _reader(options: Date) -> Callable[[str], str]:
    """One text at a time: for time zones, for counted days, for years of two digits."""
    form = _NAMED.get(options.form, options.form)
    pattern = re.compile(_day(form) + _TIME + _ZONE) if form not in _COUNTED else None

    def read(text: str) -> str:
        if not text:
            return text
        moment = _counted(text, form) if pattern is None else _written(text, pattern, form)
        if options.day_in is not None and (form in _COUNTED or ":" in text):  # a day without a time has no zone
            if moment.tzinfo is None and options.time_zone is not None:
                moment = moment.replace(tzinfo=ZoneInfo(options.time_zone))
            if moment.tzinfo is None:
                raise ValueError("says no time zone: set time_zone to the one that the ERP means")
            moment = moment.astimezone(ZoneInfo(options.day_in))
        return moment.date().isoformat()

    return read


def _counted(text: str, form: str) -> datetime:
    try:
        number = float(text)
        if form == "excel":
            return datetime(1899, 12, 30) + timedelta(days=number)
        return datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"is not a date of the form {form}") from None


def _written(text: str, pattern: re.Pattern[str], form: str) -> datetime:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(f"is not a date of the form {form}")
    part = {name: value for name, value in found.groupdict().items() if value is not None}
    short = part.get("s")  # of two digits: 70 to 99 are the 1900s, as POSIX has it
    year = int(part["y"]) if short is None else int(short) + (1900 if int(short) >= 70 else 2000)
    try:
        hour, minute, second = (int(part.get(p, 0)) for p in "HMS")
        moment = datetime(year, int(part["m"]), int(part["d"]), hour, minute, second)
    except ValueError:
        raise ValueError(f"is not a date of the form {form}") from None
    if "Z" in part:
        offset = part["Z"].replace("Z", "+0000").replace(":", "")
        return datetime.strptime(moment.strftime("%Y-%m-%d %H:%M:%S") + offset, "%Y-%m-%d %H:%M:%S%z")
    return moment


TABLE = (Transform("date", "Read a day as the ERP writes it.", read_date, Date, FieldKind.DATE),)
