"""What a change needs: the record above it and the records that it names, in this plan or in Centra already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from erp_sync.model.change import Action, Change
from erp_sync.model.key import join_key, show_key, split_key
from erp_sync.model.plan import Step, Wait, Waiting
from erp_sync.plan.links import FIRST, LAST, OWN, Links
from erp_sync.plan.planned import Name, Planned
from erp_sync.plan.steps import Order, step_id
from erp_sync.ports import LedgerReader

_HELD = "Centra refused exactly this before; it waits for a change in the ERP, the mapping or its parent"


class Resolver:
    """Fed with changes in the order of operations, some thousand at a time: one lookup per entity and call.

    ``retry`` holds (entity, joined key) of quarantined records that are to go again; None means all.
    """

    def __init__(
        self, links: Links, reader: LedgerReader, order: Order, retry: frozenset[tuple[str, str]] | None
    ) -> None:
        self._links, self._reader, self._order, self._retry = links, reader, order, retry
        self._firsts: dict[str, set[str]] = {}
        self.planned = Planned()

    def resolve(self, changes: Sequence[Change]) -> Iterator[Step | Waiting]:
        """Each change as a step with its ``needs``, or as waiting with the reason."""
        links = [self._links.of(c) for c in changes]
        found = self.planned.find({link.name for row in links for link in row})
        coming = {name for c in changes if c.action is Action.CREATE for name in self._links.names(c)}
        must = {link.name for row in links for link in row if link.must}
        firsts = {name for name in must if name[0].endswith(FIRST)}
        there = self._in_centra((must - found.keys() - coming) | firsts)
        held = self._held(changes)
        fresh: dict[Name, tuple[str, bool]] = {}
        for change, row in zip(changes, links, strict=True):
            if change.action is Action.BLOCKED:
                yield _waiting(change, Wait.BLOCKED, change.reason)
                continue
            related = [(x.name, at) for x in row if (at := found.get(x.name) or fresh.get(x.name))]
            if not related and (change.entity, join_key(change.key)) in held:
                yield _waiting(change, Wait.HELD, _HELD)
                continue
            planned = {name for name, _ in related}
            missing = next((x.name for x in row if x.must and x.name not in planned and x.name not in there), None)
            if missing is not None:
                entity = missing[0].partition(".")[0]
                reason = f"waits for {entity} {show_key(missing[1])}, which is not in Centra and not in this plan"
                yield _waiting(change, Wait.PARKED, reason, (entity, missing[1]))
                continue
            needs = {id for (form, text), (id, creates) in related
                     if creates and not form.endswith(LAST) and (form, text) not in there}  # fmt: skip
            step = self._order.step(change, sorted(needs))
            if change.action in (Action.CREATE, Action.UPDATE) and self._links.named(change.entity):
                for name in self._links.names(change):
                    if not (name[0].endswith(FIRST) and name in fresh):  # the first size brings the sizetable
                        fresh[name] = step.id, change.action is Action.CREATE
            yield step
        self.planned.add(fresh)

    def _in_centra(self, names: Iterable[Name]) -> set[Name]:
        by_form: dict[str, list[str]] = defaultdict(list)
        for form, text in sorted(names):
            by_form[form].append(text)
        return {(form, text) for form, texts in by_form.items() for text in self._known(form, texts)}

    def _known(self, form: str, texts: list[str]) -> Iterable[str]:
        """Those of the texts that name records which Centra has."""
        entity = form.partition(".")[0]
        if form.endswith(OWN):
            owners = self._reader.owners_of(entity, texts)
            there = self._acknowledged(entity, [*owners.values()])
            return {text for text, key in owners.items() if key in there}
        if form.endswith(FIRST):
            return self._first_parts(entity).intersection(texts)
        return self._acknowledged(entity, texts)

    def _acknowledged(self, entity: str, keys: list[str]) -> set[str]:
        """Those that Centra has for sure: not those that were only ever sent without a reply, or refused."""
        known = self._reader.fingerprints(entity, pa.array(keys, pa.string()))
        sure = known["fingerprint"].notna()
        doubtful = list(known["key"][~sure])
        baselines = self._reader.baselines(entity, doubtful) if doubtful else {}
        return {*known["key"][sure], *(key for key, baseline in baselines.items() if baseline.exists)}

    def _first_parts(self, entity: str) -> set[str]:
        if entity not in self._firsts:
            known = (baseline for some in self._reader.scan(entity) for baseline in some if baseline.exists)
            self._firsts[entity] = {split_key(baseline.key)[0] for baseline in known}
        return self._firsts[entity]

    def _held(self, changes: Sequence[Change]) -> set[Name]:
        """Records whose very change was refused before. One that may have been refused for want of a part goes again
        together with a part that was not."""
        refused = self._quarantined(changes)
        if not refused:
            return set()
        named = [(c, (c.entity, join_key(c.key))) for c in changes]
        held = {
            name for c, name in named
            if name in refused and refused[name] == step_id(c.entity, c.key, c.action, c.fields)
        }  # fmt: skip
        return held - {self._links.above(c) for c, name in named if name not in held}

    def _quarantined(self, changes: Sequence[Change]) -> Mapping[Name, str]:
        """Record -> id of its refused step, without those that are asked for again."""
        if self._retry is None:
            return {}
        by_entity: dict[str, list[str]] = defaultdict(list)
        for change in changes:
            by_entity[change.entity].append(join_key(change.key))
        return {
            (entity, key): step
            for entity, keys in by_entity.items()
            for key, step in self._reader.quarantined(entity, keys).items()
            if (entity, key) not in self._retry
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
