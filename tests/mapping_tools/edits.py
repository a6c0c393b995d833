"""Edits of the company's mapping, of every kind that integrators make: file, what stands there, what shall."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

Edits = Mapping[str, tuple[tuple[str, str, str], ...]]

ITEMS = "from: Item\nkey: {product: No.}\n"
PRICES = 'where: "{Variant Code} is empty"\n    key: {pricelist: Sales Code, product: '
EDITS: Edits = {
    "a field is made in another way": (
        ("product.yaml", "id: Season Code", "id: {from: Season Code, transform: [lower]}"),
    ),
    "a unit is another": (("product.yaml", "{value: kg}", "{value: g}"),),
    "a number is rounded": (
        ("product.yaml", "{from: Net Weight, use: amount}",
         "{calculate: '1 * Weight', transform: [{round: {places: 1}}]}"),
        ("product.yaml", "with:\n", "with:\n  Weight: {from: Net Weight, use: amount}\n"),
    ),
    "a field is added": (("product.yaml", "  sku: No.\n", "  sku: No.\n  comment: Net Weight\n"),),
    "a field is removed": (("product.yaml", "  harmcode.id: Tariff No.\n", ""),),
    "a field is Centra's": (
        ("product.yaml", "  harmcode.id: Tariff No.", "  harmcode.id: {value: '6110', owner: centra}"),
    ),
    "a field is set at creation": (
        ("product.yaml", "id: Manufacturer Code",
         "id: {from: Manufacturer Code, transform: [lower], owner: create_only}"),
    ),
    "a field is blanked": (("product.yaml", "harmcode.id: Tariff No.", "harmcode.id: {value: ''}"),),
    "rows vanish and are retired": (
        ("product.yaml", ITEMS, f"{ITEMS}where: '{{No.}} < \"00040\"'\nvanish: {{retire_after: 1}}\n"),
    ),
    "rows vanish and are retired later": (
        ("product.yaml", ITEMS, f"{ITEMS}where: '{{No.}} > \"00012\"'\nvanish: {{retire_after: 3}}\n"),
    ),
    "rows vanish and are kept": (
        ("account.yaml", "key: {account: No.}\n", "key: {account: No.}\nvanish: keep\n"),
        ("account.yaml", '"WHOLESALE"', '"WHOLESALE" and {No.} > "B00005"'),
    ),
    "rows vanish and are unlinked": (
        ("product.yaml", "        key: {category: Category Code}\n",
         "        key: {category: Category Code}\n        where: '{Category Code} != \"SWEATERS\"'\n"
         "        vanish: {retire_after: 1}\n"),
    ),
    "a value map is edited": (("product.yaml", "{Nej: active, Ja: inactive}", "{Nej: inactive, Ja: active}"),),
    "a value map lacks an entry": (("product.yaml", "{Nej: active, Ja: inactive}", "{Nej: active}"),),
    "keys are others": (("customer.yaml", "{customer: No.}", '{customer: {template: "X{No.}"}}'),),
    "keys of parents are others": (("account.yaml", "{account: No.}", '{account: {template: "X{No.}"}}'),),
    "keys of a part are others": (("account.yaml", "{buyer: No.}", '{buyer: {template: "{No.}-1"}}'),),
    "a transform rejects": (
        ("paymentterms.yaml", "name: Description", "name: {from: Description, transform: [gtin]}"),
    ),
    "a part rejects some": (("stock.yaml", "integer]}", 'integer], values: {"0": "0", "22": "23"}}'),),
    "sizes change, which never may": (
        ("size.yaml", "  description: Description", "  description: {from: Description, transform: [lower]}"),
    ),
    "parents are missing": (("pricelist.yaml", f"{PRICES}Item No.}}", f'{PRICES}{{template: "N{{Item No.}}"}}}}'),),
    "two rows have one key": (("shippingterms.yaml", "{shippingterms: Code}", '{shippingterms: {value: "DDP"}}'),),
    "what is personal changes": (
        ("account.yaml", "      firstname: Contact", "      firstname: {from: Contact, transform: [upper]}"),
    ),
    "an entity is added": (
        ("account.yaml", "parts:\n", "parts:\n  - entity: account_additional\n    key: {key: {value: origin}}\n"
         "    fields: {value: {value: ERP}}\n"),
    ),
}  # fmt: skip


def make(folder: Path, edits: Iterable[str]) -> Path:
    """In a folder of the company's mapping. Of two edits that meet at one place the first is made."""
    for name in edits:
        for file, old, new in EDITS[name]:
            path = folder / file
            path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    return folder
