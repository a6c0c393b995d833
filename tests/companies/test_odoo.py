"""The company as an Odoo database: what Odoo has beside it must not come through."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, text

from fixtures.odoo.database import load
from tests.companies import nordlys
from tests.companies.databases import empty_database, url_of
from tests.companies.running import MAPPINGS, Running, running

FOLDER = MAPPINGS / "odoo" / "project"
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("odoo")
    for query in FOLDER.glob("*.sql"):
        (folder / query.name).write_text(query.read_text("utf-8"), "utf-8")
    schema = f"odoo_{uuid.uuid4().hex[:8]}"
    with empty_database("postgresql", folder) as engine:
        load(engine, schema)
        with engine.begin() as connection:
            connection.execute(text(f'ALTER DATABASE {engine.url.database} SET search_path TO "{schema}"'))
        with running(FOLDER / "erp-sync.yaml", folder, environment={"ERP_DATABASE": url_of(engine)}) as company:
            company.load()
            yield company


def test_centra_has_as_many_records_as_the_company(loaded: Running) -> None:
    """Of 30 invoices one is a draft and one a credit note; Odoo's sizes are those of its attributes."""
    written = nordlys.figures()
    counts = loaded.counts()
    same = [e for e in counts if e not in ("size", "invoice", "invoice_item", "invoice_additional")]
    assert {e: counts[e] for e in same} == {e: written[e] for e in same}
    assert counts["invoice"] == written["invoice"] - 2


def test_what_another_company_has_does_not_come(loaded: Running) -> None:
    names = {p["description"] for p in loaded.sandbox.objects("product").values()}
    assert names == {i["Description"] for i in nordlys.read("Item")}


def test_stock_is_what_is_free_in_real_places(loaded: Running) -> None:
    free: Counter[str] = Counter()
    for row in nordlys.read("Stock"):
        free[row["Location Code"]] += int(row["Available"])
    sent: Counter[str] = Counter()
    for key, fields in loaded.sandbox.objects("stock").items():
        sent[key[3]] += int(fields["qty"])
    assert sent == free


def test_archived_articles_and_partners_become_inactive(loaded: Running) -> None:
    blocked = [i["Description"] for i in nordlys.read("Item") if i["Blocked"] == "Ja"]
    products = loaded.sandbox.objects("product").values()
    assert sorted(p["description"] for p in products if p["status"] == "inactive") == sorted(blocked)
    closed = [c for c in nordlys.read("Customer") if c["Blocked"] == "All"]
    sent = [*loaded.sandbox.objects("customer").values(), *loaded.sandbox.objects("account").values()]
    assert len([c for c in sent if c["status"] == "inactive"]) == len(closed)


def test_prices_are_those_of_the_export(loaded: Running) -> None:
    def amount(cell: str) -> Decimal:
        return Decimal(cell.replace(".", "").replace(",", "."))

    written = sorted(amount(p["Unit Price"]) for p in nordlys.current_prices() if not p["Variant Code"])
    assert sorted(Decimal(p["price"]) for p in loaded.sandbox.objects("price").values()) == written


def figures(loaded: Running, query: str) -> tuple[Decimal, ...]:
    """Odoo's own, by SQL."""
    engine = create_engine(loaded.environment["ERP_DATABASE"])
    try:
        with engine.connect() as connection:
            return tuple(Decimal(str(cell)) for cell in connection.execute(text(query)).one())
    finally:
        engine.dispose()


POSTED = "FROM account_move m WHERE m.move_type = 'out_invoice' AND m.state = 'posted' AND m.company_id = 1"
LINES = POSTED.replace(" WHERE", " JOIN account_move_line l ON l.move_id = m.id AND l.display_type = 'product' WHERE")


def test_invoices_and_their_lines_add_up_to_odoos_own(loaded: Running) -> None:
    def sent(entity: str, *fields: str) -> tuple[Decimal, ...]:
        records = loaded.sandbox.objects(entity).values()
        return Decimal(len(records)), *(sum((Decimal(r[f]) for r in records), Decimal(0)) for f in fields)

    assert sent("invoice", "total", "vat") == figures(
        loaded, f"SELECT COUNT(*), SUM(amount_total), SUM(amount_tax) {POSTED}"
    )
    items = f"SELECT COUNT(*), SUM(quantity), SUM(price_subtotal) {LINES} AND l.product_id IS NOT NULL"
    assert sent("invoice_item", "qty", "subtotal") == figures(loaded, items)
    charges = f"SELECT COUNT(*), SUM(price_subtotal) {LINES} AND l.product_id IS NULL"
    assert sent("invoice_additional", "subtotal") == figures(loaded, charges)


def test_sizes_are_those_of_the_attributes_in_their_order(loaded: Running) -> None:
    used: dict[str, dict[str, None]] = {}
    for table, size in loaded.sandbox.objects("size"):
        used.setdefault(table, {})[size] = None
    query = "SELECT id, attribute_id, sequence FROM product_attribute_value ORDER BY attribute_id, sequence, id"
    engine = create_engine(loaded.environment["ERP_DATABASE"])
    with engine.connect() as connection:
        rank = {str(row.id): number for number, row in enumerate(connection.execute(text(query)))}
    engine.dispose()
    several = [list(sizes) for sizes in used.values() if len(sizes) > 1]
    assert several
    for sizes in several:
        assert sizes == sorted(sizes, key=rank.__getitem__)


def test_a_second_plan_is_empty(loaded: Running) -> None:
    assert list(loaded.next_night().plan().steps()) == []
