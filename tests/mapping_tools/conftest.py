"""A project of its own with the company's export, and the program as a shell runs it."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from erp_sync.cli import failures
from erp_sync.cli.program import program
from tests.companies.running import LOGIN, MAPPINGS

COMPANY = Path(__file__).parents[2] / "fixtures" / "company"
GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Run = Callable[..., Said]
Edit = Callable[[str, str, str], None]


@pytest.fixture
def erp_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)
    logger = logging.getLogger("erp_sync")
    before = list(logger.handlers), logger.level

    def run(*arguments: str) -> Said:
        code = failures.run(lambda: program.main(list(arguments), prog_name="erp-sync", standalone_mode=False))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        assert "a fault in erp-sync itself" not in said.err
        return Said(code, said.out, said.err)

    yield run
    logger.handlers, logger.level = before


@pytest.fixture
def company(tmp_path: Path, erp_sync: Run) -> Run:
    """The same, with the company's project, export and a mapping of its own (folder `mapping`) there."""
    shutil.copytree(COMPANY / "export", tmp_path / "export")
    shutil.copytree(MAPPINGS / "navision-csv", tmp_path / "mapping")
    text = (COMPANY / "erp-sync.yaml").read_text("utf-8").replace("shipped:navision-csv", "mapping")
    (tmp_path / "erp-sync.yaml").write_text(text, "utf-8")
    return erp_sync


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Replace a text in a file of the project; it has to be there."""

    def replace(name: str, old: str, new: str) -> None:
        path = tmp_path / name
        encoding = "windows-1252" if name.endswith(".csv") else "utf-8"
        text = path.read_bytes().decode(encoding)
        assert old in text
        path.write_bytes(text.replace(old, new).encode(encoding))

    return replace


def golden(name: str, text: str) -> None:
    """Compare with the file; ``GOLDEN=write`` writes it."""
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
