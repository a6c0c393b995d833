"""The company by its Navision database: on three servers, and against the same tables dumped as CSV."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from erp_sync.plan import open_plan
from erp_sync.sandbox import Sandbox, Server, serve
from erp_sync.wiring import open_project
from fixtures.company.database import PREFIX, Edit, dump, load
from tests.companies import nordlys
from tests.companies.databases import KINDS, empty_database, url_of
from tests.companies.running import LOCAL, LOGIN, MAPPINGS, Running, Silent, running

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


# What happens in the ERP between two nights.
EDITS = (
    Edit("Item", {"No.": "00001"}, {"Description": "Nidingen Crew II — åäö €", "Net Weight": Decimal("0.54")}),
    Edit("Item", {"No.": "00003"}, {"Blocked": True}),
    Edit("Customer", {"No.": "000003"}, {"City": "Göteborg", "Post Code": "0150", "E-Mail": ""}),
    Edit("Sales Price", {"Item No.": "00001", "Sales Code": "DTC-SEK"}, {"Unit Price": Decimal("2018.5")}),
    Edit("Contact", {"No.": "KT00002"}, None),
    Edit("Location", {"Code": "VENLO"}, {"Name": "3PL 'Venlo'; 50 % <full> & more"}),
)


class Bytes:
    """A plan as it stands in its file."""

    def __init__(self, file: Path) -> None:
        *self._before, last = file.read_bytes().splitlines(keepends=True)
        self.manifest = json.loads(last)

    @property
    def lines(self) -> list[bytes]:
        """All but the manifest, without origins: a line of a file is no key of a table, and of several rows that make
        one record each server gives another first."""
        found = []
        for line in self._before:
            origin = json.dumps(json.loads(line)["origin"], ensure_ascii=False, separators=(",", ":")).encode()
            assert line.count(b'"origin":' + origin) == 1
            found.append(line.replace(b'"origin":' + origin, b'"origin":[]'))
        return found

    @property
    def changes(self) -> list[tuple[str, ...]]:
        lines = map(json.loads, self._before)
        return [(p.get("wait") or p["action"], p["entity"], *p["key"]) for p in lines]

    @property
    def datasets(self) -> list[dict[str, Any]]:
        """Without their digests, which are of the rows in the order in which they came."""
        return [{k: v for k, v in d.items() if k != "digest"} for d in self.manifest["datasets"]]

    def manifest_without(self, *names: str) -> dict[str, Any]:
        return {k: v for k, v in self.manifest.items() if k not in names}


def from_csv(text: str) -> str:
    """The project file, with a folder of dumped tables in place of the database."""
    tables = text.split("    kind: sql\n")[1].split("centra:\n")[0]
    files = "    folder: dump\n    encoding: utf-8\n    delimiter: ','\n"
    return text.replace(f"    kind: sql\n{tables}", f"    kind: csv\n{files}")


def two_nights(folder: Path, database: str, edit: Callable[[], None], centra: Server) -> tuple[Bytes, Bytes]:
    """Plans of the first night, which is applied, and of the second, both made at noon."""
    text = TEMPLATE.read_text("utf-8")
    for old, new in {**OURS, LOCAL: centra.url}.items():
        text = text.replace(old, new)
    (folder / "erp-sync.yaml").write_text(text if database else from_csv(text), "utf-8")
    variables = {**LOGIN, "ERP_DATABASE": database}

    def plan(name: str) -> Bytes:
        project = open_project(folder / "erp-sync.yaml", None, variables, clock=lambda: NOON)
        project.plan(folder / name, Silent())
        return Bytes(folder / name)

    first = plan("first.plan")
    project = open_project(folder / "erp-sync.yaml", None, variables, clock=lambda: NOON)
    assert project.apply(open_plan(folder / "first.plan"), Silent()).status == "done"
    edit()
    return first, plan("second.plan")


# What is of one reading, of one ledger and of one Centra: when it was, and in which order a server gave the rows.
OF_THE_MOMENT = ("perishables_expire_at", "digest", "binding", "datasets", "content")


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_plans_from_three_databases_and_from_csv_are_the_same(tmp_path: Path) -> None:
    """docs/sources.md says what the same is: to the byte, but for what tells one reading from another."""
    plans: dict[str, tuple[Bytes, Bytes]] = {}
    for kind in (*KINDS, "csv"):
        folder = tmp_path / kind
        folder.mkdir()
        with serve(Sandbox()) as centra:
            if kind == "csv":
                dump(folder / "dump")
                plans[kind] = two_nights(folder, "", lambda to=folder / "dump": dump(to, EDITS), centra)
                continue
            with empty_database(kind, folder) as engine:
                load(engine)
                plans[kind] = two_nights(
                    folder, url_of(engine), lambda at=engine: [e.in_database(at) for e in EDITS], centra
                )
    for night in (0, 1):
        expected = plans["sqlite"][night]
        for kind in ("postgresql", "mariadb", "csv"):
            plan = plans[kind][night]
            assert plan.lines == expected.lines, kind
            assert plan.manifest_without(*OF_THE_MOMENT) == expected.manifest_without(*OF_THE_MOMENT), kind
            if kind != "csv":
                assert plan.datasets == expected.datasets, kind
                assert plan.manifest["binding"]["mapping"] == expected.manifest["binding"]["mapping"], kind
    assert len(plans["sqlite"][0].lines) == sum(figures().values())
    assert plans["csv"][1].changes == [
        ("update", "warehouse", "VENLO"),
        ("update", "product", "00001"),
        ("update", "product", "00003"),
        *(("update", "variation", "00003", f"00003-{colour}") for colour in ("024", "030", "040", "090")),
        ("update", "price", "DTC-SEK", "00001"),
        ("update", "customer", "000003"),
        ("absent", "buyer", "B00001", "KT00002"),
    ]
