"""The wheel works where there is no checkout: its WSDL and mapping sets travel with it."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def call(*command: str | Path, cwd: Path, **environment: str) -> str:
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "CENTRA", "ERP_SYNC"))}
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, env=keep | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "build", "--wheel", "--outdir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a fresh environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    call(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=folder)
    return folder / "bin"


@pytest.fixture
def sandbox(installed: Path, tmp_path: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [str(installed / "erp-sync"), "sandbox", "serve", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith("Centra sandbox: http://")
    yield first.split()[2]
    process.terminate()
    assert process.wait(30) == 0


def test_what_travels_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "erp_sync/_data/wsdl/centra.wsdl" in names
    assert "erp_sync/_data/mappings/navision-csv/product.yaml" in names
    assert "erp_sync/_data/mappings/navision-csv/product.test.yaml" in names
    assert "erp_sync/_data/mappings/test.schema.json" in names
    assert "erp_sync/cli/starter/erp-sync.yaml" in names
    assert "erp_sync/cli/starter/mappings/product.test.yaml" in names
    assert "erp_sync/py.typed" in names
    assert not [n for n in names if n.startswith(("tests/", "docs/", "fixtures/"))]


def test_a_new_project_outside_of_the_checkout(installed: Path, sandbox: str, tmp_path: Path) -> None:
    erp_sync = installed / "erp-sync"
    login = {"CENTRA_USERNAME": "sandbox", "CENTRA_PASSWORD": "sandbox"}
    call(erp_sync, "init", "shop", cwd=tmp_path)
    shop = tmp_path / "shop"
    project = shop / "erp-sync.yaml"
    project.write_text(project.read_text("utf-8").replace("http://127.0.0.1:8700", sandbox), "utf-8")
    assert call(erp_sync, "check", cwd=shop, **login).count("ok  ") == 5
    assert "9 to create" in call(erp_sync, "plan", "--out", "first.plan", cwd=shop, **login)
    assert "9 applied" in call(erp_sync, "apply", "first.plan", cwd=shop, **login)
    assert "No changes" in call(erp_sync, "plan", cwd=shop, **login)


def test_a_shipped_mapping_set(installed: Path, tmp_path: Path) -> None:
    """The company's own project, whose mappings are shipped:navision-csv, in a copy away from the checkout."""
    call("cp", "-r", ROOT / "fixtures" / "company", "company", cwd=tmp_path)
    login = {"CENTRA_USERNAME": "sandbox", "CENTRA_PASSWORD": "sandbox"}
    said = call(installed / "erp-sync", "plan", "--entity", "product", cwd=tmp_path / "company", **login)
    assert "78 to create" in said
