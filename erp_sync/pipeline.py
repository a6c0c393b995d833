"""The straight line: what happens to a row, from the ERP's export to Centra and back into the ledger.

``make_plan`` is stops 1 to 5, ``apply_plan`` stops 6 to 8. Both know ports only.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from erp_sync.apply import SendOptions, Summary, apply_steps
from erp_sync.diff import Comparison, Only, Rules, Verified
from erp_sync.errors import Refused
from erp_sync.mapping import MappingSet, Owner, Unit
from erp_sync.model.catalog import Catalog
from erp_sync.model.change import Action, Change
from erp_sync.model.extract import DatasetReport, ExtractReport, Rejection
from erp_sync.model.key import join_key, split_key
from erp_sync.model.plan import Binding, Manifest, Wait, Waiting
from erp_sync.model.quarantine import QuarantineKind
from erp_sync.plan import Parts, PlanFile, PlanOptions, PlanWriter, check_binding, how_to_override, withholding
from erp_sync.ports import Clock, Ledger, LedgerReader, Reporter, Source, Target

_LEAVING = {Action.RETIRE.value, Action.UNLINK.value}


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan on disk. ``verified`` are new fingerprints of unchanged records, for the run that applies it at once."""

    manifest: Manifest
    verified: Mapping[str, Verified]


def make_plan(
    out: Path,
    *,
    catalog: Catalog,
    mappings: MappingSet,
    source: Source,
    reader: LedgerReader,
    endpoint: str,
    options: PlanOptions,
    only: Only,
    clock: Clock,
    reporter: Reporter,
    timezone: tzinfo = UTC,
    full: bool = False,
) -> Planned:
    """A dry run: nothing but the plan's file is written. ``timezone`` decides what mappings call today; ``full`` reads
    every dataset whole, whatever its watermark.

    Raises FixSource, FixMapping, TryLater.
    """
    generation, ledger = reader.generation(), reader.id
    units = [u for u in mappings.units if not only.entities or u.entity in only.entities]
    comparisons = {u.entity: Comparison(catalog[u.entity], reader) for u in units}
    notices: Counter[str] = Counter()
    parts = Parts(reader, mappings.digest, mappings.gathered(), _behind(mappings), full=full)
    with source.open(parts) as extract, PlanWriter(out, catalog, reader, options, clock) as writer:
        prepared = mappings.prepare(extract, clock().astimezone(timezone), units)
        for dataset, users in _by_dataset(units):
            reporter.stage(f"comparing {dataset}")
            for chunk in prepared.chunks(dataset):
                for unit in users:
                    mapped = prepared.map(unit, chunk)
                    _reject(only.rejected(mapped.rejections), comparisons[unit.entity], writer)
                    found = comparisons[unit.entity].compare(only.of(mapped.records), _rules(unit))
                    writer.count(unit.entity, unchanged=found.unchanged)
                    for change in found.changes:
                        writer.add(change)
                    for change in found.foreign:
                        writer.wait(_foreign(change))
                    for notice in mapped.notices:
                        notices[f"{notice.mapping_at}: {notice.message}"] += notice.count
                reporter.advance(len(chunk.frame))
            for unit in users:
                comparisons[unit.entity].reject(prepared.refusals(unit))
        for refused in (*prepared.rejections.values(), extract.rejections()):
            for rejection in refused:
                writer.reject(rejection)
        report = extract.report()
        concluded, partly = [], _partly(units, mappings, report)
        if only.everything:
            reporter.stage("looking for what vanished")
            for entity, of_entity in _by_entity(units).items():
                why_not = _inconclusive(of_entity, comparisons[entity], mappings.sources, report)
                if why_not:
                    notices[f"{entity}: nothing is concluded from missing records: {why_not}"] += 1
                else:
                    _vanish(of_entity[0], comparisons[entity], writer)
                    concluded.append(entity)
        manifest = writer.close(
            Binding(extract_digest(report.datasets), mappings.digest, ledger, generation, endpoint),
            report,
            drop=lambda change: comparisons[change.entity].conflict(change),
            notes=[
                *parts.notes.values(),
                *(f"{text} ({count}x)" if count > 1 else text for text, count in notices.items()),
                *only.in_vain(comparisons.values()),
            ],
            concluded=concluded,
            partly=partly,
        )
    return Planned(manifest, {entity: comparison.verified for entity, comparison in comparisons.items()})


def apply_plan(
    plan: PlanFile,
    *,
    catalog: Catalog,
    mappings: MappingSet,
    source: Source,
    ledger: Ledger,
    target: Target,
    options: SendOptions,
    verified: Mapping[str, Verified],
    clock: Clock,
    reporter: Reporter,
    sleep: Callable[[float], None] | None = None,
    random: Callable[[], float] = random.random,
) -> Summary:
    """Raises Refused before anything is sent when the plan no longer holds, TryLater when another run is under way."""
    manifest = plan.manifest
    _refuse_breached(manifest)
    run = ledger.begin(manifest.digest)
    status, summary = "", Summary()
    try:
        check_binding(manifest, _binding_now(manifest, mappings, source, ledger, target), clock())
        waiting = list(plan.waiting())
        ledger.remember(run, manifest, list(plan.rejections()), waiting)
        _review_quarantine(plan, waiting, ledger, run)
        absent = _absent(plan, waiting)
        for entity in manifest.concluded:
            ledger.count_absences(run, entity, pa.array(absent[entity], pa.string()))
        for entity, records in verified.items():
            for keys, prints in records:
                ledger.refresh(run, entity, keys, prints)
        reporter.stage("sending", manifest.steps)
        apply_steps(
            plan.steps(),
            plan_id=manifest.digest,
            catalog=catalog,
            target=target,
            ledger=ledger,
            run=run,
            options=options,
            withhold=withholding(manifest, catalog),
            reporter=reporter,
            clock=clock,
            sleep=sleep,
            random=random,
            summary=summary,
        )
        status = summary.status
        return summary
    except Refused:
        status = "refused"
        raise
    finally:
        ledger.finish(run, status or summary.broken_off, dict(summary.counts))


def _review_quarantine(plan: PlanFile, waiting: Sequence[Waiting], ledger: Ledger, run: int) -> None:
    """Of the records that were refused once: those whose change the ERP took back wait for nothing any more, and
    those that go again now go again until there is an answer, even if this run dies before it comes to them."""
    refused = {(q.entity, q.key): q.id for q in ledger.quarantine(kind=QuarantineKind.REJECTED)}
    if not refused:
        return
    going = {name for step in plan.steps() if (name := (step.entity, join_key(step.key))) in refused}
    wanted = going | {(w.entity, join_key(w.key)) for w in waiting if w.wait is not Wait.ABSENT}
    for entity in plan.manifest.concluded:
        ledger.release(run, entity, [key for of, key in wanted if of == entity])
    ledger.retry([refused[name] for name in sorted(going)])


def _absent(plan: PlanFile, waiting: Sequence[Waiting]) -> dict[str, list[str]]:
    """Keys of what is gone from the ERP by entity: of what stays in Centra, and of what is to leave it now or was
    refused to. Where Centra does not let it go, its absences must not begin anew."""
    absent: dict[str, list[str]] = defaultdict(list)
    for w in waiting:
        if w.wait is Wait.ABSENT or w.action.value in _LEAVING:
            absent[w.entity].append(join_key(w.key))
    if any(counts.keys() & _LEAVING for counts in plan.manifest.counts.values()):
        for step in plan.steps():
            if step.action.value in _LEAVING:
                absent[step.entity].append(join_key(step.key))
    return absent


def extract_digest(datasets: Iterable[DatasetReport], current: Mapping[str, str] | None = None) -> str:
    """One digest over the datasets' digests; ``current`` replaces those that the source can tell without extracting."""
    lines = sorted(f"{d.name}\t{(current or {}).get(d.name, d.digest)}" for d in datasets)
    return "sha256:" + sha256("\n".join(lines).encode()).hexdigest()


def _by_dataset(units: Sequence[Unit]) -> Iterable[tuple[str, list[Unit]]]:
    """Each dataset once, however many entities come from its rows."""
    groups: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        groups[unit.dataset].append(unit)
    return groups.items()


def _by_entity(units: Sequence[Unit]) -> dict[str, list[Unit]]:
    groups: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        groups[unit.entity].append(unit)
    return groups


def _behind(mappings: MappingSet) -> Callable[[str], frozenset[str]]:
    """The source's datasets that an entity's records come from; of no entity, all of them."""

    def behind(entity: str) -> frozenset[str]:
        units = [u for u in mappings.units if entity in ("", u.entity)]
        return frozenset[str]().union(*(mappings.sources(u) for u in units))

    return behind


def _partly(units: Sequence[Unit], mappings: MappingSet, report: ExtractReport) -> list[str]:
    """Entities of which only changed rows were read."""
    parts = {d.name for d in report.datasets if not d.full}
    return sorted({u.entity for u in units if mappings.sources(u) & parts})


def _rules(unit: Unit) -> Rules:
    def owned_by(owner: Owner) -> frozenset[str]:
        return frozenset(path for path, whose in unit.owners.items() if whose is owner)

    return Rules(owned_by(Owner.CENTRA), owned_by(Owner.CREATE_ONLY))


def _reject(rejections: Sequence[Rejection], comparison: Comparison, writer: PlanWriter) -> None:
    comparison.reject(rejections)
    for rejection in rejections:
        writer.reject(rejection)


def _inconclusive(
    units: Sequence[Unit],
    comparison: Comparison,
    sources: Callable[[Unit], frozenset[str]],
    report: ExtractReport,
) -> str:
    """Why absence means nothing: a dataset behind the entity was not read whole, or a row's key is not known."""
    reports = {d.name: d for d in report.datasets}
    behind = [reports[name] for name in sorted(set().union(*(sources(u) for u in units))) if name in reports]
    if partly := [d.name for d in behind if not d.complete]:
        return f"not read whole: {', '.join(partly)}"
    if changes_only := [d.name for d in behind if not d.full]:
        return f"only what changed was read: {', '.join(changes_only)}"
    if comparison.nameless:
        return f"{comparison.nameless} rejected rows have no usable key"
    return ""


def _vanish(unit: Unit, comparison: Comparison, writer: PlanWriter) -> None:
    if unit.vanish.keeps:
        return
    for gone in comparison.vanished(unit.vanish.retire_after, unit.at):
        if gone.change is not None:
            writer.add(gone.change)
        else:
            key = split_key(gone.baseline.key)
            writer.wait(Waiting(Wait.ABSENT, unit.entity, key, Action.RETIRE, (), gone.reason, mapping_at=unit.at))


def _foreign(change: Change) -> Waiting:
    return Waiting(Wait.FOREIGN, change.entity, change.key, change.action, change.fields, change.reason,
                   origin=change.origin, mapping_at=change.mapping_at)  # fmt: skip


def _refuse_breached(manifest: Manifest) -> None:
    breached = [v for v in manifest.verdicts if v.refuses and v.entity is None]
    if breached:
        advice = [f"{v.advice}; or let it pass: {how_to_override(v, manifest.content)}" for v in breached]
        raise Refused("guards refuse this plan: " + "; ".join(v.message for v in breached), advice="\n  ".join(advice))


def _binding_now(manifest: Manifest, mappings: MappingSet, source: Source, ledger: Ledger, target: Target) -> Binding:
    """A plan made before there was a ledger is bound to its absence: to one that nothing was settled in yet."""
    return Binding(
        extract_digest(manifest.datasets, source.digests()),
        mappings.digest,
        ledger.id if manifest.binding.ledger else "",
        ledger.generation(without_plan=manifest.digest),
        target.endpoint,
    )
