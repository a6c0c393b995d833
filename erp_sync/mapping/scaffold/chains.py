"""Which transforms bring all texts of a column into the form of a field: tried, not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from erp_sync.mapping.column import Checked, any_of, has_controls
from erp_sync.mapping.kinds import check_kind
from erp_sync.mapping.scaffold.columns import Column
from erp_sync.mapping.transforms import TRANSFORMS
from erp_sync.model.catalog import Field, FieldKind

_NUMBERS = (FieldKind.DECIMAL, FieldKind.INTEGER)
_DATES = ("iso", "german", "dutch", "british", "american", "compact", "yyyy/mm/dd", "d.m.yyyy", "d.m.yy", "m/d/yyyy")
NO_DATES = ("1753-01-01", "0001-01-01", "0000-00-00", "1900-01-01", "1899-12-30", "01.01.1753", "0")
_DIGIT_FORMS: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "numbers with a decimal point"),
    ({"decimal": ","}, "numbers with a decimal comma"),
    ({"decimal": ",", "thousands": "."}, "numbers with a decimal comma, and points between thousands"),
    ({"decimal": ",", "thousands": " "}, "numbers with a decimal comma, and blanks between thousands"),
    ({"thousands": ","}, "numbers with a decimal point, and commas between thousands"),
    ({"thousands": "'"}, "numbers with a decimal point, and apostrophes between thousands"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A transform with its options, as they stand in a mapping."""

    name: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fit:
    """``why`` says what the values are; ``doubt`` what a person should look at."""

    steps: tuple[Step, ...] = ()
    why: str = ""
    doubt: str = ""


def fitting(column: Column, field: Field) -> Fit | None:
    """The simplest chain that every text of the column passes; None where no chain does."""
    texts = column.different
    if not len(texts):
        return Fit(why="it is empty in every row")
    for fit in _candidates(column, field):
        if _passes(texts, fit.steps, field):
            return fit
    return None


def chain_for_ids(column: Column) -> Fit:
    """Ids are sent as they are, but blanks at their ends are nearly always an accident."""
    if has_controls(column.different):
        return Fit(
            (Step("strip_control", {}), Step("strip", {})), "it holds control characters, which XML cannot carry"
        )
    if column.has_blanks_at_ends:
        return Fit((Step("strip", {}),), "some begin or end with blanks, which are taken away")
    return Fit()


def is_all(column: Column, name: str) -> bool:
    """Whether every text passes a transform, and there are texts."""
    return bool(len(column.different)) and _run(column.different, (Step(name, {}),)) is not None


def _candidates(column: Column, field: Field) -> Iterator[Fit]:
    if field.kind in _NUMBERS:
        yield from _numbers(column)
    elif field.kind is FieldKind.DATE:
        yield from _dates(column)
    elif field.kind is FieldKind.COUNTRY:
        yield Fit(why="ISO codes of countries")
        yield Fit((Step("country", {}),), "names of countries")
    elif field.kind is FieldKind.CURRENCY:
        yield Fit(why="ISO codes of currencies")
        yield Fit((Step("currency", {}),), "signs or names of currencies")
    elif field.kind is FieldKind.BOOLEAN:
        yield Fit(why="true and false")
        yield Fit((Step("boolean", {}),), "words for yes and no")
    elif field.kind is FieldKind.STATUS:
        yield Fit(why=f"words that Centra knows: {', '.join(field.words)}")
    else:
        yield from _texts(column, field)


def _numbers(column: Column) -> Iterator[Fit]:
    unit = _unit(column)
    for options, why in _DIGIT_FORMS:
        whole = {**options, "without": unit} if unit else options
        doubt = ""
        if not options and not unit and _could_be_thousands(column):
            doubt = "the points could stand between thousands instead: then {decimal: {decimal: ',', thousands: '.'}}"
        if not options and all(re.fullmatch(r"[+-]?[0-9]+", t) for t in column.different.to_pylist()):
            why = "whole numbers"
        told = f'{why}, with "{unit.strip()}" behind' if unit else why
        yield Fit((Step("decimal", whole),) if whole else (), told, doubt)


def _could_be_thousands(column: Column) -> bool:
    pointed = [t for t in column.different.to_pylist() if "." in t]
    return bool(pointed) and all(re.fullmatch(r"-?[1-9][0-9]{0,2}(\.[0-9]{3})+", t) for t in pointed)


def _unit(column: Column) -> str:
    """What all numbers have behind them, such as " kg"."""
    ends = {found[0] if (found := re.search(r"(?<=[0-9])\s*[A-Za-z%€$£]+$", t)) else "" for t in column.samples}
    return ends.pop() if len(ends) == 1 else ""


def _dates(column: Column) -> Iterator[Fit]:
    written = column.different.to_pylist()
    none = [d for d in NO_DATES if any(t == d or t.startswith((f"{d} ", f"{d}T")) for t in written)]
    if not none:
        yield Fit(why="days written as 2026-11-24")
    forms = [f for f in _DATES if _run(column.different, (_date(f, none),)) is not None]
    for form in forms:
        others = [f for f in forms if f != form and {f, form} == {"british", "american"}]
        doubt = f"they could as well be {others[0]}: no day is after the 12th" if others else ""
        told = f"days of the form {form}" + (f", where {', '.join(none)} is no day" if none else "")
        yield Fit((_date(form, none),), told, doubt)


def _date(form: str, none: list[str]) -> Step:
    return Step("date", {"form": form, "none": none} if none else {"form": form})


def _texts(column: Column, field: Field) -> Iterator[Fit]:
    if field.path.rpartition(".")[2] == "ean":
        yield Fit((Step("gtin", {}),), "article numbers with right check digits")
        yield Fit((), "", "not all are article numbers with a right check digit, which the transform gtin would reject")
    if has_controls(column.different):
        yield Fit(
            (Step("strip_control", {}), Step("strip", {})), "texts with control characters, which XML cannot carry"
        )
    if column.has_blanks_at_ends:
        yield Fit((Step("strip", {}),), "texts, some with blanks at their ends")
    yield Fit(why="texts")


def _passes(texts: pa.Array, steps: tuple[Step, ...], field: Field) -> bool:
    made = _run(texts, steps)
    return made is not None and not _bad(check_kind(made, field)) and not has_controls(made)


def _run(texts: pa.Array, steps: tuple[Step, ...]) -> pa.Array | None:
    """What a chain makes; None where it refuses any text."""
    for step in steps:
        transform = TRANSFORMS[step.name]
        done = transform.apply(texts, transform.options.model_validate(step.options))
        if isinstance(done, Checked):
            if _bad(done):
                return None
            texts = done.values
        else:
            texts = done
    return texts


def _bad(checked: Checked) -> bool:
    return checked.bad is not None and checked.fatal and any_of(checked.bad)
