"""The mapping language as models. Each key's description is what an editor shows and what the schema publishes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from erp_sync.mapping.strict import Strict
from erp_sync.mapping.transforms import Step

Dataset = Annotated[str, Field(min_length=1)]
ColumnName = Annotated[str, Field(min_length=1)]


class Fixed(Strict):
    """A constant to fall back to."""

    value: str = Field(description="The text to use.")


class Expression(Strict):
    """How one text is made of a row. A bare text is the name of a column.

    Exactly one of from, value, template, calculate, lookup, first_of and when begins it; transform, values and
    otherwise then work on what came out, in this order.
    """

    shorthand: ClassVar[str] = "from"

    source: ColumnName | None = Field(None, alias="from", description="The column of this row.")
    value: str | None = Field(None, description="A constant. An empty text blanks the field in Centra.")
    template: str | None = Field(
        None,
        description="A text with columns in braces: {Item No_}-{Code}. A part in brackets vanishes when a column in "
        "it is empty: {Street}[ {House No_}].",
    )
    calculate: str | None = Field(
        None, description="Exact arithmetic over columns: {Inventory} - {Reserved}. Empty when a column is empty."
    )
    lookup: Lookup | None = Field(None, description="A value of a row in another dataset.")
    first_of: list[Expression] | None = Field(
        None, min_length=1, description="Expressions, tried in order: the first that is not empty is taken."
    )
    when: list[Branch] | None = Field(
        None, min_length=1, description="Branches, tried in order: the first whose condition holds is taken."
    )
    use: str | None = Field(None, description="The name of a fragment. Keys written here replace the fragment's.")
    named: dict[str, Expression] | None = Field(
        None,
        alias="with",
        description="Names for expressions, which template, calculate, if and where beside it use like columns.",
    )
    transform: list[Step] | None = Field(  # type: ignore[valid-type]
        None, description="A chain of transforms, each working on what the one before it made."
    )
    values: dict[str, str | None] | None = Field(
        None, description="What to send for which text of the ERP. Nothing behind a text means: leave the field alone."
    )
    otherwise: Literal["reject", "keep", "unset", "blank"] | Fixed | None = Field(
        None,
        description="What becomes of a text that is not in values: reject the row (default), keep the text, unset the "
        "field, blank it, or {value: a constant}.",
    )


class Lookup(Strict):
    """One row of another dataset, found by key, and something taken from it."""

    dataset: Dataset = Field(alias="in", description="The dataset to look in.")
    on: dict[ColumnName, Expression] = Field(
        min_length=1, description="Its key: each column there, and what it must equal: a column or expression here."
    )
    take: Expression = Field(description="What to take: a column there, or an expression over its row.")
    where: str | None = Field(None, description="A condition that rows there must meet.")
    none: Literal["reject", "unset", "blank"] | Fixed | None = Field(
        None,
        description="When no row matches: reject this row (default), unset the field, blank it, or {value: a "
        "constant}. In first_of the default is unset for all but the last.",
    )
    several: Literal["reject", "first", "last"] = Field(
        "reject",
        description="When rows match that differ in what is taken: reject this row, or take the first or last.",
    )


class Branch(Strict):
    """If and then, or else alone as the last branch."""

    condition: str | None = Field(
        None, alias="if", description='A condition on the row: Type = "1" and Blocked is empty.'
    )
    then: Expression | None = Field(None, description="What is taken when the condition holds.")
    other: Expression | None = Field(None, alias="else", description="What is taken when no condition held.")

    @model_validator(mode="after")
    def _complete(self) -> Branch:
        if (self.condition is None, self.then is None, self.other is None) not in (
            (False, False, True),
            (True, True, False),
        ):
            raise ValueError("a branch is `if` with `then`, or `else` alone")
        return self


class FieldExpression(Expression):
    """A field: an expression, and what holds for the field as a whole."""

    required: bool | None = Field(None, description="Reject rows in which this field comes out empty.")
    blank: Literal["blank", "unset", "reject"] | None = Field(
        None,
        description="What an empty text means: blank the field in Centra (default for texts), leave it alone (default "
        "for every other kind), or reject the row.",
    )
    owner: Literal["erp", "centra", "create_only"] | None = Field(
        None,
        description="erp: sent whenever it changes. centra: never sent, shown where it differs. create_only: sent when "
        "the record is created, then left alone.",
    )


class Unpivot(Strict):
    """Columns that stand for records: one row per column that holds something."""

    columns: dict[ColumnName, str] = Field(min_length=1, description="Each column, and what it stands for: Qty_S: S.")
    name: ColumnName = Field(description="The new column that holds what the old one stood for.")
    value: ColumnName = Field(description="The new column that holds the old one's cell.")
    empty: Literal["skip", "keep"] = Field("skip", description="Whether empty cells make a row.")

    @model_validator(mode="after")
    def _two_columns(self) -> Unpivot:
        if self.name == self.value:
            raise ValueError(f'name and value are both "{self.name}"\ngive each a name of its own')
        return self


class Explode(Strict):
    """A cell that holds a list: one row per element."""

    column: ColumnName = Field(description="The column with the list.")
    by: str = Field(min_length=1, description="What separates the elements. Blanks around them are taken away.")
    name: ColumnName = Field(alias="as", description="The new column that holds one element.")


class Join(Strict):
    """Columns of another dataset beside this one's."""

    dataset: Dataset = Field(alias="in", description="The dataset to join.")
    on: dict[ColumnName, Expression] = Field(
        min_length=1, description="Its key: each column there, and what it must equal: a column or expression here."
    )
    take: dict[ColumnName, ColumnName] = Field(
        min_length=1, description="New columns here, and the column there that each is."
    )
    where: str | None = Field(None, description="A condition that rows there must meet.")
    none: Literal["keep", "drop", "reject"] = Field(
        "keep", description="A row without a match: keep it with the new columns empty, drop it, or reject it."
    )
    several: Literal["each", "first", "last", "reject"] = Field(
        "each", description="A row with several matches: one row for each, the first or last, or reject it."
    )


class Aggregate(Strict):
    """What a group makes of a column. Exactly one key."""

    called: ClassVar[str] = "function"

    first: ColumnName | None = Field(None, description="The first row's text.")
    last: ColumnName | None = Field(None, description="The last row's text.")
    sum: ColumnName | None = Field(None, description="The exact sum; empty cells are left out.")
    min: ColumnName | None = Field(None, description="The smallest number.")
    max: ColumnName | None = Field(None, description="The largest number.")
    count: ColumnName | None = Field(None, description="How many cells are not empty.")
    join: ColumnName | None = Field(
        None, description="The different texts in the order of the rows, with `; ` between."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Aggregate:
        if len(self.model_fields_set) != 1:
            raise ValueError("expected exactly one of first, last, sum, min, max, count and join")
        return self


class Group(Strict):
    """One row per group of rows."""

    by: list[ColumnName] = Field(min_length=1, description="The columns that make a group.")
    take: dict[ColumnName, Aggregate] = Field({}, description="Further columns of the result, and how each is made.")


class Pick(Strict):
    """One row of each group: the first or the last."""

    by: list[ColumnName] = Field(min_length=1, description="The columns that make a group.")
    order: ColumnName | None = Field(None, description="The column that orders its rows; without it, as they come.")
    compare: Literal["text", "number"] = Field(
        "text", description="How cells are compared: as texts (right for dates such as 2026-11-24) or as numbers."
    )


class Derived(Strict):
    """A dataset made of others. What is given happens in this order: from, join, columns, where, unpivot, explode,
    group, first, last or sort."""

    source: Dataset | list[Dataset] = Field(
        alias="from", description="The dataset that it is made of, or several: all rows of each, one after the other."
    )
    join: list[Join] | None = Field(None, description="Datasets to join, in order.")
    columns: dict[ColumnName, Expression] | None = Field(None, description="New columns, each an expression.")
    where: str | None = Field(None, description="Only rows that meet this condition. today is the day of the extract.")
    unpivot: Unpivot | None = Field(None, description="Make rows of columns.")
    explode: Explode | None = Field(None, description="Make rows of a list in one cell.")
    group: Group | None = Field(None, description="Make one row of many.")
    first: Pick | None = Field(None, description="Keep the first row of each group.")
    last: Pick | None = Field(None, description="Keep the last row of each group.")
    sort: list[ColumnName] | None = Field(
        None, min_length=1, description="Bring the rows into the order of these columns, compared as texts."
    )


class Retire(Strict):
    """Let a record leave Centra once it has been missing for long enough."""

    retire_after: int = Field(ge=1, description="After how many complete extracts in a row without it.")


class Body(Strict):
    """How records of an entity are made of the rows of one dataset."""

    source: Dataset | None = Field(
        None, alias="from", description="The dataset. A part without it stands on the rows of the record above it."
    )
    named: dict[str, Expression] | None = Field(
        None, alias="with", description="Names for expressions, used below like columns."
    )
    unpivot: Unpivot | None = Field(None, description="Make rows of columns: sizes as Qty_S, Qty_M.")
    explode: Explode | None = Field(None, description="Make rows of a list in one cell: sizes as S;M;L.")
    where: str | None = Field(
        None, description='Only rows that meet this condition: Blocked != "1" and No_ is not empty.'
    )
    key: dict[str, Expression] = Field(
        {}, description="The record's identity: an expression for each part. A part on the same rows inherits the rest."
    )
    fields: dict[str, FieldExpression] = Field({}, description="What is sent, by the catalog's path of each field.")
    groups: dict[str, str] = Field(
        {}, description="Several fields at once: the path above them, and the name of a group in field_groups."
    )
    owner: Literal["erp", "centra", "create_only"] = Field("erp", description="The owner of fields that name none.")
    vanish: Literal["keep", "report"] | Retire | None = Field(
        None,
        description="A record that the ERP no longer has: keep it and say nothing, report it (default), or "
        "{retire_after: N} complete extracts without it.",
    )
    parts: list[Part] = Field([], description="Entities below this one, such as a product's variations.")


class Part(Body):
    """Records of one entity below another, and the parts below them."""

    entity: str = Field(description="The kind of record, by its name in the catalog.")


class MappingFile(Body):
    """One file of a mapping: an entity with its parts, or things that other files use, or both."""

    include: list[str] = Field([], description="Files whose fragments, field groups and datasets are used here.")
    parameters: dict[str, str] = Field(
        {}, description="Defaults for ${name}; the project file's parameters replace them, one per environment."
    )
    datasets: dict[str, Derived] = Field({}, description="Datasets made of others, usable in every file of the folder.")
    fragments: dict[str, FieldExpression] = Field({}, description="Named beginnings of expressions, for `use`.")
    field_groups: dict[str, dict[str, FieldExpression]] = Field(
        {}, description="Named sets of fields, for `groups`: an address that stands in three places."
    )
    entity: str | None = Field(None, description="The kind of record, by its name in the catalog.")
