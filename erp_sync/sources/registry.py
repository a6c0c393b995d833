"""Adapters by kind: those of this package and a stranger's alike, by entry point or by dotted path."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from erp_sync.errors import FixSettings
from erp_sync.mapping.complaints import nearest
from erp_sync.ports import Source

GROUP = "erp_sync.sources"


class SourceClass(Protocol):
    """What an adapter's class offers: its options, typed, and how it is built from them."""

    Options: type[BaseModel]

    def from_options(self, name: str, options: Any, folder: Path) -> Source:
        """``folder`` is that of the project file, which relative paths start from. Nothing is read yet."""


def kinds() -> list[str]:
    """The kinds that installed packages offer."""
    return sorted({e.name for e in entry_points(group=GROUP)})


def source_class(kind: str) -> SourceClass:
    """The adapter of a kind (``csv``) or of a dotted path (``package.module:Class``). Raises FixSettings."""
    if ":" in kind:
        found = _imported(kind)
    else:
        matching = list(entry_points(group=GROUP, name=kind))
        if not matching:
            meant = nearest(kind, kinds())
            raise FixSettings(
                f"there is no kind of source {kind!r}" + (f", did you mean {meant!r}?" if meant else ""),
                advice=f"There is: {', '.join(kinds())}; or give an adapter's path, as package.module:Class.",
            )
        found = matching[0].load()
    options = getattr(found, "Options", None)
    if not (isinstance(options, type) and issubclass(options, BaseModel) and hasattr(found, "from_options")):
        raise FixSettings(
            f"{kind} is no source adapter", advice="It needs a pydantic model `Options` and a `from_options`."
        )
    adapter: SourceClass = found
    return adapter


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as e:
        raise FixSettings(
            f"the source adapter {path} cannot be imported: {e}",
            advice="Install its package where erp-sync runs, or correct the path.",
        ) from e
