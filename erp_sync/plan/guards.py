"""Guards: rules that may refuse an entity or the whole plan, in numbers. A table; counters and a few examples only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from erp_sync.model.catalog import Catalog, Entity, FieldKind
from erp_sync.model.catalog import Field as CatalogField
from erp_sync.model.change import Action, FieldChange
from erp_sync.model.extract import DatasetReport
from erp_sync.model.key import show_key
from erp_sync.model.plan import Step, Verdict, Wait
from erp_sync.plan.limits import GuardOptions, Limit
from erp_sync.ports import LedgerReader

EXAMPLES = 5
Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class _CountGuard:
    """``what`` of the entity's counts together, as a share of its population, or of all its records seen.
    ``sweeping``: nearly all of a few is a breach, too."""

    name: str
    what: tuple[str, ...]
    advice: str
    of_seen: bool = False
    sweeping: bool = False


_COUNTED = (
    _CountGuard("creates", ("create",), "check that the ids in the ERP or the mapping's `key` have not changed form"),
    _CountGuard("updates", ("update",), "check the columns that changed and the mapping's last edits"),
    _CountGuard("retirements", ("retire", "unlink"), "check that the export is whole, and the mapping's `where`",
                sweeping=True),
    _CountGuard("rejected", ("rejected",), "read the rejected rows, correct the ERP or the mapping", of_seen=True,
                sweeping=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _ValueGuard:
    """``hit`` looks at one field of a step, and a step counts once, however many of its fields are hit. The whole is
    the population, or with ``of_steps`` the steps looked at. ``sweeping``: nearly all of a few is a breach, too."""

    name: str
    looks_at: Callable[[Entity, CatalogField], bool]
    hit: Callable[[Action, FieldChange, GuardOptions], bool]
    advice: str
    of_steps: bool = False
    sweeping: bool = False


def _is_price(_: Entity, known: CatalogField) -> bool:
    return known.kind is FieldKind.DECIMAL and "price" in known.path.rpartition(".")[2]


def _is_name(_: Entity, known: CatalogField) -> bool:
    return known.path in ("description", "firstname", "lastname")


def _is_root_name(entity: Entity, known: CatalogField) -> bool:
    return entity.parent is None and known.path == "description" and not known.personal


def _number(text: str | None) -> Decimal:
    try:
        return Decimal(text or 0)
    except InvalidOperation:
        return Decimal(0)


def _to_zero(_: Action, change: FieldChange, __: GuardOptions) -> bool:
    return _number(change.old) != 0 and _number(change.new) == 0


def _moved(_: Action, change: FieldChange, options: GuardOptions) -> bool:
    old, new = _number(change.old), _number(change.new)
    return old != 0 and abs(new - old) > abs(old) * Decimal(str(options.price_moves_by))


def _leapt(_: Action, change: FieldChange, __: GuardOptions) -> bool:
    old, new = abs(_number(change.old)), abs(_number(change.new))
    return bool(old and new) and (new >= 10 * old or old >= 10 * new)


def _changed(action: Action, change: FieldChange, _: GuardOptions) -> bool:
    return action is Action.UPDATE and bool(change.old) and change.old != change.new


def _blanked(_: Action, change: FieldChange, __: GuardOptions) -> bool:
    return bool(change.old and change.old.strip()) and not change.new.strip()


def _blank_at_birth(action: Action, change: FieldChange, _: GuardOptions) -> bool:
    return action is Action.CREATE and not change.new.strip()


_VALUES = (
    _ValueGuard("price_zero", _is_price, _to_zero, "a price of zero sells for nothing: correct it in the ERP"),
    _ValueGuard("price_moved", _is_price, _moved, "check the price column and its decimal separator"),
    _ValueGuard("price_leaps", _is_price, _leapt, "check the price column and its decimal separator"),
    _ValueGuard("currency_changed", lambda _, f: f.kind is FieldKind.CURRENCY, _changed,
                "a list's currency rarely changes: use a new list"),
    _ValueGuard("names_blanked", _is_name, _blanked, "check the name column in the ERP and its mapping",
                sweeping=True),
    _ValueGuard("names_blank", _is_root_name, _blank_at_birth, "check the name column in the ERP and its mapping",
                of_steps=True),
    _ValueGuard("status_flips", lambda _, f: f.kind is FieldKind.STATUS, _changed,
                "check the status column and the mapping's value map", sweeping=True),
)  # fmt: skip


_NOTHING: tuple[bool, tuple[_ValueGuard, ...]] = (False, ())


@dataclass(slots=True)
class _Tally:
    hits: int = 0
    seen: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, example: str) -> None:
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


class Guards:
    """Sees every step once; its verdicts come at the end."""

    def __init__(self, options: GuardOptions, catalog: Catalog) -> None:
        self._options, self._catalog = options, catalog
        self._looking = {
            (e.name, f.path): (f.personal, rules) for e in catalog for f in e.fields
            if (rules := tuple(g for g in _VALUES if g.looks_at(e, f)))
        }  # fmt: skip
        self._values: dict[tuple[str, str], _Tally] = defaultdict(_Tally)
        self._counted: dict[tuple[str, str], _Tally] = defaultdict(_Tally)
        self._resent: dict[str, int] = defaultdict(int)

    def see(self, step: Step) -> None:
        if step.action is Action.UPDATE and all(f.doubtful and f.old == f.new for f in step.fields):
            self._resent[step.entity] += 1  # nothing is to change: after a restore this is every record
            return
        self.example(step.entity, step.action.value, show_key(step.key))
        if step.action not in (Action.CREATE, Action.UPDATE):
            return
        hits: dict[str, str | None] = {}
        for change in step.fields:
            personal, rules = self._looking.get((step.entity, change.path), _NOTHING)
            for guard in rules:
                hits.setdefault(guard.name, None)
                if hits[guard.name] is None and guard.hit(step.action, change, self._options):
                    values = "(personal data)" if personal else f"{change.old} -> {change.new}"
                    hits[guard.name] = f"{show_key(step.key)}: {change.path} {values}"
        for name, example in hits.items():
            tally = self._values[step.entity, name]
            tally.seen += 1
            if example is not None:
                tally.hits += 1
                tally.note(example)

    def example(self, entity: str, what: str, text: str) -> None:
        self._counted[entity, what].note(text)

    def verdicts(
        self,
        counts: Counts,
        mapped: Collection[str],
        datasets: Sequence[DatasetReport],
        reader: LedgerReader,
        *,
        partial: bool,
        partly: Collection[str] = (),
    ) -> tuple[Verdict, ...]:
        """Breaches, and what was measured within its limit.

        ``partial``: only some records were compared. ``partly``: of these entities only what changed was read, which is
        no measure for how many there are.
        """
        if partial:
            population = dict.fromkeys(sorted(mapped), 0)
        else:
            population = {entity: reader.population(entity) for entity in sorted(mapped)}
        verdicts = list(self._incomplete(datasets))
        if not partial:
            verdicts += [*self._shrinks(datasets, reader), *self._too_few(counts, set(mapped) - set(partly))]
        for entity, whole in population.items():
            verdicts += self._on_counts(entity, counts.get(entity, {}), whole, entity in partly, reader)
            verdicts += self._on_values(entity, whole)
        return tuple(verdicts)

    def _incomplete(self, datasets: Sequence[DatasetReport]) -> Iterator[Verdict]:
        for dataset in datasets:
            if not dataset.complete:
                yield Verdict(
                    guard=f"incomplete:{dataset.name}",
                    breached=True,
                    entity=None,
                    message=f"dataset {dataset.name} was not read whole: " + "; ".join(dataset.problems),
                    limit="complete",
                    measured=f"{dataset.rows} rows",
                    examples=dataset.problems[:EXAMPLES],
                    advice="export it again; what is there can be sent by an override, and nothing will be retired",
                )

    def _shrinks(self, datasets: Sequence[DatasetReport], reader: LedgerReader) -> Iterator[Verdict]:
        limit, advice = self._options.source_shrink, "check that the export ran to its end"
        for dataset in datasets:
            before = reader.last_rows(dataset.name) if dataset.full else None
            if before is not None and dataset.rows < before:
                fewer = before - dataset.rows
                message = f"dataset {dataset.name}: {dataset.rows} rows, {before} in its last complete extract; "
                message += f"fewer by {_share(fewer, before)}"
                yield _verdict(
                    f"source_shrink:{dataset.name}", None, limit, fewer, before, message, (), advice, sweeping=True
                )

    def _too_few(self, counts: Counts, mapped: Collection[str]) -> Iterator[Verdict]:
        for entity in sorted(mapped):
            least, seen = self._options.at_least(entity), _seen(counts.get(entity, {}))
            if least:
                yield Verdict(
                    guard=f"minimum_population:{entity}",
                    breached=seen < least,
                    entity=None,
                    message=f"the ERP has {seen} records of {entity}, expected are {least} at least",
                    limit=str(least),
                    measured=str(seen),
                    advice=f"check the export, or lower guards.entities.{entity}.minimum_population",
                )

    def _on_counts(
        self, entity: str, counts: Mapping[str, int], population: int, partly: bool, reader: LedgerReader
    ) -> Iterator[Verdict]:
        seen = _seen(counts) if population else 0
        if partly:
            seen = max(seen, population)
        for guard in _COUNTED:
            measured = sum(counts.get(w, 0) - (w == "update") * self._resent[entity] for w in guard.what)
            if not measured:
                continue
            whole = seen if guard.of_seen else population
            limit = self._options.limit(guard.name, self._catalog[entity])
            if guard.name == "creates" and population and limit.breached(measured, whole):
                # Some are only sent again: the ledger knows them, and not whether Centra has them.
                whole = max(population, sum(len(keys) for keys in reader.keys(entity)))
                measured -= min(measured, whole - population)
            examples = [x for w in guard.what for x in self._counted[entity, w].examples][:EXAMPLES]
            message = f"{guard.name} of {entity}: {_share(measured, whole)}"
            yield _verdict(
                guard.name, entity, limit, measured, whole, message, examples, guard.advice, sweeping=guard.sweeping
            )

    def _on_values(self, entity: str, population: int) -> Iterator[Verdict]:
        for guard in _VALUES:
            tally = self._values.get((entity, guard.name))
            if tally is None or not tally.hits:
                continue
            whole = tally.seen if guard.of_steps else population
            message = f"{guard.name} in {entity}: {_share(tally.hits, whole)}"
            limit = self._options.limit(guard.name, self._catalog[entity])
            yield _verdict(
                guard.name, entity, limit, tally.hits, whole, message, tally.examples, guard.advice,
                sweeping=guard.sweeping,
            )  # fmt: skip


def _seen(counts: Mapping[str, int]) -> int:
    """Records that the ERP has, as far as the plan knows: everything but what leaves it, or is told a second time."""
    return sum(n for what, n in counts.items() if what not in ("retire", "unlink", Wait.ABSENT, Wait.FOREIGN))


def _share(measured: int, whole: int) -> str:
    return f"{measured} of {whole} ({measured / whole:.1%})" if whole else f"{measured} (Centra has none yet)"


def _verdict(guard: str, entity: str | None, limit: Limit, measured: int, whole: int, message: str,
             examples: Sequence[str], advice: str, *, sweeping: bool) -> Verdict:  # fmt: skip
    swept = sweeping and not limit.breached(measured, whole) and limit.swept(measured, whole)
    allowed = f"{limit}, but not nearly all of them" if swept else f"{limit}"
    return Verdict(guard, swept or limit.breached(measured, whole), entity, f"{message}, allowed {allowed}", allowed,
                   f"{measured} of {whole}", tuple(examples), advice=advice)  # fmt: skip
