"""The small language of where, if and calculate: what it means, and where it says that it does not understand."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from erp_sync.errors import Place
from erp_sync.mapping.column import Column
from erp_sync.mapping.conditions import NotUnderstood, parse_calculation, parse_condition
from erp_sync.mapping.deciding import Deciding

CELLS: dict[str, list[str | None]] = {
    "A": ["1", "0", None, "", "x"],
    "B": ["a", "b", "", "c", None],
    "Item No_": ["1.50", "2", "abc", "", None],
    "D": ["2026-01-01", "2026-12-31 00:00:00", "", None, "bad"],
    "Größe": ["S", "M", "S", "", None],
}


def deciding() -> Deciding:
    return Deciding(lambda n: Column(pa.array(CELLS[n], pa.string())), 5, date(2026, 6, 1), Place("m.yaml"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('A = "1"', [1, 0, 0, 0, 0]),
        ('A == "1"', [1, 0, 0, 0, 0]),
        ('A != "1"', [0, 1, 1, 1, 1]),  # an absent text is not "1"
        ('A <> "1"', [0, 1, 1, 1, 1]),
        ('A = ""', [0, 0, 1, 1, 0]),
        ("A is null", [0, 0, 1, 0, 0]),
        ("A is not empty", [1, 1, 0, 0, 1]),
        ('A in ("1", "x")', [1, 0, 0, 0, 1]),
        ('A not in ("1", "x")', [0, 1, 1, 1, 0]),
        ('B starts with "a" or B is empty', [1, 0, 1, 0, 1]),
        ('B not starts with "a"', [0, 1, 1, 1, 1]),
        ("B ends with 'b'", [0, 1, 0, 0, 0]),
        ('B matches "^[ab]$"', [1, 1, 0, 0, 0]),
        ("B contains \"a\" AND A = '1'", [1, 0, 0, 0, 0]),
        ('not (A = "1" and B = "a")', [0, 1, 1, 1, 1]),
        ('((((((((((((((((((((A = "1"))))))))))))))))))))', [1, 0, 0, 0, 0]),
        ('(A) = "1"', [1, 0, 0, 0, 0]),
        ('A = "x" or A = "1" and B = "a"', [1, 0, 0, 0, 1]),  # and binds first
        ('A < "1"', [0, 1, 1, 1, 0]),
        ('Größe = "S"', [1, 0, 1, 0, 0]),
        ("A = B", [0, 0, 1, 0, 0]),
        ("A < {Item No_}", [1, 1, 0, 0, 0]),  # two columns: by number or by day, never by characters
        ("D > {Item No_}", [None, None, 0, 0, 0]),
        ("D <= D", [1, 1, 0, 0, None]),
        ("{Item No_} > 1.6", [0, 1, None, 0, 0]),
        ("{Item No_} != 2", [1, 0, None, 1, 1]),
        ("{Item No_} in (1.5, 2)", [1, 1, None, 0, 0]),
        ('A = "1" and {Item No_} >= 1', [1, 0, 0, 0, 0]),  # where the answer does not hang on it, nothing is rejected
        ('A = "0" or {Item No_} >= 1', [1, 1, None, 0, 0]),
        ("({Item No_} + 1) * 2 = 5", [1, 0, None, 0, 0]),
        ("{Item No_} / 0 = 1", [None, None, None, 0, 0]),
        ("D >= today", [0, 1, 0, 0, None]),
        ("D < today - 30", [1, 0, 0, 0, None]),
        ("D <= today + 365 and D is not empty", [1, 1, 0, 0, None]),
    ],
)
def test_what_a_condition_means(text: str, expected: list[int | None]) -> None:
    found = deciding()
    answer = found.decide(parse_condition(text))
    assert answer.to_pylist() == [None if e is None else bool(e) for e in expected]
    assert (answer.null_count > 0) <= bool(found.problems)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{Item No_} * 2", ["3", "4", None, None, None]),
        ("{Item No_} - A", ["0.5", "2", None, None, None]),
        ("-{Item No_}", ["-1.5", "-2", None, None, None]),
        ("10 / 4 - 1", ["1.5"] * 5),
    ],
)
def test_what_a_calculation_makes(text: str, expected: list[str | None]) -> None:
    assert deciding().calculate(parse_calculation(text)).to_pylist() == expected


COMPARISON = "expected a comparison (=, !=, <, in, is empty, starts with, matches ...), got"


@pytest.mark.parametrize(
    ("text", "at", "said", "advice"),
    [
        ("A", 1, f"{COMPARISON} the end", ""),
        ("A = ", 3, "expected a column, a text in quotes or a number, got the end", ""),
        ('A == "1" && B', 9, "unexpected && B", "write and"),
        ("A = null", 4, "null equals nothing", "write is null"),
        ('Item No_ = "1"', 5, f"{COMPARISON} No_", "put columns with blanks in braces"),
        ('A like "x"', 2, f"{COMPARISON} like", "write starts with"),
        ('(A = "1"', 8, "expected ), got the end", ""),
        ('A = "1', 4, 'unexpected "1', "close the quote"),
        ('B matches "("', 10, "not a regular expression", ""),
        ("A and B", 2, f"{COMPARISON} and", ""),
        ("(A > 1 and B)", 12, f"{COMPARISON} )", ""),
        ('A = "1" B', 8, "expected and, or, or the end, got B", ""),
        ("{A", 0, "unexpected {A", "close the brace"),
        ('A + "x" = "y"', 2, "+ needs numbers on both sides", "join texts with a template"),
        ("[A] = 1", 0, "unexpected [A] = 1", "columns stand in { }"),
        ("", 0, "expected a column, a text in quotes or a number, got the end", ""),
        ("A is 5", 5, "expected empty or null, got 5", ""),
        ("3PL = 1", 0, "unexpected 3PL = 1", "put columns with other characters"),
        ('A in "x"', 5, 'expected (, got "x"', ""),
        ('A starts "x"', 9, 'expected with, got "x"', ""),
        ("A contains 5", 11, "expected a text in quotes, got 5", ""),
    ],
)
def test_what_is_not_understood_is_said_with_its_place(text: str, at: int, said: str, advice: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        parse_condition(text)
    assert (caught.value.at, str(caught.value)[: len(said)]) == (at, said)
    assert caught.value.advice.startswith(advice)
    assert bool(caught.value.advice) == bool(advice)
