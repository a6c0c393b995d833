"""One seed, one story: some bad nights, then quiet ones, then everything must be as it should."""

from __future__ import annotations

import os
import random
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import pandas as pd

from erp_sync.apply import SendOptions, Summary
from erp_sync.centra import CentraOptions, CentraTarget
from erp_sync.centra.catalog import CATALOG
from erp_sync.errors import Refused, TryLater
from erp_sync.ledger import SqlLedger, open_ledger, open_reader
from erp_sync.mapping import MappingSet, load_mappings
from erp_sync.model.extract import DatasetReport, ExtractReport, Rejection
from erp_sync.model.key import split_key
from erp_sync.pipeline import Only, apply_plan, make_plan
from erp_sync.plan import GuardOptions, Limit, PlanOptions, open_plan
from erp_sync.ports import TEXT, Chunk, ColumnInfo, DatasetInfo, Memory
from erp_sync.sandbox import FaultSchedule
from erp_sync.sandbox.faults import FaultKind
from tests.simulation.company import MAPPINGS, TABLES, Company, mapping_files
from tests.simulation.ending import Ending
from tests.simulation.world import BEGINNING, READ_TIMEOUT, Crash, Process, Violation, World, inhabited

NOTHING_REFUSED = GuardOptions(
    **{name: Limit() for name, field in GuardOptions.model_fields.items() if field.annotation is Limit}  # type: ignore[arg-type]
)
FAULTS = [k for k in FaultKind if k is not FaultKind.MEDDLE]
QUIET_NIGHTS = 8


@dataclass
class TablesExtract:
    """The company's rows as an ERP's export."""

    name: str
    company: Company
    world: World
    cut_off: frozenset[str] = frozenset()

    def datasets(self) -> Sequence[str]:
        return self.company.tables

    def describe(self, dataset: str) -> DatasetInfo:
        keys, columns = TABLES[dataset]
        return DatasetInfo(dataset, dataset, tuple(ColumnInfo(c, "text") for c in (*keys, *columns)))

    def digests(self) -> dict[str, str]:
        return {table: self._digest(table) for table in self.company.tables}

    @contextmanager
    def open(self, memory: Memory | None = None) -> Iterator[TablesExtract]:
        self._taken_at = self.world.now
        yield self

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        self.world.touch()
        rows = self._rows(dataset)
        if dataset in self.cut_off:
            rows = rows[: len(rows) // 2]
        keys, others = TABLES[dataset]
        wanted = columns if columns is not None else (*keys, *others)
        frame = pd.DataFrame({c: pd.Series([r[c] for r in rows], dtype=TEXT) for c in wanted})
        frame.index = pd.RangeIndex(2, len(rows) + 2)
        yield Chunk(dataset, f"{dataset}.csv", frame)

    def rejections(self) -> Sequence[Rejection]:
        return []

    def report(self) -> ExtractReport:
        return ExtractReport(
            self.name,
            self._taken_at,
            tuple(
                DatasetReport(
                    t, len(self._rows(t)), self._digest(t), t not in self.cut_off, ("cut off",) * (t in self.cut_off)
                )
                for t in self.company.tables
            ),
        )

    def _rows(self, table: str) -> list[dict[str, str]]:
        names, _ = TABLES[table]
        rows = []
        for key, row in self.company.rows[table].items():
            whole = dict(zip(names, key, strict=True)) | row
            rows.append(whole)
            if key in self.company.doubled[table]:
                last = TABLES[table][1][0]
                rows.append(whole | {last: f"{row[last]}1"})
        return rows

    def _digest(self, table: str) -> str:
        return sha256(repr(self._rows(table)).encode()).hexdigest()


class Quiet:
    """A reporter that says nothing."""

    def stage(self, title: str, total: int | None = None) -> None: ...
    def advance(self, count: int = 1) -> None: ...
    def note(self, message: str) -> None: ...
    def warn(self, message: str) -> None: ...


@cache
def mappings_of(tables: tuple[str, ...], version: str) -> MappingSet:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in mapping_files(tables, version).items():
            (Path(folder) / name).write_text(text)
        return load_mappings(Path(folder), CATALOG, {})


@cache
def _target() -> CentraTarget:
    """The real client; the WSDL is read once. Only its transport is exchanged, for every story anew."""
    options = CentraOptions("http://centra.example/api", "sandbox", "sandbox", read_timeout=READ_TIMEOUT)
    return CentraTarget(options)


@cache
def _fresh_ledger() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        open_ledger(f"sqlite:///{folder}/l.db", clock=lambda: BEGINNING, beat_every=None).close()
        return (Path(folder) / "l.db").read_bytes()


def _memory() -> Path | None:
    """Where files cost nothing; None where there is no such place."""
    shm = Path("/dev/shm")
    return shm if shm.is_dir() and os.access(shm, os.W_OK) else None


class Story:
    """``figures`` counts what happened, so that a proof can say what it has seen."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.rng = random.Random(seed)
        self.seed = seed
        self.company = Company.found(self.rng)
        self.world = World(self.rng, folder, seed)
        self.world.companions = _companions()
        self.url = f"sqlite:///{folder}/ledger.db"
        (folder / "ledger.db").write_bytes(_fresh_ledger())
        self.target = _target()
        self.target.__dict__["_transport"] = self.world
        self.send = SendOptions(
            documents=self.rng.randint(1, 8),
            bytes=self.rng.choice((3_000, 1_000_000)),
            records=self.rng.randint(2, 12),
            attempts=self.rng.randint(2, 4),
            circuit=self.rng.randint(3, 8),
        )
        self.figures: Counter[str] = Counter()
        self._plans = 0

    def run(self) -> None:
        for _ in range(self.rng.randint(1, 4)):
            self._bad_night()
        self._quiet_nights()
        self._check_end()

    # Nights

    def _bad_night(self) -> None:
        rng, world = self.rng, self.world
        self.figures["nights"] += 1
        for _ in range(rng.randint(0, 8)):
            world.tell("ERP: " + self.company.change(rng))
        if rng.random() < 0.15:
            self.company.mapping = rng.choice(MAPPINGS)
            world.tell(f"mapping: {self.company.mapping}")
        self._set_knobs()
        process = self._process()
        if rng.random() < 0.5:
            process.dies_at = rng.choice((rng.randint(1, 60), rng.randint(1, 400)))
        cut_off = frozenset(rng.sample(self.company.tables, 1)) if rng.random() < 0.1 else frozenset[str]()
        if rng.random() < 0.2:
            self._intrusion(process, stall=rng.random() < 0.5)
        self._night(process, cut_off, stale=rng.random() < 0.1)
        world.before_reply = None
        world.now += timedelta(hours=rng.choice((1, 24)))

    def _set_knobs(self) -> None:
        rng, world = self.rng, self.world
        knobs = world.sandbox.knobs
        ids = sorted({part for rows in self.company.rows.values() for key in rows for part in key})
        refused = tuple(rng.sample(ids, min(len(ids), rng.randint(1, 3)))) if rng.random() < 0.4 else ()
        if refused != knobs.reject_ids:
            knobs.reject_ids = refused
            world.tell(f"Centra refuses {refused}")
            self._ask_again()
        knobs.batch = rng.choice(("atomic", "atomic", "partial"))
        knobs.failure = rng.choice(("result", "fault"))
        knobs.shape = rng.choice(("guide", "reference"))
        kinds = rng.sample(FAULTS, rng.randint(0, 6))
        rates = {kind: rng.random() * 0.5 / len(kinds) for kind in kinds}
        seconds = rng.choice((2.0, 50.0, 300.0))
        world.sandbox.faults.schedule = FaultSchedule(self.seed, rates, seconds) if rates else None
        if rng.random() < 0.1:
            world.outage_until = world.now + timedelta(seconds=rng.choice((3, 30, 3000)))
        world.tell(f"network: {[str(k) for k in kinds]}, {knobs.batch}")

    def _night(self, process: Process, cut_off: frozenset[str], *, stale: bool) -> None:
        """What the scheduler does: a plan, and its apply; and after a crash, both again or the apply only."""
        world = self.world
        path = self._path()
        with world.running(process):
            try:
                if not self._plan(process, path, cut_off):
                    return
                if stale:
                    self._apply_stale(process, path)
                    return
                self._apply(process, path, cut_off)
                process.ledger = None
            except Crash:
                process.ledger = None
                self.figures["crashes"] += 1
                world.tell(f"{process.name} died at touch {process.touches}")
            except TryLater as error:
                process.ledger = None
                if not process.stalled:
                    raise Violation(f"{process.name} lost its ledger: {error}") from error
                self.figures["ousted"] += 1
                return
        world.before_reply = None
        if not process.dead:
            self._check_baselines()
        elif self.rng.random() < 0.6:
            world.now += timedelta(seconds=self.rng.choice((5, 90, 3600)))
            again = self._process()
            again.taken_at, again.plan = process.taken_at, process.plan
            if self.rng.random() < 0.4:
                again.dies_at = self.rng.randint(1, 300)
            if path.exists() and self.rng.random() < 0.6:
                self._resume(again, path)
            else:
                self._night(again, frozenset(), stale=False)

    def _resume(self, process: Process, path: Path) -> None:
        with self.world.running(process):
            try:
                self._apply(process, path, frozenset())
                self.figures["resumed"] += 1
            except Crash:
                self.figures["crashes"] += 1
            finally:
                process.ledger = None
        if not process.dead:
            self._check_baselines()

    def _apply_stale(self, process: Process, path: Path) -> None:
        before, sent = self.company.desired(), self.world.requests
        mapping = self.company.mapping
        if self.rng.random() < 0.3:
            self.company.mapping = self.rng.choice(MAPPINGS)
        else:
            self.company.change(self.rng)
        if self.company.desired() == before and self.company.mapping == mapping:
            return
        try:
            self._apply(process, path, frozenset())
        except Refused:
            self.figures["stale plans refused"] += 1
        else:
            if self.company.mapping != mapping or self.world.requests != sent:
                raise Violation("a plan was applied although the ERP or the mapping had moved")
        finally:
            process.ledger = None

    def _intrusion(self, process: Process, *, stall: bool) -> None:
        """While a run waits for a reply, another one starts; the first may be frozen at that moment."""
        world, at = self.world, self.world.requests + self.rng.randint(1, 6)

        def intrude() -> None:
            if world.requests != at or process.dead:
                return
            world.before_reply = None
            if stall:
                process.stalled = True
                world.now += timedelta(minutes=5)
            rival = self._process()
            world.tell(f"{rival.name} breaks in on {process.name}, {'stalled' if stall else 'alive'}")
            path = self._path()
            with world.running(rival):
                try:
                    self._plan(rival, path, frozenset())
                    self._apply(rival, path, frozenset())
                except TryLater:
                    if stall:
                        raise Violation("a stalled run kept the ledger for ever") from None
                    self.figures["rivals kept out"] += 1
                else:
                    if not stall:
                        raise Violation("two runs at once")
                    process.ousted = True
                    self.figures["taken over"] += 1
                finally:
                    rival.ledger = None

        world.before_reply = intrude

    # One process

    def _process(self) -> Process:
        return Process(f"p{len(self.world.processes) + 1}")

    def _path(self) -> Path:
        self._plans += 1
        return self.world.folder / f"{self._plans}.plan"

    def _plan(self, process: Process, path: Path, cut_off: frozenset[str]) -> bool:
        """False where a guard refuses the plan; then nothing may be sent."""
        world, company = self.world, self.company
        with closing(self._ledger(process)) as ledger:
            ledger.recover()
        process.taken_at = world.now
        mappings = mappings_of(company.tables, company.mapping)
        with closing(open_reader(self.url, world.clock)) as reader:
            planned = make_plan(
                path,
                catalog=CATALOG,
                mappings=mappings,
                source=TablesExtract("erp", company, world, cut_off),
                reader=reader,
                endpoint=self.target.endpoint,
                options=PlanOptions(mapped=frozenset(u.entity for u in mappings.units), guards=NOTHING_REFUSED),
                only=Only(),
                clock=world.clock,
                reporter=Quiet(),
            )
        process.plan = planned.manifest.digest
        world.tell(f"{process.name} planned {planned.manifest.steps} steps: {dict(planned.manifest.counts)}")
        if cut_off and not planned.manifest.refused_whole:
            raise Violation("an export that was cut off was taken for a whole one")
        self.figures["refused by a guard"] += planned.manifest.refused_whole
        return not planned.manifest.refused_whole

    def _apply(self, process: Process, path: Path, cut_off: frozenset[str]) -> Summary:
        world, company = self.world, self.company
        file = open_plan(path)
        process.failed.clear()
        with closing(self._ledger(process)) as ledger:
            process.ledger = ledger
            summary = apply_plan(
                file,
                catalog=CATALOG,
                mappings=mappings_of(company.tables, company.mapping),
                source=TablesExtract("erp", company, world, cut_off),
                ledger=ledger,
                target=self.target,
                options=self.send,
                verified={},
                clock=world.clock,
                reporter=Quiet(),
                sleep=world.sleep,
                random=self.rng.random,
            )
            process.ledger = None
        world.tell(f"{process.name} applied: {dict(summary.counts)} {summary.ended}")
        self.figures["runs"] += 1
        self.figures.update(summary.counts)
        return summary

    def _ledger(self, process: Process) -> SqlLedger:
        return open_ledger(
            self.url, clock=self.world.clock, holder=process.holder, dead=self.world.dead, beat_every=None
        )

    def _ask_again(self) -> None:
        """Somebody has put Centra right, and has the quarantine retried."""
        with self.world.running(Process("operator")) as operator, closing(self._ledger(operator)) as ledger:
            ledger.retry([q.id for q in ledger.quarantine()])

    # The end

    def _quiet_nights(self) -> None:
        world = self.world
        world.sandbox.faults.clear()
        world.sandbox.knobs.batch = "atomic"
        world.outage_until = world.now
        world.now += timedelta(hours=1)
        self._ask_again()
        for night in range(QUIET_NIGHTS):
            process, path, before = self._process(), self._path(), world.requests
            with world.running(process):
                self._plan(process, path, frozenset())
                self._apply(process, path, frozenset())
            self._check_baselines()
            world.now += timedelta(hours=24)
            if night >= 3 and world.requests == before:
                return
        raise Violation(f"after {QUIET_NIGHTS} quiet nights there is still something to send")

    def _check_baselines(self) -> None:
        """What the ledger takes for acknowledged is in Centra, field by field."""
        with closing(open_reader(self.url, self.world.clock)) as reader:
            for entity in {u.entity for u in mappings_of(self.company.tables, "plain").units}:
                for some in reader.scan(entity):
                    for baseline in some:
                        have = self.world.sandbox.get(entity, *split_key(baseline.key))
                        if baseline.exists and have is None:
                            raise Violation(f"the ledger has {entity} {baseline.key!r}, and Centra does not")
                        for path, value in baseline.fields.items():
                            if (
                                path not in baseline.doubtful
                                and baseline.exists
                                and (have or {}).get(path, "") != value
                            ):
                                raise Violation(
                                    f"{entity} {baseline.key!r}: {path} is {value!r} in the ledger, in Centra {have}"
                                )

    def _check_end(self) -> None:
        with closing(open_reader(self.url, self.world.clock)) as reader:
            waiting = {(q.entity, split_key(q.key)): q.kind for q in reader.quarantine()}
        Ending(self.company, self.world, waiting).check()


def tell(seed: int) -> Counter[str]:
    """Live through the story of a seed; returns its figures. Raises Violation with the story so far."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        story = Story(seed, Path(folder))
        try:
            with inhabited(story.world):
                story.run()
        except BaseException as error:
            error.add_note("\n".join([f"seed {seed}", *story.world.story]))
            raise
    story.figures["requests"] += story.world.requests
    return story.figures


def attempt(seed: int) -> tuple[int, Counter[str], str]:
    """Seed, figures, and what went wrong."""
    try:
        return seed, tell(seed), ""
    except BaseException as error:  # noqa: BLE001  (a story may break anything; the seed must be told)
        return seed, Counter(), "".join(traceback.format_exception(error))


@cache
def _companions() -> frozenset[tuple[str, str]]:
    """Fields that go along with others: mirrors of an id, the id or the unit that a field belongs to."""
    mirrors = {(e.name, m) for e in CATALOG for m in e.mirrors}
    return frozenset(mirrors | {(e.name, f.sent_with) for e in CATALOG for f in e.fields if f.sent_with})
