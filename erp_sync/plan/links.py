"""Which other records a change has to do with: the one above it, and those that it names. From the catalog alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

from erp_sync.model.catalog import Catalog, Entity, Field, KeyPart
from erp_sync.model.change import Action, Change
from erp_sync.model.key import join_key
from erp_sync.plan.planned import Name

OWN: Final = ".own"  # after an entity's name: the records by their own id alone, which is unique over all parents
FIRST: Final = ".first"  # the records by the first part of their key: a sizetable, which is there with its first size


LAST: Final = ".last"  # the records by the last part of their key, whatever stands before it: a size of any sizetable


class Link(NamedTuple):
    """``must``: the change cannot go before the record, or with ``.first`` any of the records, is there."""

    name: Name
    must: bool


class _Reference(NamedTuple):
    """What a text names: records of ``form`` (an entity, with ``.own``, ``.first``, ``.last``); ``kept`` by this
    project, so that they can be missed."""

    form: str
    kept: bool


@dataclass(frozen=True, slots=True)
class _Shape:
    """``parent`` with how many leading parts of the key are its key; ``parts`` by their position in the key."""

    parent: tuple[_Reference, int] | None
    parts: tuple[tuple[int, _Reference], ...]
    fields: dict[str, _Reference]
    by_own: bool
    by_first: bool
    by_last: bool
    named: bool


class Links:
    """``mapped`` are the entities that this project keeps: only their records can be missed. A record of the same or
    of a later level is never missed, since it may yet come in this plan."""

    def __init__(self, catalog: Catalog, mapped: Collection[str]) -> None:
        self._catalog, self._mapped = catalog, frozenset(mapped)
        references = {e.name: self._references(e) for e in catalog}
        forms = {r.form for parts, fields in references.values() for r in (*(r for _, r in parts), *fields.values())}
        forms |= {e.parent for e in catalog if e.parent}
        self._shapes = {e.name: self._shape(e, *references[e.name], forms) for e in catalog}

    def named(self, entity: str) -> bool:
        """Whether anything in the catalog hangs on, or names, records of this entity."""
        return self._shapes[entity].named

    def names(self, change: Change) -> list[Name]:
        """All the names under which something may refer to the record."""
        shape, entity, key = self._shapes[change.entity], change.entity, change.key
        names = [(entity, join_key(key))]
        if shape.by_own:
            names.append((entity + OWN, key[-1]))
        if shape.by_first:
            names.append((entity + FIRST, key[0]))
        if shape.by_last:
            names.append((entity + LAST, key[-1]))
        return names

    def above(self, change: Change) -> Name | None:
        """The record that may have been refused for want of this one: an account without a buyer."""
        parent = self._catalog[change.entity].parent
        if parent is None or self._catalog[parent].needs_part != change.entity:
            return None
        return parent, join_key(change.key[: len(self._catalog.keys(parent))])

    def of(self, change: Change) -> list[Link]:
        """What has to be there for the change, or would be a reason to try it again. Nothing for what leaves."""
        if change.action not in (Action.CREATE, Action.UPDATE):
            return []
        shape, creates = self._shapes[change.entity], change.action is Action.CREATE
        links = []
        if shape.parent:
            above, length = shape.parent
            links.append(Link((above.form, join_key(change.key[:length])), creates and above.kept))
        for at, reference in shape.parts:
            links.append(Link((reference.form, change.key[at]), creates and reference.kept))
        for field in change.fields:
            named = shape.fields.get(field.path)
            if named and field.new:
                links.append(Link((named.form, field.new), named.kept))
        return links

    def _shape(
        self, entity: Entity, parts: tuple[tuple[int, _Reference], ...], fields: dict[str, _Reference], forms: set[str]
    ) -> _Shape:
        *above, _ = self._catalog.lineage(entity.name)
        while above and above[-1].implied:
            above.pop()
        parent = None
        if above:
            name = above[-1].name
            parent = _Reference(name, name in self._mapped), len(self._catalog.keys(name))
        by_own, by_first, by_last = (entity.name + form in forms for form in (OWN, FIRST, LAST))
        named = entity.name in forms or by_own or by_first or by_last
        return _Shape(parent, parts, fields, by_own, by_first, by_last, named)

    def _references(self, entity: Entity) -> tuple[tuple[tuple[int, _Reference], ...], dict[str, _Reference]]:
        first = len(self._catalog.keys(entity.name)) - len(entity.own_keys)
        parts = ((first + at, self._reference(entity, part)) for at, part in enumerate(entity.own_keys))
        fields = ((field.path, self._reference(entity, field)) for field in entity.fields)
        return tuple((at, r) for at, r in parts if r), {path: r for path, r in fields if r}

    def _reference(self, entity: Entity, reference: Field | KeyPart) -> _Reference | None:
        part = self._catalog.referred_part(reference)
        if part is None or reference.refers_to is None:
            return None
        target = self._catalog[reference.refers_to]
        kept = target.name in self._mapped and target.level < entity.level
        parts = len(self._catalog.keys(target.name))
        if parts == 1:
            return _Reference(target.name, kept)
        if part == 0:
            return _Reference(target.name + FIRST, kept)
        if part != parts - 1:
            return None
        return _Reference(target.name + OWN, kept) if target.unique_id else _Reference(target.name + LAST, kept=False)
