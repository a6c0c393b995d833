"""erp-sync mapping test: what it says, what it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from tests.mapping_tools.conftest import Run, golden

MAPPING = """
    parameters: {stage: "1"}
    datasets:
      for sale: {from: items, where: Ends is empty or Ends >= today}
    entity: product
    from: for sale
    key: {product: No}
    owner: erp
    fields:
      status: {from: Blocked, values: {"0": active, "1": inactive}}
      description: {from: Name, transform: [strip], required: true}
      sku: {template: "${stage}-{No}"}
      comment: {from: Note, owner: centra}
      brand.description: {lookup: {in: brands, on: {Code: Brand}, take: Name}}
    parts:
      - entity: variation
        from: variants
        key: {product: Item, variation: Code}
        fields: {description: Colour}
"""
TESTS = """
    # what these tests are for
    rows:
      brands: [{Code: A, Name: Adler}]   # every test has it

    tests:
      - name: an item
        rows:
          items:
            - {No: 007, Blocked: 0, Name: " Scarf ", Brand: A, Note: x}
            - {No: 8, Blocked: 1, Name: Hat,
               Brand: null}
        expect:
          records:
            product:
              007:
                description: Scarf   # without blanks
                status: inactive
                brand.description: 'Adler'
              9: {description: Gone}

      - name: the second
        today: 2026-11-24
        rows:
          items:
            - {No: 1, Name: Old, Ends: 2026-11-23, Blocked: 0}
            - {No: 2, Name: "", Ends: 2026-11-24, Blocked: 0}
            - {No: 3, Name: New, Ends: null, Blocked: "00"}
          variants:
            - {Item: 1, Code: R, Colour: Red}
            - {Item: 1, Code: R, Colour: Rot}
        expect:
          rejections:
            - row: items:2   # no name
              reason: is required
            - {row: "items:1", reason: never}

      - name: nothing is expected yet
        rows:
          items: [{No: 1, Name: Scarf, Blocked: 0}]

      - name: as XML
        parameters: {stage: "2"}
        rows:
          items: [{No: 1, Name: Scarf, Blocked: 0, Note: "Centra's own"}]
          variants: [{Item: 1, Code: R, Colour: ""}]
        expect:
          xml: |
            <product>
              <id>1</id>
            </product>
"""


@pytest.fixture
def tests(tmp_path: Path, erp_sync: Run) -> Run:
    """A mapping and its tests in a folder of their own, with nothing else beside."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "product.yaml").write_text(dedent(MAPPING), "utf-8")
    (tmp_path / "m" / "product.test.yaml").write_text(dedent(TESTS), "utf-8")
    return lambda *arguments: erp_sync("mapping", "test", *(arguments or ("m",)))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_differences_are_told_field_by_field(tests: Run) -> None:
    said = tests()
    assert said.code == 1
    golden("test_failed.txt", said.out)


def test_update_writes_what_comes_out_and_keeps_the_rest(tests: Run, tmp_path: Path) -> None:
    said = tests("m", "--update")
    assert said.code == 0
    assert said.out.endswith("0 passed, 4 written: read them before you trust them.\n")
    written = (tmp_path / "m" / "product.test.yaml").read_text("utf-8")
    golden("test_updated.yaml", written)
    assert tests().out.endswith("4 passed.\n")
    assert tests("m", "--update").out.endswith("4 passed.\n")
    assert (tmp_path / "m" / "product.test.yaml").read_text("utf-8") == written


def test_an_update_touches_only_the_test_that_differs(tests: Run, tmp_path: Path) -> None:
    tests("m", "--update")
    path = tmp_path / "m" / "product.test.yaml"
    before = path.read_text("utf-8")
    replace(path, "description: Scarf   # without blanks", "description: Shawl   # without blanks")
    assert tests("m", "--update").out.endswith("3 passed, 1 written: read them before you trust them.\n")
    assert path.read_text("utf-8").replace("Scarf # without", "Scarf   # without") == before.replace(
        "Scarf # without", "Scarf   # without"
    )


def test_tests_are_chosen_by_file_and_name(tests: Run, tmp_path: Path) -> None:
    assert tests("m/product.yaml", "--name", "XML").out.count("FAILED") == 1
    assert "as XML" in tests("m/product.test.yaml", "--name", "xml").out
    assert tests("m", "--name", "no such").code == 2
    (tmp_path / "m" / "product.test.yaml").rename(tmp_path / "m" / "other.test.yaml")
    replace(tmp_path / "m" / "other.test.yaml", "tests:", "mapping: product.yaml\ntests:")
    assert tests("m/other").code == 1
    assert "there is no test of m/product" in tests("m/product").err


def test_json_is_one_object_per_test(tests: Run) -> None:
    rows = [json.loads(line) for line in tests("m", "--json").out.splitlines()]
    assert (rows[0]["file"], rows[0]["test"], rows[0]["ok"]) == ("m/product.test.yaml", "an item", False)
    assert rows[0]["differences"][0] == {
        "at": "m/product.test.yaml:18:13",
        "what": "product 007, status",
        "lines": [
            {"word": "expected", "text": '"inactive"'},
            {"word": "got", "text": '"active"'},
            {"word": "from", "text": "items:1, m/product.yaml:10:3"},
        ],
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Name: Hat", "Nam: Hat", '11:31: the mapping reads no column "Nam" of items\n  did you mean "Name"?'),
        ("variants:\n        - {Item: 1, Code: R, Colour: Red}", "variant:\n        - {Item: 1, Code: R, Colour: Red}",
         '29:7: the mapping reads no dataset "variant"\n  did you mean "variants"?'),
        ("description: Gone", "desription: Gone",
         'the mapping sets no desription of product\n  did you mean "description"?'),
        ("        product:\n          007", "        prodct:\n          007",
         '15:9: the mapping makes no prodct\n  did you mean'),
        ("today: 2026-11-24", "today: 24.11.2026", '"24.11.2026" is not a day\n  write it as 2026-11-24'),
        ("name: the second", "name: an item", '"an item" stands twice, first in line 7'),
        ("expect:\n      xml", "expects:\n      xml", 'unknown key "expects"\n  did you mean "expect"?'),
        ("Name: Hat", "Name: [Hat]", "expected text, got a list"),
        ("# what these", "mapping: prod.yaml  # what these",
         "there is no m/prod.yaml\n  did you mean \"product.yaml\"?"),
        ('stage: "2"', 'stagee: "2"', ""),
        ("as XML", "[as XML", "a bracket that is not closed"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_file_is_told_with_its_place(
    tests: Run, tmp_path: Path, old: str, new: str, said: str
) -> None:
    replace(tmp_path / "m" / "product.test.yaml", old, new)
    found = tests()
    assert said in found.err
    assert found.code == (2 if said else 1)


def test_a_key_with_too_few_ids_is_told(tests: Run, tmp_path: Path) -> None:
    replace(tmp_path / "m" / "product.test.yaml", "          9: {description: Gone}", "        variation: {R: {}}")
    assert '"R" is no key of a variation\n  it has 2 ids: PRODUCT / VARIATION' in tests().err


def test_a_wrong_mapping_is_told_as_ever(tests: Run, tmp_path: Path) -> None:
    replace(tmp_path / "m" / "product.yaml", "description: {from", "descripton: {from")
    found = tests()
    assert found.code == 2
    assert 'm/product.yaml:11:3: "descripton" is no field of product' in found.err


def test_a_file_that_makes_no_records_has_nothing_to_test(tests: Run, tmp_path: Path) -> None:
    (tmp_path / "m" / "shared.yaml").write_text("fragments: {a: {from: X}}\n", "utf-8")
    (tmp_path / "m" / "shared.test.yaml").write_text("tests: [{name: a}]\n", "utf-8")
    assert "m/shared.yaml makes no records" in tests("m/shared").err


def test_one_wrong_file_does_not_hide_the_others(tests: Run, tmp_path: Path) -> None:
    (tmp_path / "m" / "another.test.yaml").write_text("", "utf-8")
    found = tests()
    assert found.code == 2
    assert "m/another.test.yaml:" in found.err
    assert "FAILED   an item" in found.out


def test_a_test_in_braces_cannot_be_written_into(tests: Run, tmp_path: Path) -> None:
    (tmp_path / "m" / "product.test.yaml").write_text("tests: [{name: a, rows: {items: []}}]\n", "utf-8")
    found = tests("m", "--update")
    assert found.code == 2
    assert "write each of its keys on a line of its own" in found.err


def test_a_test_may_begin_with_what_it_expects(tests: Run, tmp_path: Path) -> None:
    path = tmp_path / "m" / "product.test.yaml"
    path.write_text(
        "tests:\n- expect:\n    records:\n      product: {}\n  name: a\n  rows:\n    items:\n"
        "    - {No: 1, Name: A, Blocked: 0}\n# the end\n",
        "utf-8",
    )
    tests("m", "--update")
    text = path.read_text("utf-8")
    assert text.startswith("tests:\n- expect:\n    records:\n      product:")
    assert text.endswith("# the end\n")
    assert tests().code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rows: &r {items: []}\ntests:\n- name: a\n  expect:\n    records: {product: *r}\n", "expected"),
        ("tests:\n- name: a\n  rows: &r {items: []}\n  expect:\n    records: {product: {9: &x {}, 8: *x}}\n", ""),
        ("x: 1\ntests: [{name: a}]\n", 'unknown key "x"'),
        ("tests:\n- name: &n a\n  expect:\n    records: {product: {*n : {}}}\n", "with an alias"),
        ('tests:\n- name: "a\u2028b"\n', "takes for the end of a line"),
    ],
)
def test_an_odd_file_is_refused_or_written_but_never_spoilt(tests: Run, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m" / "product.test.yaml"
    path.write_text(text, "utf-8")
    found = tests("m", "--update")
    assert said in found.err
    assert found.code == (2 if said else 0)
    assert not said or path.read_text("utf-8") == text


def test_an_update_keeps_the_ends_of_lines(tests: Run, tmp_path: Path) -> None:
    path = tmp_path / "m" / "product.test.yaml"
    path.write_bytes(b"tests:\r\n- name: a\r\n  rows:\r\n    items: [{No: 1, Name: A, Blocked: 0}]\r\n  expect:\r\n"
                     b"    records:\r\n    rejections:\r\n    - {row: x, reason: y}\r\n")  # fmt: skip
    assert tests("m", "--update").code == 0
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n")
    assert tests("m").code == 0


def test_the_projects_tests_are_run_with_its_parameters(company: Run, tmp_path: Path) -> None:
    said = company("mapping", "test")
    assert said.code == 0
    assert said.out.endswith("41 passed.\n")
    replace(tmp_path / "erp-sync.yaml", 'webshop: "1"', 'webshop: "9"')
    said = company("mapping", "test", "customer")
    assert said.code == 1
    assert 'expected  "1"\n      got       "9"' in said.out


def test_a_projects_unknown_test_is_told(company: Run) -> None:
    said = company("mapping", "test", "prodct")
    assert said.code == 2
    assert 'did you mean "product"?' in said.err


def test_the_schema_of_tests_is_the_published_one(erp_sync: Run) -> None:
    published = Path(__file__).parents[2] / "mappings" / "test.schema.json"
    assert erp_sync("mapping", "schema", "--tests").out == published.read_text("utf-8")
