"""The sandbox's own tables against the documented trees, where these are at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from erp_sync.sandbox.operations import UPDATES
from erp_sync.sandbox.sandbox import OPERATIONS
from erp_sync.sandbox.shapes import Leaf, Many, Node, Remove
from erp_sync.sandbox.state import ROOTS
from erp_sync.sandbox.views import ENTITIES, View, views

TREES = Path(__file__).parents[3] / "shared" / "centra" / "soap-operations.yaml"


def leaves(fields: Mapping[str, Node], stem: str = "") -> Iterator[str]:
    for name, node in fields.items():
        if isinstance(node, Leaf):
            yield stem + name
        elif isinstance(node, Many):
            yield from leaves(node.fields, f"{stem}{name}[].")
        elif isinstance(node, Remove):
            yield from leaves(node.fields, f"{stem}{name}.{node.item}[].")
        else:
            yield from leaves(node, f"{stem}{name}.")


def documented(tree: Mapping[str, Any], stem: str = "") -> Iterator[str]:
    for name, node in tree.items():
        if isinstance(node, str):
            yield stem + name
        else:
            yield from documented(node, f"{stem}{name}.")


@pytest.mark.skipif(not TREES.exists(), reason="the documented trees are not at hand")
def test_every_documented_element_is_known_and_no_other() -> None:
    trees = yaml.safe_load(TREES.read_text())
    assert set(trees) == set(OPERATIONS)
    for operation, update in UPDATES.items():
        facts = trees[operation]
        own = {f"{update.wrapper}.{update.item}[].{leaf}" for leaf in leaves(update.fields)}
        if update.entity == "sizetable":
            continue
        assert own == set(documented(facts["request"])), operation
        assert facts["sample_response_element"]["name"] == update.reference_reply
        assert facts["request_element"] == operation


def test_sizes_are_sent_with_their_sizetable_inside() -> None:
    trees = {"id", "description", "sku", "ean", "comment"} | {
        f"sizetable.{name}" for name in ("id", "description", "stockdivisor", "stockunit")
    }
    from erp_sync.sandbox.tables import SIZE

    assert set(leaves(SIZE)) == trees


def test_every_kind_of_record_can_be_looked_at() -> None:
    assert set(ENTITIES) == set(ROOTS) | {
        "size", "variation", "variation_size", "stock", "display", "display_category", "display_market",
        "product_image", "product_metadata", "price", "variation_price", "deliverywindow_variation", "buyer",
        "account_address", "account_additional", "invoice_item", "invoice_additional", "shipment", "refund",
    }  # fmt: skip
    assert views()["stock"] == View(
        "product",
        (("variations",), ("sizes",), ("warehouseitems",)),
        views()["stock"].fields,
        ("id",),
    )
