"""The small language of `where`, `if` and `calculate`: read by descent into a tree of values. Nothing is ever executed.

or:          and ("or" and)*
and:         not ("and" not)*
not:         "not" not | "(" or ")" | comparison
comparison:  sum (= == != <> < <= > >=) sum | sum [not] in (sum, ...) | sum is [not] empty | sum is [not] null
             | sum [not] starts with TEXT | ends with TEXT | contains TEXT | matches TEXT
sum:         product (("+" | "-") product)*
product:     operand (("*" | "/") operand)*
operand:     COLUMN | {COLUMN} | "text" | 'text' | 12.5 | today | "-" operand | "(" sum ")"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


class NotUnderstood(ValueError):
    """``at`` counts characters from the start of the text."""

    def __init__(self, message: str, at: int, advice: str = "") -> None:
        super().__init__(message)
        self.at, self.advice = at, advice


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Number:
    text: str


@dataclass(frozen=True, slots=True)
class Today:
    """The day of the extract, and how many days after it."""

    days: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A column, or a name given by `with`."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: str
    left: Value
    right: Value


Value = Text | Number | Today | Name | Arithmetic


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str  # = != < <= > >=
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class In:
    value: Value
    among: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Is:
    value: Value
    what: str  # empty, null


@dataclass(frozen=True, slots=True)
class Like:
    value: Value
    how: str  # starts, ends, contains, matches
    text: str


@dataclass(frozen=True, slots=True)
class Not:
    inner: Condition


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Condition, ...]


Condition = Compare | In | Is | Like | Not | All | Any

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')
    |(?P<braced>\{[^{}]*\})
    |(?P<number>\d+(?:\.\d+)?(?![\w.]))
    |(?P<word>[^\W\d]\w*)
    |(?P<sign>==|!=|<>|<=|>=|[=<>+\-*/(),])
    )""",
    re.VERBOSE,
)
_WORDS = frozenset(
    ["and", "or", "not", "in", "is", "empty", "null", "starts", "ends", "with", "contains", "matches", "today"]
)
_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_FOREIGN = {
    "&": "write and", "|": "write or", "!": "write not", "`": "columns stand in { }", "[": "columns stand in { }",
    '"': "close the quote", "'": "close the quote", "{": "close the brace", "%": "there is no such sign here",
}  # fmt: skip
_DEEPEST, _LONGEST = 40, 200  # brackets within brackets; signs and `not`s in one condition or calculation
_SIGNS = {"==": "=", "=<": "<=", "=>": ">=", "<>": "!=", "><": "!="}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # text, braced, number, word (a column), sign, or a reserved word itself
    text: str
    at: int


def parse_condition(text: str) -> Condition:
    """Raises NotUnderstood."""
    return _Parser(text).condition()


def parse_calculation(text: str) -> Value:
    """Raises NotUnderstood."""
    parser = _Parser(text)
    value = parser.sum()
    parser.end()
    return value


def names(tree: Condition | Value) -> Iterator[Name]:
    """Every column that is named, as often as it is."""
    match tree:
        case Name():
            yield tree
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            yield from names(left)
            yield from names(right)
        case In(value=value, among=among):
            for each in (value, *among):
                yield from names(each)
        case Is(value=value) | Like(value=value):
            yield from names(value)
        case Not(inner=inner):
            yield from names(inner)
        case All(parts=parts) | Any(parts=parts):
            for part in parts:
                yield from names(part)


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            advice = _FOREIGN.get(text[at], "put columns with other characters than letters, digits and _ in { }")
            raise NotUnderstood(f"unexpected {text[at : at + 20]}", at, advice)
        kind = str(found.lastgroup)
        word = found[kind]
        start, at = found.start(kind), found.end()
        if kind == "word" and word.lower() in _WORDS and word in (word.lower(), word.upper()):
            yield _Token(word.lower(), word, start)
        else:
            yield _Token(kind, word, start)
    yield _Token("end", "the end", len(text.rstrip()))


def asks_for_today(tree: Condition | Value) -> bool:
    """Whether its answer may be another tomorrow, although the row is the same."""
    match tree:
        case Today():
            return True
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            return asks_for_today(left) or asks_for_today(right)
        case In(value=value, among=among):
            return any(map(asks_for_today, (value, *among)))
        case Is(value=value) | Like(value=value):
            return asks_for_today(value)
        case Not(inner=inner):
            return asks_for_today(inner)
        case All(parts=parts) | Any(parts=parts):
            return any(map(asks_for_today, parts))
        case _:
            return False


def _refuse_endless(tokens: Iterable[_Token]) -> None:
    """What nobody wrote by hand would go deeper than the program can follow."""
    brackets = steps = 0
    for token in tokens:
        brackets += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        steps += token.kind == "not" or (token.kind == "sign" and token.text in "+-*/")
        if brackets > _DEEPEST or steps > _LONGEST:
            deep = f"brackets more than {_DEEPEST} deep"
            long = f"more than {_LONGEST} steps in one"
            raise NotUnderstood(deep if brackets > _DEEPEST else long, token.at, "give a part of it a name with `with`")


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        _refuse_endless(self._tokens)
        self._next = 0
        self._operand_read: Value | None = None

    @property
    def _now(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *kinds: str) -> _Token | None:
        token = self._now
        if token.kind in kinds or (token.kind == "sign" and token.text in kinds):
            self._next += 1
            return token
        return None

    def _need(self, what: str, *kinds: str) -> _Token:
        token = self._take(*kinds)
        if token is None:
            raise self._unexpected(what)
        return token

    def _unexpected(self, expected: str) -> NotUnderstood:
        token, advice = self._now, ""
        before = self._tokens[self._next - 1] if self._next else token
        if doubled := _SIGNS.get(before.text + token.text):
            advice = f"write {doubled}"
        if token.kind == "word" and token.text.lower() in ("like", "ilike"):
            advice = "write starts with, ends with, contains or matches"
        elif (
            token.kind in ("number", "word") and self._next and self._tokens[self._next - 1].kind in ("number", "word")
        ):
            advice = "put columns with blanks in braces: {Item No_}"
        return NotUnderstood(f"expected {expected}, got {token.text}", token.at, advice)

    def end(self) -> None:
        if self._now.kind != "end":
            raise self._unexpected("and, or, or the end")

    def condition(self) -> Condition:
        found = self._any()
        self.end()
        return self._decided(found)

    def _any(self) -> Condition | Value:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Any(tuple(self._decided(p) for p in parts))

    def _all(self) -> Condition | Value:
        parts = [self._not()]
        while self._take("and"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else All(tuple(self._decided(p) for p in parts))

    def _decided(self, found: Condition | Value) -> Condition:
        if isinstance(found, Value):
            raise self._unexpected("a comparison (=, !=, <, in, is empty, starts with, matches ...)")
        return found

    def _not(self) -> Condition | Value:
        if self._take("not"):
            return Not(self._decided(self._not()))
        if not self._take("("):
            return self._comparison()
        inner = self._any()
        self._need(")", ")")
        if isinstance(inner, Value):  # the bracket was one of a sum: go on behind it
            self._operand_read = inner
            return self._comparison()
        return inner

    def _comparison(self) -> Condition | Value:
        value = self.sum()
        sign = self._take(*_COMPARISONS)
        if sign is not None:
            if self._now.kind == "null":
                raise NotUnderstood("null equals nothing", self._now.at, "write is null, or is not null")
            return Compare(_COMPARISONS[sign.text], value, self.sum())
        if self._take("is"):
            negated = self._take("not") is not None
            what = self._need("empty or null", "empty", "null").kind
            return _negated(Is(value, what), negated)
        negated = self._take("not") is not None
        if self._take("in"):
            return _negated(In(value, self._list()), negated)
        if self._take("contains"):
            return _negated(Like(value, "contains", self._text()), negated)
        if self._take("matches"):
            return _negated(Like(value, "matches", self._pattern()), negated)
        how = self._take("starts", "ends")
        if how is None and not negated and self._now.text == ")":
            return value
        if how is None:
            raise self._unexpected("a comparison (=, !=, <, in, is empty, starts with, matches ...)")
        self._need("with", "with")
        return _negated(Like(value, how.kind, self._text()), negated)

    def _list(self) -> tuple[Value, ...]:
        self._need("(", "(")
        among = [self.sum()]
        while self._take(","):
            among.append(self.sum())
        self._need(", or )", ")")
        return tuple(among)

    def _text(self) -> str:
        return _unquoted(self._need("a text in quotes", "text").text)

    def _pattern(self) -> str:
        token = self._need("a regular expression in quotes", "text")
        pattern = _unquoted(token.text)
        try:
            pc.match_substring_regex(pa.array([""]), pattern)
        except pa.ArrowInvalid as cause:
            raise NotUnderstood(f"not a regular expression: {str(cause).rpartition(': ')[2]}", token.at) from None
        return pattern

    def sum(self) -> Value:
        value = self._product()
        while sign := self._take("+", "-"):
            right = self._product()
            if isinstance(value, Today) and isinstance(right, Number) and right.text.isdigit():
                value = Today(value.days + int(f"{sign.text}{right.text}"))
            else:
                value = self._arithmetic(sign, value, right)
        return value

    def _product(self) -> Value:
        value = self._operand()
        while sign := self._take("*", "/"):
            value = self._arithmetic(sign, value, self._operand())
        return value

    def _arithmetic(self, sign: _Token, left: Value, right: Value) -> Value:
        if isinstance(left, Text | Today) or isinstance(right, Text | Today):
            raise NotUnderstood(f"{sign.text} needs numbers on both sides", sign.at, "join texts with a template")
        return Arithmetic(sign.text, left, right)

    def _operand(self) -> Value:
        if self._operand_read is not None:
            value, self._operand_read = self._operand_read, None
            return value
        if token := self._take("text"):
            return Text(_unquoted(token.text))
        if token := self._take("number"):
            return Number(token.text)
        if token := self._take("word"):
            return Name(token.text, token.at)
        if token := self._take("braced"):
            return Name(token.text[1:-1], token.at)
        if self._take("today"):
            return Today()
        if sign := self._take("-"):
            inner = self._operand()
            if isinstance(inner, Number):
                return Number(f"-{inner.text}")
            return self._arithmetic(sign, Number("0"), inner)
        if self._take("("):
            value = self.sum()
            self._need(")", ")")
            return value
        raise self._unexpected("a column, a text in quotes or a number")


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])


def _negated(condition: Condition, negated: bool) -> Condition:
    return Not(condition) if negated else condition
