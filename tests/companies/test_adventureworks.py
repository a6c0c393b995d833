"""The AdventureWorks files, as they are, through the whole line; figures counted from the files by other means."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.companies import adventureworks
from tests.companies.running import MAPPINGS, Running, running

TEMPLATE = MAPPINGS / "adventureworks" / "project" / "erp-sync.yaml"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not adventureworks.DATA.is_dir(), reason="the AdventureWorks files are not on this machine"),
]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("adventureworks")
    with running(TEMPLATE, folder, environment={"ADVENTUREWORKS": str(adventureworks.DATA)}) as company:
        company.load()
        yield company


def test_centra_has_as_many_records_as_the_files(loaded: Running) -> None:
    assert loaded.counts() == adventureworks.figures()


def test_pieces_and_prices_add_up_to_those_in_the_files(loaded: Running) -> None:
    stock = loaded.sandbox.objects("stock").values()
    prices = loaded.sandbox.objects("variation_price").values()
    assert sum(int(s["qty"]) for s in stock) == adventureworks.pieces()
    assert sum(Decimal(p["price"]) for p in prices) == adventureworks.list_prices()


def test_a_model_with_colours_and_sizes_is_a_product(loaded: Running) -> None:
    sandbox = loaded.sandbox
    jersey = next(
        key for key, p in sandbox.objects("product").items() if p["description"] == "Short-Sleeve Classic Jersey"
    )
    sizes = [key for key in sandbox.objects("variation_size") if key[0] == jersey[0]]
    assert sandbox.get("product", *jersey) == {
        "status": "active",
        "description": "Short-Sleeve Classic Jersey",
        "folder.description": "Clothing / Jerseys",
    }
    assert sorted(key[2] for key in sizes) == ["L", "M", "S", "XL"]


def test_what_has_neither_colour_nor_size_is_one_size_without_a_name(loaded: Running) -> None:
    chain = next(k for k, p in loaded.sandbox.objects("product").items() if p["description"] == "Chain")
    sizes = {key: s for key, s in loaded.sandbox.objects("variation_size").items() if key[0] == chain[0]}
    assert {key[2]: s["description"] for key, s in sizes.items()} == {"One": ""}


def test_a_second_plan_is_empty(loaded: Running) -> None:
    plan = loaded.next_night().plan()
    assert [s.id for s in plan.steps()] == []
    assert [w.key for w in plan.waiting()] == []
