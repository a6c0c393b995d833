"""Datasets made of others: unions, joins, computed columns, groups, the first and last of each group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from erp_sync.mapping import MappingSet, Prepared
from tests.mapping.conftest import NOW, Given

Rows = Sequence[Mapping[str, str | None]]


@pytest.fixture
def derive(load: Callable[..., MappingSet]) -> Callable[..., tuple[list[str], list[str]]]:
    """A derived dataset's rows as `origin: cells`, and what it refused. The columns wanted are named by the test."""

    def deriver(
        derived: str, columns: str, rows: Mapping[str, Rows], chunk_rows: int = 1000
    ) -> tuple[list[str], list[str]]:
        shown = "".join(f"[ {c}={{{c}}}]" for c in columns.split())
        text = f"entity: warehouse\nfrom: made\nkey: {{warehouse: {{template: 'x{shown}'}}}}\n"
        text += f"datasets:\n  made: {derived.strip() if derived[0] == '{' else derived}\n"
        prepared: Prepared = load(text).prepare(Given(rows, chunk_rows), NOW)
        (unit,) = prepared.mappings.units
        out = []
        for chunk in prepared.chunks("made"):
            mapped = prepared.map(unit, chunk)
            assert mapped.rejections == []
            out += [f"{mapped.records.origin(n)}: {k[1:]}" for n, k in enumerate(mapped.records.frame["#key"])]
        refused = [f"{r.origin} {r.reason}" for found in prepared.rejections.values() for r in found]
        return out, refused

    return deriver


Derive = Callable[..., tuple[list[str], list[str]]]
SALES = [
    {"Item": "1", "Qty": "2", "Day": "2026-01-01", "Who": "a"},
    {"Item": "2", "Qty": "", "Day": "2026-03-01", "Who": "b"},
    {"Item": "1", "Qty": "-0.5", "Day": "2026-02-01", "Who": "b"},
    {"Item": "1", "Qty": "10", "Day": "", "Who": "a"},
]


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("by", "order"),
    [("[Who, Item]", "2 5 4 3"), ("[Day]", "5 2 4 3"), ("[Item, Qty]", "4 5 2 3"), ("[Item]", "2 4 5 3")],
)
def test_rows_in_the_order_of_columns(derive: Derive, by: str, order: str, size: int) -> None:
    made, refused = derive(f"{{from: sales, sort: {by}}}", "Item", {"sales": SALES}, size)
    assert [row.split(":")[1] for row in made] == order.split()
    assert refused == []


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_union_keeps_the_order_and_the_origins(derive: Derive, size: int) -> None:
    rows = {"a": [{"X": "1"}, {"X": "2"}], "b": [{"X": "3"}]}
    assert derive("{from: [a, b]}", "X", rows, size) == (["a.csv:2:  X=1", "a.csv:3:  X=2", "b.csv:2:  X=3"], [])


def test_columns_may_use_those_above_them(derive: Derive) -> None:
    made = "{from: a, columns: {Y: {from: X, transform: [{pad: 3}]}, Z: {template: '{Y}!'}}, where: 'Y != \"002\"'}"
    assert derive(made, "X Z", {"a": [{"X": "1"}, {"X": "2"}]}) == (["a.csv:2:  X=1 Z=001!"], [])


def test_a_row_whose_column_cannot_be_made_is_refused(derive: Derive) -> None:
    made = "{from: a, columns: {Y: {from: X, transform: [decimal]}}, where: Y > 1}"
    assert derive(made, "Y", {"a": [{"X": "q"}, {"X": "2"}, {"X": "1"}]}) == (
        ["a.csv:3:  Y=2"], ['a.csv:2 "q" is not a number as this mapping expects them (1234.5)'],
    )  # fmt: skip


JOIN = "{{from: a, join: [{{in: b, on: {{Id: B}}, take: {{Name: Name, Rank: R}}{more}}}]}}"
LEFT = [{"X": "1", "B": "p"}, {"X": "2", "B": "q"}, {"X": "3", "B": ""}, {"X": "4", "B": "r"}]
RIGHT = [{"Id": "p", "Name": "P", "R": "1"}, {"Id": "r", "Name": "R1", "R": "1"}, {"Id": "r", "Name": "R2", "R": "0"}]


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize(
    ("more", "expected", "refused"),
    [
        ("", ["2:  X=1 Name=P", "3:  X=2", "4:  X=3", "5:  X=4 Name=R1", "5:  X=4 Name=R2"], []),
        (", none: drop", ["2:  X=1 Name=P", "5:  X=4 Name=R1", "5:  X=4 Name=R2"], []),
        (
            ", none: reject, several: first",
            ["2:  X=1 Name=P", "4:  X=3", "5:  X=4 Name=R1"],
            ['3 no row in b where Id = "q"'],
        ),
        (", several: last, none: drop", ["2:  X=1 Name=P", "5:  X=4 Name=R2"], []),
        (", several: reject", ["2:  X=1 Name=P", "3:  X=2", "4:  X=3"], ['5 2 rows in b where Id = "r"']),
        (""", none: drop, where: 'R = "0"'""", ["5:  X=4 Name=R2"], []),
    ],
)
def test_joins(derive: Derive, more: str, expected: list[str], refused: list[str], size: int) -> None:
    got = derive(JOIN.format(more=more), "X Name", {"a": LEFT, "b": RIGHT}, size)
    assert got == ([f"a.csv:{e}" for e in expected], [f"a.csv:{r}" for r in refused])


def test_a_join_with_an_empty_dataset(derive: Derive) -> None:
    empty = [{"Id": "", "Name": "N", "R": ""}]
    assert derive(JOIN.format(more=""), "X Name", {"a": LEFT[:1], "b": empty}) == (["a.csv:2:  X=1"], [])


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_groups(derive: Derive, size: int) -> None:
    made = """{from: s, group: {by: [Item], take: {Sum: {sum: Qty}, Low: {min: Qty}, High: {max: Qty}, N: {count: Qty},
               First: {first: Day}, Last: {last: Day}, Who: {join: Who}}}}"""
    assert derive(made, "Item Sum Low High N First Last Who", {"s": SALES}, size) == ([
        "s.csv:2:  Item=1 Sum=11.5 Low=-0.5 High=10 N=3 First=2026-01-01 Who=a; b",
        "s.csv:3:  Item=2 N=0 First=2026-03-01 Last=2026-03-01 Who=b",
    ], [])  # fmt: skip


def test_a_group_with_an_unreadable_number_says_nothing(derive: Derive) -> None:
    rows = [*SALES, {"Item": "2", "Qty": "many", "Day": "", "Who": ""}, {"Item": "3", "Qty": "1", "Day": "", "Who": ""}]
    out, refused = derive("{from: s, group: {by: [Item], take: {Sum: {sum: Qty}}}}", "Item Sum", {"s": rows})
    assert out == ["s.csv:2:  Item=1 Sum=11.5", "s.csv:7:  Item=3 Sum=1"]
    assert refused == ['s.csv:6 "many" is not a number: expected digits with a decimal point, such as 1234.5']


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize(
    ("pick", "expected"),
    [
        ("first: {by: [Item]}", ["2:  Item=1 Day=2026-01-01", "3:  Item=2 Day=2026-03-01"]),
        ("last: {by: [Item]}", ["3:  Item=2 Day=2026-03-01", "5:  Item=1"]),
        ("first: {by: [Item], order: Day}", ["3:  Item=2 Day=2026-03-01", "5:  Item=1"]),
        ("last: {by: [Item], order: Day}", ["3:  Item=2 Day=2026-03-01", "4:  Item=1 Day=2026-02-01"]),
        ("last: {by: [Item], order: Qty, compare: number}", ["3:  Item=2 Day=2026-03-01", "5:  Item=1"]),
        ("last: {by: [Item], order: Qty}", ["2:  Item=1 Day=2026-01-01", "3:  Item=2 Day=2026-03-01"]),
    ],
)
def test_the_first_and_last_of_each_group(derive: Derive, pick: str, expected: list[str], size: int) -> None:
    assert derive(f"{{from: s, {pick}}}", "Item Day", {"s": SALES}, size) == ([f"s.csv:{e}" for e in expected], [])


def test_the_price_that_is_valid_today(derive: Derive) -> None:
    made = """
    from: prices
    columns:
      Begin: {from: Begins, transform: [{date: {none: ["1753-01-01"]}}]}
      End: {from: Ends, transform: [{date: {none: ["1753-01-01"]}}]}
    where: Begin <= today and (End is empty or End >= today) or Begin is empty
    last: {by: [Item], order: Begin}
"""
    none, rows = "1753-01-01 00:00:00", []
    for item, price, begin, end in (
        ("1", "10", none, none), ("1", "9", "2026-11-01", "2026-11-24"), ("1", "8", "2026-12-01", none),
        ("2", "5", "2026-01-01", "2026-11-23"),
    ):  # fmt: skip
        rows.append({"Item": item, "Price": price, "Begins": begin, "Ends": end})
    assert derive(made, "Item Price", {"prices": rows}) == (["prices.csv:3:  Item=1 Price=9"], [])


def test_a_dataset_of_a_dataset_with_lookups(derive: Derive, load: Callable[..., MappingSet]) -> None:
    mappings = load("""
        datasets:
          sums: {from: named, group: {by: [Name], take: {Qty: {sum: Qty}}}}
          named: {from: s, columns: {Name: {lookup: {in: unique, on: {Id: Item}, take: Name}}}}
          unique: {from: [n, n], first: {by: [Id]}}
        entity: warehouse
        from: sums
        key: {warehouse: Name}
        fields: {description: Qty}
    """)
    names = [{"Id": "1", "Name": "A"}, {"Id": "2", "Name": "A"}]
    prepared = mappings.prepare(Given({"s": SALES, "n": names}), NOW)
    (unit,) = mappings.units
    frames = [prepared.map(unit, c).records.frame for c in prepared.chunks("sums")]
    assert [f.to_dict("list") for f in frames] == [{"#key": ["A"], "description": ["11.5"]}]
    assert prepared.sources(unit) == {"s", "n"}


def test_a_join_and_a_lookup_into_groups(load: Callable[..., MappingSet]) -> None:
    mappings = load("""
        datasets:
          sums: {from: s, where: 'Item != "2"', group: {by: [Item], take: {Total: {sum: Qty}}}}
          beside: {from: n, join: [{in: sums, on: {Item: Id}, take: {Total: Total}}]}
        entity: warehouse
        from: beside
        with: {Again: {lookup: {in: sums, on: {Item: Id}, take: Total, none: {value: none}}}}
        key: {warehouse: Id}
        fields:
          description: {template: "{Total}/{Again}"}
    """)
    rows = {"s": SALES, "n": [{"Id": "1"}, {"Id": "2"}]}
    prepared = mappings.prepare(Given(rows), NOW)
    (unit,) = mappings.units
    frames = [prepared.map(unit, c).records.frame for c in prepared.chunks("beside")]
    assert [f.to_dict("list") for f in frames] == [{"#key": ["1", "2"], "description": ["11.5/11.5", "/none"]}]


def test_shapes_in_a_dataset(derive: Derive) -> None:
    made = "{from: a, unpivot: {columns: {S: small, L: large}, name: Size, value: Q, empty: keep}, where: 'X != \"2\"'}"
    rows = {"a": [{"X": "1", "S": "3", "L": ""}, {"X": "2", "S": "3", "L": "4"}]}
    assert derive(made, "X Size Q", rows) == (["a.csv:2:  X=1 Size=small Q=3", "a.csv:2:  X=1 Size=large"], [])
    made = "{from: a, explode: {column: X, by: ',', as: One}}"
    assert derive(made, "One", {"a": [{"X": "a, b"}, {"X": ""}]}) == (["a.csv:2:  One=a", "a.csv:2:  One=b"], [])


def test_rows_that_never_came_to_a_unit_are_known(load: Callable[..., MappingSet]) -> None:
    mappings = load("""
        datasets:
          numbers: {from: a, columns: {N: {from: X, transform: [integer]}}}
          big: {from: numbers, where: N > Y}
        entity: warehouse
        from: big
        key: {warehouse: N}
    """)
    rows = [{"X": "1", "Y": "0"}, {"X": "one", "Y": "0"}, {"X": "2", "Y": "low"}]
    prepared = mappings.prepare(Given({"a": rows}), NOW)
    (unit,) = mappings.units
    for _ in range(2):  # a second reading says the same, once
        assert [c.frame["N"].tolist() for c in prepared.chunks("big")] == [["1"]]
        assert sorted(str(r.origin) for r in prepared.refusals(unit)) == ["a.csv:3", "a.csv:4"]
