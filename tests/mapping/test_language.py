"""Every key of the language, on rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from erp_sync.errors import FixMapping
from erp_sync.mapping import MappingSet
from tests.mapping.conftest import Result

Run = Callable[..., Result]


def one(fields: str, extra: str = "") -> str:
    """A mapping of products with these fields."""
    return f"entity: product\nfrom: items\nkey: {{product: No}}\n{extra}fields:\n" + "".join(
        f"  {line}\n" for line in fields.strip().splitlines()
    )


def fields_of(
    run: Run, fields: str, rows: list[dict[str, str | None]], extra: str = "", **more: object
) -> list[object]:
    """The first field of each record, or the reason why there is none."""
    numbered = [{"No": str(n)} | row for n, row in enumerate(rows)]
    got = run(one(fields, extra), {"items": numbered} | more)
    refused = {r.key: r.reason for r in got.rejections}
    out: list[object] = []
    for row in numbered:
        record = got.records["product"].get(str(row["No"]))
        out.append(next(iter(record.values())) if record is not None else "! " + refused[row["No"]])
    return out


def test_values_with_each_otherwise(run: Run) -> None:
    rows: list[dict[str, str | None]] = [{"X": "a"}, {"X": "z"}, {"X": ""}, {"X": None}]

    def with_(otherwise: str) -> list[object]:
        return fields_of(run, f"sku: {{from: X, values: {{a: A}}{otherwise}}}", rows)

    assert with_("") == ["A", '! "z" has no entry in `values`', "", None]
    assert with_(", otherwise: keep") == ["A", "z", "", None]
    assert with_(", otherwise: unset") == ["A", None, "", None]
    assert with_(", otherwise: blank") == ["A", "", "", None]
    assert with_(", otherwise: {value: Q}") == ["A", "Q", "", None]
    assert fields_of(run, 'sku: {from: X, values: {a: A, z: , "": none}}', rows) == ["A", None, "none", "none"]


def test_first_of_takes_the_first_that_is_not_empty_and_stops_at_what_is_wrong(run: Run) -> None:
    field = "weight.value: {first_of: [{from: A, transform: [decimal]}, B, {value: '1'}]}"
    rows: list[dict[str, str | None]] = [
        {"A": "2", "B": "x"},
        {"A": "", "B": "3"},
        {"A": None, "B": None},
        {"A": "q", "B": "3"},
    ]
    assert fields_of(run, field, rows) == ["2", "3", "1", '! "q" is not a number as this mapping expects them (1234.5)']
    assert fields_of(run, "sku: {first_of: [A, B]}", [{"A": "", "B": None}, {"A": None, "B": None}]) == ["", None]


def test_when_takes_the_first_branch_that_holds(run: Run) -> None:
    field = """
sku:
  when:
    - {if: 'T = "1"', then: {value: one}}
    - {if: "N > 5", then: {from: B, transform: [upper]}}
    - {else: {value: rest}}
"""
    rows: list[dict[str, str | None]] = [
        {"T": "1", "N": "bad", "B": "b"}, {"T": "", "N": "6", "B": "b"}, {"T": "", "N": "1", "B": "b"},
        {"T": "", "N": "bad", "B": "b"},
    ]  # fmt: skip
    assert fields_of(run, field, rows) == [
        "one", "B", "rest", '! "bad" is not a number: expected digits with a decimal point, such as 1234.5',
    ]  # fmt: skip
    assert fields_of(run, """sku: {when: [{if: 'T = "1"', then: {value: one}}]}""", rows[:2]) == ["one", None]


def test_templates(run: Run) -> None:
    rows: list[dict[str, str | None]] = [
        {"A": "x", "B": "y"},
        {"A": "x", "B": ""},
        {"A": "", "B": ""},
        {"A": None, "B": None},
    ]
    assert fields_of(run, 'sku: {template: "{A}[ / {B}]"}', rows) == ["x / y", "x", "", None]
    assert fields_of(run, 'sku: {template: "{{{A}}} [[{B}]]"}', rows[:2]) == ["{x} [y]", "{x} []"]


def test_a_key_made_by_a_template_needs_every_column_outside_brackets(run: Run) -> None:
    mapping = 'entity: warehouse\nfrom: w\nkey: {warehouse: {template: "{A}-{B}[-{C}]"}}\n'
    got = run(mapping, {"w": [{"A": "1", "B": "2", "C": ""}, {"A": "1", "B": "", "C": "3"}]})
    assert list(got.records["warehouse"]) == ["1-2"]
    assert got.refused == ["w.csv:3 None None None no key: warehouse is empty"]


def test_calculate(run: Run) -> None:
    rows: list[dict[str, str | None]] = [
        {"A": "10", "B": "2.5"},
        {"A": "10", "B": ""},
        {"A": "x", "B": "1"},
        {"A": "1", "B": "0"},
    ]
    assert fields_of(run, 'weight.value: {calculate: "A - B"}', rows[:3]) == [
        "7.5", None, '! "x" is not a number: expected digits with a decimal point, such as 1234.5',
    ]  # fmt: skip
    assert fields_of(run, 'weight.value: {calculate: "A / B"}', rows[3:]) == [
        "! cannot be calculated: divided by zero or by too long a number"
    ]


def test_with_names_expressions_for_all_that_stands_beside_it(run: Run) -> None:
    field = """
weight.value:
  with:
    net: {from: N, transform: [{decimal: {decimal: ","}}]}
    gross: {calculate: "net + 1"}
  calculate: gross * 2
"""
    assert fields_of(run, field, [{"N": "1,5"}]) == ["5"]
    extra = 'with: {code: {from: N, transform: [upper]}}\nwhere: code != "X"\n'
    got = run(one("sku: {template: '{code}!'}", extra), {"items": [{"No": "1", "N": "a"}, {"No": "2", "N": "x"}]})
    assert got.records["product"] == {"1": {"sku": "A!"}}


BRANDS: list[dict[str, str | None]] = [
    {"Code": "A", "Name": "Adidas", "Live": "1"}, {"Code": "B", "Name": "Bik Bok", "Live": "1"},
    {"Code": "B", "Name": "Bikbok", "Live": "0"}, {"Code": "C", "Name": "Same", "Live": "1"},
    {"Code": "C", "Name": "Same", "Live": "0"}, {"Code": "", "Name": "Nobody", "Live": "1"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", ["Adidas", "! several rows", "Same", None, "! no row in brands where Code = \"Z\""]),
        (", several: first", ["Adidas", "Bik Bok", "Same", None, "! no row"]),
        (", several: last", ["Adidas", "Bikbok", "Same", None, "! no row"]),
        (", several: first, none: unset", ["Adidas", "Bik Bok", "Same", None, None]),
        (", several: first, none: blank", ["Adidas", "Bik Bok", "Same", None, ""]),
        (", several: first, none: {value: Own}", ["Adidas", "Bik Bok", "Same", None, "Own"]),
        (""", where: 'Live = "1"', none: unset""", ["Adidas", "Bik Bok", "Same", None, None]),
    ],
)  # fmt: skip
def test_lookups_with_none_one_and_several_matches(run: Run, options: str, expected: list[str | None]) -> None:
    rows: list[dict[str, str | None]] = [{"B": b} for b in ("A", "B", "C", "", "Z")]
    field = f"sku: {{lookup: {{in: brands, on: {{Code: B}}, take: Name{options}}}}}"
    got = fields_of(run, field, rows, brands=BRANDS)
    assert [g if e is None else str(g)[: len(e)] for g, e in zip(got, expected, strict=True)] == expected


def test_a_lookup_by_several_columns_and_expressions_taking_an_expression(run: Run) -> None:
    field = """
sku:
  lookup:
    in: prices
    on: {Item: No, List: {value: RETAIL}}
    take: {from: Price, transform: [{decimal: {decimal: ","}}]}
"""
    prices = [{"Item": "0", "List": "B2B", "Price": "5"}, {"Item": "0", "List": "RETAIL", "Price": "9,50"},
              {"Item": "1", "List": "RETAIL", "Price": "free"}]  # fmt: skip
    assert fields_of(run, field, [{}, {}], prices=prices) == [
        "9.5", '! prices.csv:4: "free" is not a number as this mapping expects them (1234,5)',
    ]  # fmt: skip


def test_a_fallback_between_levels_is_a_first_of_lookups(run: Run) -> None:
    field = """
sku:
  first_of:
    - {lookup: {in: special, on: {Item: No}, take: Price}}
    - {lookup: {in: normal, on: {Item: No}, take: Price}}
"""
    got = fields_of(run, field, [{}, {}, {}], special=[{"Item": "0", "Price": "1"}],
                    normal=[{"Item": "0", "Price": "2"}, {"Item": "1", "Price": "3"}])  # fmt: skip
    assert got == ["1", "3", '! no row in normal where Item = "2"']


def test_lookups_inside_lookups(run: Run) -> None:
    field = """
sku:
  lookup:
    in: models
    on: {Model: No}
    take: {lookup: {in: names, on: {Id: NameId}, take: Text}}
"""
    got = fields_of(run, field, [{}], models=[{"Model": "0", "NameId": "7"}], names=[{"Id": "7", "Text": "Bike"}])
    assert got == ["Bike"]


def test_blank_and_required(run: Run) -> None:
    rows: list[dict[str, str | None]] = [{"X": ""}, {"X": None}]
    assert fields_of(run, "description: X", rows) == ["", None]
    assert fields_of(run, "countryoforigin: X", rows) == [None, None]
    assert fields_of(run, "countryoforigin: {from: X, blank: blank}", rows) == ["", None]
    assert fields_of(run, "description: {from: X, blank: unset}", rows) == [None, None]
    assert fields_of(run, "description: {from: X, blank: reject}", rows) == ["! is empty", None]
    assert fields_of(run, "description: {from: X, required: true}", rows) == ["! is required, and is empty"] * 2


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("status", "Active", "active"),
        ("status", "live", '! "live" is not one of inactive, active, canceled: translate it with `values`'),
        ("weight.value", "007.10", "7.1"),
        ("weight.value", "1,5", '! "1,5" is not a number: expected digits with a decimal point, such as 1234.5'),
        ("countryoforigin", "se", "SE"),
        ("countryoforigin", "SWE",
         '! "SWE" is not a two-letter country code: translate it with the transform `country`'),
    ],
)  # fmt: skip
def test_texts_are_brought_into_the_form_of_their_kind(run: Run, field: str, text: str, expected: str) -> None:
    assert fields_of(run, f"{field}: X", [{"X": text}]) == [expected]


def test_kinds_of_other_entities(run: Run) -> None:
    mapping = "entity: deliverywindow\nfrom: d\nkey: {deliverywindow: No}\nfields: {startdate: S, atonce: A, ref: R}\n"
    got = run(mapping, {"d": [
        {"No": "1", "S": "2026-11-24 00:00:00.000", "A": "1", "R": ""},
        {"No": "2", "S": "24.11.2026", "A": "x", "R": "q"},
        {"No": "3", "S": "2026-11-24 10:00", "A": "", "R": "q"},
    ]})  # fmt: skip
    assert got.records["deliverywindow"] == {"1": {"startdate": "2026-11-24", "atonce": "true", "ref": None}}
    assert [r.key for r in got.rejections] == ["2", "3", "2"]


def test_personal_values_are_marked(run: Run) -> None:
    mapping = one("comment: {from: C, transform: [{number: iban}]}")
    assert [r.personal for r in run(mapping, {"items": [{"No": "1", "C": "x"}]}).rejections] == [True]


SIZES = """
    entity: product
    from: items
    key: {product: No}
    parts:
      - entity: variation
        key: {variation: No}
        parts:
          - entity: variation_size
            unpivot: {columns: {Qty_S: S, Qty_M: M, Qty_L: L}, name: Size, value: Qty}
            key: {size: Size}
            fields: {description: {template: "Size {Size}"}}
            parts:
              - entity: stock
                where: Qty != "0"
                key: {warehouse: {value: MAIN}}
                fields: {qty: Qty}
"""


def test_sizes_in_columns(run: Run) -> None:
    got = run(SIZES, {"items": [
        {"No": "1", "Qty_S": "5", "Qty_M": "", "Qty_L": "0"}, {"No": "2", "Qty_S": None, "Qty_M": "1", "Qty_L": None}
    ]})  # fmt: skip
    assert got.records["variation_size"] == {
        "1 / 1 / S": {"description": "Size S"}, "1 / 1 / L": {"description": "Size L"},
        "2 / 2 / M": {"description": "Size M"},
    }  # fmt: skip
    assert got.records["stock"] == {"1 / 1 / S / MAIN": {"qty": "5"}, "2 / 2 / M / MAIN": {"qty": "1"}}
    assert got.order["variation_size"] == [
        ("items.csv:2", "1 / 1 / S"), ("items.csv:2", "1 / 1 / L"), ("items.csv:3", "2 / 2 / M"),
    ]  # fmt: skip


def test_sizes_in_one_cell(run: Run) -> None:
    mapping = SIZES.replace("unpivot: {columns: {Qty_S: S, Qty_M: M, Qty_L: L}, name: Size, value: Qty}",
                            'explode: {column: Sizes, by: ";", as: Size}').replace("Qty", "Size")  # fmt: skip
    rows = [
        {"No": "1", "Sizes": "S; M;;L "},
        {"No": "2", "Sizes": ""},
        {"No": "3", "Sizes": None},
        {"No": "4", "Sizes": "1"},
    ]
    got = run(mapping, {"items": rows})
    assert list(got.records["variation_size"]) == ["1 / 1 / S", "1 / 1 / M", "1 / 1 / L", "4 / 4 / 1"]


def test_a_part_with_its_own_dataset_starts_afresh(run: Run) -> None:
    got = run("""
        entity: product
        from: items
        with: {up: {from: No, transform: [upper]}}
        where: up != "X"
        key: {product: up}
        parts:
          - {entity: variation, key: {variation: {template: "{up}-1"}}}
          - {entity: variation, from: items, key: {product: No, variation: No}}
          - {entity: variation, from: other, key: {product: Item, variation: Item}}
    """, {"items": [{"No": "a"}, {"No": "x"}], "other": [{"Item": "q"}]})  # fmt: skip
    assert list(got.records["variation"]) == ["A / A-1", "a / a", "x / x", "q / q"]


def test_fragments_groups_includes_and_parameters(run: Run) -> None:
    got = run({
        "_shared.yaml": """
            parameters: {market: EU, mode: test}
            fragments:
              yes: {values: {"1": active}, otherwise: {value: inactive}}
              deeper: {use: yes, transform: [strip]}
            field_groups:
              names: {description: Name, sku: {from: Sku, transform: [upper]}}
            datasets:
              live: {from: items, where: 'Market = "${market}"'}
        """,
        "a.yaml": """
            include: [_shared.yaml]
            entity: product
            from: live
            key: {product: No}
            groups: {"": names}
            fields:
              status: {use: deeper, from: Blocked}
              sku: {template: "${mode}-{Sku}"}
        """,
    }, {"items": [{"No": "1", "Market": "EU", "Blocked": " 1 ", "Name": "n", "Sku": "s"},
                  {"No": "2", "Market": "US", "Blocked": "1", "Name": "n", "Sku": "s"}]},
        {"mode": "live"})  # fmt: skip
    assert got.records["product"] == {"1": {"description": "n", "sku": "live-s", "status": "active"}}


def test_keys_written_beside_use_replace_the_fragments(run: Run) -> None:
    mapping = one(
        "sku: {use: f, values: {b: B}}\ndescription: {use: f, value: X, values: {X: x}, transform: []}",
        "fragments: {f: {from: A, transform: [lower], values: {b: Q}}}\n",
    )
    got = run(mapping, {"items": [{"No": "1", "A": "B"}]})
    assert got.records["product"] == {"1": {"sku": "B", "description": "x"}}


def test_custom_transforms_from_a_file_beside_the_mapping(run: Run, load: Callable[..., MappingSet]) -> None:
    code = """
        import pyarrow as pa
        import pyarrow.compute as pc
        from erp_sync.mapping.column import by_value

        def shout(texts: pa.Array, mark: str = "!") -> pa.Array:
            return pc.binary_join_element_wise(pc.utf8_upper(texts), mark, "")

        def even(texts: pa.Array):
            def check(text: str) -> str:
                if int(text) % 2:
                    raise ValueError("is odd")
                return text
            return by_value(texts, check)

    """
    files = {
        "m.yaml": one("sku: {from: A, transform: [{custom: {function: ./own.py:shout, options: {mark: '?'}}}]}\n"
                      "comment: {from: B, transform: [{custom: './own.py:even'}]}"),
        "own.py": code,
    }  # fmt: skip
    got = run(files, {"items": [{"No": "1", "A": "a", "B": "2"}, {"No": "2", "A": "b", "B": "3"}]})
    assert got.records["product"] == {"1": {"sku": "A?", "comment": "2"}}
    assert got.refused == ['items.csv:3 2 comment B "3" is odd']
    assert load(files).digest != load(files | {"own.py": code + "\n"}).digest


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("broken", "m.yaml:5:39: the transform ./own.py:broken must return a pyarrow array of 1 texts, and returned 0"),
        (
            "nothing",
            "m.yaml:5:39: the transform ./own.py:nothing must return a pyarrow array of 1 texts, and returned NoneType",
        ),
        ("failing", "m.yaml:5:39: the transform ./own.py:failing failed: ZeroDivisionError: division by zero"),
    ],
)
def test_a_custom_transform_that_breaks_the_contract(run: Run, function: str, said: str) -> None:
    code = """
        def broken(texts): return texts.slice(1)
        def nothing(texts): return None
        def failing(texts): return 1 / 0
    """
    files = {"m.yaml": one(f"sku: {{from: A, transform: [{{custom: './own.py:{function}'}}]}}"), "own.py": code}
    with pytest.raises(FixMapping) as caught:
        run(files, {"items": [{"No": "1", "A": "a"}]})
    assert str(caught.value).startswith(said)


def test_a_file_of_transforms_that_cannot_be_read(load: Callable[..., MappingSet]) -> None:
    files = {"m.yaml": one("sku: {from: A, transform: [{custom: './own.py:x'}]}"), "own.py": "def x(:"}
    with pytest.raises(FixMapping, match=r"m\.yaml:5:39: no transform .*own\.py cannot be imported: SyntaxError"):
        load(files)


def test_a_custom_transform_by_dotted_path(run: Run) -> None:
    field = "sku: {from: A, transform: [{custom: 'pyarrow.compute:utf8_swapcase'}]}"
    assert fields_of(run, field, [{"A": "aB"}]) == ["Ab"]


def test_what_is_repetitive_is_worked_on_once_and_means_the_same(run: Run) -> None:
    rows: list[dict[str, str | None]] = [{"X": [" 1,5 ", "2", "bad", "", None][n % 5]} for n in range(10_000)]
    got = fields_of(run, "weight.value: {from: X, transform: [strip, {decimal: {decimal: ','}}]}", rows)
    bad = '! "bad" is not a number as this mapping expects them (1234,5)'
    assert got[:5] == ["1.5", "2", bad, None, None]
    assert got == got[:5] * 2000


def test_the_digest_covers_content_parameters_and_nothing_else(load: Callable[..., MappingSet]) -> None:
    text = one("sku: A")
    first = load(text).digest
    assert first == load(text).digest
    assert first != load(text + "# x\n").digest
    assert first != load(text, {"a": "b"}).digest


def test_a_lookup_into_many_keys_means_the_same(run: Run) -> None:
    many: list[dict[str, str | None]] = [{"Code": f"K{n}", "Name": f"N{n}"} for n in range(25_000)]
    rows: list[dict[str, str | None]] = [{"B": b} for b in ("K0", "K24999", "K25000", "", None)]
    got = fields_of(run, "sku: {lookup: {in: many, on: {Code: B}, take: Name}}", rows, many=many)
    assert got == ["N0", "N24999", '! no row in many where Code = "K25000"', None, None]
