from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from erp_sync.sandbox import Options, Sandbox
from tests.sandbox.speaking import ok, product, sizes, update, variation

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def new_box(**options: object) -> Sandbox:
    return Sandbox(Options(keep_bodies=True, **options), clock=lambda: NOON)  # type: ignore[arg-type]


@pytest.fixture
def box() -> Sandbox:
    return new_box()


@pytest.fixture
def shop(box: Sandbox) -> Sandbox:
    """A Centra with a sizetable, two products, a market, terms, and a pricelist of each kind."""
    ok(update(box, "sizes", *sizes("Small", "Medium", "Large")))
    ok(update(box, "markets", {"id": "SE", "store": "2", "type": "wholesale", "description": "Sweden"}))
    ok(update(box, "paymentterms", {"id": "30NET", "name": "30 days"}))
    ok(update(box, "shippingterms", {"id": "DDU", "name": "Unpaid"}))
    ok(
        update(
            box, "products", product("P1", variation("V1", "Red", ("S", "M")), variation("V2", "Blue")), product("P2")
        )
    )
    ok(update(box, "pricelists", {"id": "R", "type": "retail", "currency": "SEK"},
              {"id": "W", "type": "wholesale", "currency": "EUR"}))  # fmt: skip
    return box


Refused = Callable[[str], None]
