"""The page of all that Centra's records hold, written from the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from erp_sync.centra.catalog import CATALOG
from erp_sync.model.catalog import Entity, Field, FieldKind, KeyPart, Leaving

_LEAVES = {
    Leaving.NEVER: "never leaves Centra",
    Leaving.RETIRE: "leaves by the status {status}",
    Leaving.UNLINK: "leaves by being taken off its list",
}


def entity_reference() -> str:
    """Each entity in the order of operations: its key, what is below it, how it leaves, its fields."""
    names = " ".join(f"[{e.name}](#{e.name})" for e in CATALOG)
    return "\n".join([names, "", *(line for entity in CATALOG for line in _entity(entity))])


def _entity(entity: Entity) -> Iterator[str]:
    yield f"## {entity.name}\n"
    yield f"{entity.doc}\n"
    yield f"- key: {', '.join(_key(p) for p in CATALOG.keys(entity.name))}"
    if entity.parent:
        yield f"- part of [{entity.parent}](#{entity.parent})"
    if below := [e.name for e in CATALOG if e.parent == entity.name]:
        yield f"- parts: {', '.join(f'[{name}](#{name})' for name in below)}"
    yield f"- {_LEAVES[entity.leaving].format(status=entity.retired_status)}"
    if entity.immutable:
        yield "- cannot be changed once Centra has it"
    yield ""
    rows = [f"| `{f.path}` | {_kind(f)} | {_meaning(f)} |" for f in entity.fields if f.kind is not FieldKind.SECRET]
    if rows:
        yield "\n".join(["| field | kind | means |", "|---|---|---|", *rows]) + "\n"


def _key(part: KeyPart) -> str:
    return f"`{part.name}`" + (f" ({part.doc})" if part.doc else "")


def _kind(field: Field) -> str:
    if field.words:
        return ", ".join(f"`{w}`" for w in field.words)
    return f"id of a [{field.refers_to}](#{field.refers_to})" if field.refers_to else field.kind.value


def _meaning(field: Field) -> str:
    said = [field.doc] if field.doc else []
    if field.refers_by:
        said.append(f"its `{field.refers_by}`")
    if field.immutable:
        said.append("cannot be changed once Centra has it")
    if field.personal:
        said.append("personal")
    return "; ".join(said).replace("|", "\\|")
