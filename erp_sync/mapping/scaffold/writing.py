"""A proposal as commented YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from erp_sync.mapping.scaffold.chains import Step
from erp_sync.mapping.scaffold.columns import Column
from erp_sync.mapping.scaffold.names import is_personal_name, names_people
from erp_sync.mapping.scaffold.proposing import FieldGuess, KeyGuess, Proposal

_PLAIN = re.compile(r"[^\W\d_][\w .()/+-]*\Z")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_LONGEST, _LINE = 30, 116
_MASK = "•••"
_MANY = 3  # fields that are told by their group
_FEW = 20  # different texts of a column that say nothing about single people

Masked = Callable[[Column], bool]


def written(proposal: Proposal, schema: str, show_personal: bool = False) -> str:
    """``schema`` is where the file finds the schema of mappings."""
    return "".join(f"{line.rstrip()}\n" for line in _Writer(proposal, show_personal).lines(schema))


class _Writer:
    def __init__(self, proposal: Proposal, show_personal: bool) -> None:
        self._of, self._show = proposal, show_personal
        fields = (*(g.field for g in proposal.fields), *proposal.missing)
        columns = (*(g.column for g in proposal.fields), *proposal.unused)
        self._about_people = any(f.personal for f in fields) or any(names_people(c.name) for c in columns)
        self._personal = {g.column.name for g in proposal.fields if g.field.personal}
        self._ids = {g.column.name for g in proposal.key if g.column is not None}

    def lines(self, schema: str) -> Iterator[str]:
        of = self._of
        yield f"# yaml-language-server: $schema={schema}"
        yield "#"
        yield from _comment("", f"Proposed for {of.entity} from the {of.rows:,} rows of {of.dataset}. Every guess says "
                            "why it was made: read them all, put right what is wrong, and take these comments away. "
                            "erp-sync mapping check, preview and coverage tell whether it holds.")  # fmt: skip
        yield ""
        yield f"entity: {of.entity}"
        yield f"from: {_scalar(of.dataset)}"
        yield from self._where()
        yield from self._key()
        if of.fields:
            yield "fields:"
            for guess in of.fields:
                yield from self._field(guess)
        yield from self._rest()

    def _where(self) -> Iterator[str]:
        empty = [g.column for g in self._of.key if g.column is not None and g.column.filled < len(g.column.texts)]
        if empty:
            rows = ", ".join(f"{len(c.texts) - c.filled:,} rows without {c.name}" for c in empty)
            yield from _comment("", f"{rows}: what has no identity can be no record.")
            condition = " and ".join(f"{{{c.name}}} is not empty" for c in empty)
            yield f"where: {_scalar(condition, quoted=True)}"

    def _key(self) -> Iterator[str]:
        of = self._of
        if of.key_repeats and of.complete:
            yield from _comment("", f"{of.key_repeats:,} rows have the same key as an earlier one. Where they say the "
                                "same, that is one record; where they differ, all of them are rejected.")  # fmt: skip
        yield "key:"
        for guess in of.key:
            if guess.column is None:
                yield from _comment("  ", self._lost(guess))
                yield f"  # {guess.part}: {_scalar(guess.others[0]) if guess.others else 'COLUMN'}   # TODO"
                continue
            fit = f"; {guess.fit.why}" if guess.fit.why else ""
            zeros = (
                f"; {guess.column.leading_zeros:,} begin with a zero, which stays" if guess.column.leading_zeros else ""
            )
            yield from _comment("  ", f"{guess.why}{fit}{zeros}; {self._about(guess.column)}")
            yield f"  {guess.part}: {_expression(guess.column, guess.fit.steps)}"

    def _lost(self, guess: KeyGuess) -> str:
        near = f"; perhaps {' or '.join(guess.others)}?" if guess.others else ""
        doc = f" ({guess.doc.rstrip('.')})" if guess.doc else ""
        return (
            f"TODO: no column was found for {guess.part}{doc}{near or '.'} Without it no record has an identity: name "
            "a column, or put one together with a template, look it up, or give a constant as {value: ...}."
        )

    def _field(self, guess: FieldGuess) -> Iterator[str]:
        kind = f"; {guess.fit.why}" if guess.fit.why not in ("", "texts") else ""
        yield from _comment("  ", f"{guess.why}{kind}; {self._about(guess.column)}")
        if guess.fit.doubt:
            yield from _comment("  ", f"TODO: {guess.fit.doubt}.")
        if guess.values is None:
            yield f"  {guess.field.path}: {_expression(guess.column, guess.fit.steps)}"
            return
        for text in guess.values.unknown:
            yield from _comment("  ", f"TODO: what does {json.dumps(text, ensure_ascii=False)} mean? Here it leaves "
                                f"{guess.field.path} alone.")  # fmt: skip
        table = ", ".join(f"{_scalar(t, key=True)}: {made or ''}" for t, made in guess.values.table.items())
        yield f"  {guess.field.path}: {{from: {_scalar(guess.column.name)}, values: {{{table}}}}}"

    def _rest(self) -> Iterator[str]:
        of = self._of
        for column, field in of.refused:
            yield ""
            yield from _comment("", f'"{column.name}" is called like {field.path}, but holds what is no '
                                f"{field.kind.value}: {self._about(column)}.")  # fmt: skip
        if of.unused:
            yield ""
            yield "# Columns that nothing is made of:"
            for column in of.unused:
                yield from _comment("", f"- {json.dumps(column.name, ensure_ascii=False)}: {self._about(column)}", "  ")
        if of.missing:
            yield ""
            yield from _comment("", f"Fields of {of.entity} that no column was found for: {self._missing()}. A "
                                "constant is written {value: ...}, two columns are put together by a template, a "
                                "value of another dataset is looked up.")  # fmt: skip
        if of.below:
            yield ""
            yield from _comment("", f"Below it there may be parts: {', '.join(of.below)}. Propose each with --entity, "
                                "and move it here under parts, or leave it in a file of its own.")  # fmt: skip

    def _missing(self) -> str:
        """Groups of fields of which there is nothing at all by their name only."""
        made = {g.field.path.partition(".")[0] for g in self._of.fields}
        groups: dict[str, list[str]] = {}
        for field in self._of.missing:
            groups.setdefault(field.path.partition(".")[0], []).append(field.path)
        told = (
            [f"{name}.* ({len(paths)} fields)"] if len(paths) > _MANY and name not in made else paths
            for name, paths in groups.items()
        )
        return ", ".join(name for names in told for name in names)

    def _about(self, column: Column) -> str:
        """How it is filled, and some of it."""
        if not column.filled:
            return "empty in every row"
        share = f"{column.share:.0%}" if column.share in (0.0, 1.0) else f"{column.share:.1%}"
        different = f"{len(column.different):,} different"
        return f"{share} filled, {different}: {', '.join(self._samples(column))}"

    def _samples(self, column: Column) -> list[str]:
        if not self._show and self._hides(column):
            return [_MASK]
        shown = [t if len(t) <= _LONGEST else f"{t[:_LONGEST]}…" for t in column.samples]
        return [json.dumps(t, ensure_ascii=False) for t in shown]

    def _hides(self, column: Column) -> bool:
        if column.name in self._ids:
            return False
        if column.name in self._personal or column.looks_personal or names_people(column.name):
            return True
        if self._about_people and is_personal_name(column.name):
            return True
        few = len(column.different) <= min(_FEW, column.filled / 2)
        return self._about_people and not few and not column.says_nothing


def _expression(column: Column, steps: tuple[Step, ...]) -> str:
    if not steps:
        return _scalar(column.name, alone=True)
    return f"{{from: {_scalar(column.name)}, transform: [{', '.join(map(_step, steps))}]}}"


def _step(step: Step) -> str:
    if not step.options:
        return step.name
    if step.name == "date" and set(step.options) == {"form"}:
        return f"{{date: {_value(step.options['form'])}}}"
    return f"{{{step.name}: {{{', '.join(f'{name}: {_value(v)}' for name, v in step.options.items())}}}}}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(json.dumps(v, ensure_ascii=False) for v in value)}]"
    return _scalar(value)


def _scalar(text: str, *, quoted: bool = False, key: bool = False, alone: bool = False) -> str:
    """Plain where YAML, in braces too, takes it for this very text."""
    allowed = not quoted and _PLAIN.match(text) and not text.endswith(" ") and text.casefold() not in _WORDS
    if allowed:
        return text
    if (
        alone
        and re.fullmatch(r"[^\W\d_][\w .()/+,%-]*", text)
        and not text.endswith(" ")
        and text.casefold() not in _WORDS
    ):
        return text
    return json.dumps(text, ensure_ascii=False)


def _comment(indent: str, text: str, hanging: str = "") -> Iterator[str]:
    """Whole words, as many as fit in a line."""
    line = ""
    for word in re.sub(r"[\r\n\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split(" "):
        longer = f"{line} {word}" if line else word
        if line and len(indent) + len(longer) > _LINE:
            yield f"{indent}# {line}"
            line = f"{hanging}{word}"
        else:
            line = longer
    yield f"{indent}# {line}"
