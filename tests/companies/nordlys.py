"""What is in the company's export, found by reading and counting it, without any of our code."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from fixtures.company.generate import EXPORT

Row = dict[str, str]


def read(table: str, folder: Path = EXPORT) -> list[Row]:
    text = (folder / f"{table}.csv").read_bytes().decode("windows-1252")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def current_prices(folder: Path = EXPORT) -> list[Row]:
    """Prices of a price group that hold today, for any quantity."""
    prices = read("Sales Price", folder)
    return [p for p in prices if p["Ending Date"] == "" and p["Minimum Quantity"] == "0"]


def figures(folder: Path = EXPORT) -> dict[str, int]:
    """Entity -> how many records Centra must have in the end."""
    items, variants = read("Item", folder), read("Item Variant", folder)
    without = {i["No."] for i in items} - {v["Item No."] for v in variants}
    colours = {(v["Item No."], v["Colour Code"]) for v in variants} | {(i, "") for i in without}
    shown = read("Web Assortment", folder)
    prices = current_prices(folder)
    customers = read("Customer", folder)
    accounts = [c for c in customers if c["Customer Posting Group"] == "WHOLESALE"]
    lines = read("Sales Invoice Line", folder)
    colour_of = {(v["Item No."], v["Code"]): v["Colour Code"] for v in variants}
    return {
        "market": len(read("Territory", folder)),
        "warehouse": len(read("Location", folder)),
        "size": len(read("Size Table", folder)),
        "paymentterms": len(read("Payment Terms", folder)),
        "shippingterms": len(read("Shipment Method", folder)),
        "salesrep": len(read("Salesperson_Purchaser", folder)),
        "pricealterationdate": len(read("Price Alteration", folder)),
        "product": len(items),
        "variation": len(colours),
        "variation_size": len(variants) + len(without),
        "display": len({(s["Item No."], s["Colour Code"], s["Store"]) for s in shown}),
        "display_category": len({(s["Item No."], s["Colour Code"], s["Store"], s["Category Code"]) for s in shown}),
        "display_market": len(shown),
        "product_image": len(read("Item Picture", folder)),
        "product_metadata": len([i for i in items if i["Web Description"]]),
        "stock": len(read("Stock", folder)),
        "pricelist": len(read("Customer Price Group", folder)),
        "price": len([p for p in prices if not p["Variant Code"]]),
        "variation_price": len(
            {(p["Sales Code"], p["Item No."], colour_of[p["Item No."], p["Variant Code"]])
             for p in prices if p["Variant Code"]}
        ),
        "deliverywindow": len(read("Delivery Window", folder)),
        "deliverywindow_variation": len(read("Delivery Window Line", folder)),
        "account": len(accounts),
        "buyer": len(accounts) + len([c for c in read("Contact", folder) if c["Type"] == "Person"]),
        "account_address": len(read("Ship-to Address", folder)),
        "account_additional": len([a for a in accounts if a["Home Page"]]),
        "customer": len(customers) - len(accounts),
        "invoice": len(read("Sales Invoice Header", folder)),
        "invoice_item": len([n for n in lines if n["Type"] == "Item"]),
        "invoice_additional": len([n for n in lines if n["Type"] == "G/L Account"]),
    }  # fmt: skip
