"""Nights in which only what changed is read: nothing may be lost by it, nothing be concluded from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from erp_sync.diff import Only
from erp_sync.model.plan import Wait
from erp_sync.plan import PlanFile, open_plan
from erp_sync.sandbox import Knobs
from tests.companies.databases import KINDS, empty_database, url_of
from tests.companies.running import Running, Silent, running

PROJECT = """version: 1
name: nights
mappings: mappings
sources:
  erp:
    kind: sql
    url: ${ERP_DATABASE}
    datasets:
      articles: {table: articles, watermark: {column: modified, full_every: 4}}
      prices: {table: prices, watermark: {column: modified, full_every: 4}}
      lists: {table: lists}
      brands: {table: brands, watermark: {column: modified}}
centra:
  endpoint: http://127.0.0.1:8700/ams/system/service/module/soap/api
  username: ${CENTRA_USERNAME}
  password: ${CENTRA_PASSWORD}
ledger: {url: "sqlite:///ledger.db"}
guards:
  retirements: {share: 1.0}
  updates: {share: 1.0}
  rejected: {share: 0.4}
  entities: {product: {minimum_population: 3}}
"""
PRODUCT = """entity: product
from: articles
key: {product: no}
fields:
  status: {value: active}
  description: {from: name, required: true}
  brand.id: {lookup: {in: brands, on: {code: brand}, take: code}}
vanish: {retire_after: 1}
"""
PRICELIST = """entity: pricelist
from: lists
key: {pricelist: no}
fields: {store: {value: "1"}, type: {value: retail}, currency: {value: EUR}}
parts:
  - entity: price
    from: prices
    key: {pricelist: list, product: article}
    fields: {price: amount}
"""


def change(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@contextmanager
def company(engine: Engine, folder: Path) -> Iterator[Running]:
    change(
        engine,
        "CREATE TABLE articles (no VARCHAR(10) PRIMARY KEY, name VARCHAR(50), brand VARCHAR(5), modified INTEGER)",
        "CREATE TABLE lists (no VARCHAR(10) PRIMARY KEY)",
        "CREATE TABLE prices (list VARCHAR(10), article VARCHAR(10), amount DECIMAL(10, 2), modified INTEGER)",
        "CREATE TABLE brands (code VARCHAR(5) PRIMARY KEY, modified INTEGER)",
        "INSERT INTO brands VALUES ('A', 1), ('B', 2)",
        "INSERT INTO lists VALUES ('EUR')",
        "INSERT INTO articles VALUES ('001', 'one', 'A', 1), ('002', 'two', 'A', 2), ('003', 'three', 'B', 3)",
        "INSERT INTO prices VALUES ('EUR', '001', 10, 1), ('EUR', '002', 20, 2), ('EUR', '003', 30, 3)",
    )
    (folder / "mappings").mkdir()
    (folder / "mappings/product.yaml").write_text(PRODUCT)
    (folder / "mappings/pricelist.yaml").write_text(PRICELIST)
    template = folder / "template.yaml"
    template.write_text(PROJECT)
    with running(template, folder, environment={"ERP_DATABASE": url_of(engine)}) as made:
        yield made


@pytest.fixture
def erp(tmp_path: Path) -> Iterator[Engine]:
    with empty_database("sqlite", tmp_path) as engine:
        yield engine


@pytest.fixture
def loaded(erp: Engine, tmp_path: Path) -> Iterator[Running]:
    with company(erp, tmp_path) as made:
        made.load()
        yield made


def read(plan: PlanFile) -> dict[str, tuple[int, bool]]:
    """Dataset -> how many rows were read, and whether those were all of it."""
    return {d.name: (d.rows, d.full) for d in plan.manifest.datasets}


def changed(plan: PlanFile) -> list[tuple[str, ...]]:
    return [(s.action.value, s.entity, *s.key) for s in plan.steps()]


def night(company: Running) -> PlanFile:
    return company.next_night().plan()


@pytest.mark.parametrize("kind", KINDS)
def test_a_night_reads_what_changed_and_moves_on_once_it_is_applied(kind: str, tmp_path: Path) -> None:
    with empty_database(kind, tmp_path) as engine, company(engine, tmp_path) as made:
        assert read(made.plan())["articles"] == (3, True)
        assert read(made.plan())["articles"] == (3, True)  # a plan alone moves nothing
        made.load()
        change(engine, "UPDATE articles SET name = 'TWO', modified = 7 WHERE no = '002'")
        for _ in range(2):
            plan = night(made)
            assert read(plan) == {"articles": (2, False), "prices": (1, False), "lists": (1, True), "brands": (2, True)}
            assert changed(plan) == [("update", "product", "002")]
        assert made.apply(plan).status == "done"
        plan = night(made)
        assert read(plan)["articles"] == (1, False)  # the mark's own row
        assert changed(plan) == []


def test_a_run_that_fails_reads_the_same_rows_again(loaded: Running, erp: Engine) -> None:
    change(erp, "UPDATE articles SET name = 'TWO', modified = 8 WHERE no = '002'",
           "UPDATE articles SET name = 'ONE', modified = 9 WHERE no = '001'")  # fmt: skip
    loaded.sandbox.knobs = Knobs(reject_ids=("002",))
    plan = night(loaded)
    assert loaded.next_night().apply(plan).status == "partly"
    loaded.sandbox.knobs = Knobs()
    plan = night(loaded)
    assert read(plan)["articles"] == (3, False)  # from the old mark on
    assert [w.wait for w in plan.waiting()] == [Wait.HELD]


def test_a_record_to_be_tried_again_is_read_again(loaded: Running, erp: Engine) -> None:
    change(erp, "UPDATE articles SET name = 'ONE', modified = 9 WHERE no = '001'")
    loaded.sandbox.knobs = Knobs(reject_ids=("001",))
    loaded.next_night().apply(night(loaded))
    change(erp, "UPDATE articles SET name = 'THREE', modified = 10 WHERE no = '003'")
    assert loaded.next_night().apply(night(loaded)).status == "done"  # 001 is held, and the mark moves past it
    loaded.sandbox.knobs = Knobs()
    again = loaded.next_night().project
    with again.ledger() as ledger:
        assert ledger.retry([q.id for q in ledger.quarantine()]) == 1
    plan = night(loaded)
    assert changed(plan) == [("update", "product", "001")]
    assert any("a record of it waits" in note for note in plan.manifest.notes)


def test_what_vanished_is_known_from_a_full_extract_only(loaded: Running, erp: Engine) -> None:
    change(erp, "DELETE FROM articles WHERE no = '002'", "DELETE FROM prices WHERE article = '002'")
    for _ in range(3):
        plan = night(loaded)
        assert not read(plan)["articles"][1]
        assert changed(plan) == []
        assert [w.wait for w in plan.waiting()] == []
        assert any("only what changed was read: articles" in note for note in plan.manifest.notes)
        assert not plan.manifest.refused, plan.manifest.verdicts
        assert loaded.next_night().apply(plan).status == "done"
    plan = night(loaded)
    assert read(plan)["articles"] == (2, True)
    assert ("retire", "product", "002") in changed(plan)


def test_a_full_extract_may_be_asked_for(loaded: Running, erp: Engine) -> None:
    change(erp, "DELETE FROM articles WHERE no = '002'", "DELETE FROM prices WHERE article = '002'")
    again = loaded.next_night()
    again.project.plan(loaded.folder / "full.plan", Silent(), full=True)
    plan = open_plan(loaded.folder / "full.plan")
    assert read(plan)["articles"] == (2, True)
    assert ("retire", "product", "002") in changed(plan)
    assert "articles: read whole, although there is a watermark: it was asked for" in plan.manifest.notes


def test_what_is_looked_into_is_read_whole(loaded: Running, erp: Engine) -> None:
    change(erp, "UPDATE articles SET brand = 'B', modified = 9 WHERE no = '001'")
    plan = night(loaded)
    assert read(plan)["brands"] == (2, True)
    assert list(plan.rejections()) == []
    assert changed(plan) == [("update", "product", "001")]
    assert "brands: read whole, although there is a watermark: a mapping looks into it" in " ".join(plan.manifest.notes)


def test_a_row_that_waits_for_another_is_read_until_it_came(loaded: Running, erp: Engine) -> None:
    change(erp, "INSERT INTO prices VALUES ('EUR', '004', 40, 4)")
    plan = night(loaded)
    assert [w.wait for w in plan.waiting()] == [Wait.PARKED]
    assert loaded.next_night().apply(plan).status == "done"
    change(erp, "INSERT INTO prices VALUES ('EUR', '001', 11, 5)", "DELETE FROM prices WHERE amount = 10")
    loaded.next_night().apply(night(loaded))
    change(erp, "INSERT INTO articles VALUES ('004', 'four', 'A', 9)")
    plan = night(loaded)
    assert changed(plan) == [("create", "product", "004"), ("create", "price", "EUR", "004")]
    assert loaded.next_night().apply(plan).status == "done"
    assert read(night(loaded))["prices"] == (1, False)


def test_a_row_that_was_refused_is_read_until_it_can_be_used(loaded: Running, erp: Engine) -> None:
    change(erp, "UPDATE articles SET brand = 'C', modified = 9 WHERE no = '001'")
    plan = night(loaded)
    assert [r.entity for r in plan.rejections()] == ["product"]
    assert not plan.manifest.refused  # one of three that there are, not one of the two that were read
    loaded.next_night().apply(plan)
    change(erp, "UPDATE articles SET name = 'THREE', modified = 10 WHERE no = '003'")
    loaded.next_night().apply(night(loaded))
    change(erp, "INSERT INTO brands VALUES ('C', 3)")
    plan = night(loaded)
    assert changed(plan) == [("update", "product", "001")]
    assert loaded.next_night().apply(plan).status == "done"
    assert read(night(loaded))["articles"] == (1, False)


def test_an_edited_mapping_reads_everything(loaded: Running, erp: Engine) -> None:
    mapping = loaded.folder / "mappings/product.yaml"
    mapping.write_text(PRODUCT.replace("fields:\n", "fields:\n  sku: no\n"))
    plan = night(loaded)
    assert read(plan)["articles"] == (3, True)
    assert len(changed(plan)) == 3
    loaded.next_night().apply(plan)
    assert read(night(loaded))["articles"] == (1, False)


def test_a_run_for_a_part_of_the_records_moves_no_mark(loaded: Running, erp: Engine) -> None:
    change(erp, "UPDATE articles SET name = 'ONE', modified = 9 WHERE no = '001'",
           "UPDATE articles SET name = 'TWO', modified = 8 WHERE no = '002'")  # fmt: skip
    again, out = loaded.next_night(), loaded.folder / "part.plan"
    for only in (Only(frozenset({"price"})), Only(key=("001",))):
        out.unlink(missing_ok=True)
        again.project.plan(out, Silent(), only=only)
        assert loaded.next_night().apply(open_plan(out)).status == "done"
    plan = night(loaded)
    assert read(plan)["articles"] == (3, False)
    assert changed(plan) == [("update", "product", "002")]


@pytest.mark.parametrize(
    ("dataset", "articles"),
    [
        ("{from: articles, where: \"brand = 'A'\"}", False),
        ("{from: articles, join: [{in: articles, on: {no: no}, take: {N: name}}]}", True),
        ("{from: articles, group: {by: [no], take: {name: {first: name}, brand: {first: brand}}}}", True),
        ("{from: articles, last: {by: [no], order: name}}", True),
        ("{from: articles, where: modified < today}", True),
        ('{from: articles, where: not (brand in ("A")) or modified + 1 > today}', True),
    ],
)
def test_which_datasets_have_to_be_read_whole(loaded: Running, dataset: str, articles: bool) -> None:
    mapping = loaded.folder / "mappings/product.yaml"
    mapping.write_text(PRODUCT.replace("from: articles", "from: chosen", 1) + f"datasets:\n  chosen: {dataset}\n")
    assert loaded.next_night().project.mappings.gathered() == {"brands", *(["articles"] if articles else [])}
