"""docs/sandbox.md is complete, and its programs run; its commands run with those of all pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from erp_sync.sandbox import FaultKind, Knobs

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_run(program: str) -> None:
    exec(compile(program, "docs/sandbox.md", "exec"), {})


def test_every_knob_and_every_fault_is_on_the_page() -> None:
    assert len(PROGRAMS) == 1
    for name in (*Knobs.model_fields, *FaultKind):
        assert f"`{name}`" in PAGE, name
