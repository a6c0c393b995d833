"""Queries of the settings: read from where they stand, refused where they write, their parameters all given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import TextClause, text

from erp_sync.errors import FixSettings, Place
from erp_sync.mapping.complaints import nearest
from erp_sync.sources.sql.guard import refuse_writing
from erp_sync.sources.sql.options import SqlDataset
from erp_sync.sources.sql.servers import Server

WATERMARK = "watermark"  # the parameter that a query with a watermark uses


@dataclass(frozen=True, slots=True)
class Query:
    place: str
    statement: TextClause
    values: dict[str, Any]


def query_of(dataset: str, settings: SqlDataset, server: Server, folder: Path) -> Query:
    """Raises FixSettings with the file, line and column of what is wrong in it."""
    sql, file = settings.query or "", f"query of dataset {dataset}"
    if settings.file is not None:
        path = folder / settings.file
        file = settings.file
        try:
            sql = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as e:
            raise FixSettings(
                f"the query of dataset {dataset} cannot be read: {e}", advice="Correct `file`.", place=Place(file)
            ) from e
    refuse_writing(sql, file, server.syntax)
    statement = text(sql.strip().rstrip(";"))
    values = dict(settings.parameters)
    if settings.watermark is not None:
        values[WATERMARK] = settings.watermark.start
    used = set(statement.compile().params)
    if missing := sorted(used - set(values)):
        meant = nearest(missing[0], values)
        raise FixSettings(
            f"dataset {dataset}: the query's parameter :{missing[0]} has no value"
            + (f", did you mean :{meant}?" if meant else ""),
            advice="Give it in `parameters`; a colon that begins no parameter is written \\:.",
            place=Place(file),
        )
    if unused := sorted(set(values) - used):
        raise FixSettings(
            f"dataset {dataset}: the query does not use :{unused[0]}",
            advice="Take it out of `parameters`, or use it." if unused[0] != WATERMARK
            else "Compare the watermark's column with :watermark, as in: WHERE Modified >= :watermark.",
            place=Place(file),
        )  # fmt: skip
    return Query(file if settings.file else f"query {dataset}", statement, values)
