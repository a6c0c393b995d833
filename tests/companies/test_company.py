"""The company's export through the whole line: loaded into a Centra, left alone, changed a little."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from fixtures.company.generate import EXPORT
from tests.companies import nordlys
from tests.companies.running import Running, running

TEMPLATE = EXPORT.parent / "erp-sync.yaml"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("company")
    shutil.copytree(EXPORT, folder / "export")
    with running(TEMPLATE, folder) as company:
        company.load()
        yield company


def edit(company: Running, table: str, old: str, new: str) -> None:
    """Change one text in one file of the export."""
    file = company.folder / "export" / f"{table}.csv"
    text = file.read_bytes().decode("windows-1252")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {table}"
    file.write_bytes(text.replace(old, new).encode("windows-1252"))


def test_centra_has_as_many_records_as_the_export(loaded: Running) -> None:
    assert loaded.counts() == nordlys.figures()


def test_what_arrived_is_what_the_export_says(loaded: Running) -> None:
    sandbox = loaded.sandbox
    assert sandbox.get("product", "00001") == {
        "status": "active",
        "sku": "00001",
        "description": "Nidingen Crew",
        "folder.description": "Sweaters / Crew neck",
        "brand.id": "NLK",
        "brand.description": "Nordlys Knitwear",
        "collection.id": "CORE",
        "collection.description": "Core",
        "harmcode.id": "61101130",
        "countryoforigin": "SE",
        "weight.value": "0.535",
        "weight.unit": "kg",
    }


def test_sizes_are_in_the_order_of_the_export(loaded: Running) -> None:
    written = [(s["Code"], s["Size Code"]) for s in nordlys.read("Size Table")]
    made = list(loaded.sandbox.objects("size"))
    for table in {table for table, _ in written}:
        assert [k for k in made if k[0] == table] == [k for k in written if k[0] == table]


def test_a_second_plan_is_empty(loaded: Running) -> None:
    before = len(loaded.sandbox.requests)
    plan = loaded.next_night().plan()
    assert list(plan.steps()) == []
    assert list(plan.waiting()) == []
    assert len(loaded.sandbox.requests) == before


def test_one_changed_price_is_one_request_with_one_price(loaded: Running) -> None:
    row = next(p for p in nordlys.current_prices() if p["Sales Code"] == "DTC-SEK" and not p["Variant Code"])
    written = ";".join(
        [row["Item No."], row["Sales Type"], row["Sales Code"], row["Starting Date"], "", "", "ST", "0", ""]
    )
    edit(loaded, "Sales Price", f"{written}{row['Unit Price']};", f"{written}1.111,50;")
    night, before = loaded.next_night(), len(loaded.sandbox.requests)
    assert night.apply(night.plan()).status == "done"
    (request,) = loaded.sent_since(before)
    assert [(s.entity, s.key, s.path, s.value) for s in request] == [
        ("price", ("DTC-SEK", row["Item No."]), "price", "1111.5")
    ]
    assert list(night.next_night().plan().steps()) == []
