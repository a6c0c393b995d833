"""One process at work: the real plan and the real apply, and what must hold of each."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from erp_sync.apply import SendOptions, Summary
from erp_sync.centra.catalog import CATALOG
from erp_sync.errors import Refused
from erp_sync.model.plan import Manifest
from erp_sync.pipeline import Only, apply_plan, make_plan
from erp_sync.plan import GuardOptions, Limit, PlanOptions, how_to_override, open_plan
from tests.simulation import stage
from tests.simulation.company import ENTITIES, Company
from tests.simulation.extract import Quiet, TablesExtract
from tests.simulation.witness import Sending, Violation
from tests.simulation.world import Process, World

OFF = {name: Limit() for name, field in GuardOptions.model_fields.items() if field.annotation is Limit}
GUARDS: tuple[dict[str, Limit], ...] = (
    {"source_shrink": Limit(share=0.3, above=0)},
    {"retirements": Limit(count=0)},
    {"creates": Limit(count=4), "price_zero": Limit(count=0)},
    {"rejected": Limit(count=0), "price_leaps": Limit(count=0), "currency_changed": Limit(count=0)},
    {"status_flips": Limit(count=0), "names_blanked": Limit(count=0), "source_shrink": Limit(count=1)},
)


@dataclass(frozen=True)
class Export:
    """``tables`` are cut off half-way; ``unnoticed``: the export itself does not say so."""

    tables: frozenset[str] = frozenset()
    unnoticed: bool = False

    def of(self, company: Company, world: World) -> TablesExtract:
        return TablesExtract("erp", company, world, self.tables, self.unnoticed)


class Runs:
    """``guards``: most stories have none; the others have some that even a small company breaches. ``waiting``: in the
    last plan there was something that was refused or absent, and may go in the next; ``steps`` are its steps."""

    def __init__(self, rng: random.Random, world: World, company: Company, send: SendOptions) -> None:
        self._rng, self._world, self._company, self._send = rng, world, company, send
        self.waiting, self.steps = False, 0
        self._rows: dict[str, int] = {}  # of the tables that are cut off: in the last extract that was whole
        self.guards = GuardOptions.model_validate(OFF | (rng.choice(GUARDS) if rng.random() < 0.3 else {}))

    def plan(self, process: Process, path: Path, export: Export, *, override: bool) -> bool:
        """False where a guard refuses the whole plan; then nothing can be sent of it. ``override``: whatever a guard
        stops is let pass, in a second plan with the same content."""
        manifest = self._make(process, path, export, ())
        self._cut_off_is_seen(manifest, export)
        if override and manifest.refused and not (export.tables and export.unnoticed):
            named = [how_to_override(v, manifest.content).split()[1] for v in manifest.verdicts if v.refuses]
            self._world.tell(f"{process.name} overrides {', '.join(v.partition('@')[0] for v in named)}", "overrides")
            manifest = self._make(process, path, export, tuple(named))
            if manifest.refused:
                raise Violation(f"an override did not let pass {[v.name for v in manifest.verdicts if v.refuses]}")
            self._nothing_leaves(manifest, export)
        if not manifest.refused_whole:
            return True
        self._world.tell(f"a guard refuses the plan of {process.name}", "plans refused by a guard")
        self._refuses(process, path, export)
        return False

    def apply(self, process: Process, path: Path, export: Export) -> Summary:
        world, company = self._world, self._company
        file = open_plan(path)
        ledger = process.ledger = stage.ledger_of(world, process)
        summary = apply_plan(
            file,
            catalog=CATALOG,
            mappings=stage.mappings_of(company.tables, company.mapping),
            source=export.of(company, world),
            ledger=ledger,
            target=stage.target_of(world),
            options=self._send,
            verified={},
            clock=world.clock,
            reporter=Quiet(),
            sleep=world.sleep,
            random=self._rng.random,
        )
        process.ledger = None
        counts = {str(kind): n for kind, n in summary.counts.items()}
        world.tell(f"{process.name} applied: {counts} {summary.ended}", "runs")
        world.figures.update({f"steps {kind}": n for kind, n in counts.items()})
        world.figures["runs ended early"] += bool(summary.ended)
        world.figures["circuits opened"] += summary.ended.startswith("Centra is away")
        return summary

    def _make(self, process: Process, path: Path, export: Export, overrides: tuple[str, ...]) -> Manifest:
        world, company = self._world, self._company
        taken_at = world.now
        mappings = stage.mappings_of(company.tables, company.mapping)
        with stage.reader() as reader:
            self._rows = {table: reader.last_rows(table) or 0 for table in export.tables}
            manifest = make_plan(
                path,
                catalog=CATALOG,
                mappings=mappings,
                source=export.of(company, world),
                reader=reader,
                endpoint=stage.target_of(world).endpoint,
                options=PlanOptions(
                    mapped=frozenset(u.entity for u in mappings.units), guards=self.guards, overrides=overrides
                ),
                only=Only(),
                clock=world.clock,
                reporter=Quiet(),
            ).manifest
        below = {e.name for e in CATALOG if {a.name for a in CATALOG.lineage(e.name)} & manifest.refused_entities}
        process.sending = Sending(taken_at, manifest.digest, withheld=frozenset(below))
        counts = {e: {w: n for w, n in c.items() if n} for e, c in manifest.counts.items()}
        self.steps = manifest.steps
        self.waiting = any(c.keys() & {"held", "absent"} for c in counts.values())
        world.tell(f"{process.name} planned {manifest.steps} steps: {counts}", "plans")
        world.figures["entities withheld by a guard"] += len(manifest.refused_entities)
        return manifest

    def _nothing_leaves(self, manifest: Manifest, export: Export) -> None:
        for entity in sorted(ENTITIES[table] for table in export.tables):
            self._world.figures["exports cut off, sent by an override"] += 1
            if manifest.counts.get(entity, {}).keys() & {"retire", "unlink"}:
                raise Violation(f"records of {entity} leave for want of the rest of an export")

    def _cut_off_is_seen(self, manifest: Manifest, export: Export) -> None:
        for table in sorted(export.tables):
            rows = next(d.rows for d in manifest.datasets if d.name == table)
            whole = self._rows[table]
            self._world.figures["exports cut off, unnoticed" if export.unnoticed else "exports cut off"] += 1
            shrunk = self.guards.source_shrink.breached(whole - rows, whole)
            if (shrunk or not export.unnoticed) and not manifest.refused_whole:
                raise Violation(f"an export of {table} that was cut off was taken for a whole one")

    def _refuses(self, process: Process, path: Path, export: Export) -> None:
        sent = self._world.requests
        try:
            self.apply(process, path, export)
        except Refused:
            if self._world.requests != sent:
                raise Violation("something of a refused plan was sent") from None
        else:
            raise Violation("a refused plan was applied")
