"""Named pure functions on whole columns. A new one is a function and a line in its module's TABLE.

The language's model of a chain (`Step`) is made from the tables, so schema, checks and docs know every transform.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, GetJsonSchemaHandler, create_model, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from erp_sync.mapping.strict import Strict
from erp_sync.mapping.transforms import coded, dates, numbers, text
from erp_sync.mapping.transforms.custom import Custom
from erp_sync.mapping.transforms.registry import Options, Transform

TRANSFORMS: dict[str, Transform] = {
    t.name: t for t in (*text.TABLE, *numbers.TABLE, *dates.TABLE, *coded.TABLE)
}  # fmt: skip


class OneStep(Strict):
    """One transform of a chain: its name, or its name with options."""

    called: ClassVar[str] = "transform"

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, data: Any) -> Any:
        return {data: None} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _exactly_one(self) -> OneStep:
        if len(self.model_fields_set) != 1:
            named = ", ".join(sorted(self.model_fields_set)) or "none"
            raise ValueError(f"a step of a chain is one transform, got {named}\nbegin each with its own dash")
        return self

    def chosen(self) -> tuple[str, Options]:
        """The transform's name and its options."""
        (name,) = self.model_fields_set
        return name, getattr(self, name)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        handler.resolve_ref_schema(schema).update(minProperties=1, maxProperties=1)
        bare = [
            t.name for t in TRANSFORMS.values() if not any(f.is_required() for f in t.options.model_fields.values())
        ]
        return {"anyOf": [{"enum": bare}, schema]}


_CUSTOM = "A transform of your own: a Python function that gets a column and returns one."
_FIELDS: dict[str, Any] = {
    **{t.name: (t.options, Field(None, description=t.doc)) for t in TRANSFORMS.values()},
    "custom": (Custom, Field(None, description=_CUSTOM)),
}
Step: type[OneStep] = create_model("Step", __base__=OneStep, **_FIELDS)
