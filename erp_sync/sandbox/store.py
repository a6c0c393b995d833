"""The state in an SQLite file: one row per object and event, one transaction per request.

A list that grows without limit has a row per record, so that one new price does not write its whole pricelist again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from erp_sync.errors import FixSettings
from erp_sync.sandbox.shapes import Record
from erp_sync.sandbox.state import SPLIT, Event, State

Parts = Collection[str] | None
"""The records of an object's growing list that may have changed; None for all of them."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (entity TEXT, id TEXT, number INTEGER, body TEXT, PRIMARY KEY (entity, id));
CREATE TABLE IF NOT EXISTS parts (entity TEXT, id TEXT, part TEXT, body TEXT, PRIMARY KEY (entity, id, part));
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
        for entity, key, part, body in self._connection.execute(
            "SELECT entity, id, part, body FROM parts ORDER BY rowid"
        ):
            state.tables[entity][key].setdefault(SPLIT[entity], {})[part] = json.loads(body)
        for (body,) in self._connection.execute("SELECT body FROM events ORDER BY id"):
            event = Event(**json.loads(body))
            state.events[event.id] = event
        state.counters = dict(self._connection.execute("SELECT name, value FROM counters"))
        state.index()
        return state

    def save(
        self, state: State, objects: Mapping[tuple[str, str], Parts], events: Iterable[Event], done: Iterable[int]
    ) -> None:  # fmt: skip
        """``objects`` that are no longer in the state are deleted, and so are their parts."""
        with self._connection as connection:
            for (entity, key), parts in objects.items():
                found = state.tables[entity].get(key)
                growing = SPLIT.get(entity)
                if found is None:
                    connection.execute("DELETE FROM objects WHERE entity = ? AND id = ?", (entity, key))
                elif growing is None or growing not in found:
                    self._put(entity, key, state, found)
                else:
                    self._put(entity, key, state, {**found, growing: {}})
                if growing is not None:
                    self._put_parts(entity, key, (found or {}).get(growing, {}), None if found is None else parts)
            connection.executemany(
                "INSERT OR REPLACE INTO events VALUES (?, ?)",
                [(event.id, json.dumps(event._asdict(), ensure_ascii=False)) for event in events],
            )
            connection.executemany("DELETE FROM events WHERE id = ?", [(number,) for number in done])
            connection.executemany("INSERT OR REPLACE INTO counters VALUES (?, ?)", list(state.counters.items()))

    def _put(self, entity: str, key: str, state: State, body: Record) -> None:
        self._connection.execute(
            "INSERT INTO objects VALUES (?, ?, ?, ?)"
            " ON CONFLICT (entity, id) DO UPDATE SET number = excluded.number, body = excluded.body",
            (entity, key, state.numbers[entity][key], json.dumps(body, ensure_ascii=False)),
        )

    def _put_parts(self, entity: str, key: str, records: Record, parts: Parts) -> None:
        if parts is None:
            self._connection.execute("DELETE FROM parts WHERE entity = ? AND id = ?", (entity, key))
            parts = records
        gone = [(entity, key, part) for part in parts if part not in records]
        there = [
            (entity, key, part, json.dumps(records[part], ensure_ascii=False)) for part in parts if part in records
        ]
        self._connection.executemany("DELETE FROM parts WHERE entity = ? AND id = ? AND part = ?", gone)
        self._connection.executemany(
            "INSERT INTO parts VALUES (?, ?, ?, ?) ON CONFLICT (entity, id, part) DO UPDATE SET body = excluded.body",
            there,
        )

    def clear(self) -> None:
        with self._connection as connection:
            for table in ("objects", "parts", "events", "counters"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608  (our own names)

    def close(self) -> None:
        self._connection.close()
