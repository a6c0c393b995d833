"""The identity of a record: the ids from the root record down to itself.

A product's key is ``("P1",)``, its variation's ``("P1", "V1")``, and so on (soap.md, "Identities, by level").
In frames and in the ledger a key is one text, its parts joined by U+001F, a character that XML 1.0 cannot carry:
no id that could ever be sent contains it.
"""

from __future__ import annotations

from collections.abc import Iterable

Key = tuple[str, ...]

SEPARATOR = "\x1f"
LONGEST_KEY = 600  # characters of a joined key: what an index of every ledger's database can hold


def join_key(parts: Iterable[str]) -> str:
    return SEPARATOR.join(parts)


def split_key(text: str) -> Key:
    return tuple(text.split(SEPARATOR))


def show_key(key: Key | str) -> str:
    """The key as a person reads and types it: parts joined by " / "."""
    return " / ".join(split_key(key) if isinstance(key, str) else key)
