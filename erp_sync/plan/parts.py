"""Which datasets a plan may be made from a part of: what changed since the last run, where nothing else could matter.

A part is not enough where rows that did not change give other records than before: another row is looked up in them,
the mapping was edited, a record waits for something that may have come meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from erp_sync.model.quarantine import Quarantined, QuarantineKind
from erp_sync.ports import LedgerReader

_WAITING = (QuarantineKind.UNUSABLE, QuarantineKind.PARKED)


class Parts:
    """The memory that a source is opened with: it knows no watermark of a dataset that has to be read whole.

    ``gathered``: datasets that mappings look into, join or add up. ``behind``: the datasets that an entity's records
    come from. ``notes`` says of each dataset that had a watermark and was read whole all the same, why.
    """

    def __init__(
        self,
        reader: LedgerReader,
        mapping: str,
        gathered: Collection[str],
        behind: Callable[[str], Collection[str]],
        *,
        full: bool,
    ) -> None:
        self._reader, self._mapping, self._gathered, self._behind = reader, mapping, gathered, behind
        self._full = full
        self._held: dict[str, str] | None = None
        self.notes: dict[str, str] = {}

    def watermark(self, dataset: str) -> str | None:
        mark = self._reader.watermark(dataset)
        if mark is None:
            return None
        why = self._why_whole(dataset)
        if why:
            self.notes[dataset] = f"{dataset}: read whole, although there is a watermark: {why}"
            return None
        return mark

    def since_full(self, dataset: str) -> int | None:
        return self._reader.since_full(dataset)

    def _why_whole(self, dataset: str) -> str:
        if self._full:
            return "it was asked for"
        if dataset in self._gathered:
            return "a mapping looks into it, joins it or adds it up"
        if self._reader.marked_by(dataset) != self._mapping:
            return "the mapping was edited"
        if self._held is None:
            self._held = dict(self._waiting(self._reader.quarantine()))
        return self._held.get(dataset, "")

    def _waiting(self, quarantine: Iterable[Quarantined]) -> Iterable[tuple[str, str]]:
        for waiting in quarantine:
            if waiting.kind in _WAITING or waiting.again:
                origin = [waiting.origin.dataset] if waiting.origin else []
                for dataset in {*self._behind(waiting.entity), *origin}:
                    yield dataset, f"a record of it waits (erp-sync quarantine show {waiting.id})"
