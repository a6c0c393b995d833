"""The only place that knows concrete classes: a project file becomes a pipeline that can run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from erp_sync.apply import SendOptions, Summary
from erp_sync.centra import CentraOptions, CentraTarget
from erp_sync.centra.catalog import CATALOG
from erp_sync.diff import Only
from erp_sync.errors import FixSettings, RepairLedger, TryLater
from erp_sync.ledger import SqlLedger, open_ledger, open_reader, unsettled
from erp_sync.mapping import MappingSet, load_mappings
from erp_sync.mapping.reading import validate
from erp_sync.model.catalog import Catalog
from erp_sync.model.outcome import Reply
from erp_sync.pipeline import Planned, apply_plan, make_plan
from erp_sync.plan import PlanFile, PlanOptions, override
from erp_sync.ports import Clock, LedgerReader, Reporter, Source
from erp_sync.settings import Settings, load_settings
from erp_sync.sources.registry import source_class
from erp_sync.sources.several import SeveralSources

_PACKAGE = Path(__file__).parent


def now() -> datetime:
    return datetime.now(UTC)


def shipped(name: str) -> Path:
    """A folder that travels with the package: inside it when installed, at the top in a checkout."""
    packed = _PACKAGE / "_data" / name
    return packed if packed.exists() else _PACKAGE.parent / name


@dataclass
class Project:
    """What a command works on. Parts are made when first needed: checking a mapping opens no ledger."""

    settings: Settings
    clock: Clock = now
    catalog: Catalog = field(default=CATALOG)

    @cached_property
    def mappings(self) -> MappingSet:
        return load_mappings(self.settings.mappings, self.catalog, self.settings.parameters)

    @cached_property
    def source(self) -> Source:
        made: list[Source] = []
        for name in self.settings.source_names:
            adapter = source_class(self.settings.source(name).kind)
            options = validate(self.settings.source_file(name), adapter.Options, FixSettings)
            made.append(adapter.from_options(name, options, self.settings.folder))
        return made[0] if len(made) == 1 else SeveralSources(made)

    @cached_property
    def target(self) -> CentraTarget:
        centra = self.settings.centra
        wsdl: Path | None = shipped("wsdl") / "centra.wsdl"
        if centra.wsdl != "shipped":
            wsdl = None if centra.wsdl == "endpoint" else self.settings.folder / centra.wsdl
        return CentraTarget(
            CentraOptions(
                address=centra.endpoint,
                username=centra.username.get_secret_value(),
                password=centra.password.get_secret_value(),
                namespace=centra.namespace,
                wsdl=wsdl,
                connect_timeout=centra.timeouts.connect,
                read_timeout=centra.timeouts.read,
            )
        )

    def local_now(self) -> datetime:
        """By the company's clock on the wall: what mappings call today."""
        return self.clock().astimezone(self.settings.timezone)

    def reader(self) -> LedgerReader:
        return open_reader(self.settings.ledger_url, self.clock)

    def ledger(self) -> AbstractContextManager[SqlLedger]:
        """For commands that write to it by themselves. Raises RepairLedger, TryLater."""
        return closing(open_ledger(self.settings.ledger_url, clock=self.clock))

    def plan(
        self,
        out: Path,
        reporter: Reporter,
        *,
        only: Only | None = None,
        overrides: Iterable[str] = (),
        retry: frozenset[tuple[str, str]] | None = frozenset(),
        full: bool = False,
    ) -> Planned:
        """Stops 1 to 5; ``full`` reads every dataset whole. Raises FixSettings, FixMapping, FixSource, TryLater."""
        only = only or Only()
        self._known(only.entities)
        plan = self.settings.plan
        return make_plan(
            out,
            catalog=self.catalog,
            mappings=self.mappings,
            source=self.source,
            reader=self.reader(),
            endpoint=self.target.endpoint,
            options=PlanOptions(
                mapped=frozenset(unit.entity for unit in self.mappings.units),
                expires_after=plan.expires_after,
                perishables_expire_after=plan.stock_expires_after,
                guards=self.settings.guards,
                overrides=tuple(overrides),
                retry=retry,
                partial=not only.everything,
            ),
            only=only,
            clock=self.clock,
            timezone=self.settings.timezone,
            reporter=reporter,
            full=full,
        )

    def apply(
        self, plan: PlanFile, reporter: Reporter, *, overrides: Iterable[str] = (), made: Planned | None = None
    ) -> Summary:
        """Stops 6 to 8, on the very plan. ``made`` is what this process learnt when it made it."""
        overridden = PlanFile(plan.path, override(plan.manifest, overrides))
        with self.ledger() as ledger:
            return apply_plan(
                overridden,
                catalog=self.catalog,
                mappings=self.mappings,
                source=self.source,
                ledger=ledger,
                target=self.target,
                options=self.send_options,
                verified=made.verified if made else {},
                clock=self.clock,
                reporter=reporter,
            )

    @property
    def send_options(self) -> SendOptions:
        batch, patience = self.settings.centra.batch, self.settings.centra.patience
        return SendOptions(
            documents=batch.documents,
            bytes=batch.bytes,
            records=batch.records,
            attempts=patience.attempts,
            first_wait=patience.first_wait,
            longest_wait=patience.longest_wait,
            circuit=patience.circuit,
            hopeless=patience.hopeless,
            concurrency=batch.at_once,
        )

    def catch_up(self, reporter: Reporter) -> None:
        """Before a dry run: what a run that died had sent becomes doubt, as before any run. Otherwise the plan would
        not know of it, and be refused once it has become doubt. Left alone where a run is under way."""
        if not unsettled(self.settings.ledger_url):
            return
        try:
            self.recover()
        except (TryLater, RepairLedger) as error:
            reporter.warn(f"sends that are not settled yet are not in this plan: {error.message}")

    def recover(self) -> None:
        """What a run that died had sent and not settled becomes doubt, before anything is compared with it."""
        with self.ledger() as ledger:
            ledger.recover()

    def probe(self) -> Reply:
        """Log in to Centra by events_Get, which changes nothing."""
        return self.target.probe()

    def _known(self, entities: Iterable[str]) -> None:
        mapped = {unit.entity for unit in self.mappings.units}
        for entity in sorted(set(entities) - mapped):
            raise FixSettings(f"no mapping makes {entity}", advice=f"this project maps {', '.join(sorted(mapped))}")


def open_project(path: Path, environment: str | None, variables: Mapping[str, str], *, clock: Clock = now) -> Project:
    """Raises FixSettings with all problems of the project file."""
    return Project(load_settings(path, environment, variables), clock)
