"""One chunk of desired records against their baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from erp_sync.diff.fingerprint import arrow_column, fingerprints, hash_keys
from erp_sync.diff.known import Known
from erp_sync.diff.seen import Seen
from erp_sync.model.catalog import Entity
from erp_sync.model.change import Action, Baseline, Change, FieldChange
from erp_sync.model.key import show_key, split_key
from erp_sync.ports import KEY, LedgerReader, Records


@dataclass(frozen=True, slots=True)
class Rules:
    """What the mapping says of an entity's fields: ``centra`` fields are never sent, ``create_only`` once."""

    centra: frozenset[str] = frozenset()
    create_only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Compared:
    """``verified`` are records whose fingerprint differed although no field did: the ledger may take the new one.
    ``foreign`` are records in whose Centra-owned fields Centra has something else; nothing of that is sent."""

    changes: list[Change]
    unchanged: int
    verified_keys: pa.Array
    verified_prints: npt.NDArray[np.int64]
    foreign: list[Change] = field(default_factory=list)


def compare(records: Records, entity: Entity, rules: Rules, known: Known, seen: Seen) -> Compared:
    """Changes of one chunk. Rows that repeat an earlier record to the letter are counted in ``seen`` and dropped."""
    sent_paths = [c for c in records.frame.columns if c != KEY and c not in rules.centra]
    keys = arrow_column(records.frame, KEY)
    prints, hashes = fingerprints(records.frame, sent_paths), hash_keys(keys)
    fresh = seen.add(hashes, prints, records.place, records.frame.index)
    same = known.same(keys, hashes, prints)
    foreign = _foreign(records, entity, rules, known.reader, np.flatnonzero(fresh))
    differing = np.flatnonzero(fresh & ~same)
    if not len(differing):
        return Compared([], int(fresh.sum()), pa.array([], pa.string()), prints[:0], foreign)
    found = _field_by_field(records, entity, rules, known.reader, differing, prints, int((fresh & same).sum()))
    return replace(found, foreign=foreign)


def _foreign(
    records: Records, entity: Entity, rules: Rules, reader: LedgerReader, fresh: npt.NDArray[np.intp]
) -> list[Change]:
    """What the ERP says otherwise of fields that Centra owns. No fingerprint covers them, so baselines are read."""
    paths = [c for c in records.frame.columns if c in rules.centra]
    if not paths or not len(fresh):
        return []
    rows = records.frame.iloc[fresh]
    keys: list[str] = arrow_column(rows, KEY).to_pylist()
    baselines = reader.baselines(entity.name, keys)
    found = []
    for number, key, *values in zip(fresh, keys, *(arrow_column(rows, p).to_pylist() for p in paths), strict=True):
        has = baselines[key].fields if key in baselines else {}
        fields = tuple(
            FieldChange(p, has[p], v)
            for p, v in zip(paths, values, strict=True)
            if v is not None and has.get(p, v) != v
        )
        if fields:
            found.append(
                Change(entity.name, split_key(key), Action.UPDATE, fields, records.origin(int(number)), 0,
                       "owner: centra", records.mapping_at)
            )  # fmt: skip
    return found


def _field_by_field(
    records: Records,
    entity: Entity,
    rules: Rules,
    reader: LedgerReader,
    differing: npt.NDArray[np.intp],
    prints: npt.NDArray[np.int64],
    unchanged: int,
) -> Compared:
    rows = records.frame.iloc[differing]
    paths = [c for c in rows.columns if c != KEY]
    columns = [arrow_column(rows, c).to_pylist() for c in paths]
    keys: list[str] = arrow_column(rows, KEY).to_pylist()
    baselines = reader.baselines(entity.name, keys)
    created = [k for k in keys if k not in baselines or not baselines[k].exists]
    owners = _owners(reader, entity.name, created) if entity.unique_id and created else {}
    changes: list[Change] = []
    verified: list[int] = []
    for number, (key, *values) in enumerate(zip(keys, *columns, strict=True)):
        desired = {p: v for p, v in zip(paths, values, strict=True) if v is not None}
        baseline = baselines.get(key)
        action, fields, reason = _decide(entity, rules, key, desired, baseline, owners)
        if action is None:
            unchanged += 1
            if baseline is not None and not baseline.doubtful:
                verified.append(number)
            continue
        changes.append(
            Change(
                entity=entity.name,
                key=split_key(key),
                action=action,
                fields=fields,
                origin=records.origin(int(differing[number])),
                fingerprint=int(prints[differing[number]]),
                reason=reason,
                mapping_at=records.mapping_at,
            )
        )
    return Compared(
        changes,
        unchanged,
        pa.array([keys[n] for n in verified], pa.string()),
        prints[differing[verified]],
    )


def _owners(reader: LedgerReader, entity: str, keys: list[str]) -> dict[str, str]:
    """Own id -> key of the record that has it in Centra. One that was only ever sent without a reply keeps nobody out:
    should Centra have it after all, it says so."""
    owners = reader.owners_of(entity, [split_key(k)[-1] for k in keys])
    known = reader.baselines(entity, [*owners.values()]) if owners else {}
    return {own: key for own, key in owners.items() if key in known and known[key].exists}


def _decide(
    entity: Entity,
    rules: Rules,
    key: str,
    desired: Mapping[str, str],
    baseline: Baseline | None,
    owners: Mapping[str, str],
) -> tuple[Action | None, tuple[FieldChange, ...], str]:
    """What happens to one record: its action, the fields that go out, and why not when it is blocked."""
    if baseline is None or not baseline.exists:
        doubtful = baseline.doubtful if baseline else frozenset[str]()
        fields = tuple(FieldChange(p, None, v, p in doubtful) for p, v in desired.items() if p not in rules.centra)
        owner = owners.get(split_key(key)[-1])
        if owner is not None and owner != key:
            return Action.BLOCKED, fields, (
                f"{entity.name} {split_key(key)[-1]} is under {show_key(split_key(owner)[:-1])} in Centra; "
                "its id is unique over all parents, so it cannot move: give it a new id, or move it back"
            )  # fmt: skip
        return Action.CREATE, fields, ""
    fields = tuple(
        FieldChange(p, baseline.fields.get(p), v, p in baseline.doubtful)
        for p, v in desired.items()
        if p not in rules.centra
        and (p in baseline.doubtful or (baseline.fields.get(p) != v and p not in rules.create_only))
    )
    if baseline.retired and "status" not in desired and entity.retired_status:
        return Action.BLOCKED, fields, (
            "it was retired and is in the ERP again, but the mapping sets no status: map `status` to bring it back"
        )  # fmt: skip
    if not fields:
        return None, (), ""
    fields += _sent_along(entity, fields, desired, baseline)
    frozen = [
        f for f in fields
        if f.old is not None and f.old != f.new and (entity.immutable or entity.by_path[f.path].immutable)
    ]  # fmt: skip
    if frozen:
        what = ", ".join(f"{f.path}: {f.old!r} -> {f.new!r}" for f in frozen)
        return (
            Action.BLOCKED,
            fields,
            f"cannot be changed once Centra has it ({what}): undo it in the ERP, or use new ids",
        )
    return Action.UPDATE, fields, ""


def _sent_along(
    entity: Entity, fields: tuple[FieldChange, ...], desired: Mapping[str, str], baseline: Baseline
) -> tuple[FieldChange, ...]:
    """The ids and units without which the changed fields say nothing, at the values that they have anyway."""
    going = {f.path for f in fields}
    along = {known.sent_with for f in fields if (known := entity.by_path.get(f.path)) and known.sent_with}
    return tuple(
        FieldChange(p, baseline.fields.get(p), desired[p]) for p in sorted(along - going) if desired.get(p) is not None
    )
