"""A new project and a sandbox for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from erp_sync.cli import failures
from erp_sync.cli.program import program
from erp_sync.sandbox import Options, Sandbox, Server, serve
from erp_sync.settings import shipped


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def sandbox() -> Iterator[Server]:
    with serve(Sandbox(Options(wsdl=shipped("wsdl") / "centra.wsdl"))) as server:
        yield server


@pytest.fixture
def erp_sync(
    tmp_path: Path, sandbox: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Runs a command in the project's folder, as the console script does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CENTRA_USERNAME", "sandbox")
    monkeypatch.setenv("CENTRA_PASSWORD", "sandbox")
    logger = logging.getLogger("erp_sync")
    before = list(logger.handlers), logger.level

    def run(*arguments: str) -> Said:
        code = failures.run(lambda: program.main(list(arguments), prog_name="erp-sync", standalone_mode=False))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)

    assert run("init").code == 0
    project = tmp_path / "erp-sync.yaml"
    project.write_text(project.read_text("utf-8").replace("http://127.0.0.1:8700", sandbox.url), "utf-8")
    yield run
    logger.handlers, logger.level = before


@pytest.fixture
def edit(tmp_path: Path) -> Callable[[str, str, str], None]:
    """Replace a text in a file of the project; it has to be there."""

    def replace(name: str, old: str, new: str) -> None:
        path = tmp_path / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    return replace
