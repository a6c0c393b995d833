"""What a change needs: the record above it and the records that it names, in this plan or in Centra already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from erp_sync.model.catalog import Catalog, Entity, Field, KeyPart
from erp_sync.model.change import Action, Change
from erp_sync.model.key import join_key, show_key, split_key
from erp_sync.model.plan import Step, Wait, Waiting
from erp_sync.plan.planned import Name, Planned
from erp_sync.plan.steps import Order
from erp_sync.ports import LedgerReader

_OWN = ".own"  # after an entity's name: the records by their own id alone, which is unique over all parents
_FIRST = ".first"  # the records by the first part of their key: a sizetable, which is there with its first size


@dataclass(frozen=True, slots=True)
class _Link:
    """``must``: the change cannot go before the record, or with ``.first`` any of the records, is there."""

    name: Name
    entity: str
    must: bool


class Resolver:
    """Fed with changes in the order of operations, some thousand at a time: one lookup per entity and call.

    ``mapped`` are the entities that this project keeps: only their records can be missed. A reference to a record
    of the same or a later level never parks, since what it names may yet come in this plan.
    ``retry`` holds (entity, joined key) of quarantined records that are to go again; None means all.
    """

    def __init__(
        self,
        catalog: Catalog,
        reader: LedgerReader,
        order: Order,
        mapped: Collection[str],
        retry: frozenset[tuple[str, str]] | None,
    ) -> None:
        self._catalog, self._reader, self._order = catalog, reader, order
        self._mapped, self._retry = frozenset(mapped), retry
        references: list[Field | KeyPart] = [f for e in catalog for f in e.fields if f.refers_to]
        references += [part for e in catalog for part in e.own_keys if part.refers_to]
        self._named = {e.parent for e in catalog} | {r.refers_to for r in references}
        self._by_first = {
            r.refers_to
            for r in references
            if catalog.referred_part(r) == 0 and len(catalog.keys(r.refers_to or "")) > 1
        }
        self._firsts: dict[str, set[str]] = {}
        self.planned = Planned()

    def resolve(self, changes: Sequence[Change]) -> Iterator[Step | Waiting]:
        """Each change as a step with its ``needs``, or as waiting with the reason."""
        links = [self._links(c) for c in changes]
        found = self.planned.find({link.name for row in links for link in row})
        coming = {name for c in changes if c.action is Action.CREATE for name in self._names(c)}
        unknown = {link.name for row in links for link in row if link.must} - found.keys() - coming
        there = self._in_centra(unknown)
        refused = self._quarantined(changes)
        fresh: dict[Name, tuple[str, bool]] = {}
        for change, row in zip(changes, links, strict=True):
            key = join_key(change.key)
            if change.action is Action.BLOCKED:
                yield _waiting(change, Wait.BLOCKED, change.reason)
                continue
            related = [(link, found.get(link.name) or fresh.get(link.name)) for link in row]
            missing = next((link for link, step in related if link.must and not step and link.name not in there), None)
            if missing is not None:
                what = f"{missing.entity} {show_key(missing.name[1])}"
                reason = f"waits for {what}, which is not in Centra and not in this plan"
                yield _waiting(change, Wait.PARKED, reason, (missing.entity, missing.name[1]))
                continue
            needs = {s[0] for link, s in related if s and s[1] and not link.name[0].endswith(_FIRST)}
            step = self._order.step(change, sorted(needs))
            asked = self._retry is None or (change.entity, key) in self._retry
            if refused.get((change.entity, key)) == step.id and not asked and not any(s for _, s in related):
                reason = (
                    "Centra refused exactly this before; it waits for a change in the ERP, the mapping or its parent"
                )
                yield _waiting(change, Wait.HELD, reason)
                continue
            if change.entity in self._named:
                entry = step.id, change.action is Action.CREATE
                fresh |= dict.fromkeys(self._names(change), entry)
            yield step
        self.planned.add(fresh)

    def _names(self, change: Change) -> list[Name]:
        """All the names under which something may refer to the record."""
        entity, key = change.entity, change.key
        names = [(entity, join_key(key))]
        if self._catalog[entity].unique_id:
            names.append((entity + _OWN, key[-1]))
        if entity in self._by_first:
            names.append((entity + _FIRST, key[0]))
        return names

    def _links(self, change: Change) -> list[_Link]:
        if change.action in (Action.BLOCKED, Action.RETIRE, Action.UNLINK):
            return []
        entity, creates = self._catalog[change.entity], change.action is Action.CREATE
        links: list[_Link] = []
        *above, _ = self._catalog.lineage(change.entity)
        while above and above[-1].implied:
            above.pop()
        if above:
            parent = above[-1].name
            key = change.key[: len(self._catalog.keys(parent))]
            links.append(_Link((parent, join_key(key)), parent, creates and parent in self._mapped))
        own = change.key[-len(entity.own_keys) :]
        for part, value in zip(entity.own_keys, own, strict=True):
            links += self._reference(entity, part, value, creates)
        for field in change.fields:
            known = entity.by_path.get(field.path)
            links += self._reference(entity, known, field.new, True) if known else []
        return links

    def _reference(self, entity: Entity, reference: Field | KeyPart, value: str, matters: bool) -> list[_Link]:
        part = self._catalog.referred_part(reference)
        if part is None or reference.refers_to is None or not value:
            return []
        target = self._catalog[reference.refers_to]
        must = matters and target.name in self._mapped and target.level < entity.level
        parts = len(self._catalog.keys(target.name))
        if parts == 1:
            return [_Link((target.name, value), target.name, must)]
        if part == 0:
            return [_Link((target.name + _FIRST, value), target.name, must)]
        if part == parts - 1 and target.unique_id:
            return [_Link((target.name + _OWN, value), target.name, must)]
        return []

    def _in_centra(self, names: Iterable[Name]) -> set[Name]:
        by_entity: dict[str, list[str]] = defaultdict(list)
        for entity, text in sorted(names):
            by_entity[entity].append(text)
        there: set[Name] = set()
        for entity, texts in by_entity.items():
            if entity.endswith(_OWN):
                owners = self._reader.owners_of(entity.removesuffix(_OWN), texts)
                there |= {(entity, own) for own in owners}
                continue
            if entity.endswith(_FIRST):
                there |= {
                    (entity, first) for first in self._first_parts(entity.removesuffix(_FIRST)).intersection(texts)
                }
                continue
            known = self._reader.fingerprints(entity, pa.array(texts, pa.string()))
            sure = known["fingerprint"].notna()
            there |= {(entity, key) for key in known["key"][sure]}
            doubtful = list(known["key"][~sure])
            baselines = self._reader.baselines(entity, doubtful) if doubtful else {}
            there |= {(entity, key) for key, baseline in baselines.items() if baseline.exists}
        return there

    def _first_parts(self, entity: str) -> set[str]:
        if entity not in self._firsts:
            keys = (key for chunk in self._reader.keys(entity) for key in chunk.to_pylist())
            self._firsts[entity] = {split_key(key)[0] for key in keys}
        return self._firsts[entity]

    def _quarantined(self, changes: Sequence[Change]) -> Mapping[Name, str]:
        if self._retry is None:
            return {}
        by_entity: dict[str, list[str]] = defaultdict(list)
        for change in changes:
            by_entity[change.entity].append(join_key(change.key))
        return {
            (entity, key): step
            for entity, keys in by_entity.items()
            for key, step in self._reader.quarantined(entity, keys).items()
        }


def _waiting(change: Change, wait: Wait, reason: str, waits_for: tuple[str, str] | None = None) -> Waiting:
    return Waiting(
        wait=wait,
        entity=change.entity,
        key=change.key,
        action=change.action,
        fields=change.fields,
        reason=reason,
        waits_for=waits_for,
        origin=change.origin,
        mapping_at=change.mapping_at,
    )
