"""What can be set about a database. Every key has a description: the JSON Schema is made from it."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from erp_sync.sources.csv_options import Strict

Parameter = str | int | float | bool | None
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Watermark(Strict):
    """Reads only what changed since the last run, and everything every so many runs."""

    column: str = Field(description="A column that only grows: modified-at, a rowversion, a number given in turn.")
    overlap: str = Field(
        "0", description="How far to go back before the last mark: `15m`, `2h`, `1d`; for a number, that much of it."
    )
    full_every: int = Field(10, ge=1, description="Every so many runs all rows are read: only then can rows be missed.")
    start: str | None = Field(
        None, description="For a query, which must use `:watermark`: the value that lets all rows through."
    )

    @field_validator("overlap")
    @classmethod
    def _a_span(cls, text: str) -> str:
        if not re.fullmatch(r"\d+[smhd]?", text):
            raise ValueError(f"{text!r} is no span: write 90s, 15m, 2h, 1d or a number")
        return text

    @property
    def overlap_amount(self) -> int:
        """Seconds, or a plain number."""
        digits = self.overlap.rstrip("smhd")
        return int(digits) * _SECONDS[self.overlap[len(digits) :]]


class SqlDataset(Strict):
    """A table, or a query. Exactly one of table, query and file."""

    table: str | None = Field(None, min_length=1, description="The table's or view's name, after `table_prefix`.")
    table_schema: str | None = Field(None, alias="schema", min_length=1, description="The schema the table is in.")
    query: str | None = Field(None, min_length=1, description="A single SELECT; named parameters are written `:name`.")
    file: str | None = Field(None, min_length=1, description="A .sql file with such a query, from the project file.")
    parameters: dict[str, Parameter] = Field(default_factory=dict, description="Values of the query's parameters.")
    columns: list[str] | None = Field(None, min_length=1, description="The columns to take; unset: all.")
    key: list[str] | None = Field(
        None, min_length=1, description="Columns that tell rows apart in messages; unset: the table's primary key."
    )
    watermark: Watermark | None = Field(None, description="How to read only what changed.")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [name for name in ("table", "query", "file") if getattr(self, name) is not None]
        if len(origins) != 1:
            raise ValueError(f"give exactly one of table, query and file, not {' and '.join(origins) or 'none'}")
        if self.table is not None and self.parameters:
            raise ValueError("parameters belong to a query")
        if self.table is None and self.watermark is not None and self.watermark.start is None:
            raise ValueError("a query with a watermark needs `start`, the value that lets all rows through")
        return self


class SqlOptions(Strict):
    """A database, read-only."""

    url: str = Field(min_length=1, description="As `postgresql://user@host:5432/erp`, or `sqlite:///erp.db`.")
    username: str | None = Field(None, description="The user, where the URL does not name one.")
    password: SecretStr | None = Field(None, description="The password; never written into the URL in a file.")
    table_schema: str | None = Field(None, alias="schema", min_length=1, description="The schema of all tables.")
    table_prefix: str = Field("", description="Before every table's name, as NAV's `CRONUS International Ltd_$`.")
    application_name: str = Field("erp_sync", min_length=1, description="What the server's own monitor shows.")
    connect_timeout: int = Field(10, ge=1, description="Seconds to wait for a connection.")
    connect_retries: int = Field(3, ge=0, description="Further tries where the server cannot be reached.")
    statement_timeout: int = Field(600, ge=1, description="Seconds that one statement may take on the server.")
    fetch_rows: int = Field(10_000, ge=1, description="Rows fetched at a time.")
    chunk_rows: int = Field(50_000, ge=1, description="Rows that are worked on at a time.")
    datasets: dict[str, SqlDataset] = Field(
        default_factory=dict, description="Name -> table or query. Unset: every table and view of the schema."
    )
