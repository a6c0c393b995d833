"""Levels 10 and 50: what products, prices and accounts refer to, and delivery windows."""

from __future__ import annotations

from erp_sync.centra import assumed
from erp_sync.model.catalog import Entity, Field, FieldKind, KeyPart, Leaving

MARKET = Entity(
    name="market",
    operation="markets_Update",
    level=10,
    element="markets.market",
    own_keys=(KeyPart("market", "id"),),
    doc="A market. Where Centra already has it, convert its id there instead of making it again.",
    fields=(
        Field("store", doc="number of the store in Centra"),
        Field("type", doc="kind of store: retail or wholesale"),
        Field("description", doc="name"),
    ),
)

WAREHOUSE = Entity(
    name="warehouse",
    operation="warehouses_Update",
    level=10,
    element="warehouses.warehouse",
    own_keys=(KeyPart("warehouse", "id"),),
    doc="A warehouse. One that stock names comes into being by itself.",
    fields=(Field("description", doc="name"),),
)

SIZE = Entity(
    name="size",
    operation="sizes_Update",
    level=10,
    element="sizes.size",
    own_keys=(
        KeyPart("sizetable", "sizetable.id", doc="unique over all sizetables"),
        KeyPart("size", "id", doc="unique within its sizetable"),
    ),
    doc="One size of a sizetable. Sizes can be added to a sizetable, never renamed, reordered or removed.",
    fields=(
        Field("description", doc="name; may be empty where there is only one size"),
        Field("sku"),
        Field("ean"),
        Field("comment"),
        Field("sizetable.description", doc="name of the sizetable"),
        Field("sizetable.stockdivisor", FieldKind.INTEGER),
        Field("sizetable.stockunit"),
    ),
    immutable=True,
)


def _terms(name: str, doc: str) -> Entity:
    return Entity(
        name=name,
        operation=f"{name}_Update",
        level=10,
        element=f"{name}.{name}",
        own_keys=(KeyPart(name, "id"),),
        doc=doc,
        fields=(
            Field("name", doc="the title; everywhere else that is `description`"),
            Field("description", doc="a longer text"),
            Field("duedays", FieldKind.INTEGER),
        ),
    )


PAYMENTTERMS = _terms("paymentterms", "Payment terms of wholesale accounts.")
SHIPPINGTERMS = _terms("shippingterms", "Shipping terms of wholesale accounts.")

SALESREP = Entity(
    name="salesrep",
    operation="salesreps_Update",
    level=10,
    element="salesreps.salesrep",
    own_keys=(KeyPart("salesrep", "id"),),
    doc="A sales representative, and the one above.",
    fields=(
        Field("email", personal=True),
        Field("name", personal=True),
        Field("percent", FieldKind.DECIMAL, "commission"),
        Field("mastersalesrep.salesrep.id", FieldKind.REFERENCE, refers_to="salesrep"),
        Field("mastersalesrep.salesrep.percent", FieldKind.DECIMAL, sent_with="mastersalesrep.salesrep.id"),
    ),
)

PRICEALTERATIONDATE = Entity(
    name="pricealterationdate",
    operation="pricealterationdates_Update",
    level=10,
    element="pricealterationdates.pricealterationdate",
    own_keys=(KeyPart("pricealterationdate", "id"),),
    doc="The day from which on altered prices hold; wholesale stores only.",
    fields=(
        Field("status", FieldKind.STATUS, words=assumed.STATUS_WORDS),
        Field("name"),
        Field("store", doc="number of the store in Centra"),
        Field("startdate", FieldKind.DATE),
    ),
    leaving=Leaving.RETIRE,
    retired_status=assumed.RETIRED_STATUS,
)

DELIVERYWINDOW = Entity(
    name="deliverywindow",
    operation="deliverywindows_Update",
    level=50,
    element="deliverywindows.deliverywindow",
    own_keys=(KeyPart("deliverywindow", "id"),),
    doc="When wholesale orders can be delivered.",
    fields=(
        Field("status", FieldKind.STATUS, words=assumed.STATUS_WORDS),
        Field("description", doc="name"),
        Field("startdate", FieldKind.DATE),
        Field("stopdate", FieldKind.DATE),
        Field("atonce", FieldKind.BOOLEAN, "delivered from stock at once"),
    ),
    leaving=Leaving.RETIRE,
    retired_status=assumed.RETIRED_STATUS,
)

DELIVERYWINDOW_VARIATION = Entity(
    name="deliverywindow_variation",
    operation="deliverywindows_Update",
    level=50,
    parent="deliverywindow",
    element="variations.variation",
    own_keys=(KeyPart("variation", "id", refers_to="variation"),),
    doc="A variation that can be ordered in a delivery window.",
    fields=(
        Field("type"),
        Field("productlimit", FieldKind.INTEGER),
        Field("variationlimit", FieldKind.INTEGER),
    ),
    leaving=Leaving.UNLINK,
    unlink_element="variationsremove.variation",
)
