"""The network is pulled out while the ERP is read: a clear error, no plan, nothing sent, and a ledger as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from erp_sync.ledger import open_reader
from erp_sync.sandbox import Sandbox, Server, serve
from erp_sync.wiring import now
from tests.companies.databases import empty_database
from tests.sources.proxy import cable

PROJECT = """version: 1
name: cut off
mappings: mappings
sources:
  erp:
    kind: sql
    url: "{url}"
    connect_retries: 0
    fetch_rows: 500
    datasets: {{m: {{table: markets}}}}
centra:
  endpoint: "{centra}/ams/system/service/module/soap/api"
  username: sandbox
  password: ${{ERP_SYNC_PASSWORD}}
ledger: {{url: "sqlite:///ledger.db"}}
"""
MARKET = "entity: market\nfrom: m\nkey: {market: no}\nfields: {description: name}\n"
ROWS = 4_000
FILLER = 400


@dataclass(frozen=True)
class Company:
    """A project whose database is reached as the caller says."""

    folder: Path
    engine: Engine
    centra: Server
    sandbox: Sandbox

    def run(self, *command: str, port: int | None = None) -> subprocess.CompletedProcess[str]:
        at = self.engine.url if port is None else self.engine.url.set(host="127.0.0.1", port=port)
        url = at.render_as_string(hide_password=False)
        (self.folder / "erp-sync.yaml").write_text(PROJECT.format(url=url, centra=self.centra.url))
        program = str(Path(sys.executable).with_name("erp-sync"))
        environment = {**os.environ, "ERP_SYNC_PASSWORD": "sandbox"}
        return subprocess.run(
            [program, *command], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120
        )

    def cut_off(self, *command: str) -> subprocess.CompletedProcess[str]:
        """The network goes when half of the table is through."""
        with cable(self.engine.url.host or "", self.engine.url.port or 0, cut_after=ROWS * FILLER // 2) as wire:
            return self.run(*command, port=wire.port)

    def known(self) -> tuple[object, ...]:
        """All that a ledger tells."""
        reader = open_reader(f"sqlite:///{self.folder / 'ledger.db'}", now)
        marks = [b for some in reader.scan("market") for b in some]
        return reader.generation(), reader.runs(), marks, reader.quarantine(), reader.digests(), reader.holder()


@pytest.fixture(params=["postgresql", "mariadb"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Company]:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/market.yaml").write_text(MARKET)
    sandbox = Sandbox()
    with empty_database(request.param, tmp_path) as engine, serve(sandbox) as centra:
        with engine.begin() as connection:
            connection.execute(text(f"CREATE TABLE markets (no INTEGER PRIMARY KEY, name VARCHAR({FILLER}))"))
            rows = [{"no": n, "name": "x" * FILLER} for n in range(ROWS)]
            connection.execute(text("INSERT INTO markets VALUES (:no, :name)"), rows)
        yield Company(tmp_path, engine, centra, sandbox)


def said_clearly(cut: subprocess.CompletedProcess[str]) -> None:
    assert cut.returncode == 1, cut.stderr
    assert "the connection was lost while markets was read" in cut.stderr
    assert "Nothing was changed. Run again when the database can be reached." in cut.stderr
    assert "Traceback" not in cut.stdout + cut.stderr


@pytest.mark.server
def test_the_network_is_pulled_out_while_a_plan_is_made(company: Company) -> None:
    whole = company.run("plan", "--out", "whole.plan")
    assert whole.returncode == 0, whole.stderr
    assert (company.folder / "whole.plan").exists()
    said_clearly(company.cut_off("plan", "--out", "cut.plan"))
    assert sorted(p.name for p in company.folder.glob("*cut.plan*")) == []
    assert not (company.folder / "ledger.db").exists()


@pytest.mark.server
@pytest.mark.slow
def test_the_network_is_pulled_out_of_a_night(company: Company) -> None:
    first = company.run("sync", "--yes")
    assert first.returncode == 0, first.stderr
    with company.engine.begin() as connection:
        connection.execute(text("UPDATE markets SET name = 'changed' WHERE no < 5"))
    before, requests = company.known(), len(company.sandbox.requests)
    said_clearly(company.cut_off("sync", "--yes", "--keep", "cut.plan"))
    assert company.known() == before
    assert len(company.sandbox.requests) == requests
    assert sorted(p.name for p in company.folder.glob("*cut.plan*")) == []
    assert company.run("sync", "--yes").returncode == 0
    assert company.sandbox.get("market", "4") == {"description": "changed"}
