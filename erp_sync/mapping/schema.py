"""The JSON Schema of mapping files, made from the models and the catalog: what an editor completes and explains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from itertools import combinations
from typing import Any

from erp_sync.mapping.language import MappingFile
from erp_sync.model.catalog import Catalog, Entity, Field, FieldKind, KeyPart, Leaving

_Schema = dict[str, Any]
_TITLE = "A mapping of erp_sync: how rows of an ERP become records of Centra"


def json_schema(catalog: Catalog) -> _Schema:
    """Draft 2020-12. Each entity's keys and fields are known by name, with their descriptions."""
    schema: _Schema = plain(MappingFile.model_json_schema(by_alias=True))
    definitions: _Schema = schema["$defs"]
    entities = {
        "enum": [e.name for e in catalog],
        "enumDescriptions": [e.doc for e in catalog],  # no word of JSON Schema; editors show them beside the names
        "description": "The kind of record, by its name in the catalog.",
    }
    choices = []
    for entity in catalog:
        definitions[f"{entity.name}.fields"] = _fields(entity)
        definitions[f"{entity.name}.key"] = _key(entity, catalog)
        choices.append(
            {
                "if": {"properties": {"entity": {"const": entity.name}}, "required": ["entity"]},
                "then": {
                    "properties": {
                        "fields": {"$ref": f"#/$defs/{entity.name}.fields"},
                        "key": {"$ref": f"#/$defs/{entity.name}.key"},
                        **({"vanish": {"enum": ["keep", "report"]}} if entity.leaving is Leaving.NEVER else {}),
                    }
                },
            }
        )
    for body in (schema, definitions["Part"]):
        body["properties"]["entity"] = entities
        body["allOf"] = choices
    _add_rules(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": _TITLE}


def _add_rules(schema: _Schema) -> None:
    """What the models check beside their keys, as far as a schema can say it."""
    definitions = schema["$defs"]
    definitions["Fragment"] = deepcopy(definitions["FieldExpression"])  # a beginning may come with its use
    schema["properties"]["fragments"]["additionalProperties"] = {"$ref": "#/$defs/Fragment"}
    beginnings = ("from", "value", "template", "calculate", "lookup", "first_of", "when")
    for name in ("Expression", "FieldExpression"):
        (long,) = (form for form in definitions[name]["anyOf"] if "properties" in form)
        # a fragment may bring the beginning along, or the values
        long["if"] = {"not": {"required": ["use"]}}
        long["then"] = {
            "oneOf": [{"required": [b]} for b in beginnings],
            "dependentRequired": {"otherwise": ["values"]},
        }
        long["else"] = {"not": {"anyOf": [{"required": list(pair)} for pair in combinations(beginnings, 2)]}}
    definitions["Branch"]["oneOf"] = [{"required": ["if", "then"]}, {"required": ["else"]}]
    definitions["Branch"]["dependentRequired"] = {"then": ["if"]}
    definitions["Aggregate"] |= {"minProperties": 1, "maxProperties": 1}
    pairs = [{"required": list(pair)} for pair in combinations(("group", "first", "last", "sort"), 2)]
    definitions["Derived"]["not"] = {"anyOf": pairs}
    about_records = ("from", "key", "fields", "parts", "where")
    schema["dependentRequired"] = {"entity": ["from"], **{key: ["entity"] for key in about_records}}


def schema_text(catalog: Catalog) -> str:
    """The schema as it is published."""
    return json.dumps(json_schema(catalog), indent=1, ensure_ascii=False) + "\n"


def _fields(entity: Entity) -> _Schema:
    known = {
        f.path: _described("FieldExpression", _about(f)) | _words(f)
        for f in entity.fields
        if f.kind is not FieldKind.SECRET
    }
    return {"type": "object", "properties": known, "additionalProperties": False}


def _words(field: Field) -> _Schema:
    """A constant of a field with words is one of them, in capitals or not, or holds a parameter."""
    if not field.words:
        return {}
    others = "|".join(form for w in field.words for form in (w.upper(), w.capitalize()))
    word = {"anyOf": [{"enum": list(field.words)}, {"pattern": rf"^({others}|)$|\$\{{"}]}
    return {"properties": {"value": word, "values": {"additionalProperties": {"anyOf": [word, {"type": "null"}]}}}}


def _about(field: Field) -> str:
    said = [
        f"{field.doc[:1].upper()}{field.doc[1:]}." if field.doc else "",
        f"Kind: {field.kind.value}" + (f" ({', '.join(field.words)})" if field.words else "") + ".",
    ]
    if field.refers_to:
        said.append(f"The id of a {field.refers_to}.")
    if field.immutable:
        said.append("Cannot be changed once Centra has it.")
    return " ".join(s for s in said if s)


def _key(entity: Entity, catalog: Catalog) -> _Schema:
    known = {part.name: _described("Expression", _about_key(part)) for part in catalog.keys(entity.name)}
    return {"type": "object", "properties": known, "additionalProperties": False}


def _about_key(part: KeyPart) -> str:
    said = [f"The id of the {part.refers_to or part.name}."] if part.path.endswith("id") else []
    said += [_sentence(part.doc)] if part.doc else []
    return " ".join(said) or f"The {part.name}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _described(model: str, description: str) -> _Schema:
    return {"description": description, "$ref": f"#/$defs/{model}"}


def plain(schema: Any) -> Any:
    """Without what pydantic says beside: titles, and nulls for keys that are simply left out."""
    if isinstance(schema, list):
        return [plain(s) for s in schema]
    if not isinstance(schema, Mapping):
        return schema
    out: _Schema = {}
    for key, value in schema.items():
        if key == "properties":
            out[key] = {name: _property(inner) for name, inner in value.items()}
        elif key == "description":
            out[key] = " ".join(value.split())
        elif key != "title":
            out[key] = plain(value)
    return out


def _property(schema: _Schema) -> _Schema:
    found: _Schema = plain(schema)
    if "default" in found and found["default"] is None:
        del found["default"]
        kept = [s for s in found.get("anyOf", []) if s != {"type": "null"}]
        if len(kept) == 1:
            return {**{k: v for k, v in found.items() if k != "anyOf"}, **kept[0]}
        if kept:
            found["anyOf"] = kept
    return found
