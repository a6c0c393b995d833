"""The state seen flat: every record with its whole key and its fields by dotted path, as an ERP thinks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from erp_sync.sandbox.operations import STORED, UPDATES, compiled
from erp_sync.sandbox.rendering import wrapped_record
from erp_sync.sandbox.shapes import Group, Kind, Many, Node, Record, Spec
from erp_sync.sandbox.state import ROOTS, State
from erp_sync.sandbox.tables import SIZETABLE_FIELDS

if TYPE_CHECKING:
    from lxml.etree import _Element

Key = tuple[str, ...]
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Where the records of an entity stand: the root, the lists on the way down, and their fields."""

    root: str
    lists: tuple[Path, ...]
    fields: Mapping[str, Node]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """One field that a request carried."""

    entity: str
    key: Key
    path: str
    value: str


def _find(root: str, fields: Mapping[str, Node], lists: tuple[Path, ...], at: Path) -> Iterator[tuple[str, View]]:
    for name, node in fields.items():
        if isinstance(node, Many):
            wrapped, path = node, (*at, name)
        elif isinstance(node, Mapping):
            inner = wrapped_record(node)
            if inner is None:
                yield from _find(root, node, lists, (*at, name))
                continue
            wrapped, path = inner[1], (*at, name)
        else:
            continue
        if wrapped.entity:
            yield wrapped.entity, View(root, (*lists, path), wrapped.fields, wrapped.key)
        yield from _find(root, wrapped.fields, (*lists, path), ())


@cache
def views() -> Mapping[str, View]:
    found: dict[str, View] = {root: View(root, (), STORED[root], ("id",)) for root in ROOTS}
    for root in ROOTS:
        found.update(_find(root, STORED[root], (), ()))
    return found


ENTITIES: Final = tuple(views())


def flat(fields: Mapping[str, Node], record: Record, prefix: str = "") -> dict[str, str]:
    """Leaves by dotted path; what stands in lists is a record of its own and left out."""
    result: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, str):
            result[prefix + name] = value
            continue
        node = fields.get(name)
        if isinstance(node, Mapping) and wrapped_record(node) is None:
            result.update(flat(node, value, f"{prefix}{name}."))
    return result


def records(state: State, entity: str) -> Iterator[tuple[Key, dict[str, str]]]:
    """Every record of the entity; identities are in the key only. Raises KeyError for an unknown entity."""
    view = views()[entity]
    for root_key, root in state.tables[view.root].items():
        for key, record in _walk(root, view.lists, (root_key,)):
            yield key, _fields(view, entity, record, root)


def record(state: State, entity: str, key: Key) -> dict[str, str] | None:
    view = views()[entity]
    found = locate(state, entity, key)
    return None if found is None else _fields(view, entity, found, state.tables[view.root][key[0]])


def locate(state: State, entity: str, key: Key) -> Record | None:
    """The record itself, as it is stored."""
    view = views()[entity]
    if len(key) != len(view.lists) + 1:
        raise ValueError(f"a key of {entity} has {len(view.lists) + 1} parts")
    found: Record | None = state.tables[view.root].get(key[0])
    for path, part in zip(view.lists, key[1:], strict=True):
        if found is None:
            return None
        found = _at(found, path).get(part)
    return found


def _fields(view: View, entity: str, found: Record, root: Record) -> dict[str, str]:
    result = flat(view.fields, found)
    for path in view.key:
        result.pop(path, None)
    if entity == "size":
        result |= {f"sizetable.{name}": text for name, text in flat(SIZETABLE_FIELDS, root).items() if name != "id"}
    return result


def _at(found: Record, path: Path) -> Record:
    for name in path:
        found = found.get(name, {})
    return found


def _walk(found: Record, lists: tuple[Path, ...], key: Key) -> Iterator[tuple[Key, Record]]:
    if not lists:
        yield key, found
        return
    for part, inner in _at(found, lists[0]).items():
        yield from _walk(inner, lists[1:], (*key, part))


def sent_fields(operation: str, element: _Element, namespace: str) -> Iterator[Sent]:
    """What one object of an update operation carries, identities left out. Unknown elements are passed over."""
    update = UPDATES[operation]
    if update.entity == "sizetable":
        group, entity = compiled("", namespace), "size"
        key: Key = (element.findtext("{*}sizetable/{*}id") or "", element.findtext("{*}id") or "")
        skip = {"id", "sizetable.id"}
    else:
        group, entity, skip = compiled(update.entity, namespace), update.entity, {"id"}
        key = (element.findtext("{*}id") or "",)
    yield from _sent(group, element, entity, key, "", skip)


def _sent(group: Group, element: _Element, entity: str, key: Key, prefix: str, skip: set[str]) -> Iterator[Sent]:
    for child in element:
        spec = group.children.get(str(child.tag))
        if spec is None:
            continue
        path = prefix + spec.name
        if spec.kind == Kind.LEAF:
            if path not in skip:
                yield Sent(entity, key, path, child.text or "")
        elif spec.kind == Kind.GROUP and spec.group is not None:
            if len(child) == 0:
                yield Sent(entity, key, path, "")
            yield from _sent(spec.group, child, entity, key, f"{path}.", skip)
        elif spec.kind == Kind.REMOVE:
            for item in child:
                yield Sent(entity, (*key, item.findtext("{*}id") or ""), spec.name, "")
        else:
            items = [child] if spec.kind == Kind.MANY else list(child)
            for item in items:
                yield from _sent_item(spec, item, key)


def _sent_item(spec: Spec, element: _Element, key: Key) -> Iterator[Sent]:
    assert spec.group is not None and spec.many is not None
    parts = ["/".join(path) for path in spec.key_tags]
    own = "\x1f".join(element.findtext(part) or "" for part in parts)
    entity = spec.many.entity or spec.name
    yield from _sent(spec.group, element, entity, (*key, own), "", set(spec.many.key))
