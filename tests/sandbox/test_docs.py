"""What docs/sandbox.md shows is what happens."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from erp_sync.sandbox import FaultKind, Knobs, Server, serve
from tests.sandbox.conftest import new_box

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
CONSOLES = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(new_box()) as running:
        yield running


def steps(console: str) -> Iterator[tuple[str, str]]:
    """Commands and what they print; lines that begin with ``>`` continue a command."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        size = 1 + next((n for n, line in enumerate(lines[1:]) if not line.startswith(">")), len(lines) - 1)
        yield "".join(line.removeprefix("> ") for line in lines[:size]), "".join(lines[size:])


def test_commands_print_what_the_page_says(server: Server, tmp_path: Path) -> None:
    ran = ""
    for command, expected in steps("".join(CONSOLES).replace("http://127.0.0.1:8700", server.url)):
        if command.startswith("post()"):
            ran += command
            continue
        done = subprocess.run(["bash", "-c", ran + command], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout == expected, command


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_run(program: str) -> None:
    exec(compile(program, "docs/sandbox.md", "exec"), {})


def test_every_knob_and_every_fault_is_on_the_page() -> None:
    assert len(CONSOLES) == 4
    assert len(PROGRAMS) == 1
    for name in (*Knobs.model_fields, *FaultKind):
        assert f"`{name}`" in PAGE, name
