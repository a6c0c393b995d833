"""The mapping sets that travel with the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def shipped_mappings() -> Path:
    """The folder of the shipped sets: inside the package when installed, at the top in a checkout."""
    packed = _PACKAGE / "_data" / "mappings"
    return packed if packed.is_dir() else _PACKAGE.parent / "mappings"
