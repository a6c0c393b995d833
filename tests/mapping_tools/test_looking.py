"""check, schema, preview and explain, as an integrator uses them on the company's export."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from erp_sync.report.xml import indented
from tests.companies.running import MAPPINGS
from tests.mapping_tools.conftest import Edit, Run, golden


def test_a_right_mapping_is_said_to_be(company: Run) -> None:
    said = company("mapping", "check", "-q")
    assert (said.code, said.out) == (0, "29 entities: every row can be mapped.\n")


def test_everything_wrong_is_said_at_once_with_its_place(company: Run, edit: Edit) -> None:
    edit("mapping/product.yaml", "collection.id: Season Code", "collection.id: Seson Code")
    edit("mapping/warehouse.yaml", "from: Location", "from: Locaton")
    edit("mapping/market.yaml", "description:", "descripton:")
    said = company("mapping", "check", "-q")
    assert said.code == 2
    assert "mapping/market.yaml" in said.out  # the file is wrong by itself: the source is not looked at yet
    edit("mapping/market.yaml", "descripton:", "description:")
    said = company("mapping", "check", "-q")
    assert said.code == 2
    golden("check.txt", said.out)
    found = [json.loads(line) for line in company("mapping", "check", "-q", "--json").out.splitlines()]
    assert [f["file"] for f in found] == ["mapping/product.yaml", "mapping/warehouse.yaml"]
    assert company("mapping", "check", "-q", "--without-source").code == 0


def test_a_text_without_an_entry_is_counted_with_its_first_lines(company: Run, edit: Edit) -> None:
    edit("mapping/product.yaml", "{Nej: active, Ja: inactive}}\n  sku", "{Ja: inactive}}\n  sku")
    said = company("mapping", "check", "-q")
    assert said.code == 2
    assert "status: has no entry in `values`: " in said.out
    assert "export/Item.csv:2" in said.out


def test_the_schema_is_the_published_one(erp_sync: Run) -> None:
    assert erp_sync("mapping", "schema").out == (MAPPINGS / "mapping.schema.json").read_text("utf-8")


def test_preview_shows_rows_records_and_what_is_left_out(company: Run) -> None:
    golden("preview.txt", company("mapping", "preview", "buyer", "--rows", "1").out)


def test_preview_says_which_fields_are_not_sent_whenever_they_change(company: Run, edit: Edit) -> None:
    edit("mapping/product.yaml", "collection.id: Season Code", "collection.id: {from: Season Code, owner: centra}")
    edit("mapping/product.yaml", "  sku: No.\n", "  sku: {from: No., owner: create_only}\n")
    said = company("mapping", "preview", "product", "--rows", "1").out
    assert re.search(r'collection.id +"CORE"  never sent \(owner: centra\)$', said, re.M)
    assert re.search(r'sku +"00001"  sent at creation \(owner: create_only\)$', said, re.M)
    assert said.count("owner:") == 2


def test_preview_by_key_shows_the_record_and_all_below_it(company: Run) -> None:
    rows = [json.loads(line) for line in company("mapping", "preview", "--key", "00001", "--json").out.splitlines()]
    assert {"product", "variation", "variation_size", "stock"} <= {r["entity"] for r in rows}
    assert all(key["key"][0] == "00001" for r in rows for key in r["records"])
    assert company("mapping", "preview", "--key", "NONE").code == 2


def test_preview_of_rejected_rows_says_why(company: Run, edit: Edit) -> None:
    assert company("mapping", "preview", "product", "--rejected").out == "No row is rejected.\n"
    edit("export/Item.csv", "Nidingen Crew", "")
    golden("preview_rejected.txt", company("mapping", "preview", "product", "--rejected").out)


def test_explain_goes_from_the_row_to_the_xml(company: Run) -> None:
    golden("explain.txt", company("mapping", "explain", "product", "00001", "-q").out)


def test_explain_hides_what_is_personal(company: Run) -> None:
    hidden = company("mapping", "explain", "buyer", "B00001 / KT00002", "email", "-q").out
    shown = company("mapping", "explain", "buyer", "B00001 / KT00002", "email", "-q", "--show-personal").out
    assert "@" not in hidden
    assert "@" in shown


def test_explain_says_which_condition_left_a_row_out(company: Run) -> None:
    golden("explain_left_out.txt", company("mapping", "explain", "customer", "B00001", "-q").out)


def test_explain_says_why_a_row_is_rejected(company: Run, edit: Edit) -> None:
    edit("export/Item.csv", "Nidingen Crew", "")
    said = company("mapping", "explain", "product", "00001", "description", "-q")
    assert said.code == 0
    assert "is required, and is empty" in said.out
    assert "plan     not sent: rejected: " in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("prodct", "1"), 'did you mean "product"?'),
        (("product", "0001"), 'did you mean "00001"?'),
        (("product", "00001", "descripton"), 'did you mean "description"?'),
        (("variation", "00001"), 'type it as "PRODUCT / VARIATION"'),
    ],
)
def test_a_slip_of_the_keyboard_is_understood(company: Run, arguments: tuple[str, ...], message: str) -> None:
    said = company("mapping", "explain", "-q", *arguments)
    assert said.code == 2
    assert message in said.err


def test_explain_hides_what_is_personal_in_what_is_wrong(company: Run, edit: Edit) -> None:
    edit("mapping/customer.yaml", "email: E-Mail", "email: {from: E-Mail, transform: [gtin]}")
    said = company("mapping", "explain", "customer", "000001", "email", "-q").out
    assert '! "•••" is not an article number' in said
    assert "@" not in said


def test_of_what_is_personal_nothing_is_quoted(company: Run, edit: Edit) -> None:
    """Neither the texts that are wrong nor the candidates that a lookup found nor a name that is cut."""
    edit("mapping/customer.yaml", "email: E-Mail",
         "email: {lookup: {in: Contact, on: {Type: {value: Person}}, take: E-Mail}}")  # fmt: skip
    edit(
        "mapping/account.yaml",
        "      firstname: Contact",
        "      firstname: {from: Contact, transform: [{truncate: 3}]}",
    )
    for command in (["check"], ["explain", "customer", "000001"], ["preview", "customer", "--rejected"]):
        said = company("mapping", *command, "-q").out
        assert "several rows in Contact" in said
        assert "@" not in said
    said = company("mapping", "check", "-q").out
    assert "firstname was cut to 3 characters" in said
    assert company("plan", "-q").out.count("firstname was cut to 3 characters") == 1


def test_a_field_that_cannot_be_made_hides_nothing_of_the_others(company: Run, edit: Edit) -> None:
    edit("mapping/product.yaml", "collection.id: Season Code", "collection.id: Seson Code")
    edit("mapping/product.yaml", "{Nej: active, Ja: inactive}}\n  sku", "{Nej: active}}\n  sku")
    said = company("mapping", "check", "-q").out
    assert 'no column "Seson Code" in Item' in said
    assert 'status: has no entry in `values`: 3 rows: "Ja" 3x' in said


def test_rows_that_cannot_be_read_are_wrong_too(company: Run, edit: Edit) -> None:
    edit("export/Location.csv", "VENLO;", "VENLO;;")
    said = company("mapping", "check", "-q")
    assert said.code == 2
    assert said.out.startswith("export/Location.csv:3: error: Location: 1 row cannot be read: expected 2 cells")


def test_ids_that_come_twice_are_wrong(company: Run, edit: Edit) -> None:
    edit("mapping/shippingterms.yaml", "{shippingterms: Code}", '{shippingterms: {value: "DDP"}}')
    said = company("mapping", "check", "-q")
    assert said.code == 2
    assert (
        "mapping/shippingterms.yaml:2:1: error: shippingterms: 1 id comes from 4 rows that differ: export/" in said.out
    )


def test_indented_xml_keeps_texts_and_empty_elements() -> None:
    document = b"<c:a><c:id>1 &amp; 2</c:id><c:b><c:d></c:d><c:e/></c:b></c:a>"
    assert indented(document) == "<a>\n  <id>1 &amp; 2</id>\n  <b>\n    <d></d>\n    <e/>\n  </b>\n</a>\n"


def test_golden_files_are_all_used() -> None:
    here = Path(__file__).parent
    used = "".join(p.read_text("utf-8") for p in here.glob("test_*.py"))
    assert [p.name for p in (here / "golden").iterdir() if f'"{p.name}"' not in used] == []
