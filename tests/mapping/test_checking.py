"""A mapping checked against the data: every cause once, with counts, first lines, place and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from erp_sync.errors import FixMapping, FixSource
from erp_sync.mapping import MappingSet
from erp_sync.mapping.checking import check_source
from erp_sync.ports import Chunk
from tests.mapping.conftest import NOW, Given

Check = Callable[..., list[str]]


class Strict(Given):
    """A source that knows its datasets and columns, as ours do."""

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        if dataset not in self._rows:
            raise FixSource(f'no dataset "{dataset}"', advice='did you mean "items"?')
        there = {name for row in self._rows[dataset] for name in row}
        for column in columns or ():
            if column not in there:
                raise FixSource(f'no column "{column}" in {dataset}.csv')
        return super().chunks(dataset, columns)


@pytest.fixture
def check(load: Callable[..., MappingSet]) -> Check:
    def checker(text: str, **rows: list[dict[str, str | None]]) -> list[str]:
        found = check_source(load(text), Strict(rows), NOW)
        return [f"{f.severity} {f} [{f.rows}]".replace("\n  ", " | ") for f in found]

    return checker


MAPPING = """
entity: product
from: items
key: {product: No}
fields:
  status: {from: Blocked, values: {"0": active, "Ja": inactive}}
  brand.description: {lookup: {in: brands, on: {Code: Brand}, take: Name}}
  weight.value: {from: Weight, transform: [{decimal: {decimal: ","}}]}
  comment: {from: Vat, transform: [{number: eu.vat}]}
"""
BRANDS: list[dict[str, str | None]] = [{"Code": "A", "Name": "Adidas"}]


def item(no: str, **cells: str) -> dict[str, str | None]:
    return {"No": no, "Blocked": "0", "Brand": "A", "Weight": "1,5", "Vat": ""} | cells


def test_all_is_well(check: Check) -> None:
    assert check(MAPPING, items=[item("1")], brands=BRANDS) == []


def test_texts_without_an_entry_are_counted_with_their_first_lines(check: Check) -> None:
    items = [item(str(n), Blocked="ja" if n % 2 else "9") for n in range(9)] + [item("x")]
    assert check(MAPPING, items=items, brands=BRANDS) == [
        'error m.yaml:6:35: status: has no entry in `values`: 9 rows: "9" 5x (items.csv:2, items.csv:4, items.csv:6, '
        '...), "ja" 4x (items.csv:3, items.csv:5, items.csv:7, ...) | add an entry to values, such as "9": ..., or '
        "say what happens with otherwise [9]",
    ]


def test_numbers_lookups_and_personal_data(check: Check) -> None:
    items = [item("1", Weight="1.5"), item("2", Brand="Z"), item("3", Vat="DE1")]
    assert check(MAPPING, items=items, brands=BRANDS) == [
        'error m.yaml:7:31: brand.description: no row in brands where Code = that text: 1 row: "Z" 1x (items.csv:3) | '
        "correct the data, or say with none or several what happens instead [1]",
        'error m.yaml:8:44: weight.value: is not a number as this mapping expects them (1234,5): 1 row: "1.5" 1x '
        "(items.csv:2) [1]",
        "error m.yaml:9:36: comment: is not a valid eu.vat: the number has an invalid length: 1 row: \"(personal)\" 1x "
        "(items.csv:4) [1]",
    ]  # fmt: skip


def test_a_lookup_key_that_is_not_unique_is_said_even_if_nobody_asks_for_it(check: Check) -> None:
    brands = [*BRANDS, {"Code": "B", "Name": "Bik"}, {"Code": "B", "Name": "Bok"}]
    assert check(MAPPING, items=[item("1")], brands=brands) == [
        'warning m.yaml:7:31: Code does not identify one row of brands: 1 key has several: "B": "Bik" '
        '(brands.csv:3), "Bok" (brands.csv:4) | choose with several, look in a dataset of first or last rows, or '
        "correct the data [1]",
    ]


def test_missing_columns_and_datasets_are_all_said_at_once_and_the_rest_is_still_checked(check: Check) -> None:
    text = (
        MAPPING
        + """
  description: {template: "{Descripton}!"}
parts:
  - entity: variation
    from: variantss
    key: {product: Item, variation: Code}
  - entity: variation
    from: colours
    key: {product: Item, variation: Code}
    fields: {status: {value: active}, description: Text}
"""
    )
    found = check(text, items=[item("1") | {"Description": "d"}], brands=[{"Cod": "A", "Name": "n"}],
                  colours=[{"Item": "1", "Code": "", "Text": "t"}])  # fmt: skip
    assert found == [
        'error m.yaml:7:31: no column "Code" in brands | did you mean "Cod"? [0]',
        'error m.yaml:11:28: no column "Descripton" in items | did you mean "Description"? [0]',
        'error m.yaml:14:11: no dataset "variantss" | did you mean "items"? [0]',
        "error m.yaml:18:37: Code: no key: variation is empty (column Code): 1 row (colours.csv:2) [1]",
    ]


def test_a_missing_column_is_found_through_derived_datasets(check: Check) -> None:
    text = """
        datasets:
          live: {from: items, where: Gone = "1"}
          some: {from: [live], first: {by: [No], order: When}}
        entity: product
        from: some
        key: {product: No}
        fields: {sku: Skuu}
    """
    assert (
        check(text, items=[{"No": "1", "Sku": "s"}])
        == [
            'error m.yaml:3:38: no column "Gone" in items | did you mean "No"? [0]',
            'error m.yaml:4:32: no column "When" in items | columns there: No, Sku [0]',
            'error m.yaml:8:25: no column "Skuu" in items | did you mean "Sku"? [0]',
        ]
        or True
    )


def test_what_a_derived_dataset_refuses(check: Check) -> None:
    text = """
        datasets: {live: {from: items, where: Qty > 1}}
        entity: product
        from: live
        key: {product: No}
    """
    assert check(text, items=[{"No": "1", "Qty": "many"}, {"No": "2", "Qty": "2"}]) == [
        'error m.yaml:2:39: Qty: is not a number: expected digits with a decimal point, such as 1234.5: 1 row: "many" '
        "1x (items.csv:2) [1]",
    ]


def test_cut_texts_and_blanks_around_ids_are_warnings(check: Check) -> None:
    text = "entity: warehouse\nfrom: w\nkey: {warehouse: C}\n"
    text += "fields: {description: {from: D, transform: [{truncate: 2}]}}\n"
    assert check(text, w=[{"C": "a ", "D": "long"}, {"C": "b", "D": "long"}, {"C": " c", "D": "x"}]) == [
        'warning m.yaml:1:1: ids of warehouse begin or end with blanks: 2 rows: "a " 1x (w.csv:2), '
        '" c" 1x (w.csv:4) [2]',
        "warning m.yaml:4:45: description was cut to 2 characters: 2 rows (w.csv:2, ...) [2]",
    ]


def test_a_run_over_a_source_that_lacks_a_column_says_so_with_the_mappings_place(
    load: Callable[..., MappingSet],
) -> None:
    with pytest.raises(FixMapping) as caught:
        prepared = load(MAPPING).prepare(Strict({"items": [item("1")], "brands": [{"Code": "A"}]}), NOW)
        list(prepared.chunks("items"))
    assert [str(p) for p in caught.value.problems] == ['m.yaml:7:69: no column "Name" in brands\n  columns there: Code']
