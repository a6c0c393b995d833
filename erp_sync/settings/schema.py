"""The project file's JSON Schema, for editors with a YAML language server."""

from __future__ import annotations

from typing import Any

from erp_sync.settings.project import ProjectFile


def project_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12. Numbers may also be variables, which are text before they are put in."""
    schema = ProjectFile.model_json_schema()
    guards, limits = schema["$defs"]["GuardOptions"]["properties"], schema["$defs"]["EntityLimits"]["properties"]
    for name, limit in limits.items():
        guards[name].setdefault("description", limit["description"])
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
