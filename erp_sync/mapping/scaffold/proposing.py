"""Which column for which part of the key and which field, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from erp_sync.mapping.scaffold.chains import Fit, chain_for_ids, fitting, is_all
from erp_sync.mapping.scaffold.columns import Column
from erp_sync.mapping.scaffold.names import match_field, match_key, plain_name
from erp_sync.mapping.scaffold.statuses import StatusMap, status_map
from erp_sync.model.catalog import Catalog, Field, FieldKind

_ENOUGH = 0.7  # of a name's score
_BY_KIND = 0.6  # what values alone are worth
_EXACT = 0.9  # from here on several fields may be made of one column


@dataclass(frozen=True)
class KeyGuess:
    """``column`` is None where none was found; ``others`` are what else it might be."""

    part: str
    doc: str
    column: Column | None
    why: str = ""
    fit: Fit = field(default_factory=Fit)
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldGuess:
    field: Field
    column: Column
    why: str
    fit: Fit
    values: StatusMap | None = None


@dataclass(frozen=True)
class Proposal:
    """``refused`` are columns whose name suits a field and whose values do not."""

    entity: str
    doc: str
    dataset: str
    rows: int
    key: tuple[KeyGuess, ...]
    key_repeats: int
    fields: tuple[FieldGuess, ...]
    missing: tuple[Field, ...]
    unused: tuple[Column, ...]
    refused: tuple[tuple[Column, Field], ...]
    below: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return all(guess.column is not None for guess in self.key)


def propose(catalog: Catalog, entity: str, dataset: str, columns: Sequence[Column]) -> Proposal:
    """``entity`` has to be in the catalog."""
    found = catalog[entity]
    key = tuple(_key(catalog, entity, columns))
    open_fields = [f for f in found.fields if f.kind is not FieldKind.SECRET]
    refused: list[tuple[Column, Field]] = []
    fields = tuple(_fields(entity, open_fields, columns, refused))
    used = {g.column.name for g in key if g.column is not None} | {g.column.name for g in fields}
    made = {g.field.path for g in fields}
    return Proposal(
        entity=entity,
        doc=found.doc,
        dataset=dataset,
        rows=len(columns[0].texts) if columns else 0,
        key=key,
        key_repeats=_repeats([g.column for g in key if g.column is not None]),
        fields=fields,
        missing=tuple(f for f in open_fields if f.path not in made),
        unused=tuple(c for c in columns if c.name not in used),
        refused=tuple((c, f) for c, f in refused if c.name not in used and f.path not in made),
        below=tuple(e.name for e in catalog if e.parent == entity),
    )


def _key(catalog: Catalog, entity: str, columns: Sequence[Column]) -> Iterator[KeyGuess]:
    """Each part by its name; the last one also by being different in every row."""
    parts = catalog.keys(entity)
    taken: set[str] = set()
    guesses: dict[str, KeyGuess] = {}
    for place, part in sorted(enumerate(parts), key=lambda p: -_certainty(entity, p[1].name, columns)):
        alone = len(parts) == 1
        ranked = sorted(
            ((_worth(entity, part.name, c, alone), n, c) for n, c in enumerate(columns) if c.name not in taken),
            key=lambda r: (-r[0], r[1]),
        )
        best = next((c for score, _, c in ranked if score >= _ENOUGH), None)
        others = tuple(c.name for score, _, c in ranked if score > 0 and c is not best)[:3]
        if best is None:
            guesses[part.name] = KeyGuess(part.name, part.doc, None, others=others)
            continue
        taken.add(best.name)
        named = match_key(entity, part.name, best.name).known
        why = ["because of its name"] if named else []
        why += ["different in every row"] if best.unique and place == len(parts) - 1 else []
        guesses[part.name] = KeyGuess(part.name, part.doc, best, ", ".join(why), chain_for_ids(best), others)
    yield from (guesses[part.name] for part in parts)


def _certainty(entity: str, part: str, columns: Sequence[Column]) -> float:
    return max((match_key(entity, part, c.name).score for c in columns if c.filled), default=0.0)


def _worth(entity: str, part: str, column: Column, alone: bool) -> float:
    """A column whose texts differ in every row, and look like codes, is what an only id looks like."""
    if not column.filled:
        return 0.0
    name = match_key(entity, part, column.name).score
    if not alone:
        return name
    ends_like_an_id = (
        column.name.rstrip("._ ").casefold().endswith(("id", "no", "nr", "code", "number", "nummer", "key"))
    )
    by_kind = 0.0
    if column.unique and column.looks_like_codes:
        by_kind = _ENOUGH + (0.05 if ends_like_an_id else 0.0)
    return max(name + (0.2 if column.unique else 0.0), by_kind) if name or by_kind else 0.0


def _repeats(columns: Sequence[Column]) -> int:
    """How many rows share their key with an earlier one."""
    if not columns:
        return 0
    seen = set(zip(*(c.texts.to_pylist() for c in columns), strict=True))
    return len(columns[0].texts) - len(seen)


def _fields(
    entity: str, fields: Sequence[Field], columns: Sequence[Column], refused: list[tuple[Column, Field]]
) -> Iterator[FieldGuess]:
    """The surest first; a column serves several fields only where its name says each of them exactly."""
    ranked = [
        (match.score, -number, -place, found, column, match.known)
        for place, found in enumerate(fields)
        for number, column in enumerate(columns)
        if column.filled and (match := match_field(entity, found.path, column.name)).score >= _ENOUGH
    ]
    ranked.sort(key=lambda r: r[:3], reverse=True)
    made: dict[str, FieldGuess] = {}
    used: set[str] = set()
    for score, _, _, found, column, known in ranked:
        if found.path in made or (column.name in used and score < _EXACT):
            continue
        guess = _guess(found, column, _by_name(column, known))
        if guess is None:
            refused.append((column, found))
            continue
        made[found.path] = guess
        used.add(column.name)
    for found in fields:
        if found.path not in made and (guess := _by_kind(found, [c for c in columns if c.name not in used])):
            made[found.path] = guess
            used.add(guess.column.name)
    yield from (made[f.path] for f in fields if f.path in made)


def _by_name(column: Column, known: str) -> str:
    """Where the name is another one than that of the table, which one it was taken for."""
    same = plain_name(column.name).replace(" ", "") == known.replace(" ", "")
    return "because of its name" if same else f'because its name is like "{known}"'


def _guess(found: Field, column: Column, why: str) -> FieldGuess | None:
    fit = fitting(column, found)
    if fit is not None:
        return FieldGuess(found, column, why, fit)
    if found.kind is FieldKind.STATUS:
        values = status_map(column, found)
        if values is not None:
            return FieldGuess(found, column, why, Fit(why=values.why), values)
    return None


def _by_kind(found: Field, columns: Sequence[Column]) -> FieldGuess | None:
    """A barcode is one, whatever its column is called; so is a currency. One column must be the only one."""
    tried = {"ean": "gtin", "currency": "currency"}.get(found.path)
    if tried is None:
        return None
    suiting = [c for c in columns if is_all(c, tried)]
    if len(suiting) != 1:
        return None
    what = {"gtin": "all its values are article numbers with a right check digit", "currency": "all are currencies"}
    return _guess(found, suiting[0], f"because of what it holds: {what[tried]}")
