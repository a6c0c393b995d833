"""The company by its Navision database: on three servers, and against the same tables dumped as CSV."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from erp_sync.wiring import open_project
from fixtures.company.database import PREFIX, dump, load
from tests.companies import nordlys
from tests.companies.databases import KINDS, empty_database, url_of
from tests.companies.running import LOGIN, MAPPINGS, Running, Silent, running

TEMPLATE = MAPPINGS / "navision" / "project" / "erp-sync.yaml"
OURS = {"CRONUS International Ltd_$ ": f"{PREFIX} "}
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OWN_TABLES = {  # of the export only: Navision has no tables for them
    "pricealterationdate", "display", "display_category", "display_market", "product_image", "product_metadata",
    "deliverywindow", "deliverywindow_variation", "account_additional",
}  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("navision")
    with empty_database("sqlite", folder) as engine:
        load(engine)
        with running(TEMPLATE, folder, OURS, {"ERP_DATABASE": url_of(engine)}) as company:
            company.load()
            yield company


def figures() -> dict[str, int]:
    """As for the export, with what Navision's standard tables have; sizes are those of an item category."""
    category = {i["No."]: i["Item Category Code"] for i in nordlys.read("Item")}
    variants = nordlys.read("Item Variant")
    without = category.keys() - {v["Item No."] for v in variants}
    sizes = {(category[v["Item No."]], v["Size Code"]) for v in variants} | {(category[i], "") for i in without}
    return {e: n for e, n in nordlys.figures().items() if e not in OWN_TABLES} | {"size": len(sizes)}


def test_centra_has_as_many_records_as_the_company(loaded: Running) -> None:
    assert loaded.counts() == figures()


def test_stock_is_the_sum_of_the_ledger_less_what_is_reserved(loaded: Running) -> None:
    free: Counter[str] = Counter()
    for row in nordlys.read("Stock"):
        free[row["Location Code"]] += int(row["Available"])
    sent: Counter[str] = Counter()
    for key, fields in loaded.sandbox.objects("stock").items():
        sent[key[3]] += int(fields["qty"])
    assert sent == free


def test_invoices_add_up_to_those_of_the_export(loaded: Running) -> None:
    written = [
        h["Amount Including VAT"].replace(".", "").replace(",", ".") for h in nordlys.read("Sales Invoice Header")
    ]
    sent = [i["total"] for i in loaded.sandbox.objects("invoice").values()]
    assert sum(map(Decimal, sent)) == sum(map(Decimal, written))


def test_recommended_prices_stand_in_wholesale_lists_only(loaded: Running) -> None:
    with_one = {key[0] for key, price in loaded.sandbox.objects("price").items() if "priceb" in price}
    assert with_one == {"B2B-EUR"}


def test_a_second_plan_is_empty(loaded: Running) -> None:
    assert list(loaded.next_night().plan().steps()) == []


def lines_of(folder: Path, texts: dict[str, str], database: str) -> list[dict[str, Any]]:
    """The lines of a first plan, made at noon. Their bytes are those of their JSON: keys come in one order."""
    text = TEMPLATE.read_text("utf-8")
    for old, new in texts.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "erp-sync.yaml").write_text(text, "utf-8")
    variables = {**LOGIN, "ERP_DATABASE": database}
    project = open_project(folder / "erp-sync.yaml", None, variables, clock=lambda: NOON)
    project.plan(folder / "noon.plan", Silent())
    return [json.loads(line) for line in (folder / "noon.plan").read_bytes().splitlines()]


def without(line: dict[str, Any], *names: str) -> dict[str, Any]:
    return {k: v for k, v in line.items() if k not in names}


@pytest.mark.server
@pytest.mark.slow
def test_plans_from_three_databases_and_from_csv_are_the_same(tmp_path: Path) -> None:
    plans: dict[str, list[dict[str, Any]]] = {}
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        with empty_database(kind, tmp_path / kind) as engine:
            load(engine)
            plans[kind] = lines_of(tmp_path / kind, OURS, url_of(engine))
    for kind in KINDS[1:]:
        assert plans[kind][:-1] == plans["sqlite"][:-1], kind
        manifests = [without(plans[k][-1], "perishables_expire_at", "digest") for k in (kind, "sqlite")]
        assert manifests[0] == manifests[1], kind  # but for when the extract was taken
    csv = tmp_path / "csv"
    dump(csv / "dump")
    start, end = TEMPLATE.read_text("utf-8").split("    kind: sql\n")[1].split("centra:\n")[0], ""
    text = {
        f"    kind: sql\n{start}": "    kind: csv\n    folder: dump\n    encoding: utf-8\n    delimiter: ','\n" + end
    }
    from_files = lines_of(csv, text, "none")
    steps = [without(line, "origin") for line in from_files if line["kind"] == "step"]
    assert steps == [without(line, "origin") for line in plans["sqlite"] if line["kind"] == "step"]
    assert len(steps) == sum(figures().values())
