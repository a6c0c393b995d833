"""The elements of every operation, as Centra's reference prints them, with what each may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from erp_sync.sandbox import rules
from erp_sync.sandbox.shapes import Leaf, Many, Node, Remove, Rule

Fields = Mapping[str, Node]


def _words(*words: str, blank: bool = False) -> Leaf:
    return Leaf(re.compile("|".join(words)), f"one of {', '.join(words)}", may_be_blank=blank)


TEXT: Final = Leaf()
STATUS: Final = _words("inactive", "active", "canceled")
CHANNEL: Final = _words("retail", "wholesale", blank=True)
BOOLEAN: Final = _words("true", "false", "1", "0", blank=True)
INTEGER: Final = Leaf(re.compile(r"-?\d+", re.ASCII), "a whole number")
DECIMAL: Final = Leaf(re.compile(r"-?\d+(\.\d+)?", re.ASCII), "a number with a decimal point")
DATE: Final = Leaf(re.compile(r"\d{4}-\d\d-\d\d([T ].*)?", re.ASCII), "a date, YYYY-MM-DD")
NOTHING: Final = Leaf(re.compile(r"(?!)"), "nothing: Centra gives this id")
SECRET: Final = Leaf(secret=True)


def _texts(names: str, leaf: Leaf = TEXT) -> dict[str, Node]:
    return dict.fromkeys(names.split(), leaf)


def _named(entity: str | None = None) -> Fields:
    """A reference: the id of another object, and a description that goes with it."""
    return {"id": Leaf(refers_to=entity) if entity else TEXT, "description": TEXT}


def _list(item: str, fields: Fields, *, key: str = "id", entity: str = "", rule: Rule | None = None) -> Fields:
    return {item: Many(fields, tuple(key.split()), entity, rule)}


ADDRESS: Final[Fields] = _texts(
    "id description company attn firstname lastname address1 address2 city state zipcode country email telephone fax"
    " vat url companyregistrationid"
)
CARRIER: Final[Fields] = {**_texts("carrier service account taxid tracking"), "packages": INTEGER}
COST: Final[Fields] = {"subtotal": DECIMAL, **_texts("description key id")}
ADDITIONALS: Final[Fields] = _list("additional", _texts("key value"), key="key")

MARKET: Final[Fields] = {**_texts("id store"), "type": CHANNEL, "description": TEXT}
WAREHOUSE: Final[Fields] = _texts("id description")
TERMS: Final[Fields] = {**_texts("id name description"), "duedays": INTEGER}
SALESREP: Final[Fields] = {
    **_texts("id email name"),
    "percent": DECIMAL,
    "mastersalesrep": {"salesrep": {"id": TEXT, "percent": DECIMAL}},
}
ALTERATION: Final[Fields] = {
    "id": TEXT,
    "status": _words("inactive", "active", "canceled", blank=True),
    **_texts("name store"),
    "startdate": DATE,
}
SIZETABLE_FIELDS: Final[Fields] = _texts("id description stockdivisor stockunit")
SIZE_FIELDS: Final[Fields] = _texts("id description sku ean comment")
SIZE: Final[Fields] = {**SIZE_FIELDS, "sizetable": SIZETABLE_FIELDS}
SIZETABLE: Final[Fields] = {**SIZETABLE_FIELDS, "sizes": {"size": Many(SIZE_FIELDS, entity="size")}}

STOCK: Final[Fields] = {"id": TEXT, "qty": DECIMAL, "cog": DECIMAL}
VARIATION_SIZE: Final[Fields] = {
    "id": TEXT,
    "qty": DECIMAL,
    **_texts("preorder description comment sku ean"),
    "warehouseitems": _list("warehouse", STOCK, entity="stock", rule=rules.stock),
}
CATEGORY: Final[Fields] = _named()
DISPLAY: Final[Fields] = {
    "store": TEXT,
    "categories": _list("category", CATEGORY, entity="display_category"),
    "categoriesremove": Remove("category", "categories", CATEGORY),
    "markets": _list("market", CATEGORY, entity="display_market", rule=rules.market_of_display),
    "marketsremove": Remove("market", "markets", CATEGORY),
    "minimumorderamount": DECIMAL,
    "orderdenominator": DECIMAL,
}
VARIATION: Final[Fields] = {
    **_texts("id stockid description sku"),
    "status": STATUS,
    "sizetable": {"id": Leaf(refers_to="sizetable", immutable=True), "description": TEXT},
    "sizes": _list("size", VARIATION_SIZE, entity="variation_size", rule=rules.variation_size),
    "displays": _list("display", DISPLAY, key="store", entity="display"),
    "cog": DECIMAL,
}
PRODUCT: Final[Fields] = {
    "id": TEXT,
    "status": STATUS,
    **_texts("sku description"),
    "folder": {"id": NOTHING, "description": TEXT},
    "brand": _named(),
    "collection": _named(),
    "harmcode": _named(),
    "countryoforigin": TEXT,
    "weight": {"value": DECIMAL, "unit": TEXT},
    "variations": _list("variation", VARIATION, entity="variation", rule=rules.variation),
    "media": _list("image", {**_texts("id image"), "variation": _named()}, entity="product_image"),
    "metadata": _list(
        "storemeta",
        _texts("shortdescription description metatitle metakeywords metadescription taxgroup store"),
        key="store",
        entity="product_metadata",
    ),
    "comment": TEXT,
}

PRICES: Final[Fields] = _texts("price priceb alteredprice alteredpriceb", DECIMAL)
PRICELIST: Final[Fields] = {
    **_texts("id store"),
    "type": CHANNEL,
    **_texts("currency description"),
    "items": _list(
        "product",
        {
            "id": TEXT,
            **PRICES,
            "variation": Many({"id": TEXT, **PRICES}, entity="variation_price", rule=rules.variation_price),
        },
        entity="price",
        rule=rules.price,
    ),
}

WINDOW_VARIATION: Final[Fields] = {**_texts("id type"), **_texts("productlimit variationlimit", INTEGER)}
DELIVERYWINDOW: Final[Fields] = {
    **_texts("id status description"),
    **_texts("startdate stopdate", DATE),
    "atonce": BOOLEAN,
    "variations": _list(
        "variation", WINDOW_VARIATION, entity="deliverywindow_variation", rule=rules.variation_of_window
    ),
    "variationsremove": Remove("variation", "variations", WINDOW_VARIATION),
}

PERSON: Final[Fields] = _texts("firstname lastname address1 address2 city state zipcode country email telephone")
CUSTOMER: Final[Fields] = {"id": TEXT, "store": INTEGER, "type": _words("retail", blank=True), "status": TEXT, **PERSON}
BUYER: Final[Fields] = {
    "id": TEXT,
    "store": INTEGER,
    "status": _words("inactive", "active", "canceled", blank=True),
    **PERSON,
    "fax": TEXT,
    "market": _named("market"),
    "pricelist": _named("pricelist"),
    "password": SECRET,
}
ACCOUNT: Final[Fields] = {
    "id": TEXT,
    "type": _words("wholesale", blank=True),
    "status": STATUS,
    **_texts("description other"),
    "discount": DECIMAL,
    "market": _named("market"),
    "pricelist": _named("pricelist"),
    "internalinformation": TEXT,
    "creditlimit": DECIMAL,
    "salesrep": _named("salesrep"),
    "paymentterms": _named("paymentterms"),
    "shippingterms": _named("shippingterms"),
    "accountaddress": ADDRESS,
    "shippingaddress": ADDRESS,
    "invoiceaddress": ADDRESS,
    "carrierinformation": CARRIER,
    "buyers": _list("buyer", BUYER, entity="buyer", rule=rules.buyer),
    "addresses": _list("address", ADDRESS, entity="account_address"),
    "additionals": _list("additional", _texts("key value"), key="key", entity="account_additional"),
}

INVOICE_ITEM: Final[Fields] = {
    "itemid": TEXT,
    **_texts("qty price tax subtotal", DECIMAL),
    "description": TEXT,
    "product": _named(),
    "variation": _named(),
    "size": _named(),
    "discount": DECIMAL,
    "sku": TEXT,
}
INVOICE: Final[Fields] = {
    **_texts("id store status serialno documenttype type currency"),
    "currencyrate": DECIMAL,
    "basecurrency": TEXT,
    **_texts("total vat totalpaid", DECIMAL),
    **_texts("invoicedate orderdate duedate", DATE),
    "buyer": _named(),
    "account": _named("account"),
    "order": _named("order"),
    "shipment": _named(),
    "refund": _named(),
    **_texts("paymentterms shippingterms internalinformation ponumber"),
    "billingaddress": ADDRESS,
    "shippingaddress": ADDRESS,
    "items": {
        "invoiceitem": Many(INVOICE_ITEM, ("itemid",), "invoice_item"),
        "additional": Many(COST, entity="invoice_additional"),
    },
    "locked": TEXT,
}

ORDER_ROW: Final[Fields] = {
    **_texts("id tax sku origprice price discount qty subtotal description"),
    "variation": _named(),
    "brand": _named(),
    "sizes": _list(
        "size",
        {
            **_texts("id sku qty preorder description"),
            "orderitem": _named(),
            "warehouseitems": _list("warehouse", _texts("id qty")),
            "supplierorderitems": _list("supplierorder", _texts("id qty eta")),
        },
        key="id orderitem.id",
    ),
    **_texts("type comment"),
}
ORDER_ROWS: Final[Fields] = _list("product", ORDER_ROW, key="id variation.id sizes.size.orderitem.id")
REFUND: Final[Fields] = {
    "id": TEXT,
    "shipping": COST,
    "voucher": COST,
    "products": ORDER_ROWS,
    "comment": TEXT,
    "returnfee": COST,
    "handling": COST,
    **_texts("status type"),
}
SHIPMENT: Final[Fields] = {
    **_texts("id paid shipped goodtogo capture appendix shipmenttotal paidtotal currency currencyrate basecurrency"),
    "created": TEXT,
    "shippingaddress": ADDRESS,
    "carrierinformation": CARRIER,
    "products": ORDER_ROWS,
    "refunds": _list("refund", REFUND, entity="refund", rule=rules.refund),
    "shipping": COST,
    "handling": COST,
    "voucher": COST,
}
ORDER: Final[Fields] = {
    **_texts("id ordernumber type"),
    "store": INTEGER,
    **_texts("locked status ordertotal currency currencyrate basecurrency created"),
    "internal": BOOLEAN,
    "preferred_shipping_date": TEXT,
    "buyer": _texts("id description firstname lastname email"),
    "salesrep": SALESREP,
    "mastersalesrep": {"salesrep": SALESREP},
    "account": _named(),
    "paymentterms": _named(),
    "shippingterms": _named(),
    "deliverywindow": {**_texts("id description type"), "atonce": BOOLEAN, **_texts("start stop")},
    "collection": _named(),
    "additionals": ADDITIONALS,
    "primary_warehouse": {"warehouse": _named()},
    "shipping": COST,
    "handling": COST,
    "voucher": COST,
    "payments": {
        **_texts("name type total status method"),
        "payment": Many(_texts("type paid value created transaction document"), key=()),
    },
    "products": ORDER_ROWS,
    "cancelled": ORDER_ROWS,
    "shipments": _list("shipment", SHIPMENT, entity="shipment"),
    "carrierinformation": CARRIER,
    "customer": _named(),
    "shippingaddress": ADDRESS,
    "billingaddress": ADDRESS,
    **_texts("internalinformation other ponumber"),
    "market": _named(),
    "pricelist": _named(),
    "ecvatno": TEXT,
}
