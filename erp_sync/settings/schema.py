"""The project file's JSON Schema, for editors with a YAML language server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from erp_sync.settings.project import PlanSettings, ProjectFile
from erp_sync.settings.values import show_duration


def project_schema(adapters: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """JSON Schema, draft 2020-12. ``adapters``: kind of source -> its options.

    Numbers may also be variables, which are text before they are put in.
    """
    schema = ProjectFile.model_json_schema()
    sections = schema["$defs"]
    guards, limits = sections["GuardOptions"]["properties"], sections["EntityLimits"]["properties"]
    for name, limit in limits.items():
        guards[name].setdefault("description", limit["description"])
    for name, key in PlanSettings.model_fields.items():
        sections["PlanSettings"]["properties"][name]["default"] = show_duration(key.default)
    kinds = []
    for kind, options in adapters.items():
        own = options.model_json_schema(ref_template=f"#/$defs/{kind}.{{model}}")
        sections |= {f"{kind}.{name}": below for name, below in own.pop("$defs", {}).items()}
        own["properties"]["kind"] = {"const": kind, "description": "The adapter."}
        sections[f"{kind}.options"] = own
        kinds.append({"if": {"properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/{kind}.options"}})
    sections["SourceSettings"]["allOf"] = kinds
    _allow_variables(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _allow_variables(node: Any) -> None:
    if isinstance(node, list):
        for below in node:
            _allow_variables(below)
    if not isinstance(node, dict):
        return
    for below in node.values():
        _allow_variables(below)
    if node.get("type") in ("integer", "number", "boolean"):
        kept = {k: node.pop(k) for k in list(node) if k not in ("title", "description", "default", "examples")}
        node["anyOf"] = [kept, {"type": "string", "pattern": r"^\$\{.+\}$"}]
