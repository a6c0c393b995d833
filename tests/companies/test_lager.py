"""A home-made ERP that the project knows nothing of, mapped without a line of Python and compared with it by SQL."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from tests.companies.lager.database import build
from tests.companies.running import Running, running

FOLDER = Path(__file__).parent / "lager"
AMOUNT = "CAST(REPLACE(REPLACE({}, '.', ''), ',', '.') AS REAL)"  # how this ERP's numbers are read in SQL
OURS = "foretag = '01'"


@pytest.fixture(scope="module")
def lager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("lager")
    build(folder / "erp.db")
    shutil.copytree(FOLDER / "mapping", folder / "mapping")
    with running(FOLDER / "erp-sync.yaml", folder, environment={"ERP_DATABASE": "sqlite:///erp.db"}) as company:
        company.load()
        yield company


def ask(lager: Running, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(lager.folder / "erp.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def amount(lager: Running, query: str) -> Decimal:
    ((found,),) = ask(lager, query)
    return Decimal(str(found)).quantize(Decimal("0.01"))


def total(lager: Running, entity: str, field: str) -> Decimal:
    return sum((Decimal(r[field]) for r in lager.sandbox.objects(entity).values()), Decimal()).quantize(Decimal("0.01"))


def test_centra_has_as_many_records_as_the_database(lager: Running) -> None:
    current = f"SELECT lista, artnr, farg FROM pris WHERE {OURS} AND gallerfr < '2099' GROUP BY lista, artnr, farg"
    uncancelled = f"SELECT faknr FROM fakhuv WHERE {OURS} AND makulerad = 'N'"
    expected = {
        "size": "SELECT COUNT(*) FROM stltyp",
        "product": f"SELECT COUNT(*) FROM artikel WHERE {OURS}",
        "variation": f"SELECT COUNT(*) FROM artfarg WHERE {OURS}",
        "variation_size": f"SELECT COUNT(*) FROM artfarg JOIN stltyp ON typ = stl_typ WHERE {OURS}",
        "stock": f"SELECT COUNT(*) FROM artfarg JOIN stltyp ON typ = stl_typ WHERE {OURS}",
        "pricelist": "SELECT COUNT(*) FROM prislista",
        "price": f"SELECT COUNT(*) FROM ({current}) WHERE farg = ''",
        "variation_price": f"SELECT COUNT(*) FROM ({current}) WHERE farg != ''",
        "customer": f"SELECT COUNT(*) FROM kund WHERE {OURS} AND typ = 'P'",
        "account": f"SELECT COUNT(*) FROM kund WHERE {OURS} AND typ = 'F'",
        "buyer": f"SELECT COUNT(*) FROM kund WHERE {OURS} AND typ = 'F'",
        "invoice": f"SELECT COUNT(*) FROM ({uncancelled})",
        "invoice_item": f"SELECT COUNT(*) FROM fakrad WHERE {OURS} AND faknr IN ({uncancelled})",
    }
    counts = {entity: ask(lager, query)[0][0] for entity, query in expected.items()}
    assert lager.counts() == counts
    assert min(int(str(n)) for n in counts.values()) > 0


def test_an_article_is_told_in_centras_words(lager: Running) -> None:
    ((name, group, origin, weight),) = ask(
        lager, f"SELECT benamning, namn, ursprung, vikt_g FROM artikel JOIN vgrupp ON vgr = varugrupp "
        f"WHERE {OURS} AND artnr = '0100'"
    )  # fmt: skip
    sent = lager.sandbox.get("product", "0100")
    assert sent is not None
    assert sent["description"] == " ".join(str(name).split())
    assert sent["folder.description"].rpartition(" / ")[2] == group
    assert sent["countryoforigin"] == {"Sverige": "SE", "Portugal": "PT", "ITALIEN": "IT", "Kina": "CN",
                                       "Storbritannien": "GB"}[str(origin)]  # fmt: skip
    grams = Decimal(str(weight).replace(".", "").replace(",", "."))
    assert Decimal(sent["weight.value"]) == (grams / 1000).quantize(Decimal("0.001"), ROUND_HALF_UP)


def test_stock_adds_up_to_what_the_columns_hold(lager: Running) -> None:
    columns = " + ".join(AMOUNT.format(f"COALESCE(lager_{s}, '')") for s in ("S", "M", "L", "XL", "ST"))
    assert total(lager, "stock", "qty") == amount(lager, f"SELECT SUM({columns}) FROM artfarg WHERE {OURS}")


@pytest.mark.parametrize(("entity", "colour"), [("price", "= ''"), ("variation_price", "!= ''")])
def test_prices_are_the_last_that_have_begun(lager: Running, entity: str, colour: str) -> None:
    begun = (
        f"SELECT *, ROW_NUMBER() OVER (PARTITION BY lista, artnr, farg ORDER BY gallerfr DESC) AS nr "
        f"FROM pris WHERE {OURS} AND gallerfr < '2099' AND farg {colour}"
    )
    expected = amount(lager, f"SELECT SUM({AMOUNT.format('pris')}) FROM ({begun}) WHERE nr = 1")
    assert total(lager, entity, "price") == expected


def test_invoices_come_to_what_their_lines_and_freight_do(lager: Running) -> None:
    discount = AMOUNT.format("rabatt")
    line = f"ROUND({AMOUNT.format('antal')} * {AMOUNT.format('apris')} * (100 - {discount}) / 100 + 1e-9, 2)"
    uncancelled = f"SELECT * FROM fakhuv WHERE {OURS} AND makulerad = 'N'"
    lines = f"SELECT SUM({line}) FROM fakrad WHERE {OURS} AND faknr IN (SELECT faknr FROM ({uncancelled}))"
    freight = f"SELECT SUM({AMOUNT.format('frakt')}) FROM ({uncancelled})"
    of_lines = amount(lager, lines)
    assert total(lager, "invoice_item", "subtotal") == of_lines
    assert total(lager, "invoice", "total") == of_lines + amount(lager, freight)


def test_customers_have_the_countries_that_the_names_mean(lager: Running) -> None:
    codes = {"Sverige": "SE", "Tyskland": "DE", "FINLAND": "FI", "Norge": "NO", "Danmark": "DK"}
    rows = ask(lager, f"SELECT kundnr, land, sparr FROM kund WHERE {OURS} AND typ = 'P'")
    sent = lager.sandbox.objects("customer")
    assert {k[0]: (r["country"], r["status"]) for k, r in sent.items()} == {
        str(number): (codes[str(country)], "inactive" if blocked == "J" else "active")
        for number, country, blocked in rows
    }


def test_a_colour_without_an_english_name_has_its_swedish_one(lager: Running) -> None:
    names = {k[1].rpartition("-")[2]: r["description"] for k, r in lager.sandbox.objects("variation").items()}
    assert names == {"SV": "Black", "BL": "Blue", "RD": "Red", "GN": "Grön"}


def test_a_second_plan_is_empty(lager: Running) -> None:
    assert list(lager.next_night().plan().steps()) == []
