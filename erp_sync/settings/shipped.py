"""What travels with the package beside its code: the WSDL and the mapping sets."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def shipped(name: str) -> Path:
    """``wsdl`` or ``mappings``: a folder inside the package when installed, at the top in a checkout."""
    packed = _PACKAGE / "_data" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name
