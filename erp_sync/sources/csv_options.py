"""What can be set about a folder of exported files. Every key has a description: the JSON Schema is made from it."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from erp_sync.sources.encoding import AUTO, encoding_name

_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\r": "\r"}


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Trailer(Strict):
    """The last row of every file, which says that the file is whole."""

    starts_with: str = Field(min_length=1, description="Text with which the trailer row begins, as `#EOF`.")
    count: bool = Field(False, description="The first number in the trailer row is the file's number of data rows.")


class Numbers(Strict):
    """Columns whose numbers are written in a national way; they are read as `1234.56`."""

    columns: list[str] = Field(min_length=1, description="Names of the columns with such numbers.")
    decimal: str = Field(",", min_length=1, max_length=1, description="The decimal sign.")
    thousands: str = Field(
        "", max_length=1, description="The sign between thousands; a space also means a no-break space."
    )


class Format(Strict):
    """How files are written. Set for the whole source, or for one dataset."""

    encoding: str = Field(
        AUTO, description="`utf-8`, `utf-16`, `windows-1252`, `cp850` …; `auto` finds the first three."
    )
    delimiter: str = Field(
        AUTO, min_length=1, description="What stands between cells, any text; `auto` finds ; , | and tab."
    )
    row_end: str = Field(
        AUTO, min_length=1, description=r"What ends a row, any text; `auto` and `\n` take LF and CR LF."
    )
    quote: str = Field(
        '"', min_length=1, description="The quote of cells that hold delimiters; `none` where quotes are text."
    )
    header: bool = Field(True, description="The first row names the columns.")
    skip: int = Field(0, ge=0, description="Lines before the header or the first row that are no data.")
    null: str | None = Field(
        None, description="The unquoted text that means no value, as `NULL`. Unset: every cell is text."
    )
    numbers: Numbers | None = Field(None, description="Columns with a decimal comma or thousands separators.")
    trailer: Trailer | None = Field(None, description="A last row that proves that a file is whole.")
    done_file: str | None = Field(
        None,
        min_length=1,
        description="A file written after the data, as `{file}.done`, `{stem}.done` or `export.done`.",
    )
    sheet: str | None = Field(None, description="The sheet of an .xlsx file; unset: its first.")

    @field_validator("delimiter", "row_end")
    @classmethod
    def _escapes(cls, text: str) -> str:
        for written, meant in _ESCAPES.items():
            text = text.replace(written, meant)
        return text

    @field_validator("encoding")
    @classmethod
    def _exists(cls, name: str) -> str:
        if name != AUTO:
            try:
                encoding_name(name)
            except LookupError:
                raise ValueError(f"{name!r} is no encoding; common ones: utf-8, utf-16, windows-1252, cp850") from None
        return name

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if self.quote != "none" and (len(self.quote) > 1 or not self.quote.isascii()):
            raise ValueError("quote must be one ASCII character, or none")
        if self.delimiter != AUTO and (
            self.delimiter in (self.quote, self.row_end) or set(self.delimiter) & set("\r\n")
        ):
            raise ValueError("delimiter must differ from quote and row_end and hold no line end")
        return self


class CsvDataset(Format):
    """One dataset: a file, or parts of one."""

    files: str | list[str] = Field(
        min_length=1,
        description="File name or pattern in the folder, as `items*.csv`; also .gz, .zip, .xlsx. Or a list.",
    )
    columns: list[str] | None = Field(
        None, min_length=1, description="The columns in order; needed without a header, checked against it with one."
    )

    @field_validator("columns")
    @classmethod
    def _once(cls, columns: list[str] | None) -> list[str] | None:
        twice = sorted({c for c in columns or () if (columns or ()).count(c) > 1})
        if twice:
            raise ValueError(f"named more than once: {', '.join(twice)}")
        return columns

    @property
    def patterns(self) -> list[str]:
        return [self.files] if isinstance(self.files, str) else self.files


class CsvOptions(Format):
    """A folder of exported files; how they are written may be set here for all, and again for a dataset."""

    folder: str = Field(".", description="The folder of the files, seen from the project file.")
    chunk_rows: int = Field(50_000, ge=1, description="Rows that are worked on at a time.")
    datasets: dict[str, CsvDataset] = Field(
        default_factory=dict, description="Name -> files. Unset: every file in the folder, by its name without endings."
    )

    def dataset(self, name: str) -> CsvDataset:
        """The dataset's settings over those of the source."""
        own = self.datasets[name]
        inherited = {k: v for k in Format.model_fields if k in self.model_fields_set for v in [getattr(self, k)]}
        return own.model_copy(update={k: v for k, v in inherited.items() if k not in own.model_fields_set})
