"""soap-operations.yaml as paths, read without any of the package's code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

OPERATIONS = Path(__file__).parents[3] / "shared" / "centra" / "soap-operations.yaml"


def operations() -> dict[str, Any]:
    return dict(yaml.safe_load(OPERATIONS.read_text(encoding="utf-8")))


Tree = dict[str, Any]
"""Children by name, which may end in the mark of repetition; what is no dict is a leaf."""


def leaves(tree: Tree, above: str = "") -> Iterator[str]:
    """Dotted paths of all leaves, without the marks of repetition."""
    for name, below in tree.items():
        path = above + name.removesuffix("[]")
        if isinstance(below, dict):
            yield from leaves(below, f"{path}.")
        else:
            yield path
