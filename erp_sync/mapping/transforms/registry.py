"""What a transform is: a name, its options, and a pure function from a column to a column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from erp_sync.mapping.column import Checked
from erp_sync.mapping.strict import Strict
from erp_sync.model.catalog import FieldKind


class Options(Strict):
    """No options."""

    called: ClassVar[str] = "option"


@dataclass(frozen=True, slots=True)
class Transform:
    """``apply`` gets texts (null = UNSET) and options, and keeps the length. ``makes`` is checked against the field."""

    name: str
    doc: str
    apply: Callable[[pa.Array, Any], pa.Array | Checked]
    options: type[Options] = Options
    makes: FieldKind = FieldKind.TEXT
