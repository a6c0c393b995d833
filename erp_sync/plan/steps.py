"""A change becomes a step: its id, and its place in the order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256

from erp_sync.model.catalog import Catalog
from erp_sync.model.change import Action, Change, FieldChange
from erp_sync.model.key import Key, join_key
from erp_sync.model.plan import Step

_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False)
SortKey = tuple[int, str, bool, str, int, int, str]


def step_id(entity: str, key: Key, action: Action, fields: Iterable[FieldChange]) -> str:
    """20 hex digits over entity, key, action and the values sent: equal for the same change in every plan."""
    sent = sorted((f.path, f.new) for f in fields)
    content = _ENCODER.encode([entity, key, action.value, sent])
    return sha256(content.encode()).hexdigest()[:20]


class Order:
    """Where a record stands: level, operation, requests of its own, document, depth below the root, entity, key.

    Records that can never be moved once they are made stand as they came below the first part of their key: Centra
    shows the sizes of a sizetable in the order in which it got them (soap.md, "Rules per record").
    """

    def __init__(self, catalog: Catalog) -> None:
        place = {e.name: n for n, e in enumerate(catalog)}

        @cache
        def of(name: str) -> tuple[int, str, bool, int, int, int, bool]:
            entity = catalog[name]
            depth = len(catalog.lineage(name)) - 1
            root = catalog.root_key_length(name)
            return entity.level, entity.operation, entity.sent_alone, root, depth, place[name], entity.immutable

        self._of = of

    def document(self, entity: str, key: Key) -> Key:
        return key[: self._of(entity)[3]]

    def key(self, entity: str, key: Key) -> SortKey:
        level, operation, alone, root, depth, place, as_it_came = self._of(entity)
        if as_it_came:
            return level, operation, alone, key[0], depth, place, ""
        return level, operation, alone, join_key(key[:root]), depth, place, join_key(key)

    def step(self, change: Change, needs: Sequence[str] = ()) -> Step:
        level, operation, _, root, *_ = self._of(change.entity)
        return Step(
            id=step_id(change.entity, change.key, change.action, change.fields),
            level=level,
            operation=operation,
            entity=change.entity,
            key=change.key,
            action=change.action,
            fields=change.fields,
            fingerprint=change.fingerprint,
            document=change.key[:root],
            needs=tuple(needs),
            origin=change.origin,
            mapping_at=change.mapping_at,
            reason=change.reason,
        )
