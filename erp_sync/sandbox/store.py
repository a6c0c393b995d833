"""The state in an SQLite file: one row per object and event, one transaction per request."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from erp_sync.errors import FixSettings
from erp_sync.sandbox.state import Event, State

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (entity TEXT, id TEXT, number INTEGER, body TEXT, PRIMARY KEY (entity, id));
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, body TEXT);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER);
"""


class Store:
    """Raises FixSettings where the file cannot be opened as a sandbox's state."""

    def __init__(self, path: Path) -> None:
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False)
            self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)
        except sqlite3.DatabaseError as error:
            raise FixSettings(
                f"{path} cannot be opened as the sandbox's state: {error}",
                advice="Name a file that does not exist yet, or one that a sandbox made.",
            ) from error

    def load(self) -> State:
        state = State()
        for entity, key, number, body in self._connection.execute(
            "SELECT entity, id, number, body FROM objects ORDER BY rowid"
        ):
            state.tables[entity][key] = json.loads(body)
            state.numbers[entity][key] = number
        for (body,) in self._connection.execute("SELECT body FROM events ORDER BY id"):
            event = Event(**json.loads(body))
            state.events[event.id] = event
        state.counters = dict(self._connection.execute("SELECT name, value FROM counters"))
        state.index()
        return state

    def save(
        self, state: State, objects: Iterable[tuple[str, str]], events: Iterable[Event], done: Iterable[int]
    ) -> None:  # fmt: skip
        """``objects`` that are no longer in the state are deleted."""
        gone, there = [], []
        for entity, key in objects:
            found = state.tables[entity].get(key)
            if found is None:
                gone.append((entity, key))
            else:
                there.append((entity, key, state.numbers[entity][key], json.dumps(found, ensure_ascii=False)))
        with self._connection as connection:
            connection.executemany("DELETE FROM objects WHERE entity = ? AND id = ?", gone)
            connection.executemany(
                "INSERT INTO objects VALUES (?, ?, ?, ?)"
                " ON CONFLICT (entity, id) DO UPDATE SET number = excluded.number, body = excluded.body",
                there,
            )
            connection.executemany(
                "INSERT OR REPLACE INTO events VALUES (?, ?)",
                [(event.id, json.dumps(event._asdict(), ensure_ascii=False)) for event in events],
            )
            connection.executemany("DELETE FROM events WHERE id = ?", [(number,) for number in done])
            connection.executemany("INSERT OR REPLACE INTO counters VALUES (?, ?)", list(state.counters.items()))

    def clear(self) -> None:
        with self._connection as connection:
            for table in ("objects", "events", "counters"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608  (our own names)

    def close(self) -> None:
        self._connection.close()
