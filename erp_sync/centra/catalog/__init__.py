"""The catalog of Centra's master data, as data: from soap-operations.yaml and soap.md."""

from __future__ import annotations

from typing import Final

from erp_sync.centra.catalog import accounts, masters, prices, products
from erp_sync.model.catalog import Catalog

CATALOG: Final = Catalog(
    (
        masters.MARKET,
        masters.WAREHOUSE,
        masters.SIZE,
        masters.PAYMENTTERMS,
        masters.SHIPPINGTERMS,
        masters.SALESREP,
        masters.PRICEALTERATIONDATE,
        products.PRODUCT,
        products.VARIATION,
        products.VARIATION_SIZE,
        products.DISPLAY,
        products.DISPLAY_CATEGORY,
        products.DISPLAY_MARKET,
        products.PRODUCT_IMAGE,
        products.PRODUCT_METADATA,
        products.STOCK,
        prices.PRICELIST,
        prices.PRICE,
        prices.VARIATION_PRICE,
        masters.DELIVERYWINDOW,
        masters.DELIVERYWINDOW_VARIATION,
        accounts.ACCOUNT,
        accounts.BUYER,
        accounts.ACCOUNT_ADDRESS,
        accounts.ACCOUNT_ADDITIONAL,
        accounts.CUSTOMER,
        accounts.INVOICE,
        accounts.INVOICE_ITEM,
        accounts.INVOICE_ADDITIONAL,
    )
)

EXCLUDED: Final[dict[tuple[str, str], str]] = {
    ("accounts_Update", "accounts.account.buyers.buyer.password"): "a secret: never mapped, planned or stored",
    ("products_Update", "products.product.folder.id"): "a folder is named by its path, and takes no id",
    ("products_Update", "products.product.variations.variation.sizes.size.qty"): (
        "a figure without its warehouse: stock goes by `stock`, per warehouse, and is never replayed"
    ),
    ("deliverywindows_Update", "deliverywindows.deliverywindow.variationsremove.variation.type"): "removed by id",
    ("deliverywindows_Update", "deliverywindows.deliverywindow.variationsremove.variation.productlimit"): (
        "removed by id"
    ),
    ("deliverywindows_Update", "deliverywindows.deliverywindow.variationsremove.variation.variationlimit"): (
        "removed by id"
    ),
    (
        "products_Update",
        "products.product.variations.variation.displays.display.categoriesremove.category.description",
    ): "removed by id",
    (
        "products_Update",
        "products.product.variations.variation.displays.display.marketsremove.market.description",
    ): "removed by id",
}
"""Leaves of the master data's operations that no entity has, by operation and dotted path, and why."""
