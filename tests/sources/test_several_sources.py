"""Prices from a database, articles from CSV files of two hands: one extract, one plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from erp_sync.errors import FixSettings, FixSource, Refused
from erp_sync.ports import Source
from erp_sync.sources.several import SeveralSources
from erp_sync.sources.sql.options import SqlOptions
from erp_sync.sources.sql.source import SqlSource
from erp_sync.testing.sources import SourceContract
from tests.companies.databases import url_of
from tests.companies.running import Running, running
from tests.sources.conftest import csv_source

PROJECT = """version: 1
name: several
mappings: mappings
sources:
  erp:
    kind: sql
    url: ${ERP_DATABASE}
    datasets:
      prices: {query: "SELECT list, article, amount FROM prices WHERE amount > 0"}
  files:
    kind: csv
    folder: export
    delimiter: ";"
    datasets:
      articles: {files: articles.csv}
      lists: {files: lists.txt, delimiter: "|", encoding: utf-16, header: false, columns: [no, currency]}
centra:
  endpoint: http://127.0.0.1:8700/ams/system/service/module/soap/api
  username: ${CENTRA_USERNAME}
  password: ${CENTRA_PASSWORD}
ledger: {url: "sqlite:///ledger.db"}
"""
PRODUCT = """entity: product
from: articles
key: {product: no}
fields: {status: {value: active}, description: name}
"""
PRICELIST = """entity: pricelist
from: lists
key: {pricelist: no}
fields: {store: {value: "1"}, type: {value: retail}, currency: currency}
parts:
  - entity: price
    from: prices
    key: {pricelist: list, product: article}
    fields: {price: amount}
"""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "export").mkdir()
    (tmp_path / "export/articles.csv").write_bytes("no;name\n00123;Tröja\n".encode("windows-1252"))
    (tmp_path / "export/lists.txt").write_text("EUR|EUR\n", "utf-16")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/product.yaml").write_text(PRODUCT)
    (tmp_path / "mappings/pricelist.yaml").write_text(PRICELIST)
    (tmp_path / "template.yaml").write_text(PROJECT)
    engine = create_engine(f"sqlite:///{tmp_path / 'erp.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE prices (list TEXT, article TEXT, amount NUMERIC(10, 2))"))
        connection.execute(text("INSERT INTO prices VALUES ('EUR', '00123', 12.5), ('EUR', '00124', 0)"))
    engine.dispose()
    with running(tmp_path / "template.yaml", tmp_path, environment={"ERP_DATABASE": "sqlite:///erp.db"}) as made:
        yield made


def test_one_plan_of_several_sources(company: Running) -> None:
    manifest = company.load()
    assert {d.name for d in manifest.datasets} == {"prices", "articles", "lists"}
    assert company.sandbox.get("product", "00123") == {"status": "active", "description": "Tröja"}
    assert company.sandbox.get("price", "EUR", "00123") == {"price": "12.5"}
    assert list(company.next_night().plan().steps()) == []


def test_a_file_that_changed_since_the_plan_is_noticed(company: Running) -> None:
    plan = company.plan()
    (company.folder / "export/articles.csv").write_text("no;name\n00123;Other\n")
    with pytest.raises(Refused, match="the ERP's data is another than the plan was made from"):
        company.next_night().apply(plan)


def test_a_name_in_two_sources_is_refused(company: Running) -> None:
    text = company.project.settings.path.read_text()
    company.project.settings.path.write_text(text.replace("articles: {files", "prices: {files"))
    with pytest.raises(FixSettings, match="dataset prices is in source erp and in source files"):
        company.next_night().plan()


def test_a_source_that_cannot_be_read_ends_the_plan(company: Running) -> None:
    (company.folder / "erp.db").unlink()
    with pytest.raises(FixSource, match=r"source erp .*unable to open database file"):
        company.plan()
    assert not (company.folder / "test.plan").exists()


class TestSeveral(SourceContract):
    def make(self, folder: Path) -> Source:
        (folder / "articles.csv").write_text("no;name\n1;a\n2;b\n")
        engine = create_engine(f"sqlite:///{folder / 'erp.db'}")
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS prices (article TEXT PRIMARY KEY, amount INTEGER)"))
            connection.execute(text("INSERT OR REPLACE INTO prices VALUES ('1', 10), ('2', 20)"))
        files = csv_source(folder, datasets={"articles": {"files": "articles.csv"}})
        options = SqlOptions.model_validate({"url": url_of(engine), "datasets": {"prices": {"table": "prices"}}})
        return SeveralSources([files, SqlSource.from_options("database", options, folder)])

    def test_it_is_a_source_with_described_options(self, tmp_path: Path) -> None:
        """It has no options of its own: it is made of sources that have."""
        assert isinstance(self.make(tmp_path), Source)

    def test_digests_without_extracting_are_those_of_the_extract(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        _, reports = self._read(source)
        assert source.digests() == {"articles": reports["articles"].digest}  # a database does not know
