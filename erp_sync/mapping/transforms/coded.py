"""Transforms of codes: article numbers, countries, currencies, booleans, and numbers that python-stdnum knows."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AfterValidator, Field
from stdnum.exceptions import ValidationError as NumberError

from erp_sync.mapping.codes import COUNTRIES, COUNTRY_NAMES, CURRENCIES, CURRENCY_NAMES
from erp_sync.mapping.column import Checked, any_of, by_value, is_empty, not_matching
from erp_sync.mapping.complaints import nearest
from erp_sync.mapping.transforms.registry import Options, Transform
from erp_sync.model.catalog import FieldKind

_YES = "1|true|t|yes|y|ja|j|x|on|wahr|sant|sand|oui|si|sí|tak|kyllä|da|vrai"
_NO = "0|false|f|no|n|nein|nej|nei|off|falsch|falskt|falsk|non|nie|ei|ne|faux"


class Boolean(Options):
    """Which words mean yes and no, and how to send them."""

    true: list[str] = Field([], description="More words that mean yes; capitals do not matter.")
    false: list[str] = Field([], description="More words that mean no. An empty text in this list makes blank mean no.")
    send: list[str] = Field(
        ["true", "false"],
        min_length=2,
        max_length=2,
        description="What is sent: the word for yes, then the word for no.",
    )


def boolean(texts: pa.Array, options: Boolean) -> Checked:
    words = dict.fromkeys(_YES.split("|"), options.send[0]) | dict.fromkeys(_NO.split("|"), options.send[1])
    words |= {w.lower(): options.send[0] for w in options.true} | {w.lower(): options.send[1] for w in options.false}
    bare = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    if "" in words:
        bare = pc.fill_null(bare, "")
    known = pc.take(pa.array(list(words.values()), pa.string()),
                    pc.index_in(bare, value_set=pa.array(list(words), pa.string())))  # fmt: skip
    bad = pc.and_not(pc.is_null(known), is_empty(texts))
    return Checked(pc.coalesce(known, bare), bad if any_of(bad) else None, "means neither yes nor no")


class Gtin(Options):
    """Which lengths are right."""

    lengths: list[int] = Field([8, 12, 13, 14], description="The numbers of digits that are allowed.")
    pad: int | None = Field(None, ge=8, le=14, description="Fill up with zeros to this length.")


def gtin(texts: pa.Array, options: Gtin) -> Checked:
    digits = pc.replace_substring_regex(texts, r"[\s-]+", "")
    scientific = pc.fill_null(pc.match_substring_regex(digits, r"^[0-9][.,]?[0-9]*[eE]\+?[0-9]+$"), False)
    lengths = "|".join(f"[0-9]{{{n}}}" for n in options.lengths)
    bad = not_matching(digits, f"^({lengths})$")
    wrong_check = _wrong_check_digit(pc.if_else(pc.or_(bad, is_empty(digits)), "0" * 14, digits))
    values = digits
    if options.pad is not None:
        values = pc.if_else(is_empty(digits), digits, pc.utf8_lpad(digits, width=options.pad, padding="0"))
    every = pc.or_(bad, wrong_check)

    def reason(row: int) -> str:
        text = texts[row].as_py()
        if scientific[row].as_py():
            return f'"{text}" was damaged by a spreadsheet: its last digits are lost; export the column as text'
        if bad[row].as_py():
            return f'"{text}" is not an article number of {", ".join(map(str, options.lengths))} digits'
        return f'"{text}" has a wrong check digit'

    return Checked(values, every if any_of(every) else None, reason)


def _wrong_check_digit(digits: pa.Array) -> pa.Array:
    """GS1's check digit, for texts of digits only: weights 3 and 1 from the right, sum a multiple of ten."""
    if not len(digits):
        return pa.array([], pa.bool_())
    padded = pc.cast(pc.utf8_lpad(digits, width=14, padding="0"), pa.binary(14))
    raw = np.frombuffer(padded.buffers()[1], np.uint8)[padded.offset * 14 : (padded.offset + len(padded)) * 14]
    sums = (raw.reshape(-1, 14).astype(np.int32) - 48) @ np.array([3, 1] * 7)
    return pa.array(sums % 10 != 0)


def country(texts: pa.Array, options: Options) -> Checked:
    def code(text: str) -> str:
        bare = text.strip()
        if not bare or bare.upper() in COUNTRIES:
            return bare.upper()
        if bare.casefold() in COUNTRY_NAMES:
            return COUNTRY_NAMES[bare.casefold()]
        meant = nearest(bare, COUNTRY_NAMES, cutoff=0.8)
        advice = f'; did you mean {meant.title()}, "{COUNTRY_NAMES[meant]}"?' if meant else ""
        raise ValueError(f"is not a country that is known{advice}")

    return by_value(texts, code)


def currency(texts: pa.Array, options: Options) -> Checked:
    def code(text: str) -> str:
        bare = text.strip().upper()
        if not bare or bare in CURRENCIES:
            return bare
        if bare in CURRENCY_NAMES:
            return CURRENCY_NAMES[bare]
        raise ValueError("is not a currency that is known, or could be several: translate it with `values`")

    return by_value(texts, code)


def _number_module(name: str) -> ModuleType:
    return importlib.import_module(f"stdnum.{name}")


def _known_number(name: str) -> str:
    try:
        module = _number_module(name)
    except ImportError:
        module = None
    if not hasattr(module, "validate"):
        raise ValueError(f'"{name}" is not a kind of number that python-stdnum knows, such as eu.vat, iban or se.orgnr')
    return name


class Standard(Options):
    """Which kind of number."""

    shorthand: ClassVar[str] = "kind"
    kind: Annotated[str, AfterValidator(_known_number)] = Field(
        description="A module of python-stdnum, such as eu.vat, iban, se.orgnr or isbn."
    )


def standard_number(texts: pa.Array, options: Standard) -> Checked:
    module: Any = _number_module(options.kind)

    def check(text: str) -> str:
        if not text:
            return text
        try:
            return str(module.validate(text))
        except NumberError as cause:
            raise ValueError(f"is not a valid {options.kind}: {str(cause).rstrip('.').lower()}") from None

    return by_value(texts, check)


TABLE = (
    Transform("boolean", "Read ja, nein, yes, no, 0, 1, X and such.", boolean, Boolean, FieldKind.BOOLEAN),
    Transform("gtin", "Check an EAN, UPC or GTIN by its length and its check digit.", gtin, Gtin),
    Transform("country", "Make the two-letter code of a country's name or three-letter code.", country,
              makes=FieldKind.COUNTRY),
    Transform("currency", "Make the three-letter code of a currency's sign or name.", currency,
              makes=FieldKind.CURRENCY),
    Transform("number", "Check a number of a known kind: a VAT id, an IBAN.", standard_number, Standard),
)  # fmt: skip
