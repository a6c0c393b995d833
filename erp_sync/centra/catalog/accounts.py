"""Levels 60 and 70: wholesale accounts with their buyers, retail customers, invoices."""

from __future__ import annotations

from erp_sync.centra import assumed
from erp_sync.centra.catalog.fields import address, named, person
from erp_sync.model.catalog import Entity, Field, FieldKind, KeyPart, Leaving

_POSTAL = ("firstname", "lastname", "address1", "address2", "city", "state", "zipcode", "country", "email", "telephone")

ACCOUNT = Entity(
    name="account",
    operation="accounts_Update",
    level=60,
    element="accounts.account",
    own_keys=(KeyPart("account", "id"),),
    doc="A wholesale account. It needs at least one buyer to be active.",
    fields=(
        Field("type", FieldKind.STATUS, words=("wholesale",)),
        Field("status", FieldKind.STATUS, words=("active", "inactive", "canceled")),
        Field("description", doc="name"),
        Field("other"),
        Field("discount", FieldKind.DECIMAL, "percent"),
        *named("market", "market"),
        *named("pricelist", "pricelist"),
        Field("internalinformation"),
        Field("creditlimit", FieldKind.DECIMAL),
        *named("salesrep", "salesrep", personal=True),
        *named("paymentterms", "paymentterms"),
        *named("shippingterms", "shippingterms"),
        *address("accountaddress", doc="id of the visiting address"),
        *address("shippingaddress"),
        *address("invoiceaddress"),
        Field("carrierinformation.carrier"),
        Field("carrierinformation.service"),
        Field("carrierinformation.account"),
        Field("carrierinformation.taxid"),
        Field("carrierinformation.tracking"),
        Field("carrierinformation.packages", FieldKind.INTEGER),
    ),
    leaving=Leaving.RETIRE,
    retired_status=assumed.RETIRED_STATUS,
    needs_part="buyer",
)

BUYER = Entity(
    name="buyer",
    operation="accounts_Update",
    level=60,
    parent="account",
    element="buyers.buyer",
    own_keys=(KeyPart("buyer", "id"),),
    doc="A person who buys for an account.",
    fields=(
        Field("store", FieldKind.INTEGER, "number of the store in Centra"),
        Field("status", FieldKind.STATUS, words=assumed.STATUS_WORDS),
        *person(*_POSTAL, "fax"),
        *named("market", "market"),
        *named("pricelist", "pricelist"),
    ),
    leaving=Leaving.RETIRE,
    retired_status=assumed.RETIRED_STATUS,
)

ACCOUNT_ADDRESS = Entity(
    name="account_address",
    operation="accounts_Update",
    level=60,
    parent="account",
    element="addresses.address",
    own_keys=(KeyPart("address", "id"),),
    doc="A further address of an account.",
    fields=address(without=("id",)),
)

ACCOUNT_ADDITIONAL = Entity(
    name="account_additional",
    operation="accounts_Update",
    level=60,
    parent="account",
    element="additionals.additional",
    own_keys=(KeyPart("key", "key"),),
    doc="A value of a plugin's own field.",
    fields=(Field("value"),),
)

CUSTOMER = Entity(
    name="customer",
    operation="customers_Update",
    level=60,
    element="customers.customer",
    own_keys=(KeyPart("customer", "id"),),
    doc="A retail customer.",
    fields=(
        Field("store", FieldKind.INTEGER, "number of the store in Centra"),
        Field("type"),
        Field("status", FieldKind.STATUS, words=assumed.STATUS_WORDS),
        *person(*_POSTAL),
    ),
    leaving=Leaving.RETIRE,
    retired_status=assumed.RETIRED_STATUS,
)

INVOICE = Entity(
    name="invoice",
    operation="invoices_Update",
    level=70,
    element="invoices.invoice",
    own_keys=(KeyPart("invoice", "id"),),
    doc="An invoice.",
    fields=(
        Field("store", doc="number of the store in Centra"),
        Field("status"),
        Field("serialno"),
        Field("documenttype"),
        Field("type"),
        Field("currency", FieldKind.CURRENCY),
        Field("currencyrate", FieldKind.DECIMAL),
        Field("basecurrency", FieldKind.CURRENCY),
        Field("total", FieldKind.DECIMAL),
        Field("vat", FieldKind.DECIMAL, "amount"),
        Field("totalpaid", FieldKind.DECIMAL),
        Field("invoicedate", FieldKind.DATE),
        Field("orderdate", FieldKind.DATE),
        Field("duedate", FieldKind.DATE),
        *named("buyer", "buyer", personal=True),
        *named("account", "account"),
        *named("order", doc="orders are no master data: any id that Centra has"),
        *named("shipment"),
        *named("refund"),
        Field("paymentterms"),
        Field("shippingterms"),
        Field("internalinformation"),
        Field("ponumber", doc="purchase order number"),
        *address("billingaddress"),
        *address("shippingaddress"),
        Field("locked"),
    ),
)

INVOICE_ITEM = Entity(
    name="invoice_item",
    operation="invoices_Update",
    level=70,
    parent="invoice",
    element="items.invoiceitem",
    own_keys=(KeyPart("item", "itemid"),),
    doc="A line of an invoice.",
    fields=(
        Field("qty", FieldKind.INTEGER, "pieces"),
        Field("price", FieldKind.DECIMAL),
        Field("tax", FieldKind.DECIMAL),
        Field("subtotal", FieldKind.DECIMAL),
        Field("description"),
        *named("product", "product"),
        *named("variation", "variation"),
        *named("size", doc="as in the variation's sizetable"),
        Field("discount", FieldKind.DECIMAL),
        Field("sku"),
    ),
)

INVOICE_ADDITIONAL = Entity(
    name="invoice_additional",
    operation="invoices_Update",
    level=70,
    parent="invoice",
    element="items.additional",
    own_keys=(KeyPart("additional", "id"),),
    doc="What an invoice charges beside its lines: shipping, handling, a voucher.",
    fields=(
        Field("subtotal", FieldKind.DECIMAL),
        Field("description"),
        Field("key", doc="what it is"),
    ),
)
