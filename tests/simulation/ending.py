"""After the last quiet night: Centra has what the ERP wants, and quarantined is exactly what Centra must refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from erp_sync.centra.catalog import CATALOG
from erp_sync.model.key import Key, split_key
from erp_sync.model.quarantine import QuarantineKind
from tests.simulation import stage
from tests.simulation.company import ENTITIES, Company, Record
from tests.simulation.witness import REMOVES, Violation
from tests.simulation.world import World

REJECTED, PARKED, UNUSABLE = QuarantineKind.REJECTED, QuarantineKind.PARKED, QuarantineKind.UNUSABLE
LEAVING = {"product": "inactive", "variation": "inactive", "account": "inactive"}  # as the mapping says


@dataclass
class Ending:
    company: Company
    world: World
    waiting: Mapping[Record, QuarantineKind]

    def check(self) -> None:
        desired = self.company.desired()
        for record, fields in desired.items():
            if not self._beyond_help(record, fields):
                self._check(record, fields)
        for record, kind in self.waiting.items():
            if not self._beyond_help(record, desired.get(record, {})):
                self._check_waiting(record, kind, desired)
        self._check_vanished()
        if wrong := self.world.admins.check():
            raise Violation(wrong)

    def _check(self, record: Record, fields: Mapping[str, str]) -> None:
        have, kind = self._have(record), self.waiting.get(record)
        if have is not None and not self._differs(record, fields, have):
            together = record[0] == "buyer" and self.waiting.get(("account", record[1][:1])) is REJECTED
            in_vain = kind is REJECTED and (together or self._refused(record, fields, sent=fields))
            behind = kind is PARKED and self._needs_what_nobody_confirms(record, fields)
            if kind is not None and not in_vain and not behind:
                raise Violation(f"{record} is as it should be, and still waits: {kind}")
            return
        expected = self._why_not(record, fields)
        if not expected:
            raise Violation(f"an update was lost: {record} should be {fields}, in Centra it is {have} ({kind})")
        if kind not in expected:
            raise Violation(f"{record} should wait as {expected}, and is {kind}; in Centra it is {have}")

    def _differs(self, record: Record, fields: Mapping[str, str], have: Mapping[str, str]) -> bool:
        """Whether anything is not as the ERP wants it, unless an admin wrote over it after it was sent."""
        spoiled = self.world.admins.spoiled
        return any(
            have.get(path, "") != value and not spoiled(*record, path, have.get(path, ""))
            for path, value in fields.items()
        )

    def _check_waiting(self, record: Record, kind: QuarantineKind, desired: Mapping[Record, object]) -> None:
        if kind is UNUSABLE:
            if record in desired or record not in self.company.known():
                raise Violation(f"{record} is unusable to nobody but the quarantine")
        elif record not in desired and not self._leaves_in_vain(record):
            raise Violation(f"{record} waits as {kind}, and the ERP does not want it any more")

    def _check_vanished(self) -> None:
        known = self.company.known()
        for entity, status in LEAVING.items():
            for key, have in self.world.sandbox.objects(entity).items():
                if (entity, key) in known or have.get("status") == status or entity not in self._entities():
                    continue
                if not self._leaves_in_vain((entity, key)) and not self._beyond_help((entity, key), {}):
                    raise Violation(f"{entity} {key} is gone from the ERP, and not from Centra: {have}")
        for key in self.world.sandbox.objects("deliverywindow_variation"):
            record = ("deliverywindow_variation", key)
            if record not in known and not self._leaves_in_vain(record) and not self._beyond_help(record, {}):
                raise Violation(f"{record} is gone from the ERP, and not from Centra")

    def _entities(self) -> set[str]:
        return {ENTITIES[table] for table in self.company.tables}

    def _have(self, record: Record) -> dict[str, str] | None:
        return self.world.sandbox.get(record[0], *record[1])

    def _refused(self, record: Record, fields: Mapping[str, str], sent: Mapping[str, str] | None = None) -> bool:
        """Whether the sandbox has been told to refuse it: by an id, by its root's id, by a field that would be sent.
        That is what differs; or all, where a reply was lost and the ledger does not know that Centra has it."""
        entity, key = record
        knobs, have = self.world.sandbox.knobs, self._have(record) or {}
        if not set(key).isdisjoint(knobs.reject_ids):
            return True
        root = "sizetable" if entity == "size" else CATALOG.root(entity).name
        if self.world.sandbox.refuses(root, key[1] if entity == "size" else key[0]):
            return True
        sent = {path: value for path, value in fields.items() if have.get(path) != value} if sent is None else sent
        return not {f"{entity}.{path}" for path in sent}.isdisjoint(knobs.reject_fields)

    def _leaves_in_vain(self, record: Record) -> bool:
        """Refused; or a variation that was once sent without a reply and never arrived: it cannot be made inactive."""
        return self._refused(record, {}) or (record[0] == "variation" and self._have(record) is None)

    def _beyond_help(self, record: Record, fields: Mapping[str, str]) -> bool:
        return (
            beyond_help(self.world, *record) or ("pricelist", fields.get("pricelist.id")) in self.world.admins.deleted
        )

    def _needs_what_nobody_confirms(self, record: Record, fields: Mapping[str, str]) -> bool:
        """A record above it, or one that it names, is there because of a request whose reply was lost, and is refused
        now or has no usable row any more: the ledger never learns that it is there."""
        entity, key = record
        *above, _ = CATALOG.lineage(entity)
        needs = {(e.name, key[: len(CATALOG.keys(e.name))]) for e in above}
        needs |= {("pricelist", (id,)) for path, id in fields.items() if path == "pricelist.id"}
        if entity in ("price", "variation_price"):
            needs.add(("product", (key[1],)))
        if entity in ("variation_price", "deliverywindow_variation"):
            needs |= {r for r in self.waiting if r[0] == "variation" and r[1][1] == key[-1]}
        if entity == "variation":
            needs |= {r for r in self.waiting if r[0] == "size" and r[1][0] == fields["sizetable.id"]}
        unsure = {need for need in needs if need not in self._acknowledged}
        return any(self.waiting.get(n) in (REJECTED, UNUSABLE) or n not in self.company.desired() for n in unsure)

    @cached_property
    def _acknowledged(self) -> set[Record]:
        return {(entity, split_key(b.key)) for entity, b in stage.all_baselines() if b.exists}

    def _why_not(self, record: Record, fields: Mapping[str, str]) -> set[QuarantineKind | None]:
        """As what a record may wait that is not as it should be; empty where nothing keeps Centra from taking it."""
        entity, key = record
        have, owners = self._have(record), self.world.sandbox.state.variation_owner
        *above, _ = CATALOG.lineage(entity)
        if entity == "variation" and owners.get(key[1], key[0]) != key[0]:
            return {None, REJECTED, PARKED}  # it moved, and cannot: blocked, or refused where its reply was lost
        if any(self._have((e.name, key[: len(CATALOG.keys(e.name))])) is None for e in above if not e.implied):
            return {PARKED, REJECTED} if entity == "buyer" else {PARKED}  # refused together with its account, perhaps
        why: set[QuarantineKind | None] = set()
        if self._refused(record, fields):
            why.add(REJECTED)
        if self._needs_what_nobody_confirms(record, fields):
            why.add(PARKED)
        match entity:
            case "size" if have is not None:
                return {None, REJECTED}  # Centra cannot change it: blocked, or refused where its reply was lost
            case "variation":
                if not any(k[0] == fields["sizetable.id"] for k in self.world.sandbox.objects("size")):
                    return {PARKED}
            case "variation_size":
                table = (self._have(("variation", key[:2])) or {}).get("sizetable.id", "")
                if self._have(("size", (table, key[2]))) is None:
                    why.add(REJECTED)
            case "pricelist" if fields["currency"] not in self.world.sandbox.knobs.currencies:
                why.add(REJECTED)
            case "price" if self._have(("product", (key[1],))) is None:
                return {PARKED}
            case "variation_price" if owners.get(key[2]) != key[1]:
                return {REJECTED} if key[2] in owners else {PARKED}
            case "deliverywindow_variation" if key[1] not in owners:
                return {PARKED}
            case "account":
                buyers = [k for k in self.world.sandbox.objects("buyer") if k[0] == key[0]]
                wanted = fields.get("pricelist.id")
                if wanted and self._have(("pricelist", (wanted,))) is None:
                    return {PARKED}
                if fields["status"] == "active" and not buyers:
                    why.add(REJECTED)
        return why


def check_baselines(world: World) -> None:
    """What the ledger takes for acknowledged is in Centra, field by field. After a crash what was being sent is in
    doubt, though the ledger finds it out only when it is opened again."""
    crashed = world.processes[-1].dead
    for entity, baseline in stage.all_baselines():
        key = split_key(baseline.key)
        if not baseline.exists or beyond_help(world, entity, key):
            continue
        have = world.sandbox.get(entity, *key)
        if have is None:
            if crashed and ("deliverywindow", key, REMOVES) in world.witness.unsure:
                continue
            raise Violation(f"the ledger has {entity} {key}, and Centra does not")
        for path, value in baseline.fields.items():
            there = have.get(path, "")
            if path in baseline.doubtful or there == value or world.admins.spoiled(entity, key, path, there):
                continue
            name = entity, key, path
            if crashed and (name in world.witness.unsure or world.witness.left_open(name)):
                continue
            raise Violation(f"{entity} {key}: {path} is {value!r} in the ledger, in Centra {have}")


def beyond_help(world: World, entity: str, key: Key) -> bool:
    """An admin deleted the object, or one that it hangs on: the ledger cannot know, and Centra does not say."""
    gone = world.admins.deleted
    if not gone:
        return False
    products = {id for of, id in gone if of == "product"}
    if entity in ("price", "variation_price") and key[1] in products:
        return True
    if entity == "variation" and world.witness.products_of(key[1]) & products:
        return True  # moved away from there, and the ledger takes it to be there still
    if entity == "deliverywindow_variation":
        return (entity.partition("_")[0], key[0]) in gone or bool(world.witness.products_of(key[1]) & products)
    return (CATALOG.root(entity).name, key[0]) in gone
