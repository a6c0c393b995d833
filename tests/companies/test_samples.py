"""Northwind and Chinook, loaded as they are into SQLite, PostgreSQL and MariaDB: sums in Centra equal SQL's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.companies.databases import DATA, KINDS, copy, empty_database, url_of
from tests.companies.running import MAPPINGS, Running, running

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the sample databases are not on this machine"),
]


@contextmanager
def loaded(name: str, kind: str, folder: Path) -> Iterator[tuple[Running, Engine]]:
    with empty_database(kind, folder) as engine:
        copy(DATA / name / f"{name}.db", engine)
        template = MAPPINGS / name / "project" / "erp-sync.yaml"
        with running(template, folder, environment={"ERP_DATABASE": url_of(engine)}) as company:
            company.load()
            yield company, engine


def figures(engine: Engine, query: str) -> tuple[Decimal, ...]:
    """SQL's own figures; names in the query stand in double quotes."""
    with engine.connect() as connection:
        if engine.dialect.name == "mysql":
            connection.execute(text("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')"))
        return tuple(Decimal(str(cell)).quantize(Decimal("0.01")) for cell in connection.execute(text(query)).one())


def sent(company: Running, entity: str, field: str) -> tuple[Decimal, Decimal]:
    """How many records, and the sum of one of their fields."""
    records = company.sandbox.objects(entity).values()
    return Decimal(len(records)), sum((Decimal(r[field]) for r in records), Decimal(0))


@pytest.mark.parametrize("kind", KINDS)
def test_chinook(kind: str, tmp_path: Path) -> None:
    with loaded("chinook", kind, tmp_path) as (company, engine):
        assert sent(company, "invoice", "total") == figures(engine, 'SELECT COUNT(*), SUM("Total") FROM "Invoice"')
        lines = 'SELECT COUNT(*), SUM("UnitPrice" * "Quantity"), SUM("Quantity") FROM "InvoiceLine"'
        assert (*sent(company, "invoice_item", "subtotal"), sent(company, "invoice_item", "qty")[1]) == figures(
            engine, lines
        )
        (customers,) = figures(engine, 'SELECT COUNT(*) FROM "Customer"')
        assert len(company.sandbox.objects("customer")) == customers
        assert list(company.next_night().plan().steps()) == []


# Cents of a line, rounded exactly and half away from zero on every server: prices and shares are whole hundredths.
_EXACT = 'CAST(ROUND("UnitPrice" * 100) * "Quantity" * ROUND(100 - "Discount" * 100) / 100.0 AS DECIMAL(20, 4))'


@pytest.mark.parametrize("kind", KINDS)
def test_northwind(kind: str, tmp_path: Path) -> None:
    with loaded("northwind", kind, tmp_path) as (company, engine):
        lines = f'SELECT COUNT(*), SUM(ROUND({_EXACT})) / 100.0, SUM("Quantity") FROM "Order Details"'
        count, net, pieces = figures(engine, lines)
        assert sent(company, "invoice_item", "subtotal") == (count, net)
        assert sent(company, "invoice_item", "qty")[1] == pieces
        orders, freight = figures(engine, 'SELECT COUNT(*), SUM("Freight") FROM "Orders"')
        assert sent(company, "invoice", "total") == (orders, net + freight)
        assert sent(company, "invoice_additional", "subtotal")[1] == freight
        (customers,) = figures(engine, 'SELECT COUNT(*) FROM "Customers"')
        assert len(company.sandbox.objects("account")) == customers
        assert company.sandbox.get("account", "Val2") is not None
        assert list(company.next_night().plan().steps()) == []
