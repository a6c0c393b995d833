"""The lines of a plan's file: each value as plain JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from erp_sync.model.change import Action, Change, FieldChange
from erp_sync.model.extract import DatasetReport, Origin, Rejection
from erp_sync.model.plan import Binding, Manifest, Step, Verdict, Wait, Waiting

VERSION = 2
Json = dict[str, Any]
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def dump(value: object) -> str:
    """Compact JSON with its keys in the order given: equal values, equal bytes."""
    return _ENCODER.encode(value)


def _origin(origin: Origin | None) -> list[str | int] | None:
    return None if origin is None else [origin.dataset, origin.place, origin.at]


def _origin_of(plain: list[Any] | None) -> Origin | None:
    return None if plain is None else Origin(*plain)


def _fields(fields: Iterable[FieldChange]) -> list[Json]:
    return [
        {"path": f.path, "old": f.old, "new": f.new, **({"doubtful": True} if f.doubtful else {})} for f in fields
    ]  # fmt: skip


def _fields_of(plain: Iterable[Json]) -> tuple[FieldChange, ...]:
    return tuple(FieldChange(f["path"], f["old"], f["new"], f.get("doubtful", False)) for f in plain)


def change_to_plain(change: Change) -> list[Any]:
    """For the spilled runs of a sort: short, and read back by ``change_of`` only."""
    fields = [(f.path, f.old, f.new, f.doubtful) for f in change.fields]
    origin = _origin(change.origin)
    return [change.entity, change.key, change.action.value, fields, origin, change.fingerprint, change.reason,
            change.mapping_at]  # fmt: skip


def change_of(plain: list[Any]) -> Change:
    entity, key, action, fields, origin, fingerprint, reason, mapping_at = plain
    changed = tuple(FieldChange(*f) for f in fields)
    return Change(entity, tuple(key), Action(action), changed, _origin_of(origin), fingerprint, reason, mapping_at)


def step_to_plain(step: Step) -> Json:
    return {
        "kind": "step",
        "id": step.id,
        "level": step.level,
        "operation": step.operation,
        "entity": step.entity,
        "key": step.key,
        "document": step.document,
        "action": step.action.value,
        "fields": _fields(step.fields),
        "fingerprint": step.fingerprint,
        "needs": step.needs,
        "origin": _origin(step.origin),
        "mapping_at": step.mapping_at,
        "reason": step.reason,
    }


def step_of(plain: Json) -> Step:
    return Step(
        id=plain["id"],
        level=plain["level"],
        operation=plain["operation"],
        entity=plain["entity"],
        key=tuple(plain["key"]),
        action=Action(plain["action"]),
        fields=_fields_of(plain["fields"]),
        fingerprint=plain["fingerprint"],
        document=tuple(plain["document"]),
        needs=tuple(plain["needs"]),
        origin=_origin_of(plain["origin"]),
        mapping_at=plain["mapping_at"],
        reason=plain["reason"],
    )


def waiting_to_plain(waiting: Waiting) -> Json:
    return {
        "kind": "waiting",
        "wait": waiting.wait.value,
        "entity": waiting.entity,
        "key": waiting.key,
        "action": waiting.action.value,
        "fields": _fields(waiting.fields),
        "reason": waiting.reason,
        "waits_for": waiting.waits_for,
        "origin": _origin(waiting.origin),
        "mapping_at": waiting.mapping_at,
    }


def waiting_of(plain: Json) -> Waiting:
    missing = plain["waits_for"]
    return Waiting(
        wait=Wait(plain["wait"]),
        entity=plain["entity"],
        key=tuple(plain["key"]),
        action=Action(plain["action"]),
        fields=_fields_of(plain["fields"]),
        reason=plain["reason"],
        waits_for=None if missing is None else (missing[0], missing[1]),
        origin=_origin_of(plain["origin"]),
        mapping_at=plain["mapping_at"],
    )


def rejection_to_plain(rejection: Rejection) -> Json:
    return {"kind": "rejection", **asdict(rejection), "origin": _origin(rejection.origin)}


def rejection_of(plain: Json) -> Rejection:
    fields = {k: v for k, v in plain.items() if k not in ("kind", "origin")}
    return Rejection(origin=Origin(*plain["origin"]), **fields)


def manifest_to_plain(manifest: Manifest) -> Json:
    """Without ``digest``, which is taken over this."""
    plain = asdict(manifest)
    del plain["digest"]
    for name in ("created_at", "expires_at", "perishables_expire_at"):
        plain[name] = plain[name] and plain[name].isoformat()
    return {"kind": "manifest", **plain}


def manifest_of(plain: Mapping[str, Any]) -> Manifest:
    perish = plain["perishables_expire_at"]
    return Manifest(
        version=plain["version"],
        digest=plain["digest"],
        created_at=datetime.fromisoformat(plain["created_at"]),
        expires_at=datetime.fromisoformat(plain["expires_at"]),
        binding=Binding(**plain["binding"]),
        steps=plain["steps"],
        counts=plain["counts"],
        verdicts=tuple(Verdict(**v | {"examples": tuple(v["examples"])}) for v in plain["verdicts"]),
        datasets=tuple(
            DatasetReport(**d | {"problems": tuple(d["problems"]), "notes": tuple(d["notes"])})
            for d in plain["datasets"]
        ),
        notes=tuple(plain["notes"]),
        content=plain["content"],
        concluded=tuple(plain["concluded"]),
        perishables_expire_at=datetime.fromisoformat(perish) if perish else None,
        partial=plain["partial"],
        partly=tuple(plain["partly"]),
    )
