"""The extension point: a transform of the integrator's own, a column in and a column out."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import Field

from erp_sync.mapping.column import Checked
from erp_sync.mapping.transforms.registry import Options

ENTRY_POINTS = "erp_sync.transforms"
Function = Callable[..., pa.Array | Checked]


class Custom(Options):
    """Which function, and what it is given besides the column."""

    shorthand: ClassVar[str] = "function"
    function: str = Field(
        description="The name of an installed transform (entry point erp_sync.transforms), package.module:function, "
        "or ./file.py:function beside the mapping."
    )
    options: dict[str, str | int | bool | list[str]] = Field({}, description="Given to the function by name.")


def find(name: str, beside: Path) -> tuple[Function, Path | None]:
    """The function, and the file that belongs to the mapping's digest. Raises ValueError: why it is not found."""
    module_name, colon, function_name = name.rpartition(":")
    if not colon:
        return _installed(name), None
    path: Path | None = None
    if module_name.endswith(".py"):
        path = (beside / module_name).resolve()
        spec = importlib.util.spec_from_file_location(f"erp_sync_mapping_{path.stem}", path)
        if spec is None or spec.loader is None or not path.is_file():
            raise ValueError(f"there is no file {module_name} beside the mapping")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        try:
            module = importlib.import_module(module_name)
        except ImportError as cause:
            raise ValueError(f"{module_name} cannot be imported: {cause}") from None
    function: Any = getattr(module, function_name, None)
    if not callable(function):
        raise ValueError(f"{module_name} has no function {function_name}")
    return function, path


def _installed(name: str) -> Function:
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name not in found:
        raise ValueError(
            f'no transform "{name}" is installed (entry point {ENTRY_POINTS}); installed: {", ".join(found) or "none"}'
        )
    function: Function = found[name].load()
    return function


def apply(function: Function, name: str, texts: pa.Array, options: dict[str, Any]) -> Checked:
    """Call it and hold it to the contract. Raises TypeError naming what it broke."""
    result = function(texts, **options)
    checked = result if isinstance(result, Checked) else Checked(result)
    values = checked.values
    if not isinstance(values, pa.Array | pa.ChunkedArray) or len(values) != len(texts):
        raise TypeError(
            f"{name} must return a pyarrow array of {len(texts)} texts, and returned {type(values).__name__}"
        )
    if isinstance(values, pa.ChunkedArray) or values.type != pa.string():
        values = (
            pa.chunked_array([values] if isinstance(values, pa.Array) else values).cast(pa.string()).combine_chunks()
        )
    return Checked(values, checked.bad, checked.reason, checked.fatal)
