"""Changes in any order and any number, back in the order of operations: sorted runs on disk, merged."""

from __future__ import annotations

import heapq
import json
import tempfile
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from erp_sync.model.change import Change
from erp_sync.plan.lines import change_of, change_to_plain, dump
from erp_sync.plan.steps import Order

_Row = tuple[Any, list[Any]]


class SortedChanges:
    """Runs are files without a name: they vanish with the process, whatever ends it."""

    def __init__(self, order: Order, folder: Path, run_length: int = 50_000) -> None:
        self._order, self._folder, self._run_length = order, folder, run_length
        self._rows: list[_Row] = []
        self._runs: list[IO[str]] = []

    def add(self, change: Change) -> None:
        self._rows.append((self._order.key(change.entity, change.key), change_to_plain(change)))
        if len(self._rows) >= self._run_length:
            self._spill()

    def _spill(self) -> None:
        self._rows.sort(key=itemgetter(0))
        run = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=self._folder)  # noqa: SIM115
        self._runs.append(run)
        run.writelines(dump(row) + "\n" for row in self._rows)
        run.seek(0)
        self._rows.clear()

    def __iter__(self) -> Iterator[Change]:
        """All of them, once. Equal places keep the order in which they were added."""
        self._rows.sort(key=itemgetter(0))
        runs = [map(_read, run) for run in self._runs]
        for row in heapq.merge(*runs, self._rows, key=itemgetter(0)):
            yield change_of(row[1])

    def close(self) -> None:
        self._rows.clear()
        for run in self._runs:
            run.close()


def _read(line: str) -> _Row:
    place, plain = json.loads(line)
    return tuple(place), plain
