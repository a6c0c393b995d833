"""What stands in a file of tests, as models. Each key's description is what an editor shows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, WithJsonSchema

from erp_sync.mapping.strict import Strict

# every scalar is read as it is written, so that 00123 and 1.50 need no quotes; an editor must not ask for them
Text = Annotated[str, WithJsonSchema({"type": ["string", "number", "boolean"]})]
Cell = Annotated[str | None, WithJsonSchema({"type": ["string", "number", "boolean", "null"]})]
Row = dict[str, Cell]
Rows = dict[str, list[Row]]
_PARAMETERS = "Parameters of the mapping, instead of the defaults that it gives them."
_TODAY = "What the mapping calls today: 2026-11-24. Default: 2026-01-01."


class Refused(Strict):
    """A row that is rejected, and why."""

    row: str = Field(description="The dataset and the row's number in it, the first being 1: Item:2.")
    reason: str = Field(description="The whole reason, as reports give it.")
    entity: str | None = Field(None, description="The kind of record that the row did not become.")
    field: str | None = Field(None, description="The field that is wrong.")


class Expected(Strict):
    """What becomes of the rows. Rows that are rejected without being expected to be fail the test in any case."""

    records: dict[str, dict[str, dict[str, Cell]]] | None = Field(
        None,
        description="Records by entity and key ('1000', '1000 / 1000-RED'), each with the fields that are looked at: "
        "null is a field that is not sent, an empty text one that is blanked. All records of an entity that is named "
        "here have to stand here; {} says that there are none. Entities that are not named are not looked at.",
    )
    rejections: list[Refused] | None = Field(None, description="All rows that are rejected, and why.")
    xml: str | None = Field(
        None, description="The documents that create the records in Centra, indented, one after the other."
    )


class MappingTest(Strict):
    """Rows, and what is to become of them."""

    name: str = Field(min_length=1, description="What is tested, in a few words.")
    today: str | None = Field(None, description=_TODAY)
    parameters: dict[str, Text] = Field({}, description=_PARAMETERS)
    rows: Rows = Field(
        {},
        description="The ERP's rows, by dataset; every cell is a text. A column that is left out is NULL, as is null "
        "itself; a dataset that is left out is empty.",
    )
    expect: Expected | None = Field(
        None, description="What is to come out. erp-sync mapping test --update writes what does."
    )


class MappingTests(Strict):
    """Tests of one mapping file."""

    mapping: str | None = Field(
        None, description="The mapping that is tested. Default: product.yaml for product.test.yaml."
    )
    today: str | None = Field(None, description=_TODAY)
    parameters: dict[str, Text] = Field({}, description=_PARAMETERS)
    rows: Rows = Field(
        {}, description="Rows that every test is given. A test's own rows of a dataset stand instead of these."
    )
    tests: list[MappingTest] = Field(min_length=1, description="The tests.")
