"""The protocols between the rooms, and the frames that flow through them.

A frame's columns are Arrow-backed text (``pd.ArrowDtype(pa.string())``): a null is UNSET, the empty text BLANK.
A frame's index says where each row came from within its place: a line number, a table's key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from erp_sync.model.change import Baseline
from erp_sync.model.event import Event
from erp_sync.model.extract import ExtractReport, Origin, Rejection
from erp_sync.model.outcome import LeaseInfo, Outcome, Reply, RunInfo
from erp_sync.model.plan import Manifest, Step, Waiting
from erp_sync.model.quarantine import Quarantined, QuarantineKind

TEXT = pd.ArrowDtype(pa.string())
KEY = "#key"  # the column of a records frame that holds the joined key; "#" starts no catalog path
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a dataset as the ERP gave them: every cell is text, a null is the ERP's NULL."""

    dataset: str
    place: str
    frame: pd.DataFrame

    def origin(self, position: int) -> Origin:
        at = self.frame.index[position]
        return Origin(self.dataset, self.place, at if isinstance(at, str) else int(at))


@dataclass(frozen=True, slots=True)
class Records:
    """Rows after mapping: column KEY, then one column per catalog path that the mapping sets."""

    entity: str
    dataset: str
    place: str
    frame: pd.DataFrame
    mapping_at: str = ""

    def origin(self, position: int) -> Origin:
        at = self.frame.index[position]
        return Origin(self.dataset, self.place, at if isinstance(at, str) else int(at))


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    name: str
    kind: str  # the source's own word: "text", "numeric(10,2)"
    readable: bool = True  # else it holds what is no text, a picture: who asks for it is refused


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    name: str
    place: str
    columns: tuple[ColumnInfo, ...]
    rows: int | None = None

    @property
    def readable(self) -> list[str]:
        """The names of the columns that can be asked for."""
        return [c.name for c in self.columns if c.readable]


class Extract(Protocol):
    """One reading of the ERP's data."""

    def chunks(self, dataset: str, columns: Sequence[str] | None = None) -> Iterator[Chunk]:
        """The dataset from its first row to its last. May be read again; raises FixSource, TryLater."""

    def rejections(self) -> Sequence[Rejection]:
        """Rows read so far that have no place in a chunk: wrong number of cells, undecodable."""

    def report(self) -> ExtractReport:
        """About the datasets read to their end so far."""


class Memory(Protocol):
    """What earlier runs leave to an extract; a LedgerReader is one."""

    def watermark(self, dataset: str) -> str | None: ...

    def since_full(self, dataset: str) -> int | None: ...


@runtime_checkable
class Source(Protocol):
    """An ERP adapter. Found by entry point ``erp_sync.sources``; built from its typed options."""

    name: str

    def datasets(self) -> Sequence[str]: ...

    def describe(self, dataset: str) -> DatasetInfo:
        """Columns without reading all rows. Raises FixSource, TryLater."""

    def open(self, memory: Memory | None = None) -> AbstractContextManager[Extract]:
        """One consistent snapshot over all datasets, as far as the source can.

        Without ``memory`` every dataset is read in full; with it, one that is set up to be may be incremental.
        """

    def digests(self) -> dict[str, str] | None:
        """Digest per dataset of what is there now, without extracting; None where the source cannot know."""


class Target(Protocol):
    """Where records go. Knows nothing of plans or ledgers."""

    endpoint: str  # identifies address, namespace and login without holding a secret

    def encode(self, steps: Sequence[Step]) -> bytes:
        """One document (all steps share operation and root key) as bytes. Raises CannotSend."""

    def send(self, operation: str, documents: Sequence[bytes]) -> Reply:
        """One request. Never raises for what Centra or the network does: that is a Reply."""

    def probe(self) -> Reply:
        """A request that changes nothing: events_Get."""


class Observer(Protocol):
    """Reads what Centra itself says now."""

    def observe(self, entity: str) -> Iterator[Records]: ...


class LedgerReader(Protocol):
    """What stops 1 to 5 may know of the ledger: nothing here writes.

    A ledger that was never made reads as empty: ``id`` is "" and the generation 0.
    """

    id: str

    def generation(self, *, without_plan: str = "") -> int:
        """The number of the last settle; with ``without_plan``, of the last that was not made by that plan."""

    def fingerprints(self, entity: str, keys: pa.Array) -> pd.DataFrame:
        """Known keys among ``keys``: columns ``key`` (TEXT) and ``fingerprint`` (Int64, null when doubtful)."""

    def all_fingerprints(self, entity: str) -> Iterator[tuple[pa.Array, npt.NDArray[np.int64]]]:
        """Joined keys and fingerprints of every record whose fingerprint is sure, in chunks."""

    def baselines(self, entity: str, keys: Sequence[str]) -> dict[str, Baseline]: ...

    def scan(self, entity: str) -> Iterator[list[Baseline]]:
        """Every record of the entity, in chunks, by key."""

    def population(self, entity: str) -> int:
        """Records that exist in Centra as far as acknowledged, retired ones left out."""

    def owners_of(self, entity: str, own_ids: Sequence[str]) -> dict[str, str]:
        """For entities whose own id is unique over all parents: own id -> joined key of the record that has it."""

    def last_rows(self, dataset: str) -> int | None:
        """Rows of the dataset's last complete extract that a run applied."""

    def quarantined(self, entity: str, keys: Sequence[str]) -> dict[str, str]:
        """Key -> id of the step that was rejected."""

    def settled_steps(self, plan: str) -> set[str]:
        """Ids of the plan's steps that an earlier run of the very same plan already settled as applied."""

    def doubtful_steps(self, plan: str) -> set[str]:
        """Ids of the plan's steps that an earlier run of the very same plan sent, without ever getting a reply."""

    def runs(self, limit: int = 20) -> list[RunInfo]: ...

    def keys(self, entity: str) -> Iterator[pa.Array]:
        """Joined keys of all records not retired, in order, in chunks: those in doubt as well as those that exist."""

    def quarantine(
        self, *, entity: str | None = None, kind: QuarantineKind | None = None, key: str | None = None
    ) -> list[Quarantined]:
        """Everything that waits, the longest first: refused by Centra, unusable rows, parked records."""

    def quarantine_entry(self, id: str) -> Quarantined | None: ...

    def watermark(self, dataset: str) -> str | None:
        """Where the next incremental extract starts: as of the last run that applied everything it was given."""

    def marked_by(self, dataset: str) -> str:
        """Digest of the mapping that was applied up to the watermark; "" where there is none."""

    def since_full(self, dataset: str) -> int | None:
        """Runs since the dataset's last full extract; None when there never was one: take a full one."""

    def digests(self) -> dict[str, str]:
        """Digest per dataset of the last extract whose run applied everything."""

    def open_events(self) -> list[Event]:
        """Events stored and not yet handled, in the order of arrival."""

    def overrides(self, plan: str) -> set[str]:
        """Names of the guards that somebody overrode for this plan."""

    def holder(self) -> LeaseInfo | None:
        """Who holds the ledger now, if anybody."""


class Ledger(LedgerReader, Protocol):
    """Durable state. Every method is one transaction; after ``begin`` each checks that the lease is still ours."""

    def begin(self, plan: str) -> int:
        """Take the lease, turn open intents of dead runs into doubt, open a run. Raises TryLater naming the holder."""

    def recover(self) -> None:
        """Turn open intents of dead runs into doubt without beginning a run. Raises TryLater naming the holder."""

    def intend(self, run: int, steps: Sequence[Step]) -> int:
        """Commit the note that these steps are about to be sent; returns the batch's id."""

    def settle(self, run: int, batch: int, outcomes: Sequence[Outcome]) -> None:
        """Outcomes of one batch: baselines, quarantine, doubt and the batch's end, all or nothing."""

    def skip(self, run: int, outcomes: Sequence[Outcome]) -> None:
        """Outcomes that change no baseline: of steps never sent, and of records found to be the bad one of a batch."""

    def remember(
        self, run: int, manifest: Manifest, rejections: Sequence[Rejection], waiting: Sequence[Waiting] = ()
    ) -> None:
        """What the run saw: its datasets, the rows that were rejected before any send, and what the plan parked.

        Datasets' rows, digests and watermarks count from ``finish(status="done")`` on: nothing may be skipped next
        time that was not applied this time. Rejections and parked records of the plan's entities replace earlier ones.
        """

    def refresh(self, run: int, entity: str, keys: pa.Array, fingerprints: npt.NDArray[np.int64]) -> None:
        """New fingerprints of records that were compared field by field and found unchanged."""

    def finish(self, run: int, status: str, counts: dict[str, int]) -> None:
        """Close the run and give the lease back."""

    def beat(self) -> None:
        """A sign of life that renews the lease; by itself in a thread unless opened with ``beat_every=None``."""

    def close(self) -> None:
        """Let go of connections. A run that was not finished counts as crashed once its lease has expired."""

    def count_absences(self, run: int, entity: str, absent: pa.Array) -> None:
        """After a complete, full extract: one more absence for ``absent``, none for all others. Once per plan."""

    def release(self, run: int, entity: str, wanted: Sequence[str]) -> int:
        """Let go of refused records of the entity that no plan wants any more: not among the keys ``wanted``."""

    def adopt(self, run: int, entity: str, records: Sequence[Baseline]) -> None:
        """Take what Centra itself says it has as acknowledged."""

    def retry(self, ids: Sequence[str]) -> int:
        """Let the next plan send these quarantined records again; returns how many there were."""

    def drop(self, ids: Sequence[str]) -> int:
        """Forget these quarantined records; what still differs is planned anew. Returns how many there were."""

    def store_events(self, events: Sequence[Event]) -> int:
        """Keep events for good before anybody tells Centra that they are done; returns how many were new."""

    def events_done(self, ids: Sequence[str]) -> None:
        """Centra was told."""

    def events_handled(self, ids: Sequence[str]) -> None:
        """What they said was taken into account."""

    def override(self, plan: str, guard: str, given_by: str, reason: str = "") -> None:
        """Note who overrode which guard for which plan."""


class Reporter(Protocol):
    """Progress and notes, for people. Decides nothing."""

    def stage(self, title: str, total: int | None = None) -> None: ...

    def advance(self, count: int = 1) -> None: ...

    def note(self, message: str) -> None: ...

    def warn(self, message: str) -> None: ...
