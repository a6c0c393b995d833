"""The update operations: what each is called, how it wraps its objects, what they are, which events they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from erp_sync.sandbox import rules
from erp_sync.sandbox.shapes import Group, Rule, compile_group
from erp_sync.sandbox.tables import (
    ACCOUNT,
    ALTERATION,
    CUSTOMER,
    DELIVERYWINDOW,
    INVOICE,
    MARKET,
    ORDER,
    PRICELIST,
    PRODUCT,
    SALESREP,
    SIZE,
    SIZETABLE,
    TERMS,
    WAREHOUSE,
    Fields,
)


@dataclass(frozen=True, slots=True)
class Update:
    """An update operation: what it is called, how its objects are wrapped, what they are."""

    operation: str
    wrapper: str
    item: str
    entity: str
    fields: Fields
    event: str = ""  # its type in the event queue; blank: none (soap.md, "The event queue")
    rule: Rule | None = None

    @property
    def reference_reply(self) -> str:
        return self.operation.replace("_Update", "UpdateResponse")


UPDATES: Final = {
    update.operation: update
    for update in (
        Update("accounts_Update", "accounts", "account", "account", ACCOUNT, "account", rules.account),
        Update("customers_Update", "customers", "customer", "customer", CUSTOMER, "customer"),
        Update("deliverywindows_Update", "deliverywindows", "deliverywindow", "deliverywindow", DELIVERYWINDOW),
        Update("invoices_Update", "invoices", "invoice", "invoice", INVOICE, "invoice", rules.invoice),
        Update("markets_Update", "markets", "market", "market", MARKET, "market"),
        Update("orders_Update", "orders", "order", "order", ORDER, "order"),
        Update("paymentterms_Update", "paymentterms", "paymentterms", "paymentterms", TERMS, "paymentterm"),
        Update(
            "pricealterationdates_Update", "pricealterationdates", "pricealterationdate", "pricealterationdate",
            ALTERATION,
        ),
        Update("pricelists_Update", "pricelists", "pricelist", "pricelist", PRICELIST, "pricelist", rules.pricelist),
        Update("products_Update", "products", "product", "product", PRODUCT, rule=rules.product),
        Update("salesreps_Update", "salesreps", "salesrep", "salesrep", SALESREP, "salesrep"),
        Update("shippingterms_Update", "shippingterms", "shippingterms", "shippingterms", TERMS, "shippingterm"),
        Update("sizes_Update", "sizes", "size", "sizetable", SIZE, "size"),
        Update("warehouses_Update", "warehouses", "warehouse", "warehouse", WAREHOUSE, "warehouse"),
    )
}  # fmt: skip
EVENT_TYPES: Final = tuple(sorted(update.event for update in UPDATES.values() if update.event))
STORED: Final[Mapping[str, Fields]] = {
    **{update.entity: update.fields for update in UPDATES.values()},
    "sizetable": SIZETABLE,
}


@cache
def compiled(entity: str, namespace: str) -> Group:
    """What an object of the entity looks like in the state. A size as it is sent is ``compiled("", namespace)``."""
    return compile_group(STORED[entity] if entity else SIZE, namespace)
