"""Each transform on the texts that it is for, on null and on the empty text, and on what it must refuse."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from stdnum import ean

from erp_sync.mapping import decimals
from erp_sync.mapping.column import Checked
from erp_sync.mapping.transforms import TRANSFORMS, Step

Given = str | dict[str, object]


def apply(step: Given, texts: list[str | None]) -> tuple[list[str | None], list[str]]:
    """What comes out, and why rows are refused (or, with a star, noticed)."""
    name, options = Step.model_validate(step).chosen()
    result = TRANSFORMS[name].apply(pa.array(texts, pa.string()), options)
    checked = result if isinstance(result, Checked) else Checked(result)
    values = checked.values.to_pylist()
    if checked.bad is None:
        return values, []
    star = "" if checked.fatal else "*"
    reason = checked.reason
    rows = [n for n, bad in enumerate(checked.bad.to_pylist()) if bad]
    return values, [star + (reason(row) if callable(reason) else f'"{texts[row]}" {reason}') for row in rows]


@pytest.mark.parametrize(
    ("step", "texts", "expected"),
    [
        ("strip", [" a ", "\u00a0b\t", "", None], ["a", "b", "", None]),
        ({"strip": "0 "}, ["00a0 "], ["a"]),
        ("collapse", [" a \u00a0\n b ", "a  b   c", "", None], ["a b", "a b c", "", None]),
        ("upper", ["åäö", None], ["ÅÄÖ", None]),
        ("lower", ["ÅÄÖ"], ["åäö"]),
        ("title", ["blue shirt"], ["Blue Shirt"]),
        ({"replace": {"find": "a", "with": "b"}}, ["aba", ""], ["bbb", ""]),
        ({"replace": {"find": "."}}, ["1.2"], ["12"]),
        ({"regex": {"find": "(a)(b)", "with": r"\2\1"}}, ["abc"], ["bac"]),
        ({"extract": r"[0-9]+"}, ["ab12c34", "x", "", None], ["12", None, "", None]),
        ({"extract": r"Size: (\w+)"}, ["Color: red\nSize: XL;"], ["XL"]),
        ({"extract": {"pattern": r"(?:a|b)\d", "otherwise": "blank"}}, ["xb1", "c"], ["b1", ""]),
        ({"split": {"by": ";"}}, ["a;b", "a", "", None], ["a", "a", "", None]),
        ({"split": {"by": ";", "take": 2}}, ["a;b;c", "a", None, "", "x;y"], ["b", None, None, None, "y"]),
        ({"split": {"by": ";", "take": -1}}, ["a;b;c", "a", None, ""], ["c", "a", None, ""]),
        ({"rejoin": {"by": ";", "with": ", "}}, ["a;;b ;c", "", None], ["a, b, c", "", None]),
        ({"pad": 5}, ["12", "", None, "123456"], ["00012", "", None, "123456"]),
        ({"pad": {"width": 3, "with": "x", "side": "right"}}, ["a"], ["axx"]),
        ("slug", ["Größe Ål & Søn", "  ", None], ["grosse-al-son", "", None]),
        ("strip_control", ["a\x01b\x9f\n"], ["ab\n"]),
        ("strip_html", ["<p>a &amp; <b>b</b></p><script>x()</script>", "a < b", ""], ["a & b", "a < b", ""]),
        ("normalize", ["A\u030a"], ["Å"]),
        ({"normalize": "NFKC"}, ["ﬁne"], ["fine"]),
        ({"round": 2}, ["1.005", "-1.005", "2.675", "3", "", None], ["1.01", "-1.01", "2.68", "3", "", None]),
        ({"round": {"places": 0, "mode": "half_even"}}, ["0.5", "1.5", "2.5"], ["0", "2", "2"]),
        ({"round": {"places": 0, "mode": "half_down"}}, ["0.5", "-0.5", "0.51"], ["0", "0", "1"]),
        ({"round": {"places": 1, "mode": "up"}}, ["1.01", "-1.01"], ["1.1", "-1.1"]),
        ({"round": {"places": 1, "mode": "down"}}, ["1.09", "-1.09"], ["1", "-1"]),
        ({"round": {"places": 0, "mode": "ceiling"}}, ["1.1", "-1.1"], ["2", "-1"]),
        ({"round": {"places": 0, "mode": "floor"}}, ["1.1", "-1.1"], ["1", "-2"]),
        ({"multiply": "0.01"}, ["1990", "", None], ["19.9", "", None]),
        ({"divide": "3"}, ["10"], ["3.333333333333"]),
        ({"weight": {"from": "lb", "to": "kg"}}, ["1", "2.5", ""], ["0.45359237", "1.133980925", ""]),
        ({"weight": {"from": "oz", "to": "g"}}, ["1"], ["28.349523125"]),
        ({"weight": {"from": "kg", "to": "g"}}, ["1.234567"], ["1234.567"]),
        ({"weight": {"from": "g", "to": "t"}}, ["1"], ["0.000001"]),
        ({"date": "german"}, ["24.11.2026", "29.02.2024", "", None], ["2026-11-24", "2024-02-29", "", None]),
        ({"date": "american"}, ["11/24/2026 10:11:12"], ["2026-11-24"]),
        ({"date": "british"}, ["24/11/2026"], ["2026-11-24"]),
        ({"date": "dutch"}, ["24-11-2026"], ["2026-11-24"]),
        ({"date": "compact"}, ["20261124"], ["2026-11-24"]),
        ({"date": "d.m.yy"}, ["4.1.26", "04.01.99"], ["2026-01-04", "1999-01-04"]),
        ({"date": "yyyy/mm/dd"}, ["2026/01/02"], ["2026-01-02"]),
        ({"date": "excel"}, ["45000", "45000.75"], ["2023-03-15", "2023-03-15"]),
        ({"date": "unix"}, ["1700000000"], ["2023-11-14"]),
        ("date", ["2026-11-24T10:00:00.123Z", "2026-11-24"], ["2026-11-24", "2026-11-24"]),
        ({"date": {"time_zone": "UTC", "day_in": "Europe/Stockholm"}},
         ["2026-11-24 23:30:00", "2026-06-24T22:30:00+00:00", "2026-06-24 12:00:00-10:00"],
         ["2026-11-25", "2026-06-25", "2026-06-25"]),
        ({"date": {"none": ["1753-01-01", "0001"]}}, ["1753-01-01 00:00:00.000", "2026-01-01"], ["", "2026-01-01"]),
        ("boolean", ["Ja", "nein", "X", " 1 ", "", None], ["true", "false", "true", "true", "", None]),
        ({"boolean": {"true": ["aktiv"], "false": [""], "send": ["yes", "no"]}},
         ["Aktiv", "", None, "FALSE"], ["yes", "no", "no", "no"]),
        ("gtin", ["4006381333931", "40063813 3393-1", "73513537", "", None],
         ["4006381333931", "4006381333931", "73513537", "", None]),
        ({"gtin": {"pad": 14}}, ["4006381333931", "73513537", ""], ["04006381333931", "00000073513537", ""]),
        ("country", ["Sverige", "usa", " de ", "GBR", "", None], ["SE", "US", "DE", "GB", "", None]),
        ("currency", ["€", "sek", "", None], ["EUR", "SEK", "", None]),
        ({"number": "eu.vat"}, ["DE 136695976", ""], ["DE136695976", ""]),
        ("integer", ["5.00", "007", "-3", "", None], ["5", "7", "-3", "", None]),
    ],
)  # fmt: skip
def test_what_a_transform_makes(step: Given, texts: list[str | None], expected: list[str | None]) -> None:
    assert apply(step, texts) == (expected, [])


GERMAN = {"decimal": {"decimal": ",", "thousands": "."}}


@pytest.mark.parametrize(
    ("step", "text", "expected"),
    [
        (GERMAN, "1.234,50", "1234.5"),
        (GERMAN, "12,3", "12.3"),
        (GERMAN, "-1.000,00", "-1000"),
        (GERMAN, "5,50-", "-5.5"),
        (GERMAN, ",5", "0.5"),
        (GERMAN, "1.234.567", "1234567"),
        (GERMAN, "0,00", "0"),
        ({"decimal": {"decimal": ",", "thousands": " ", "without": "€"}}, "1\u00a0234,50 €", "1234.5"),
        ({"decimal": {"thousands": "'"}}, "CHF 1'234.50".removeprefix("CHF "), "1234.5"),
        ("decimal", " 2.50 ", "2.5"),
        ("decimal", "+0012.10", "12.1"),
    ],
)
def test_numbers_as_erps_write_them(step: Given, text: str, expected: str) -> None:
    assert apply(step, [text, "", None]) == ([expected, "", None], [])


@pytest.mark.parametrize(
    ("step", "text", "reason"),
    [
        (GERMAN, "1.5", '"1.5" is not a number as this mapping expects them (1.234,5)'),
        (GERMAN, "1.23.456", '"1.23.456" is not a number as this mapping expects them (1.234,5)'),
        ("decimal", "1,5", '"1,5" is not a number as this mapping expects them (1234.5)'),
        ("decimal", "1e3", '"1e3" is not a number as this mapping expects them (1234.5)'),
        ("integer", "5.5", '"5.5" is not a whole number'),
        ({"round": 2}, "x", '"x" is not a number: expected digits with a decimal point, such as 1234.5'),
        ({"multiply": "1000000000000"}, "9999999999999999", '"9999999999999999" cannot be calculated exactly'),
        ({"date": "german"}, "31.02.2026", '"31.02.2026" is not a date of the form dd.mm.yyyy'),
        ({"date": "german"}, "29.02.2023", '"29.02.2023" is not a date of the form dd.mm.yyyy'),
        ({"date": "iso"}, "24.11.2026", '"24.11.2026" is not a date of the form yyyy-mm-dd'),
        ({"date": "d.m.yy"}, "32.1.26", '"32.1.26" is not a date of the form d.m.yy'),
        ({"date": "excel"}, "soon", '"soon" is not a date of the form excel'),
        ({"date": {"day_in": "Asia/Tokyo"}}, "2026-01-01 10:00:00", '"2026-01-01 10:00:00" says no time zone'),
        ("boolean", "maybe", '"maybe" means neither yes nor no'),
        ("gtin", "4006381333932", '"4006381333932" has a wrong check digit'),
        ("gtin", "4,00638E+12", '"4,00638E+12" was damaged by a spreadsheet'),
        ("gtin", "12345", '"12345" is not an article number of 8, 12, 13, 14 digits'),
        ("country", "Swedn", '"Swedn" is not a country that is known; did you mean Sweden, "SE"?'),
        ("currency", "kr", '"kr" is not a currency that is known, or could be several'),
        ({"number": "iban"}, "DE00", '"DE00" is not a valid iban'),
        ({"extract": {"pattern": "[0-9]", "otherwise": "reject"}}, "x", '"x" does not contain [0-9]'),
        ({"truncate": 3}, "abcd", '*"abcd" was cut to 3 characters'),
    ],
)
def test_what_a_transform_refuses(step: Given, text: str, reason: str) -> None:
    _, reasons = apply(step, ["", text, None])
    assert len(reasons) == 1
    assert reasons[0].startswith(reason)


def test_no_date_is_a_whole_text_and_not_a_beginning() -> None:
    step = {"date": {"form": "german", "none": ["0", "01.01.1753"]}}
    days = ["0", "01.01.1753", "01.01.1753 00:00:00", "01.02.2026"]
    assert apply(step, days) == (["", "", "", "2026-02-01"], [])


def test_a_day_without_a_time_is_the_same_in_every_zone() -> None:
    step = {"date": {"time_zone": "UTC", "day_in": "America/New_York"}}
    assert apply(step, ["2026-11-24", "2026-11-24 03:00"]) == (["2026-11-24", "2026-11-23"], [])


def test_counted_days_have_the_zone_that_is_said() -> None:
    step = {"date": {"form": "excel", "time_zone": "UTC", "day_in": "Europe/Stockholm"}}
    assert apply(step, ["46350.98"]) == (["2026-11-25"], [])


def test_truncation_counts_characters_and_keeps_room_for_the_ending() -> None:
    assert apply({"truncate": {"limit": 3, "ending": "…"}}, ["åäöü", "åäö"])[0] == ["åä…", "åäö"]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"regex": {"find": "("}}, "not a regular expression"),
        ({"extract": "(?<=x)y"}, "not a regular expression"),
        ({"date": "yyyy-yy"}, "not a form of dates"),
        ({"date": {"day_in": "Europe/Stokholm"}}, "not a time zone"),
        ({"date": {"time_zone": "UTC"}}, "time_zone changes nothing without day_in"),
        ({"number": "se.nonsense"}, "not a kind of number"),
        ({"multiply": "zero"}, "is not a number"),
        ({"divide": "0"}, "cannot be used"),
        ({"decimal": {"decimal": ",", "thousands": ","}}, "decimal and thousands are both"),
        ({"strip": None, "upper": None}, "a step of a chain is one transform, got strip, upper"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_runs(step: Given, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Step.model_validate(step)
    assert said in str(caught.value)


@given(st.decimals(min_value=-(10**20), max_value=10**20, places=6))
def test_a_number_has_one_canonical_form(number: Decimal) -> None:
    plain = format(number, "f")
    variants = [
        plain,
        plain + "0",
        plain.replace("-", "-00"),
        plain.removeprefix("-") + "-" if number < 0 else "+" + plain,
    ]
    values = decimals.canonical(pa.array(variants)).values.to_pylist()
    assert len(set(values)) == 1
    assert Decimal(str(values[0])) == number
    assert values == decimals.canonical(pa.array(values)).values.to_pylist()


@given(st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=4), min_size=1, max_size=5))
def test_arithmetic_is_exact(numbers: list[Decimal]) -> None:
    parsed, bad = decimals.parse(pa.array([format(n, "f") for n in numbers]))
    assert not any(bad.to_pylist())
    assert [Decimal(t) for t in decimals.show(parsed).to_pylist()] == numbers
    assert [Decimal(t) for t in decimals.show(decimals.add(parsed, parsed)[0]).to_pylist()] == [n + n for n in numbers]
    products = decimals.show(decimals.multiply(parsed, parsed)[0]).to_pylist()
    assert [Decimal(t) for t in products] == [n * n for n in numbers]


def test_what_cannot_be_calculated_exactly_is_bad() -> None:
    left, _ = decimals.parse(pa.array(["1", "1", "999999999999999999999999", None]))
    right, _ = decimals.parse(pa.array(["0", "0.0000000001", "999999999999", "1"]))
    assert decimals.divide(left, right)[1].to_pylist() == [True, True, False, False]
    assert decimals.multiply(left, right)[1].to_pylist() == [False, False, True, False]


@given(st.from_regex(r"[0-9]{13}", fullmatch=True))
def test_check_digits_agree_with_stdnum(digits: str) -> None:
    assert (apply("gtin", [digits])[1] == []) is ean.is_valid(digits)


def test_every_transform_keeps_length_nulls_and_slices() -> None:
    options = {"replace": {"find": "a"}, "regex": {"find": "a"}, "extract": "a", "split": {"by": ";"}, "multiply": "2",
               "rejoin": {"by": ";", "with": ","}, "pad": 3, "truncate": 3, "round": 1, "divide": "2", "number": "iban",
               "weight": {"from": "g", "to": "kg"}}  # fmt: skip
    texts = pa.array(["skipped", None, "", "1", None])
    for name, transform in TRANSFORMS.items():
        _, given_options = Step.model_validate({name: options.get(name)}).chosen()
        for piece in (texts.slice(1), texts.slice(0, 0)):
            result = transform.apply(piece, given_options)
            values = result.values if isinstance(result, Checked) else result
            assert len(values) == len(piece), name
            assert [v is None for v in values.to_pylist()][:1] in ([True], []), name
