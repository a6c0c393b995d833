"""Expressions, ready to run: a tree of nodes, each turning rows into one column."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from erp_sync.errors import Place
from erp_sync.mapping import conditions
from erp_sync.mapping.column import Checked, Column, Problem, any_of, constant, is_empty, is_repetitive, none
from erp_sync.mapping.conditions import Name
from erp_sync.mapping.deciding import Deciding
from erp_sync.mapping.rows import Rows
from erp_sync.mapping.templates import Optional, Piece
from erp_sync.mapping.transforms.registry import Transform

_NULL = pa.scalar(None, pa.string())


class Node(ABC):
    """One expression. ``place`` is where it stands in the mapping."""

    place: Place

    @property
    def below(self) -> tuple[Node, ...]:
        return ()

    @abstractmethod
    def evaluate(self, rows: Rows) -> Column:
        """One text per row. Raises FixMapping where a column is missing."""

    def walk(self) -> Iterator[Node]:
        yield self
        for node in self.below:
            yield from node.walk()

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns of the row that are read."""
        return frozenset(n.name for n in self.walk() if isinstance(n, FromColumn))


@dataclass(eq=False)
class FromColumn(Node):
    name: str
    place: Place

    def evaluate(self, rows: Rows) -> Column:
        values = rows.column(self.name, self.place)
        rows.run.note(self.place, f"column {self.name}", values)
        return Column(values, source=self.name)


@dataclass(eq=False)
class Constant(Node):
    text: str
    place: Place

    def evaluate(self, rows: Rows) -> Column:
        values = constant(self.text, len(rows))
        rows.run.note(self.place, "constant", values)
        return Column(values)


@dataclass(eq=False)
class Named(Node):
    """An expression with a name, evaluated once per rows however often it is used."""

    name: str
    inner: Node
    place: Place

    @property
    def below(self) -> tuple[Node, ...]:
        return (self.inner,)

    def evaluate(self, rows: Rows) -> Column:
        if id(self) not in rows.results:
            rows.results[id(self)] = self.inner.evaluate(rows)
        return rows.results[id(self)]


@dataclass(eq=False)
class Template(Node):
    """With ``strict`` (keys), an empty column outside brackets makes the whole empty."""

    pieces: tuple[Piece, ...]
    parts: Mapping[str, Node]
    place: Place
    strict: bool = False

    @property
    def below(self) -> tuple[Node, ...]:
        return tuple(self.parts.values())

    def evaluate(self, rows: Rows) -> Column:
        columns = {name: node.evaluate(rows) for name, node in self.parts.items()}
        filled = {name: pc.invert(is_empty(c.values)) for name, c in columns.items()}
        problems = tuple(p for c in columns.values() for p in c.problems)
        texts = self._texts(self.pieces, columns, filled)
        some = list(filled.values()) or [constant("x", len(rows)).is_valid()]
        outside = [filled[p.name] for p in self.pieces if isinstance(p, Name)]
        kept = _fold(pc.and_, outside) if self.strict and outside else _fold(pc.or_, some)
        values = pc.if_else(kept, texts, "")
        unset = _fold(pc.and_, [pc.is_null(c.values) for c in columns.values()]) if columns else none(len(rows))
        values = pc.if_else(unset, _NULL, values)
        rows.run.note(self.place, "template", values)
        return Column(values, problems)

    def _texts(self, pieces: tuple[Piece, ...], columns: Mapping[str, Column], filled: Mapping[str, pa.Array]) -> Any:
        made: list[Any] = []
        for piece in pieces:
            if isinstance(piece, Optional):
                inner = self._texts(piece.pieces, columns, filled)
                there = _fold(pc.and_, [filled[p.name] for p in piece.pieces if isinstance(p, Name)])
                made.append(pc.if_else(there, inner, ""))
            elif isinstance(piece, Name):
                made.append(pc.fill_null(columns[piece.name].values, ""))
            else:
                made.append(pa.scalar(piece))
        return pc.binary_join_element_wise(*made, "") if made else pa.scalar("")


@dataclass(eq=False)
class Condition(Node):
    """A condition; evaluated by ``decide``, never as a text."""

    tree: conditions.Condition
    parts: Mapping[str, Node]
    place: Place
    text: str

    @property
    def below(self) -> tuple[Node, ...]:
        return tuple(self.parts.values())

    def evaluate(self, rows: Rows) -> Column:
        answer, problems = self.decide(rows)
        return Column(pc.cast(answer, pa.string()), tuple(problems))

    def decide(self, rows: Rows) -> tuple[pa.Array, list[Problem]]:
        """True, false, or null for rows that one of the problems leaves undecided."""
        deciding = Deciding(lambda name: self.parts[name].evaluate(rows), len(rows), rows.run.today, self.place)
        answer = deciding.decide(self.tree)
        rows.run.note(self.place, f"if {self.text}", pc.cast(answer, pa.string()))
        if not answer.null_count:
            return answer, []
        return answer, [p.only(pc.is_null(answer)) for p in deciding.problems]


@dataclass(eq=False)
class Calculation(Node):
    tree: conditions.Value
    parts: Mapping[str, Node]
    place: Place

    @property
    def below(self) -> tuple[Node, ...]:
        return tuple(self.parts.values())

    def evaluate(self, rows: Rows) -> Column:
        deciding = Deciding(lambda name: self.parts[name].evaluate(rows), len(rows), rows.run.today, self.place)
        values = deciding.calculate(self.tree)
        rows.run.note(self.place, "calculate", values)
        return Column(values, tuple(deciding.problems))


def depends_on_today(nodes: Iterable[Node]) -> bool:
    """Whether one of these expressions, or one below it, compares or calculates with ``today``."""
    below = (inner for node in nodes for inner in node.walk())
    return any(isinstance(n, Condition | Calculation) and conditions.asks_for_today(n.tree) for n in below)


@dataclass(eq=False)
class FirstOf(Node):
    choices: tuple[Node, ...]
    place: Place

    @property
    def below(self) -> tuple[Node, ...]:
        return self.choices

    def evaluate(self, rows: Rows) -> Column:
        values, wanted = constant(None, len(rows)), pa.repeat(pa.scalar(True), len(rows))
        problems: list[Problem] = []
        for choice in self.choices:
            column = choice.evaluate(rows)
            mine = [p.only(wanted) for p in column.problems]
            problems += [p for p in mine if any_of(p.rows)]
            take = pc.and_not(wanted, is_empty(column.values))
            blank = pc.and_(wanted, pc.fill_null(pc.equal(column.values, ""), False))
            values = pc.if_else(pc.or_(take, blank), column.values, values)
            wanted = pc.and_not(wanted, take)
            for problem in mine:
                if problem.fatal:
                    wanted = pc.and_not(wanted, problem.rows)
            if not any_of(wanted):
                break
        rows.run.note(self.place, "first_of", values)
        return Column(values, tuple(problems))


@dataclass(eq=False)
class When(Node):
    branches: tuple[tuple[Condition | None, Node], ...]
    place: Place

    @property
    def below(self) -> tuple[Node, ...]:
        return tuple(n for condition, node in self.branches for n in (condition, node) if n is not None)

    def evaluate(self, rows: Rows) -> Column:
        values, wanted = constant(None, len(rows)), pa.repeat(pa.scalar(True), len(rows))
        problems: list[Problem] = []
        for condition, node in self.branches:
            chosen = wanted
            if condition is not None:
                answer, undecided = condition.decide(rows)
                problems += [p.only(wanted) for p in undecided]
                chosen = pc.and_(wanted, pc.fill_null(answer, False))
                wanted = pc.and_not(wanted, pc.fill_null(answer, True))
            if any_of(chosen):
                column = node.evaluate(rows)
                problems += [p.only(chosen) for p in column.problems]
                values = pc.if_else(chosen, column.values, values)
        rows.run.note(self.place, "when", values)
        return Column(values, tuple(p for p in problems if any_of(p.rows)))


@dataclass(eq=False)
class Chain(Node):
    """Transforms, one after the other. A row that one refuses is not looked at by the next."""

    inner: Node
    steps: tuple[tuple[Place, Transform, Any], ...]
    place: Place
    by_value: bool = True  # what comes out depends on the text alone: true of every transform of ours

    @property
    def below(self) -> tuple[Node, ...]:
        return (self.inner,)

    def evaluate(self, rows: Rows) -> Column:
        column = self.inner.evaluate(rows)
        if self.by_value and not column.problems and is_repetitive(column.values):
            return self._on_different(column, rows)
        return self._on_all(column, rows)

    def _on_all(self, column: Column, rows: Rows) -> Column:
        for place, transform, options in self.steps:
            result = transform.apply(column.values, options)
            column = checked(column, result if isinstance(result, Checked) else Checked(result), place)
            rows.run.note(place, transform.name, column.values)
        return column

    def _on_different(self, column: Column, rows: Rows) -> Column:
        """Work once on each different text: most of an ERP's columns have few."""
        encoded = pc.dictionary_encode(column.values)
        codes = encoded.indices
        few = self._on_all(Column(encoded.dictionary, (), column.source), rows)
        return Column(pc.take(few.values, codes), tuple(p.spread(codes) for p in few.problems), column.source)


@dataclass(eq=False)
class Values(Node):
    """``otherwise`` is reject, keep, or what to use instead (None: unset)."""

    inner: Node
    table: Mapping[str, str | None]
    otherwise: str
    instead: str | None
    place: Place
    places: Mapping[str, Place] = field(default_factory=dict)  # of each entry

    @property
    def below(self) -> tuple[Node, ...]:
        return (self.inner,)

    @cached_property
    def _known(self) -> tuple[pa.Array, pa.Array]:
        return pa.array(list(self.table), pa.string()), pa.array(list(self.table.values()), pa.string())

    def unlisted(self, texts: pa.Array) -> pa.Array:
        """Rows with a text that has no entry. Null and, unless it is listed, the empty text need none."""
        known = pc.is_in(texts, value_set=self._known[0])
        return pc.and_not(pc.invert(known), is_empty(texts))

    def evaluate(self, rows: Rows) -> Column:
        column = self.inner.evaluate(rows)
        texts = column.values
        if "" in self.table:
            texts = pc.fill_null(texts, "")
        at = pc.index_in(texts, value_set=self._known[0])
        values = pc.take(self._known[1], at)
        if at.null_count:
            missing = self.unlisted(texts)
            kept = texts if self.otherwise in ("keep", "reject") else pc.if_else(is_empty(texts), texts, self.instead)
            values = pc.if_else(pc.is_null(at), kept, values)
            if self.otherwise == "reject" and any_of(missing):
                column = checked(column, Checked(column.values, missing, "has no entry in `values`"), self.place)
        if rows.run.trace is not None:
            entry = texts[0].as_py() or "" if len(texts) else ""
            rows.run.note(self.places.get(entry, self.place), "values", values)
        return Column(values, column.problems, column.source)


def checked(column: Column, result: Checked, place: Place) -> Column:
    """The column after a transform or a check; rows that were refused before are not refused again."""
    problems = column.problems
    if result.bad is not None:
        bad = result.bad
        for problem in problems:
            if problem.fatal:
                bad = pc.and_not(bad, problem.rows)
        if any_of(bad):
            found = Problem(bad, result.reason, place, column.values, column.source, result.fatal)
            problems = (*problems, found)
    return Column(result.values, problems, column.source)


def checked_rows(problems: Iterable[Problem]) -> dict[int, str]:
    """Rows that cannot be used, and the first reason of each."""
    messages: dict[int, str] = {}
    for problem in problems:
        if problem.fatal:
            for row in pc.indices_nonzero(problem.rows).to_pylist():
                messages.setdefault(row, problem.message(row))
    return messages


def _fold(combine: Any, parts: list[pa.Array]) -> pa.Array:
    answer = parts[0]
    for part in parts[1:]:
        answer = combine(answer, part)
    return answer
