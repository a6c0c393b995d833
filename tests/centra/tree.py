"""soap-operations.yaml as paths, read without any of the package's code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

OPERATIONS = Path(__file__).parents[3] / "shared" / "centra" / "soap-operations.yaml"


def operations() -> dict[str, Any]:
    return dict(yaml.safe_load(OPERATIONS.read_text(encoding="utf-8")))


def leaves(tree: dict[str, Any], above: str = "") -> Iterator[str]:
    """Dotted paths of all leaves, without the marks of repetition."""
    for name, below in tree.items():
        path = above + name.removesuffix("[]")
        if isinstance(below, dict):
            yield from leaves(below, f"{path}.")
        else:
            yield path
