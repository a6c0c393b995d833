"""Conditions and calculations on whole columns.

An absent text is the empty text here, so ``Blocked != "1"`` holds for a NULL; ``is null`` tells them apart. Compared
with a number or with today, a cell must be one: where it is not, and the answer hangs on it, the row is rejected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any as Anything

import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import Place
from erp_sync.mapping import decimals
from erp_sync.mapping.column import Column, Problem, any_of, constant, is_empty, none, not_matching
from erp_sync.mapping.conditions import (
    All,
    Any,
    Arithmetic,
    Compare,
    Condition,
    In,
    Is,
    Like,
    Name,
    Not,
    Number,
    Text,
    Today,
    Value,
)

_COMPARE: dict[str, Callable[[Anything, Anything], pa.Array]] = {
    "=": pc.equal, "!=": pc.not_equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal,
}  # fmt: skip
_LIKE: dict[str, Callable[[pa.Array, str], pa.Array]] = {
    "starts": lambda texts, text: pc.starts_with(texts, text),
    "ends": lambda texts, text: pc.ends_with(texts, text),
    "contains": lambda texts, text: pc.match_substring(texts, text),
    "matches": lambda texts, text: pc.match_substring_regex(texts, text),
}
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?$"
_ARITHMETIC = {"+": decimals.add, "-": decimals.subtract, "*": decimals.multiply, "/": decimals.divide}


@dataclass(slots=True)
class Deciding:
    """One evaluation over some rows. ``look`` gives a name's column."""

    look: Callable[[str], Column]
    length: int
    today: date
    place: Place
    problems: list[Problem] = field(default_factory=list)

    def decide(self, condition: Condition) -> pa.Array:
        """True, false, or null where it cannot be known because of one of ``problems``."""
        match condition:
            case All(parts=parts):
                return _folded(pc.and_kleene, [self.decide(p) for p in parts])
            case Any(parts=parts):
                return _folded(pc.or_kleene, [self.decide(p) for p in parts])
            case Not(inner=inner):
                return pc.invert(self.decide(inner))
            case Is(value=value, what=what):
                texts, bad = self._texts(value)
                return _unknown(is_empty(texts) if what == "empty" else pc.is_null(texts), bad)
            case Like(value=value, how=how, text=text):
                texts, bad = self._texts(value)
                return _unknown(_LIKE[how](pc.fill_null(texts, ""), text), bad)
            case In(value=value, among=among):
                return self._among(value, among)
            case Compare(operator=operator, left=left, right=right):
                return self._compare(operator, left, right)

    def calculate(self, value: Value) -> pa.Array:
        """Canonical numbers; null where an operand is empty or where one of ``problems`` is."""
        return decimals.show(self._numbers(value)[0])

    def _among(self, value: Value, among: tuple[Value, ...]) -> pa.Array:
        if all(isinstance(each, Text) for each in among):
            texts, bad = self._texts(value)
            listed = pa.array([each.text for each in among if isinstance(each, Text)], pa.string())
            return _unknown(pc.is_in(pc.fill_null(texts, ""), value_set=listed), bad)
        return _folded(pc.or_kleene, [self._compare("=", value, each) for each in among])

    def _compare(self, operator: str, left: Value, right: Value) -> pa.Array:
        sides = (left, right)
        if any(isinstance(side, Today) for side in sides):
            (a, bad_a), (b, bad_b) = self._days(left), self._days(right)
        elif operator not in ("=", "!=") and all(isinstance(side, Name) for side in sides):
            return self._order(operator, left, right)
        elif any(isinstance(side, Number | Arithmetic) for side in sides):
            (a, bad_a), (b, bad_b) = self._numbers(left), self._numbers(right)
        else:
            (a, bad_a), (b, bad_b) = self._texts(left), self._texts(right)
            a, b = pc.fill_null(a, ""), pc.fill_null(b, "")
        # an empty cell is no number and no day: it equals none, and is neither before nor after one
        answer = pc.fill_null(_COMPARE[operator](a, b), operator == "!=")
        return _unknown(answer, pc.or_(bad_a, bad_b))

    def _order(self, operator: str, left: Value, right: Value) -> pa.Array:
        """Two columns: by number where both cells are numbers, by day where both are days; else there is no order."""
        (a, bad_a), (b, bad_b) = self._texts(left), self._texts(right)
        (n, not_a), (m, not_b) = decimals.parse(a), decimals.parse(b)
        days = pc.invert(pc.or_(not_matching(a, _DAY), not_matching(b, _DAY)))
        numbers = pc.invert(pc.or_(not_a, not_b))
        answer = pc.if_else(numbers, _COMPARE[operator](n, m), _COMPARE[operator](a, b))
        empty = pc.or_(is_empty(a), is_empty(b))
        wrong = pc.invert(pc.or_(pc.or_(numbers, days), empty))
        self._note(left, a, wrong, "cannot be ordered with the other column: both must be numbers, or both dates")
        answer = pc.fill_null(pc.if_else(empty, False, answer), False)
        return _unknown(answer, pc.or_(pc.or_(bad_a, bad_b), wrong))

    def _texts(self, value: Value) -> tuple[pa.Array, pa.Array]:
        match value:
            case Name(name=name):
                column = self.look(name)
                bad = none(self.length)
                for problem in column.problems:
                    if problem.fatal:
                        bad = pc.or_(bad, problem.rows)
                    if not any(problem is known for known in self.problems):
                        self.problems.append(problem)
                return column.values, bad
            case Text(text=text) | Number(text=text):
                return constant(text, self.length), none(self.length)
            case Today():
                return self._days(value)
            case Arithmetic():
                numbers, bad = self._numbers(value)
                return decimals.show(numbers), bad

    def _numbers(self, value: Value) -> tuple[pa.Array, pa.Array]:
        if isinstance(value, Arithmetic):
            (a, bad_a), (b, bad_b) = self._numbers(value.left), self._numbers(value.right)
            result, impossible = _ARITHMETIC[value.operator](a, b)
            if any_of(impossible):
                why = "divided by zero or by too long a number" if value.operator == "/" else "the result is too large"
                self.problems.append(Problem(impossible, f"cannot be calculated: {why}", self.place))
            return result, pc.or_(pc.or_(bad_a, bad_b), impossible)
        texts, bad = self._texts(value)
        numbers, wrong = decimals.parse(texts)
        self._note(value, texts, wrong, decimals.NOT_A_NUMBER)
        return numbers, pc.or_(bad, wrong)

    def _days(self, value: Value) -> tuple[pa.Array, pa.Array]:
        if isinstance(value, Today):
            return constant((self.today + timedelta(days=value.days)).isoformat(), self.length), none(self.length)
        texts, bad = self._texts(value)
        wrong = not_matching(texts, _DAY)
        self._note(value, texts, wrong, "is not a date: expected the form 2026-11-24")
        days = pc.if_else(is_empty(texts), pa.scalar(None, pa.string()), pc.utf8_slice_codeunits(texts, 0, 10))
        return days, pc.or_(bad, wrong)

    def _note(self, value: Value, texts: pa.Array, wrong: pa.Array, reason: str) -> None:
        if any_of(wrong):
            column = value.name if isinstance(value, Name) else None
            self.problems.append(Problem(wrong, reason, self.place, texts, column))


def _folded(combine: Callable[[pa.Array, pa.Array], pa.Array], parts: list[pa.Array]) -> pa.Array:
    answer = parts[0]
    for part in parts[1:]:
        answer = combine(answer, part)
    return answer


def _unknown(answer: pa.Array, bad: pa.Array) -> pa.Array:
    return pc.if_else(bad, pa.scalar(None, pa.bool_()), answer) if any_of(bad) else answer
