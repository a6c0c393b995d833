"""Reading only what changed: where to start, and how far we got. The ledger keeps the mark, once all was applied."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.ports import Memory
from erp_sync.sources.sql.options import Watermark

_NUMBER = r"^-?\d+(\.\d+)?$"


def last_mark(memory: Memory | None, dataset: str, settings: Watermark) -> str | None:
    """Where the last run got to; None where everything is to be read."""
    if memory is None:
        return None
    mark, since_full = memory.watermark(dataset), memory.since_full(dataset)
    if mark is None or since_full is None or since_full + 1 >= settings.full_every:
        return None
    return mark


def lower_bound(mark: str, overlap: int, dialect: str) -> Any:
    """The mark less the overlap, as a value that the server compares with the column."""
    if mark.startswith("0x"):
        width = len(mark) // 2 - 1
        return max(int(mark, 16) - overlap, 0).to_bytes(width, "big")
    if re.fullmatch(_NUMBER, mark):
        number = Decimal(mark) - overlap
        return int(number) if number == number.to_integral_value() else number
    if re.fullmatch(r"\d{4}-\d\d-\d\d", mark):
        day = date.fromisoformat(mark) - timedelta(seconds=overlap)
        return str(day) if dialect == "sqlite" else day
    if re.match(r"\d{4}-\d\d-\d\d \d\d:", mark):
        moment = datetime.fromisoformat(mark) - timedelta(seconds=overlap)
        if moment.tzinfo is not None and dialect in ("mysql", "mariadb"):
            moment = moment.replace(tzinfo=None)  # its TIMESTAMP has no zone of its own; the session's is UTC
        return str(moment) if dialect == "sqlite" else moment
    return mark


class HighMark:
    """The highest value seen of a column that only grows."""

    def __init__(self, start: str | None) -> None:
        self.value = start

    def see(self, texts: pa.Array) -> None:
        seen = pc.drop_null(texts)
        if len(seen) == 0:
            return
        if pc.all(pc.match_substring_regex(seen, _NUMBER)).as_py():
            highest = max(seen.to_pylist(), key=Decimal)
            if self.value is None or Decimal(highest) > Decimal(self.value):
                self.value = highest
        else:
            highest = pc.max(seen).as_py()
            if self.value is None or highest > self.value:
                self.value = highest
