"""What an edit of the mapping does to the shop: the real plan of the new mapping, against a Centra that took the old
one's. Counted by entity and field; what is kept for samples does not grow with the data."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from erp_sync.diff import Only
from erp_sync.ledger import open_reader
from erp_sync.ledger.imagined import as_if_applied
from erp_sync.mapping import MappingSet, Vanish
from erp_sync.model.change import Action
from erp_sync.model.extract import Rejection
from erp_sync.model.key import join_key, show_key
from erp_sync.model.plan import Step, Verdict, Wait, Waiting
from erp_sync.model.value import FieldValue
from erp_sync.pipeline import make_plan
from erp_sync.plan import PlanFile, PlanOptions
from erp_sync.ports import Extract, LedgerReader, Reporter
from erp_sync.report.entries import Entry, of_rejection, of_step, of_waiting
from erp_sync.report.masking import Mask
from erp_sync.sources.held import HeldSource
from erp_sync.wiring import Project

LEFT_OUT = "left out"  # the new mapping makes it no more, and by its policy Centra keeps it
NEWLY, NO_LONGER = "newly rejected", "no longer rejected"
AS_BEFORE = "parked as before"
_PAIRS = 1_000  # different changes that are counted for each field; the rest is counted together
_Ids = npt.NDArray[np.uint64]


@dataclass(slots=True)
class FieldImpact:
    """``changed`` in records that Centra has, ``created`` in new ones, ``along`` at the value that it has anyway.

    ``pairs`` are (old, new) with how often, ``first`` the first record of each.
    """

    changed: int = 0
    created: int = 0
    along: int = 0
    pairs: Counter[tuple[FieldValue, str]] = field(default_factory=Counter)
    first: dict[tuple[FieldValue, str], tuple[str, str]] = field(default_factory=dict)  # key and row

    def add(self, old: FieldValue, new: str, of: Step) -> None:
        self.changed += 1
        pair = old, new
        if pair in self.pairs or len(self.pairs) < _PAIRS:
            self.pairs[pair] += 1
            self.first.setdefault(pair, (show_key(of.key), str(of.origin) if of.origin else ""))


@dataclass(slots=True)
class EntityImpact:
    """``counts`` are a plan's, with LEFT_OUT, NEWLY and NO_LONGER beside them; ``samples`` are the first of each."""

    counts: Counter[str] = field(default_factory=Counter)
    fields: dict[str, FieldImpact] = field(default_factory=lambda: defaultdict(FieldImpact))
    samples: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    not_sent: tuple[str, ...] = ()  # fields that the old mapping set and the new one does not

    @property
    def touched(self) -> bool:
        quiet = {"unchanged", "rejected", AS_BEFORE}
        return bool(self.not_sent) or any(n for word, n in self.counts.items() if word not in quiet)


@dataclass(frozen=True, slots=True)
class Impact:
    """By entity, in the catalog's order. ``gone``: entities that the new mapping makes no more, and their records."""

    entities: Mapping[str, EntityImpact]
    gone: Mapping[str, int]
    guards: tuple[Verdict, ...]
    notes: tuple[str, ...]

    def total(self, word: str) -> int:
        return sum(e.counts[word] for e in self.entities.values())


def impact(
    project: Project, old: MappingSet, new: MappingSet, folder: Path, reporter: Reporter, mask: Mask, samples: int
) -> Impact:
    """Both mappings over one extract; ``folder`` takes two plans and a ledger.

    Raises FixMapping, FixSource, TryLater.
    """
    moment = project.clock()

    def planned(name: str, mappings: MappingSet, extract: Extract, reader: LedgerReader) -> PlanFile:
        made = make_plan(
            folder / name,
            catalog=project.catalog,
            mappings=mappings,
            source=HeldSource(project.source, extract),
            reader=reader,
            endpoint="",
            options=PlanOptions(frozenset(u.entity for u in mappings.units), guards=project.settings.guards),
            only=Only(),
            clock=lambda: moment,
            timezone=project.settings.timezone,
            reporter=reporter,
        )
        return PlanFile(folder / name, made.manifest)

    with project.source.open() as extract:
        nothing = open_reader(f"sqlite:///{folder / 'nothing.db'}", project.clock)
        before = planned("old.plan", old, extract, nothing)
        reporter.stage("taking the old mapping's records as what Centra has")
        with as_if_applied(before.steps(), folder) as reader:
            after = planned("new.plan", _telling_all(new), extract, reader)
    keeping = {u.entity for u in new.units if u.vanish.keeps}
    tally = _Tally(mask, samples, keeping)
    tally.plans(before, after)
    tally.fields_left(old, new)
    order = [e.name for e in project.catalog]
    found = sorted(tally.entities, key=lambda name: (order.index(name) if name in order else len(order), name))
    made = {u.entity for u in new.units}
    gone = {e: n for e, counts in before.manifest.counts.items()
            if e in order and e not in made and (n := counts.get("create", 0))}  # fmt: skip
    manifest = after.manifest
    return Impact({name: tally.entities[name] for name in found}, gone,
                  tuple(v for v in manifest.verdicts if v.breached), manifest.notes)  # fmt: skip


def _telling_all(mappings: MappingSet) -> MappingSet:
    """With records that the mapping makes no more told of even where Centra keeps them."""
    units = tuple(replace(u, vanish=Vanish()) if u.vanish.keeps else u for u in mappings.units)
    return replace(mappings, units=units)


class _Tally:
    def __init__(self, mask: Mask, samples: int, keeping: set[str]) -> None:
        self.entities: dict[str, EntityImpact] = defaultdict(EntityImpact)
        self._mask, self._samples, self._keeping = mask, samples, keeping

    def plans(self, before: PlanFile, after: PlanFile) -> None:
        for entity, counts in after.manifest.counts.items():
            self.entities[entity].counts.update(counts)
        for step in after.steps():
            self._step(step)
        parked = np.unique(_ids(_record(w) for w in before.waiting() if w.wait is Wait.PARKED))
        for waiting in after.waiting():
            self._waiting(waiting, parked)
        then, now = _rejected_rows(before.rejections()), _rejected_rows(after.rejections())
        self._rejected(NEWLY, after.rejections(), now, then)
        self._rejected(NO_LONGER, before.rejections(), then, now)

    def fields_left(self, old: MappingSet, new: MappingSet) -> None:
        then, now = _paths(old), _paths(new)
        for entity in then.keys() & now.keys():
            self.entities[entity].not_sent = tuple(sorted(then[entity] - now[entity]))

    def _step(self, step: Step) -> None:
        into = self.entities[step.entity]
        for changed in step.fields:
            found = into.fields[changed.path]
            if step.action is Action.CREATE:
                found.created += 1
            elif changed.old == changed.new:
                found.along += 1
            else:
                old, new = (self._mask.value(step.entity, changed.path, text) for text in (changed.old, changed.new))
                found.add(old, new or "", step)
        samples = into.samples[step.action.value]
        if len(samples) < self._samples and step.action is not Action.UPDATE:
            samples.append(of_step(step, self._mask))

    def _waiting(self, waiting: Waiting, parked: _Ids) -> None:
        into, word = self.entities[waiting.entity], waiting.wait.value
        if waiting.wait is Wait.PARKED and _holds(parked, _id(_record(waiting))):
            word = AS_BEFORE
        if waiting.wait is Wait.ABSENT and waiting.entity in self._keeping:
            word, waiting = LEFT_OUT, replace(waiting, reason="Centra keeps it (vanish: keep)")
        if word != waiting.wait.value:
            into.counts[waiting.wait.value] -= 1
            into.counts[word] += 1
        if len(into.samples[word]) < self._samples:
            into.samples[word].append(of_waiting(waiting, self._mask))

    def _rejected(
        self, word: str, rejections: Iterator[Rejection], those: Mapping[str, _Ids], others: Mapping[str, _Ids]
    ) -> None:
        """Rows (or records of a row) that are rejected by one mapping only."""
        only = {e: np.setdiff1d(ids, others.get(e, np.empty(0, np.uint64))) for e, ids in those.items()}
        for entity, ids in only.items():
            self.entities[entity].counts[word] = len(ids)
        left = {e: self._samples for e, ids in only.items() if len(ids)}
        for rejection in rejections:
            if not left:
                return
            entity = _name(rejection)
            if entity in left and _holds(only[entity], _id(_row(rejection))):
                self.entities[entity].samples[word].append(of_rejection(rejection, self._mask))
                left[entity] -= 1
                if not left[entity]:
                    del left[entity]


def _paths(mappings: MappingSet) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for unit in mappings.units:
        found[unit.entity] |= {f.path for f in unit.fields}
    return found


def _name(rejection: Rejection) -> str:
    """What a plan's counts call it."""
    return rejection.entity or f"dataset {rejection.origin.dataset}"


def _row(rejection: Rejection) -> str:
    origin = rejection.origin
    return "\0".join((origin.dataset, origin.place, str(origin.at), rejection.key or ""))


def _record(waiting: Waiting) -> str:
    return f"{waiting.entity}\0{join_key(waiting.key)}"


def _id(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def _ids(texts: Iterable[str]) -> _Ids:
    """Eight bytes each: rejected rows may be as many as rows."""
    return np.array(array("Q", map(_id, texts)), np.uint64)


def _holds(ordered: _Ids, wanted: int) -> bool:
    at = int(np.searchsorted(ordered, np.uint64(wanted)))
    return at < len(ordered) and int(ordered[at]) == wanted


def _rejected_rows(rejections: Iterable[Rejection]) -> dict[str, _Ids]:
    found: dict[str, array[int]] = defaultdict(lambda: array("Q"))
    for rejection in rejections:
        found[_name(rejection)].append(_id(_row(rejection)))
    return {name: np.unique(np.array(ids, np.uint64)) for name, ids in found.items()}
