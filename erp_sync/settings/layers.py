"""A project file with an environment's differences laid over it, where each value still knows its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from erp_sync.errors import Place
from erp_sync.mapping.reading import YamlFile
from erp_sync.settings.variables import YamlPath


@dataclass(frozen=True)
class LayeredFile(YamlFile):
    """``data`` is merged; ``under`` is what is written; ``prefixes`` lead to its layers, topmost first."""

    _: KW_ONLY
    under: YamlFile
    prefixes: tuple[YamlPath, ...]

    def place(self, path: Sequence[str | int], key: bool = False) -> Place:
        return self.under.place(self._written(path), key)

    def text(self, path: Sequence[str | int]) -> str | None:
        return self.under.text(self._written(path))

    def below(self, *path: str | int, data: object) -> LayeredFile:
        """The part at ``path`` as a file of its own, for models that know only that part."""
        prefixes = tuple((*prefix, *path) for prefix in self.prefixes)
        return LayeredFile(self.name, data, None, under=self.under, prefixes=prefixes)

    def _written(self, path: Sequence[str | int]) -> YamlPath:
        """The path in the file of the layer that reaches deepest."""
        candidates = [(*prefix, *path) for prefix in self.prefixes]
        depths = [_depth(self.under.data, c) - len(p) for c, p in zip(candidates, self.prefixes, strict=True)]
        return candidates[depths.index(max(depths))]


def merge(low: object, high: object) -> object:
    """``high`` over ``low``: keys with values are merged, anything else is replaced."""
    if not isinstance(low, dict) or not isinstance(high, dict):
        return high
    return {**low, **{key: merge(low[key], value) if key in low else value for key, value in high.items()}}


def _depth(data: object, path: YamlPath) -> int:
    """How many parts of the path the data has."""
    for depth, part in enumerate(path):
        below = dict(enumerate(data)) if isinstance(data, list) else data
        if not isinstance(below, dict) or part not in below:
            return depth
        data = below[part]
    return len(path)
