"""Levels 20 and 30: products, what stands below them, and stock. All travel by products_Update."""

from __future__ import annotations

from erp_sync.centra import assumed
from erp_sync.centra.catalog.fields import named
from erp_sync.model.catalog import Entity, Field, FieldKind, KeyPart, Leaving

_PRODUCT_STATUS = ("inactive", "active", "canceled")  # documented (soap.md, "Rules per record")

PRODUCT = Entity(
    name="product",
    operation="products_Update",
    level=20,
    element="products.product",
    own_keys=(KeyPart("product", "id"),),
    doc="A product. One without variants is one variation with one size.",
    fields=(
        Field("status", FieldKind.STATUS, words=_PRODUCT_STATUS),
        Field("sku", doc="first part of the full SKU"),
        Field("description", doc="name"),
        Field("folder.description", doc="path: Sweaters / Turtleneck"),
        *named("brand"),
        *named("collection"),
        *named("harmcode", doc="harmonised commodity code"),
        Field("countryoforigin", FieldKind.COUNTRY),
        Field("weight.value", FieldKind.DECIMAL, sent_with="weight.unit"),
        Field("weight.unit", doc="kg, lb", sent_with="weight.value"),
        Field("comment"),
    ),
    leaving=Leaving.RETIRE,
    retired_status=assumed.RETIRED_STATUS,
)

VARIATION = Entity(
    name="variation",
    operation="products_Update",
    level=20,
    parent="product",
    element="variations.variation",
    own_keys=(KeyPart("variation", "id", doc="unique over all products"),),
    doc="A variant of a product, often a colour.",
    fields=(
        Field("description", doc="name, unique within its product"),
        Field("sku", doc="second part of the full SKU"),
        Field("status", FieldKind.STATUS, words=_PRODUCT_STATUS),
        Field("sizetable.id", FieldKind.REFERENCE, refers_to="size", refers_by="sizetable", immutable=True),
        Field("sizetable.description", doc="name of the sizetable", sent_with="sizetable.id", immutable=True),
        Field("cog", FieldKind.DECIMAL, "cost of goods"),
    ),
    mirrors=("stockid",),
    leaving=Leaving.RETIRE,
    retired_status=assumed.RETIRED_STATUS,
    unique_id=True,
)

VARIATION_SIZE = Entity(
    name="variation_size",
    operation="products_Update",
    level=20,
    parent="variation",
    element="sizes.size",
    own_keys=(KeyPart("size", "id", refers_to="size", doc="as in the variation's sizetable"),),
    doc="A size of a variation: what is bought, counted and has an EAN.",
    fields=(
        Field("preorder", FieldKind.STATUS, words=assumed.YES_NO),
        Field("description", doc="name of the size"),
        Field("comment"),
        Field("sku", doc="last part of the full SKU"),
        Field("ean"),
    ),
)

DISPLAY = Entity(
    name="display",
    operation="products_Update",
    level=20,
    parent="variation",
    element="displays.display",
    own_keys=(KeyPart("store", "store", doc="number of the store in Centra"),),
    doc="How a variation is shown in one store.",
    fields=(
        Field("minimumorderamount", FieldKind.INTEGER, "pieces"),
        Field("orderdenominator", FieldKind.INTEGER, "pieces are ordered in multiples of it"),
    ),
    implied=True,
)

DISPLAY_CATEGORY = Entity(
    name="display_category",
    operation="products_Update",
    level=20,
    parent="display",
    element="categories.category",
    own_keys=(KeyPart("category", "id"),),
    doc="A category that a display is in.",
    fields=(Field("description", doc="name"),),
    leaving=Leaving.UNLINK,
    unlink_element="categoriesremove.category",
)

DISPLAY_MARKET = Entity(
    name="display_market",
    operation="products_Update",
    level=20,
    parent="display",
    element="markets.market",
    own_keys=(KeyPart("market", "id", refers_to="market"),),
    doc="A market that a display is in.",
    fields=(Field("description", doc="name"),),
    leaving=Leaving.UNLINK,
    unlink_element="marketsremove.market",
)

PRODUCT_IMAGE = Entity(
    name="product_image",
    operation="products_Update",
    level=20,
    parent="product",
    element="media.image",
    own_keys=(KeyPart("image", "id"),),
    doc="An image of a product, or of one of its variations.",
    fields=(Field("image", doc="address that Centra fetches it from"), *named("variation", "variation")),
)

PRODUCT_METADATA = Entity(
    name="product_metadata",
    operation="products_Update",
    level=20,
    parent="product",
    element="metadata.storemeta",
    own_keys=(KeyPart("store", "store", doc="number of the store in Centra"),),
    doc="A product's texts in one store.",
    fields=(
        Field("shortdescription"),
        Field("description"),
        Field("metatitle"),
        Field("metakeywords"),
        Field("metadescription"),
        Field("taxgroup"),
    ),
)

STOCK = Entity(
    name="stock",
    operation="products_Update",
    level=30,
    parent="variation_size",
    element="warehouseitems.warehouse",
    own_keys=(KeyPart("warehouse", "id", refers_to="warehouse"),),
    doc="What is free to allocate of a size in a warehouse: on the shelf, less what unshipped orders hold.",
    fields=(
        Field("qty", FieldKind.INTEGER, "pieces free to allocate"),
        Field("cog", FieldKind.DECIMAL, "cost of goods"),
    ),
    sent_alone=True,
    perishable=True,
)
