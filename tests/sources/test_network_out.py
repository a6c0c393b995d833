"""The network is pulled out while a plan is made: a clear error, no plan, and a ledger that knows of nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

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
centra: {{endpoint: "http://127.0.0.1:9/soap", username: nobody, password: "${{ERP_SYNC_NOT_NEEDED}}"}}
ledger: {{url: "sqlite:///ledger.db"}}
"""
MARKET = "entity: market\nfrom: m\nkey: {market: no}\nfields: {description: name}\n"
ROWS = 20_000


def plan(folder: Path, engine: Engine, host: str, port: int, out: str) -> subprocess.CompletedProcess[str]:
    url = engine.url.set(host=host, port=port).render_as_string(hide_password=False)
    (folder / "erp-sync.yaml").write_text(PROJECT.format(url=url))
    command = [str(Path(sys.executable).with_name("erp-sync")), "plan", "--out", out]
    environment = {**os.environ, "ERP_SYNC_NOT_NEEDED": "x"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.server
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_the_network_is_pulled_out_while_a_plan_is_made(kind: str, tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/market.yaml").write_text(MARKET)
    with empty_database(kind, tmp_path) as engine:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE markets (no INTEGER PRIMARY KEY, name VARCHAR(100))"))
            rows = [{"no": n, "name": "x" * 100} for n in range(ROWS)]
            connection.execute(text("INSERT INTO markets VALUES (:no, :name)"), rows)
        host, port = engine.url.host or "", engine.url.port or 0
        whole = plan(tmp_path, engine, host, port, "whole.plan")
        assert whole.returncode == 0, whole.stderr
        assert (tmp_path / "whole.plan").exists()

        with cable(host, port, cut_after=ROWS * 50) as wire:
            cut = plan(tmp_path, engine, "127.0.0.1", wire.port, "cut.plan")
    assert cut.returncode == 1
    assert "the connection was lost while markets was read" in cut.stderr
    assert "Nothing was changed. Run again when the database can be reached." in cut.stderr
    assert "Traceback" not in cut.stdout + cut.stderr
    assert not (tmp_path / "cut.plan").exists()
    assert not (tmp_path / "ledger.db").exists()
