"""Writes a plan's file: steps in order, what waits, what was rejected, and last the manifest that seals it."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from erp_sync.errors import FixMapping
from erp_sync.model.catalog import Catalog, FieldKind
from erp_sync.model.change import Change
from erp_sync.model.extract import ExtractReport, Rejection
from erp_sync.model.key import join_key
from erp_sync.model.plan import Binding, Manifest, Step, Waiting
from erp_sync.plan import lines
from erp_sync.plan.guards import Guards
from erp_sync.plan.limits import GuardOptions
from erp_sync.plan.links import Links
from erp_sync.plan.overrides import overridden
from erp_sync.plan.resolve import Resolver
from erp_sync.plan.sorting import SortedChanges
from erp_sync.plan.steps import Order
from erp_sync.ports import Clock, LedgerReader

Drop = Callable[[Change], Rejection | None]
_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """``mapped``: the entities that the project keeps. ``retry``: (entity, joined key) of quarantined records that
    go again although nothing changed, None for all of them. ``partial``: only some of the records were compared."""

    mapped: frozenset[str]
    expires_after: timedelta = timedelta(hours=12)
    perishables_expire_after: timedelta = timedelta(minutes=30)
    guards: GuardOptions = field(default_factory=GuardOptions)
    overrides: tuple[str, ...] = ()
    retry: frozenset[tuple[str, str]] | None = frozenset()
    partial: bool = False


class PlanWriter:
    """Fed in any order; the file appears whole at ``close``, or not at all. Use it as a context manager.

    What does not fit in memory waits in files without a name beside the plan, so a crash leaves nothing behind.
    The file can be read by its owner only: it holds what will be sent, personal data included, and no secret.
    """

    def __init__(self, path: Path, catalog: Catalog, reader: LedgerReader, options: PlanOptions, clock: Clock) -> None:
        self._path, self._catalog, self._reader = path, catalog, reader
        self._options, self._clock = options, clock
        self._order = Order(catalog)
        self._changes = SortedChanges(self._order, path.parent)
        self._resolver = Resolver(Links(catalog, options.mapped), reader, self._order, options.retry)
        self._guards = Guards(options.guards, catalog)
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._waiting, self._rejections = _spool(path.parent), _spool(path.parent)
        self._allowed = {(e.name, f.path) for e in catalog for f in e.fields if f.kind is not FieldKind.SECRET}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._changes.close()
        self._resolver.planned.close()
        self._waiting.close()
        self._rejections.close()

    def add(self, change: Change) -> None:
        """Raises FixMapping where a field is a secret, or none of its entity: neither may stand in a plan."""
        for changed in change.fields:
            if (change.entity, changed.path) not in self._allowed:
                raise FixMapping(
                    message=f"{change.entity}.{changed.path} cannot be mapped: it is no field, or a secret"
                )
        self._changes.add(change)

    def reject(self, rejection: Rejection) -> None:
        """A row or record that could not be used: listed, counted, and nothing more."""
        entity = rejection.entity or f"dataset {rejection.origin.dataset}"
        self._counts[entity]["rejected"] += 1
        reason = "(personal data)" if rejection.personal else rejection.reason
        self._guards.example(entity, "rejected", f"{rejection.origin}: {reason}")
        self._rejections.write(lines.dump(lines.rejection_to_plain(rejection)) + "\n")

    def wait(self, waiting: Waiting) -> None:
        """A record that is listed and not sent."""
        self._counts[waiting.entity][waiting.wait.value] += 1
        self._waiting.write(lines.dump(lines.waiting_to_plain(waiting)) + "\n")

    def count(self, entity: str, *, unchanged: int) -> None:
        self._counts[entity]["unchanged"] += unchanged

    def close(
        self,
        binding: Binding,
        extract: ExtractReport,
        *,
        drop: Drop | None = None,
        notes: Sequence[str] = (),
        concluded: Sequence[str] = (),
        partly: Sequence[str] = (),
    ) -> Manifest:
        """Sort, resolve, judge, write, rename. ``drop`` may still turn a change into a rejection, knowing them all.
        ``concluded`` are the entities whose vanished records were all told by ``add`` and ``wait``; ``partly`` those of
        which only changed rows were read.

        Raises OSError where the file cannot be written; no part of it stays behind.
        """
        partial = self._path.with_name(f".{self._path.name}.partial")
        try:
            with open(partial, "wb", opener=_private) as file:
                manifest = self._write(file, binding, extract, drop, tuple(notes), tuple(concluded), tuple(partly))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _sync_folder(self._path.parent)
        return manifest

    def _write(
        self,
        file: IO[bytes],
        binding: Binding,
        extract: ExtractReport,
        drop: Drop | None,
        notes: tuple[str, ...],
        concluded: tuple[str, ...],
        partly: tuple[str, ...],
    ) -> Manifest:
        content = sha256()

        def put(line: str) -> None:
            data = line.encode()
            content.update(data)
            file.write(data)

        steps = 0
        for step in self._steps(drop):
            steps += 1
            put(lines.dump(lines.step_to_plain(step)) + "\n")
        for spool in (self._waiting, self._rejections):
            spool.seek(0)
            for line in spool:
                put(line)
        manifest = replace(
            self._manifest(f"sha256:{content.hexdigest()}", steps, binding, extract, partly),
            notes=notes,
            concluded=concluded,
        )
        plain = lines.manifest_to_plain(manifest)
        content.update(lines.dump(plain).encode())
        digest = f"sha256:{content.hexdigest()}"
        file.write((lines.dump(plain | {"digest": digest}) + "\n").encode())
        return replace(manifest, digest=digest)

    def _steps(self, drop: Drop | None) -> Iterator[Step]:
        changes = self._kept(drop)
        while chunk := list(islice(changes, _CHUNK)):
            for planned in self._resolver.resolve(chunk):
                if isinstance(planned, Step):
                    self._counts[planned.entity][planned.action.value] += 1
                    self._guards.see(planned)
                    yield planned
                else:
                    self.wait(planned)

    def _kept(self, drop: Drop | None) -> Iterator[Change]:
        for change in self._changes:
            rejection = drop(change) if drop else None
            if rejection is None:
                yield change
            else:
                self.reject(replace(rejection, entity=change.entity, key=join_key(change.key)))

    def _manifest(
        self, content: str, steps: int, binding: Binding, extract: ExtractReport, partly: tuple[str, ...]
    ) -> Manifest:
        options, now = self._options, self._clock()
        verdicts = self._guards.verdicts(
            self._counts, options.mapped, extract.datasets, self._reader, partial=options.partial, partly=partly
        )
        expires = now + options.expires_after
        return Manifest(
            version=lines.VERSION,
            digest="",
            created_at=now,
            expires_at=expires,
            binding=binding,
            steps=steps,
            counts={entity: dict(sorted(counts.items())) for entity, counts in sorted(self._counts.items())},
            verdicts=overridden(verdicts, options.overrides, content),
            datasets=extract.datasets,
            content=content,
            perishables_expire_at=min(expires, extract.taken_at + options.perishables_expire_after),
            partial=options.partial,
            partly=partly,
        )


def _spool(folder: Path) -> IO[str]:
    try:
        return tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=folder)
    except OSError as error:  # which would name a file that nobody has heard of
        raise type(error)(error.errno, error.strerror, str(folder)) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """So that the rename itself survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
