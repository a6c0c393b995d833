"""Transforms of numbers. All are exact: no floating point anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, Field, model_validator

from erp_sync.mapping import decimals
from erp_sync.mapping.column import Checked, any_of, constant, is_empty, none, not_matching
from erp_sync.mapping.kinds import check_integer
from erp_sync.mapping.transforms.registry import Options, Transform
from erp_sync.model.catalog import FieldKind

_SPACES = " \u00a0\u202f"
_MODES = {
    "half_up": "half_towards_infinity",  # 0.5 away from zero, as in school and in most ERPs
    "half_even": "half_to_even",  # the banker's
    "half_down": "half_towards_zero",
    "up": "towards_infinity",  # away from zero
    "down": "towards_zero",
    "ceiling": "up",
    "floor": "down",
}
Mode = Literal["half_up", "half_even", "half_down", "up", "down", "ceiling", "floor"]
_MILLIGRAMS = {"mg": "1", "g": "1000", "kg": "1000000", "t": "1000000000", "oz": "28349.523125", "lb": "453592.37"}
Unit = Literal["mg", "g", "kg", "t", "oz", "lb"]


class Numeral(Options):
    """How the ERP writes its numbers."""

    decimal: Literal[".", ","] = Field(".", description="The decimal sign.")
    thousands: str = Field("", max_length=1, description='What separates thousands: ".", ",", " " or "\'".')
    without: str = Field("", description="Characters that may stand before or behind the number, such as a currency.")

    @model_validator(mode="after")
    def _differ(self) -> Numeral:
        if self.decimal == self.thousands:
            raise ValueError(f'decimal and thousands are both "{self.decimal}"')
        return self


def decimal(texts: pa.Array, options: Numeral) -> Checked:
    bare = pc.utf8_trim(texts, characters=_SPACES + options.without)
    # grouped digits must come in threes: "1.5" with points for thousands is 1.5 and not 15
    group = f"[{_SPACES}]" if options.thousands in _SPACES else re.escape(options.thousands)
    sign = re.escape(options.decimal)
    whole = rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+" if options.thousands else "[0-9]+"
    bad = not_matching(bare, rf"^(?:[+-]?(?:(?:{whole})(?:{sign}[0-9]*)?|{sign}[0-9]+)|(?:{whole})(?:{sign}[0-9]*)?-)$")
    some_bad = any_of(bad)
    plain = pc.if_else(bad, None, bare) if some_bad else bare
    if options.thousands:
        by_text = options.thousands not in _SPACES
        plain = (pc.replace_substring if by_text else pc.replace_substring_regex)(
            plain, options.thousands if by_text else group, ""
        )
    if options.decimal != ".":
        plain = pc.replace_substring(plain, options.decimal, ".")
    plain = decimals.tidy(plain)
    if not some_bad:
        return Checked(plain)
    reason = f"is not a number as this mapping expects them ({_example(options)})"
    return Checked(pc.if_else(bad, texts, plain), bad, reason)


def _example(options: Numeral) -> str:
    return f"1{options.thousands}234{options.decimal}5"


class Round(Options):
    """To how many places, and which way a half goes."""

    shorthand: ClassVar[str] = "places"
    places: int = Field(ge=0, le=decimals.PLACES, description="How many digits stay behind the point.")
    mode: Mode = Field(
        "half_up", description="half_up: 0.5 becomes 1; half_even: the banker's; up, down: to and from 0."
    )


def round_(texts: pa.Array, options: Round) -> Checked:
    return _calculate(texts, lambda n: (decimals.rounded(n, options.places, _MODES[options.mode]), none(len(n))))


def _number(text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f'"{text}" is not a number') from None
    if not number.is_finite() or number == 0:
        raise ValueError(f'"{text}" cannot be used: expected a number other than 0')
    return text


Number = Annotated[str, AfterValidator(_number)]


class Multiply(Options):
    """By what."""

    shorthand: ClassVar[str] = "by"
    by: Number = Field(description='The factor, in quotes, with a decimal point: "0.01" makes 19.9 of 1990.')


def multiply(texts: pa.Array, options: Multiply) -> Checked:
    return _times(texts, options.by)


class Divide(Options):
    """By what."""

    shorthand: ClassVar[str] = "by"
    by: Number = Field(description='The divisor, in quotes, with a decimal point: "100" makes 19.9 of 1990.')


def divide(texts: pa.Array, options: Divide) -> Checked:
    divisor = decimals.parse(constant(options.by, len(texts)))[0]
    return _calculate(texts, lambda n: decimals.divide(n, divisor))


class Weight(Options):
    """From which unit to which."""

    unit: Unit = Field(alias="from", description="The ERP's unit.")
    to: Unit = Field(description="The unit that is sent.")


def weight(texts: pa.Array, options: Weight) -> Checked:
    factor, divisor = (decimals.parse(constant(_MILLIGRAMS[u], len(texts)))[0] for u in (options.unit, options.to))

    def convert(numbers: pa.Array) -> tuple[pa.Array, pa.Array]:
        milligrams, large = decimals.multiply(numbers, factor)
        converted, bad = decimals.divide(milligrams, divisor)
        return converted, pc.or_(large, bad)

    return _calculate(texts, convert)


def _times(texts: pa.Array, factor: str) -> Checked:
    other = decimals.parse(constant(factor, len(texts)))[0]
    return _calculate(texts, lambda n: decimals.multiply(n, other))


def _calculate(texts: pa.Array, work: Callable[[pa.Array], tuple[pa.Array, pa.Array]]) -> Checked:
    numbers, bad = decimals.parse(texts)
    results, impossible = work(numbers)
    values = pc.if_else(is_empty(texts), texts, decimals.show(results))
    if any_of(impossible):
        return Checked(values, pc.or_(bad, impossible), "cannot be calculated exactly, or is not a number")
    return Checked(values, bad if any_of(bad) else None, decimals.NOT_A_NUMBER)


def integer(texts: pa.Array, options: Options) -> Checked:
    return check_integer(texts)


TABLE = (
    Transform("decimal", "Read a number as the ERP writes it.", decimal, Numeral, FieldKind.DECIMAL),
    Transform("integer", "Read a whole number; 5.00 is 5, and 5.5 is rejected.", integer, makes=FieldKind.INTEGER),
    Transform("round", "Round to some places, by a named mode.", round_, Round, FieldKind.DECIMAL),
    Transform("multiply", "Multiply by a constant.", multiply, Multiply, FieldKind.DECIMAL),
    Transform("divide", "Divide by a constant.", divide, Divide, FieldKind.DECIMAL),
    Transform("weight", "Change the unit of a weight.", weight, Weight, FieldKind.DECIMAL),
)
