"""Which records this very plan creates or updates: an index that stays on disk however long the plan is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping

Name = tuple[str, str]  # entity (or "entity.own", for an id that is unique over all parents) and joined key


class Planned:
    """Name of a record -> (id of its step, whether the step creates it).

    SQLite's private temporary database is used as an index file that the operating system removes by itself.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE planned (name TEXT PRIMARY KEY, step TEXT, creates INT) WITHOUT ROWID")

    def add(self, steps: Mapping[Name, tuple[str, bool]]) -> None:
        rows = ((_text(name), step, creates) for name, (step, creates) in steps.items())
        self._db.executemany("INSERT OR REPLACE INTO planned VALUES (?, ?, ?)", rows)

    def find(self, names: Iterable[Name]) -> dict[Name, tuple[str, bool]]:
        wanted = {_text(name): name for name in names}
        if not wanted:
            return {}
        sql = "SELECT name, step, creates FROM planned WHERE name IN (SELECT value FROM json_each(?))"
        rows = self._db.execute(sql, (json.dumps(list(wanted)),))
        return {wanted[name]: (step, bool(creates)) for name, step, creates in rows}

    def close(self) -> None:
        self._db.close()


def _text(name: Name) -> str:
    return f"{name[0]}\x1e{name[1]}"
