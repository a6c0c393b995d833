"""A mapping proposed from data: what is guessed and why, and that it holds on the very data."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from erp_sync.centra.catalog import CATALOG
from erp_sync.cli.mapping.scaffold import columns_of
from erp_sync.errors import FixMapping
from erp_sync.mapping import check_source, load_mappings
from erp_sync.mapping.scaffold import Column, Proposal, look_at, propose, written
from erp_sync.mapping.scaffold.names import match_field, match_key, plain_name
from erp_sync.ports import Chunk, Source
from erp_sync.wiring import open_project
from tests.companies.databases import DATA
from tests.companies.running import LOGIN, MAPPINGS
from tests.mapping.conftest import NOW
from tests.mapping_tools.conftest import COMPANY, Run, golden

SAMPLES = pytest.mark.skipif(not DATA.is_dir(), reason="the sample data is not on this machine")


def proposals(source: Source, tmp_path: Path) -> tuple[int, int]:
    """Every dataset as every entity: how many have an identity, and how many have not. All of them hold on all rows."""
    complete = incomplete = 0
    with source.open() as extract:
        for dataset in source.datasets():
            columns = look_at(extract.chunks(dataset, columns_of(source, dataset)))
            for entity in CATALOG:
                proposal = propose(CATALOG, entity.name, dataset, columns)
                (tmp_path / "proposed.yaml").write_text(written(proposal, "mapping.schema.json"), "utf-8")
                if not proposal.complete:
                    incomplete += 1
                    with pytest.raises(FixMapping, match=f"the identity of {entity.name} lacks"):
                        load_mappings(tmp_path, CATALOG, {})
                    continue
                complete += 1
                findings = check_source(load_mappings(tmp_path, CATALOG, {}), extract, NOW)
                assert [str(f) for f in findings] == [], f"{entity.name} from {dataset}"
    return complete, incomplete


def test_every_proposal_holds_on_the_companys_export(tmp_path: Path) -> None:
    complete, incomplete = proposals(open_project(COMPANY / "erp-sync.yaml", None, LOGIN).source, tmp_path)
    assert complete > 250
    assert incomplete > 0


@SAMPLES
@pytest.mark.slow
def test_every_proposal_holds_on_adventureworks(tmp_path: Path) -> None:
    project = MAPPINGS / "adventureworks" / "project" / "erp-sync.yaml"
    source = open_project(project, None, {**LOGIN, "ADVENTUREWORKS": str(DATA / "adventureworks")}).source
    complete, _ = proposals(source, tmp_path)
    assert complete > 200


@SAMPLES
@pytest.mark.slow
def test_every_proposal_holds_on_northwind(tmp_path: Path) -> None:
    project = MAPPINGS / "northwind" / "project" / "erp-sync.yaml"
    database = f"sqlite:///{DATA / 'northwind' / 'northwind.db'}"
    complete, _ = proposals(open_project(project, None, {**LOGIN, "ERP_DATABASE": database}).source, tmp_path)
    assert complete > 40


@pytest.mark.parametrize(
    ("entity", "dataset", "name"),
    [
        ("product", "Item", "scaffold_product.yaml"),
        ("account", "Customer", "scaffold_account.yaml"),
        ("stock", "Stock", "scaffold_stock.yaml"),
        ("invoice", "Sales Invoice Header", "scaffold_invoice.yaml"),
        ("deliverywindow", "Delivery Window", "scaffold_deliverywindow.yaml"),
    ],
)
def test_what_is_proposed(company: Run, entity: str, dataset: str, name: str) -> None:
    said = company("mapping", "scaffold", "--entity", entity, "--dataset", dataset, "-q")
    assert said.code == 0
    golden(name, said.out)


def test_it_is_written_into_a_file_that_passes_the_check_and_never_over_one(company: Run, tmp_path: Path) -> None:
    arguments = (
        "mapping",
        "scaffold",
        "--entity",
        "warehouse",
        "--dataset",
        "Location",
        "-q",
        "--out",
        "new/warehouse.yaml",
    )
    said = company(*arguments)
    assert (said.code, said.out) == (0, "wrote new/warehouse.yaml\n")
    assert said.err == "erp-sync: 1 field from 2 rows, tried on every row: none is rejected\n"
    again = company(*arguments)
    assert again.code == 2
    assert "is there already" in again.err
    project = tmp_path / "erp-sync.yaml"
    project.write_text(project.read_text("utf-8").replace("mappings: mapping", "mappings: new"), "utf-8")
    assert company("mapping", "check", "-q").out == "1 entities: every row can be mapped.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--entity", "prodct", "--dataset", "Item"), 'did you mean "product"?'),
        (("--entity", "product", "--dataset", "Itm"), 'did you mean "Item"?'),
    ],
)
def test_a_slip_of_the_keyboard_is_understood(company: Run, arguments: tuple[str, ...], message: str) -> None:
    said = company("mapping", "scaffold", *arguments, "-q")
    assert said.code == 2
    assert message in said.err


def test_a_lost_identity_is_said(company: Run) -> None:
    said = company("mapping", "scaffold", "--entity", "stock", "--dataset", "Stock", "-q")
    assert "no column was found for size" in said.err


def test_personal_samples_are_hidden_until_asked_for(company: Run) -> None:
    arguments = ("mapping", "scaffold", "--entity", "customer", "--dataset", "Customer", "-q")
    assert "@" not in company(*arguments).out
    assert "@" in company(*arguments, "--show-personal").out


def proposed(entity: str, /, **columns: list[str | None]) -> Proposal:
    names = {name.replace("__", " "): pa.array(texts, pa.string()) for name, texts in columns.items()}
    frame = pd.DataFrame({n: pd.arrays.ArrowExtensionArray(a) for n, a in names.items()})
    return propose(CATALOG, entity, "items", look_at([Chunk("items", "items.csv", frame)]))


def lines(proposal: Proposal) -> list[str]:
    return [line for line in written(proposal, "s").splitlines() if line and not line.lstrip().startswith("#")][2:]


def test_german_names_and_values() -> None:
    made = proposed("product", Artikelnr=["007", "008"], Bezeichnung=["Schal", " Mütze"], Gesperrt=["ja", None],
                    Ursprungsland=["Österreich", "Portugal"], Nettogewicht=["1.200,50 g", "0,5 g"])  # fmt: skip
    assert lines(made) == [
        "key:",
        "  product: Artikelnr",
        "fields:",
        '  status: {from: Gesperrt, values: {ja: inactive, "": active}}',
        "  sku: Artikelnr",
        "  description: {from: Bezeichnung, transform: [strip]}",
        "  countryoforigin: {from: Ursprungsland, transform: [country]}",
        '  weight.value: {from: Nettogewicht, transform: [{decimal: {decimal: ",", thousands: ".", without: " g"}}]}',
    ]


def test_swedish_names_and_values() -> None:
    made = proposed(
        "customer",
        Kundnr=["1", "2"],
        Förnamn=["Åsa", "Bo"],
        Efternamn=["Ek", "Berg"],
        Gatuadress=["A 1", ""],
        Postnr=["111 22", ""],
        Postort=["Lund", ""],
        Land=["Sverige", "Norge"],
        E__post=["a@b.se", None],
    )
    assert lines(made)[1:] == [
        "  customer: Kundnr",
        "fields:",
        "  firstname: Förnamn",
        "  lastname: Efternamn",
        "  address1: Gatuadress",
        "  city: Postort",
        "  zipcode: Postnr",
        "  country: {from: Land, transform: [country]}",
        "  email: E post",
    ]


def test_a_barcode_is_known_by_what_it_holds() -> None:
    made = proposed(
        "variation_size", Style=["1", "2"], Colour=["R", "R"], Size=["M", "M"], Field7=["4006381333931", "73513537"]
    )
    assert "  ean: {from: Field7, transform: [gtin]}" in lines(made)
    wrong = proposed("variation_size", Style=["1"], Colour=["R"], Size=["M"], EAN=["4006381333932"])
    assert "  ean: EAN" in lines(wrong)
    assert "not all are article numbers with a right check digit" in written(wrong, "s")


@pytest.mark.parametrize(
    ("texts", "chain"),
    [
        (["2026-11-24", None], "startdate: Start Date"),
        (["2026-11-24 13:00:00", ""], "startdate: {from: Start Date, transform: [{date: iso}]}"),
        (["24.11.2026", "01.02.2026"], "startdate: {from: Start Date, transform: [{date: german}]}"),
        (["11/24/2026", "01/02/2026"], "startdate: {from: Start Date, transform: [{date: american}]}"),
        (["24/11/2026"], "startdate: {from: Start Date, transform: [{date: british}]}"),
        (["20261124"], "startdate: {from: Start Date, transform: [{date: compact}]}"),
        (["1753-01-01 00:00:00", "2026-11-24 00:00:00"],
         'startdate: {from: Start Date, transform: [{date: {form: iso, none: ["1753-01-01"]}}]}'),
    ],
)  # fmt: skip
def test_forms_of_dates(texts: list[str | None], chain: str) -> None:
    made = proposed("deliverywindow", Code=[str(n) for n in range(len(texts))], Start__Date=texts)
    assert f"  {chain}" in lines(made)


def test_what_could_be_read_in_two_ways_is_doubted() -> None:
    dates = written(proposed("deliverywindow", Code=["1"], Start__Date=["01/02/2026"]), "s")
    assert "TODO: they could as well be american" in dates
    numbers = written(proposed("product", No=["1"], Weight=["1.500"]), "s")
    assert "TODO: the points could stand between thousands" in numbers


def test_a_column_of_the_right_name_with_the_wrong_values_is_told() -> None:
    text = written(
        proposed("product", No=["1", "2"], Weight=["heavy", "light"], Country__of__Origin=["Atlantis", ""]), "s"
    )
    assert '"Weight" is called like weight.value, but holds what is no decimal' in text
    assert '"Country of Origin" is called like countryoforigin, but holds what is no country' in text


def test_an_unknown_word_for_the_status_is_left_to_a_person() -> None:
    made = proposed("product", No=["1", "2", "3"], Status=["Active", "Closed", "Maybe: later"])
    assert '  status: {from: Status, values: {Active: active, Closed: inactive, "Maybe: later": }}' in lines(made)
    assert 'TODO: what does "Maybe: later" mean?' in written(made, "s")


def test_rows_without_an_id_are_left_out() -> None:
    assert 'where: "{Item No} is not empty"' in lines(proposed("product", Item__No=["1", ""], Name=["A", "B"]))


def test_names_of_columns_that_yaml_or_conditions_would_misread(tmp_path: Path) -> None:
    odd = [
        "No.",
        "yes",
        "null",
        "a: b",
        "x #1",
        "%",
        "- a",
        "{b}",
        "[c]",
        'say "d"',
        "e,f",
        " g",
        "*h",
        "&i",
        "!j",
        "123",
        "ä\u2028ö",
    ]
    columns = [Column(name, pa.array(["1", "2"], pa.string())) for name in odd]
    proposal = propose(CATALOG, "product", 'data: "set" #1', columns)
    (tmp_path / "p.yaml").write_text(written(proposal, "s"), "utf-8")
    (unit,) = load_mappings(tmp_path, CATALOG, {}).units
    assert (unit.dataset, unit.columns) == ('data: "set" #1', frozenset({"No."}))
    for name in odd:
        one = propose(CATALOG, "warehouse", "d", [Column(name, pa.array(["1", "2"], pa.string()))])
        (tmp_path / "p.yaml").write_text(written(one, "s"), "utf-8")
        (unit,) = load_mappings(tmp_path, CATALOG, {}).units
        assert unit.columns == frozenset({name})


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Item No_", "item no"),
        ("ItemNo", "item no"),
        ("EAN13Code", "ean13 code"),
        ("Länder-/Regionscode", "lander regionscode"),
        ("x_studio_colour", "x studio colour"),
        ("VAT %", "vat percent"),
        ("Straße", "strasse"),
    ],
)
def test_names_are_compared_plainly(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_near_names_and_other_things() -> None:
    assert match_field("customer", "address2", "Address 3").score == 0.0
    assert match_field("product", "description", "Desciption").score > 0.7
    assert match_field("invoice", "billingaddress.city", "City").score == 0.0
    assert match_key("product", "product", "MATNR").known == "matnr"


def test_binary_columns_are_left_alone(erp_sync: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(tmp_path / "erp.db") as database:
        database.execute("CREATE TABLE items (no TEXT, name TEXT, picture BLOB)")
        database.execute("INSERT INTO items VALUES ('1', 'Scarf', x'ff00')")
    database.close()
    text = (MAPPINGS / "northwind" / "project" / "erp-sync.yaml").read_text("utf-8")
    (tmp_path / "erp-sync.yaml").write_text(
        text.replace("Customers: {table: Customers}", "items: {table: items}"), "utf-8"
    )
    monkeypatch.setenv("ERP_DATABASE", f"sqlite:///{tmp_path / 'erp.db'}")
    said = erp_sync("mapping", "scaffold", "--entity", "product", "--dataset", "items", "-q")
    assert said.code == 0
    assert "  description: name\n" in said.out
    assert "picture" not in said.out
    assert "none is rejected" in said.err
