"""What an element may hold, as values: leaves, groups and repeated records, compiled for one XML namespace.

A record is stored as a plain dict: a leaf is its text, a group a dict, a list a dict from identity to record.
A wrapper that holds nothing but one kind of record (``variations`` around ``variation``) is not stored twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from erp_sync.sandbox.work import Work

Record = dict[str, Any]
Chain = tuple[tuple[str, Record], ...]  # the records above this one, the root first, each with its identity
Rule = Callable[["Work", Chain, str, Record, bool], None]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element that holds text. ``pattern`` is what a text that is not blank must match."""

    pattern: re.Pattern[str] | None = None
    expected: str = ""
    may_be_blank: bool = True
    refers_to: str | None = None  # the text is the identity of an object of this entity, which must exist
    immutable: bool = False
    secret: bool = False

    @property
    def checked(self) -> bool:
        return bool(self.pattern or not self.may_be_blank or self.refers_to or self.immutable or self.secret)


@dataclass(frozen=True, slots=True)
class Many:
    """A repeated record. ``key`` are the paths of its identity; none means that its position is its identity."""

    fields: Mapping[str, Node]
    key: tuple[str, ...] = ("id",)
    entity: str = ""  # the name under which these records are counted and looked at
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """A remove list: takes the named records out of the list ``of``, which stands beside it."""

    item: str
    of: str
    fields: Mapping[str, Node]


Node = Leaf | Many | Remove | Mapping[str, "Node"]


class Kind(IntEnum):
    LEAF = 0
    GROUP = 1
    LIST = 2  # a wrapper around one kind of record
    MANY = 3  # records that repeat without a wrapper
    REMOVE = 4


@dataclass(slots=True)
class Spec:
    """One element, compiled: all that reading it needs, without a look-up by name."""

    name: str
    kind: Kind
    order: int
    leaf: Leaf | None = None
    group: Group | None = None
    many: Many | None = None
    item_tag: str = ""
    key_tags: tuple[tuple[str, ...], ...] = ()
    removes_from: str = ""
    checked: bool = False


@dataclass(slots=True)
class Group:
    """The children of an element by qualified tag. ``plain`` groups hold leaves and plain groups only."""

    children: dict[str, Spec] = field(default_factory=dict)
    by_name: dict[str, Spec] = field(default_factory=dict)
    plain: bool = True


def qualified(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def compile_group(fields: Mapping[str, Node], namespace: str) -> Group:
    group = Group()
    for order, (name, node) in enumerate(fields.items()):
        spec = _compile(name, order, node, namespace)
        group.children[qualified(namespace, name)] = group.by_name[name] = spec
        if spec.kind >= Kind.LIST or (spec.group is not None and not spec.group.plain):
            group.plain = False
    return group


def _compile(name: str, order: int, node: Node, namespace: str) -> Spec:
    if isinstance(node, Leaf):
        return Spec(name, Kind.LEAF, order, leaf=node, checked=node.checked)
    if isinstance(node, Many):
        return _compile_many(name, order, Kind.MANY, qualified(namespace, name), node, namespace)
    if isinstance(node, Remove):
        item = compile_group(node.fields, namespace)
        tag = qualified(namespace, node.item)
        return Spec(
            name, Kind.REMOVE, order, group=item, item_tag=tag, key_tags=_key_tags(("id",), namespace),
            removes_from=node.of,
        )  # fmt: skip
    if len(node) == 1:
        (inner_name, inner), *_ = node.items()
        if isinstance(inner, Many):
            return _compile_many(name, order, Kind.LIST, qualified(namespace, inner_name), inner, namespace)
    return Spec(name, Kind.GROUP, order, group=compile_group(node, namespace))


def _compile_many(name: str, order: int, kind: Kind, item_tag: str, many: Many, namespace: str) -> Spec:
    group = compile_group(many.fields, namespace)
    return Spec(
        name, kind, order, group=group, many=many, item_tag=item_tag, key_tags=_key_tags(many.key, namespace)
    )  # fmt: skip


def _key_tags(paths: tuple[str, ...], namespace: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(qualified(namespace, part) for part in path.split(".")) for path in paths)


def local_name(tag: str) -> str:
    return tag.rpartition("}")[2]
