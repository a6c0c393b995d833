"""The extension point: a transform of the integrator's own, a column in and a column out."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import Field

from erp_sync.errors import FixMapping, Place
from erp_sync.mapping.column import Checked, as_texts
from erp_sync.mapping.transforms.registry import Options

ENTRY_POINTS = "erp_sync.transforms"
# what a function of somebody else's may fail with: told with its place, never a crash without one
_FAILURES = (ArithmeticError, AttributeError, ImportError, LookupError, NameError, OSError, SyntaxError, TypeError,
             ValueError, RuntimeError, pa.ArrowException)  # fmt: skip
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
    try:
        if module_name.endswith(".py"):
            path = (beside / module_name).resolve()
            module = _from_file(path, module_name)
        else:
            module = importlib.import_module(module_name)
    except FileNotFoundError as cause:
        raise ValueError(str(cause)) from cause
    except _FAILURES as cause:
        raise ValueError(f"{module_name} cannot be imported: {type(cause).__name__}: {cause}") from cause
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


def _from_file(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"erp_sync_mapping_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"there is no file {name} beside the mapping")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def apply(function: Function, name: str, place: Place, texts: pa.Array, options: dict[str, Any]) -> Checked:
    """Call it and hold it to the contract. Raises FixMapping saying what failed or what it broke."""
    try:
        result = function(texts, **options)
    except _FAILURES as cause:
        said = f"the transform {name} failed: {type(cause).__name__}: {cause}"
        raise FixMapping(said, place=place, advice="correct the function") from cause
    checked = result if isinstance(result, Checked) else Checked(result)
    values = checked.values
    if not isinstance(values, pa.Array | pa.ChunkedArray) or len(values) != len(texts):
        got = f"{len(values)}" if isinstance(values, pa.Array | pa.ChunkedArray) else type(values).__name__
        raise FixMapping(f"the transform {name} must return a pyarrow array of {len(texts)} texts, and returned {got}",
                         place=place, advice="return one text (or null) for each that came in")  # fmt: skip
    return Checked(as_texts(values), checked.bad, checked.reason, checked.fatal)
