"""What all models of the language share: unknown keys are refused, nothing is converted."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Strict(BaseModel):
    """Keys with values. With ``shorthand`` the model may also be written as the bare value of that one key."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, validate_by_alias=True, validate_by_name=False)

    shorthand: ClassVar[str] = ""  # the key, as it is written in YAML
    called: ClassVar[str] = "key"  # what its keys are called in messages

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, data: Any) -> Any:
        if data is None:
            return {}
        return {cls.shorthand: data} if cls.shorthand and not isinstance(data, dict) else data

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        if not cls.shorthand:
            return schema
        full = handler.resolve_ref_schema(schema)
        bare = {
            k: v for k, v in full["properties"][cls.shorthand].items() if k not in ("title", "default", "description")
        }
        forms = [form for form in bare.pop("anyOf", [bare]) if form != {"type": "null"}]
        return {"anyOf": [*forms, schema]}
