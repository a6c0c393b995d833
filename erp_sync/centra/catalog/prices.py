"""Level 40: pricelists and their prices, on the product or on the variation, never on a size."""

from __future__ import annotations

from erp_sync.model.catalog import Entity, Field, FieldKind, KeyPart

_PRICES = (
    Field("price", FieldKind.DECIMAL),
    Field("priceb", FieldKind.DECIMAL, "recommended retail price; wholesale only"),
    Field("alteredprice", FieldKind.DECIMAL, "from the active price alteration date on; wholesale only"),
    Field("alteredpriceb", FieldKind.DECIMAL, "recommended retail price from that date on; wholesale only"),
)

PRICELIST = Entity(
    name="pricelist",
    operation="pricelists_Update",
    level=40,
    element="pricelists.pricelist",
    own_keys=(KeyPart("pricelist", "id"),),
    doc="A pricelist of a store in one currency.",
    fields=(
        Field("store", doc="number of the store in Centra"),
        Field("type", FieldKind.STATUS, words=("retail", "wholesale")),
        Field("currency", FieldKind.CURRENCY, "set up by hand in Centra before"),
        Field("description", doc="name"),
    ),
)

PRICE = Entity(
    name="price",
    operation="pricelists_Update",
    level=40,
    parent="pricelist",
    element="items.product",
    own_keys=(KeyPart("product", "id", refers_to="product"),),
    doc="A product's price in a pricelist, for all its variations.",
    fields=_PRICES,
    implied=True,
)

VARIATION_PRICE = Entity(
    name="variation_price",
    operation="pricelists_Update",
    level=40,
    parent="price",
    element="variation",
    own_keys=(KeyPart("variation", "id", refers_to="variation"),),
    doc="A variation's own price in a pricelist.",
    fields=_PRICES,
)
