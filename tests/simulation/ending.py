"""After the last quiet night: Centra has what the ERP wants, and quarantined is exactly what Centra must refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from erp_sync.centra.catalog import CATALOG
from erp_sync.model.quarantine import QuarantineKind
from tests.simulation.company import Company, Record
from tests.simulation.world import Violation, World

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
            self._check(record, fields)
        for record, kind in self.waiting.items():
            self._check_waiting(record, kind, desired)
        self._check_vanished()

    def _check(self, record: Record, fields: Mapping[str, str]) -> None:
        have, kind = self._have(record), self.waiting.get(record)
        if have is not None and all(have.get(path, "") == value for path, value in fields.items()):
            if kind is not None:
                raise Violation(f"{record} is as it should be, and still waits: {kind}")
            return
        expected = self._why_not(record, fields)
        if not expected:
            raise Violation(f"an update was lost: {record} should be {fields}, in Centra it is {have} ({kind})")
        if kind not in expected:
            raise Violation(f"{record} should wait as {expected}, and is {kind}; in Centra it is {have}")

    def _check_waiting(self, record: Record, kind: QuarantineKind, desired: Mapping[Record, object]) -> None:
        if kind is UNUSABLE:
            if record in desired or record not in self.company.known():
                raise Violation(f"{record} is unusable to nobody but the quarantine")
        elif record not in desired and not self._refused(record):
            raise Violation(f"{record} waits as {kind}, and the ERP does not want it any more")

    def _check_vanished(self) -> None:
        known = self.company.known()
        for entity, status in LEAVING.items():
            if entity == "account" and "accounts" not in self.company.tables:
                continue
            for key, have in self.world.sandbox.objects(entity).items():
                if (entity, key) not in known and have.get("status") != status and not self._refused((entity, key)):
                    raise Violation(f"{entity} {key} is gone from the ERP, and not from Centra: {have}")
        for key in self.world.sandbox.objects("deliverywindow_variation"):
            record = ("deliverywindow_variation", key)
            if record not in known and not self._refused(record):
                raise Violation(f"{record} is gone from the ERP, and not from Centra")

    def _have(self, record: Record) -> dict[str, str] | None:
        return self.world.sandbox.get(record[0], *record[1])

    def _refused(self, record: Record) -> bool:
        return not set(record[1]).isdisjoint(self.world.sandbox.knobs.reject_ids)

    def _why_not(self, record: Record, fields: Mapping[str, str]) -> set[QuarantineKind | None]:
        """As what a record may wait that is not as it should be; empty where nothing keeps Centra from taking it."""
        entity, key = record
        have, owners = self._have(record), self.world.sandbox.state.variation_owner
        why: set[QuarantineKind | None] = set()
        if self._refused(record):
            why.add(REJECTED)
        *above, _ = CATALOG.lineage(entity)
        if have is None and any(
            self._have((e.name, key[: len(CATALOG.keys(e.name))])) is None for e in above if not e.implied
        ):
            why.add(PARKED)
        match entity:
            case "size" if have is not None:
                why.add(None)  # Centra cannot change it: blocked
            case "variation":
                if owners.get(key[1], key[0]) != key[0]:
                    why |= {None, REJECTED}  # it moved, and cannot in Centra
                if not any(k[0] == fields["sizetable.id"] for k in self.world.sandbox.objects("size")):
                    why.add(PARKED)
            case "variation_size":
                table = (self._have(("variation", key[:2])) or {}).get("sizetable.id", "")
                if self._have(("size", (table, key[2]))) is None:
                    why.add(REJECTED)
            case "pricelist" if fields["currency"] not in self.world.sandbox.knobs.currencies:
                why.add(REJECTED)
            case "price" if self._have(("product", (key[1],))) is None:
                why.add(PARKED)
            case "variation_price" if owners.get(key[2]) != key[1]:
                why |= {REJECTED} if key[2] in owners else {PARKED}
            case "deliverywindow_variation" if key[1] not in owners:
                why.add(PARKED)
            case "account":
                buyers = [k for k in self.world.sandbox.objects("buyer") if k[0] == key[0]]
                if fields["status"] == "active" and not buyers:
                    why.add(REJECTED)
                wanted = fields.get("pricelist.id")
                if wanted and self._have(("pricelist", (wanted,))) is None:
                    why.add(PARKED)
            case "buyer" if self._have(("account", key[:1])) is None:
                why |= {PARKED, REJECTED}
        return why
