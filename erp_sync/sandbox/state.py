"""What Centra knows: objects by entity and identity, their internal numbers, the event queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from erp_sync.sandbox.shapes import Record

ROOTS: Final = (
    "market", "warehouse", "sizetable", "paymentterms", "shippingterms", "salesrep", "pricealterationdate", "product",
    "pricelist", "deliverywindow", "account", "customer", "invoice", "order",
)  # fmt: skip


SPLIT: Final = {"pricelist": "items", "deliverywindow": "variations"}
"""Entities whose objects grow without limit, and the list that does: it is kept record by record."""


class Event(NamedTuple):
    """One entry of the queue. ``data`` is kept for a deletion only: otherwise the object itself is shown (soap.md)."""

    id: int
    type: str
    entity: str
    entry: str
    mission: str
    date: str
    data: Record | None = None
    table: str = ""  # the sizetable, where ``entry`` is a size


@dataclass(slots=True)
class State:
    """``numbers`` is the ID conversion table: identity in the API -> Centra's internal number, per entity.

    An object whose identity is its own internal number originates in Centra and is not converted.
    """

    tables: dict[str, dict[str, Record]] = field(default_factory=lambda: {name: {} for name in ROOTS})
    numbers: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in ROOTS})
    counters: dict[str, int] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)  # oldest first
    variation_owner: dict[str, str] = field(default_factory=dict)  # variation -> product
    buyer_owner: dict[str, dict[str, bool]] = field(default_factory=dict)  # buyer -> accounts that have one so named
    refund_owner: dict[str, str] = field(default_factory=dict)  # refund -> order

    def next_number(self, counter: str) -> int:
        number = self.counters.get(counter, 0) + 1
        self.counters[counter] = number
        return number

    def has(self, entity: str, key: str) -> bool:
        return key in self.tables[entity]

    def variation(self, key: str) -> Record | None:
        owner = self.variation_owner.get(key)
        if owner is None:
            return None
        found: Record | None = self.tables["product"][owner].get("variations", {}).get(key)
        return found

    def index(self) -> None:
        """Build the owners anew from the objects, after they were loaded."""
        self.variation_owner = {
            v: p for p, product in self.tables["product"].items() for v in product.get("variations", ())
        }
        self.buyer_owner = {}
        for account, record in self.tables["account"].items():
            for buyer in record.get("buyers", ()):
                self.buyer_owner.setdefault(buyer, {})[account] = True
        self.refund_owner = {refund: order for order, refund in self._refunds()}

    def _refunds(self) -> Iterator[tuple[str, str]]:
        for order, record in self.tables["order"].items():
            for shipment in record.get("shipments", {}).values():
                for refund in shipment.get("refunds", ()):
                    yield order, refund
