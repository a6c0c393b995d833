"""What is in the AdventureWorks files, found by reading and counting them, without any of our code."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

DATA = Path(__file__).parents[3] / "shared" / "data" / "adventureworks"
Row = list[str]


def read(name: str) -> list[Row]:
    """Rows of one file; the files differ in what ends a cell and a row (columns.yaml says which)."""
    text = (DATA / f"{name}.csv").read_bytes().decode("utf-8")
    cell, row = ("+|", "&|\n") if "&|\n" in text else ("\t", "\n")
    return [line.split(cell) for line in text.split(row) if line]


def figures() -> dict[str, int]:
    """Entity -> how many records Centra must have in the end."""
    sold = [p for p in read("Product") if p[4] == "1"]
    ids = {p[0] for p in sold}
    stores = {s[0] for s in read("Store")}
    colours = {(model(p), p[5]) for p in sold}
    english = {m[0] for m in read("ProductModelProductDescriptionCulture") if m[2].strip() == "en"}
    return {
        "market": len(read("SalesTerritory")),
        "warehouse": len(read("Location")),
        "size": len({(p[18], p[10]) for p in sold if p[10]}) + 1,
        "shippingterms": len(read("ShipMethod")),
        "salesrep": len(read("SalesPerson")),
        "product": len({model(p) for p in sold}),
        "variation": len(colours),
        "variation_size": len({(model(p), p[5], p[10]) for p in sold}),
        "product_metadata": len({model(p) for p in sold} & english),
        "stock": len([i for i in read("ProductInventory") if i[0] in ids]),
        "pricelist": 1,
        "variation_price": len(colours),
        "account": len(stores),
        "buyer": len([c for c in read("BusinessEntityContact") if c[0] in stores]),
        "account_address": len([a for a in read("BusinessEntityAddress") if a[0] in stores]),
        "customer": len([c for c in read("Customer") if c[1] and not c[2]]),
    }


def model(product: Row) -> str:
    return product[19]


def pieces() -> int:
    """All pieces of what is sold, over all locations."""
    sold = {p[0] for p in read("Product") if p[4] == "1"}
    return sum(int(i[4]) for i in read("ProductInventory") if i[0] in sold)


def list_prices() -> Decimal:
    """The sum of the prices of all colours of all models."""
    return sum({(model(p), p[5]): Decimal(p[9]) for p in read("Product") if p[4] == "1"}.values(), Decimal(0))
