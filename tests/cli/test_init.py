"""The project to start from is whole, right, and never written over anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from erp_sync.cli.program import program
from erp_sync.errors import FixSettings
from erp_sync.mapping.reading import read_yaml
from erp_sync.settings import load_settings


def test_it_writes_a_project_that_is_right(tmp_path: Path) -> None:
    done = CliRunner().invoke(program, ["init", str(tmp_path / "shop")])
    assert done.exit_code == 0, done.output
    settings = load_settings(
        tmp_path / "shop" / "erp-sync.yaml", None, {"CENTRA_USERNAME": "sandbox", "CENTRA_PASSWORD": "sandbox"}
    )
    settings.require_all()
    assert settings.mappings.is_dir()
    assert (settings.folder / str(settings.source("erp").options["folder"]) / "items.csv").is_file()


def test_its_mappings_pass_their_tests(tmp_path: Path) -> None:
    CliRunner().invoke(program, ["init", str(tmp_path / "shop")])
    done = CliRunner().invoke(program, ["mapping", "test", str(tmp_path / "shop" / "mappings")])
    assert "2 passed." in done.output
    schema = json.loads((tmp_path / "shop" / "schema" / "test.schema.json").read_text("utf-8"))
    data = read_yaml(tmp_path / "shop" / "mappings" / "product.test.yaml").data
    assert [e.json_path for e in Draft202012Validator(schema).iter_errors(data)] == []


def test_it_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "product.yaml").write_text("mine")
    done = CliRunner().invoke(program, ["init", str(tmp_path)])
    assert isinstance(done.exception, FixSettings)
    assert "product.yaml" in str(done.exception)
    assert (tmp_path / "mappings" / "product.yaml").read_text() == "mine"
    assert not (tmp_path / "erp-sync.yaml").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["init", "--help"], ["--version"]])
def test_help_is_there(arguments: list[str]) -> None:
    done = CliRunner().invoke(program, arguments)
    assert done.exit_code == 0
    assert done.output
