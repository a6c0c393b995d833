"""Names of columns as a header gives them, made usable; and how the headers of parts compare."""

from __future__ import annotations

from collections.abc import Sequence


def column_names(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """Every column gets a name of its own; notes say which names were made up."""
    names: list[str] = []
    notes: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {number}"
        if name in names:
            again = next(n for k in range(2, len(cells) + 2) if (n := f"{name} ({k})") not in names)
            notes.append(f"column {number} is the second {name!r} and is called {again!r}")
            name = again
        elif not cell.strip() and any(cells):
            notes.append(f"column {number} has no name and is called {name!r}")
        names.append(name)
    return names, notes


def difference(found: Sequence[str], expected: Sequence[str]) -> str:
    """What one header has and the other has not, in words; empty where the names are the same."""
    missing = [c for c in expected if c not in found]
    more = [c for c in found if c not in expected]
    said = [f"without {', '.join(map(repr, missing))}"] if missing else []
    said += [f"with {', '.join(map(repr, more))} more"] if more else []
    return " and ".join(said)
