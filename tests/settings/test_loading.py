"""Project files that are right, and what is said of those that are not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from erp_sync.errors import FixSettings
from erp_sync.settings import Settings, load_settings

PROJECT = """\
version: 1
name: demo
mappings: mappings
sources:
  erp:
    kind: csv
    folder: export
    datasets: {items: {files: "items*.csv"}}
  stock:
    kind: sql
    url: postgresql+psycopg://reader:${PGPASSWORD}@db/erp
centra:
  endpoint: https://demo.centra.com/ams/system/service/module/soap/api?wsdl
  username: ${CENTRA_USERNAME}
  password: ${file:secrets/centra}
  batch: {documents: 50}
ledger: {url: "sqlite:///ledger.db"}
plan: {expires_after: 1h30m}
parameters: {store: "1"}
environments:
  test:
    centra: {endpoint: "http://127.0.0.1:8700/soap", batch: {bytes: "${BATCH}"}}
    parameters: {store: "2"}
"""
VARIABLES = {"CENTRA_USERNAME": "api", "PGPASSWORD": "hunter2", "BATCH": "5000"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "centra").write_text("s3cret\n")
    (tmp_path / "erp-sync.yaml").write_text(PROJECT)
    return tmp_path / "erp-sync.yaml"


def load(path: Path, text: str, environment: str | None = None) -> Settings:
    path.write_text(text)
    return load_settings(path, environment, VARIABLES)


def refusal(path: Path, text: str, environment: str | None = None) -> str:
    with pytest.raises(FixSettings) as caught:
        load(path, text, environment).require_all()
    return str(caught.value)


def test_a_right_file_is_typed(project: Path) -> None:
    settings = load_settings(project, None, VARIABLES)
    assert settings.name == "demo"
    assert settings.mappings == project.parent / "mappings"
    assert settings.centra.endpoint == "https://demo.centra.com/ams/system/service/module/soap/api"
    assert settings.centra.password.get_secret_value() == "s3cret"
    assert (settings.centra.batch.documents, settings.centra.batch.bytes) == (50, 1_000_000)
    assert settings.plan.expires_after == timedelta(minutes=90)
    assert settings.ledger_url == f"sqlite:///{project.parent.absolute().as_posix()}/ledger.db"
    assert settings.source_names == ["erp", "stock"]
    assert settings.source("erp").options == {"folder": "export", "datasets": {"items": {"files": "items*.csv"}}}
    assert settings.source("stock").options["url"] == "postgresql+psycopg://reader:hunter2@db/erp"


def test_an_environment_lies_over_the_rest(project: Path) -> None:
    settings = load_settings(project, "test", VARIABLES)
    assert settings.centra.endpoint == "http://127.0.0.1:8700/soap"
    assert (settings.centra.batch.documents, settings.centra.batch.bytes) == (50, 5000)
    assert settings.parameters == {"store": "2"}


def test_an_error_in_an_environment_names_its_line_there(project: Path) -> None:
    text = PROJECT.replace('store: "2"', "store: 2")
    assert refusal(project, text, "test").startswith(f"{project.parent.name}/erp-sync.yaml:23:25: ")
    assert load(project, text).parameters == {"store": "1"}


def test_an_unknown_environment(project: Path) -> None:
    said = refusal(project, PROJECT, "tets")
    assert 'erp-sync.yaml:20:1: there is no environment "tets"' in said
    assert 'did you mean "test"?' in said


def test_a_variable_that_is_not_set_says_which_line_wants_it(project: Path) -> None:
    with pytest.raises(FixSettings) as caught:
        load_settings(project, None, {}).require_all()
    assert "erp-sync.yaml:11:10: the environment variable PGPASSWORD is not set" in str(caught.value)
    assert "erp-sync.yaml:14:13: the environment variable CENTRA_USERNAME is not set" in str(caught.value)


def test_a_variable_is_wanted_only_by_who_reads_its_section(project: Path) -> None:
    settings = load_settings(project, None, {"CENTRA_USERNAME": "api"})
    assert settings.source("erp").kind == "csv"
    assert settings.centra.username.get_secret_value() == "api"
    with pytest.raises(FixSettings, match="PGPASSWORD"):
        settings.source("stock")


def test_a_missing_secret_file(project: Path) -> None:
    (project.parent / "secrets" / "centra").unlink()
    assert "erp-sync.yaml:15:13: the file of ${file:secrets/centra} cannot be read: No such file" in refusal(
        project, PROJECT
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("password: ${file:secrets/centra}", "password: hunter2", '15:13: "password" is written into the project file'),
        (":${PGPASSWORD}@", ":hunter2@", '11:10: "url" holds a password'),
        ("https://demo", "https://me:hunter2@demo", '13:13: "endpoint" holds a password'),
        ("https://demo", "https://hunter2@demo", "13:13: the endpoint holds a login"),
    ],
)
def test_no_secret_stands_in_the_file_nor_in_the_message(project: Path, old: str, new: str, said: str) -> None:
    message = refusal(project, PROJECT.replace(old, new))
    assert said in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 1", "version: 2", '1:10: "version": expected one of 1, got number 2'),
        ("name: demo\n", "", '"name" is missing'),
        ("  batch:", "  bacth:", '16:3: unknown key "bacth"'),
        ("1h30m", "soon", '18:23: "soon" is no length of time'),
        ("1h30m", "0h", "18:23: a length of time of nothing"),
        ("https://demo", "demo", "13:13: the endpoint is no address"),
        ("mappings: mappings", "mappings: [a]", '3:11: "mappings": expected text, got a list'),
        ("documents: 50", "documents: 0", '16:22: "documents": should be greater than or equal to 1'),
        ("documents: 50", "documents: many", '16:22: "documents": expected a whole number, got "many"'),
        ("    kind: csv\n", "", '"kind" is missing'),
        ("${CENTRA_USERNAME}", "${CENTRA USERNAME}", '"${CENTRA USERNAME}" is no variable'),
    ],
)
def test_what_is_wrong_is_said_with_its_place(project: Path, old: str, new: str, said: str) -> None:
    assert said in refusal(project, PROJECT.replace(old, new))


def test_all_problems_are_said_at_once(project: Path) -> None:
    said = refusal(
        project, PROJECT.replace("version: 1", "version: 3").replace("1h30m", "x").replace("name: d", "nmae: d")
    )
    assert [line.split(":")[1] for line in said.splitlines() if "erp-sync.yaml" in line] == ["1", "1", "2", "18"]


def test_a_variable_in_a_wrong_value_is_shown_as_written(project: Path) -> None:
    with pytest.raises(FixSettings) as caught:
        load_settings(project, "test", {**VARIABLES, "BATCH": "hunter2"})
    assert '"bytes": expected a whole number, got "${BATCH}"' in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_nothing_printed_by_accident_holds_a_secret(project: Path) -> None:
    settings = load_settings(project, None, VARIABLES)
    printed = repr(settings) + str(settings.project) + repr(settings.centra) + repr(settings.source("stock").options)
    assert "hunter2" not in printed
    assert "s3cret" not in printed


def test_a_missing_project_file(tmp_path: Path) -> None:
    with pytest.raises(FixSettings, match="erp-sync init"):
        load_settings(tmp_path / "erp-sync.yaml", None, {})


def test_mappings_that_are_not_there(project: Path) -> None:
    settings = load(project, PROJECT.replace("mappings: mappings", "mappings: shipped:navisoin"))
    with pytest.raises(FixSettings, match=r"erp-sync.yaml:3:11: there are no mappings .shipped:navisoin."):
        _ = settings.mappings


def test_an_escaped_variable_stays(project: Path) -> None:
    settings = load(project, PROJECT.replace('store: "1"', 'store: "$${1}"'))
    assert settings.parameters == {"store": "${1}"}
