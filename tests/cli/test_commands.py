"""What people type, on a new project against the sandbox: what is said, what is sent, and the exit codes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from erp_sync.sandbox import Server
from tests.cli.conftest import Run

Edit = Callable[[str, str, str], None]


def test_check_says_that_all_is_well(erp_sync: Run) -> None:
    said = erp_sync("check")
    assert said.code == 0
    assert [line.split()[:2] for line in said.out.splitlines()] == [
        ["ok", name] for name in ("settings", "mappings", "source", "ledger", "centra")
    ]


def test_check_says_all_that_is_wrong_at_once(erp_sync: Run, edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENTRA_PASSWORD", "wrong-one")
    edit("mappings/product.yaml", "description: {from: Name", "descripton: {from: Name")
    edit("erp-sync.yaml", "folder: export", "folder: exports")
    said = erp_sync("check")
    assert said.code == 2
    assert [line.split()[1] for line in said.out.splitlines() if line.startswith("wrong")] == [
        "mappings",
        "source",
        "centra",
    ]
    assert 'did you mean "description"?' in said.out
    assert "wrong-one" not in said.out + said.err


def test_check_without_a_centra(erp_sync: Run, sandbox: Server) -> None:
    sandbox.stop()
    said = erp_sync("check")
    assert said.code == 1
    assert "wrong   centra    no answer from http://127.0.0.1" in said.out


def test_a_plan_in_a_folder_that_is_not_there(erp_sync: Run, tmp_path: Path) -> None:
    said = erp_sync("plan", "--out", "plans/night.plan", "-q")
    assert (said.code, said.out) == (1, "")
    assert said.err == "erp-sync: plans: No such file or directory\n"


def test_plan_approve_apply_plan(erp_sync: Run, tmp_path: Path) -> None:
    planned = erp_sync("plan", "--out", "night.plan", "--exit-code")
    assert planned.code == 3
    assert "9 to create" in planned.out
    assert "Nothing was sent. To apply exactly this: erp-sync apply night.plan" in planned.out
    assert "comparing items" in planned.err
    applied = erp_sync("apply", "night.plan")
    assert applied.code == 0
    assert "9 applied" in applied.out
    again = erp_sync("plan", "--exit-code")
    assert again.code == 0
    assert "No changes: Centra has what the ERP says." in again.out
    assert sorted(p.name for p in tmp_path.iterdir() if "plan" in p.name) == ["night.plan"]


def test_one_changed_name_sends_one_field(erp_sync: Run, edit: Edit, sandbox: Server) -> None:
    assert erp_sync("sync", "--yes", "-q").code == 0
    before = len(sandbox.sandbox.requests)
    edit("export/items.csv", "Leather belt", "Suede belt")
    said = erp_sync("sync", "--yes", "-q")
    assert said.code == 0
    assert said.err == ""
    assert "  ~ product 1001  export/items.csv:4, mappings/product.yaml:6\n" in said.out
    assert '      description  "Leather belt" -> "Suede belt"\n' in said.out
    assert len(sandbox.sandbox.requests) == before + 1


def test_a_plan_is_refused_when_the_export_has_moved(erp_sync: Run, edit: Edit, sandbox: Server) -> None:
    erp_sync("plan", "--out", "night.plan")
    edit("export/items.csv", "Leather belt", "Suede belt")
    said = erp_sync("apply", "night.plan")
    assert said.code == 4
    assert "the ERP's data is another than the plan was made from" in said.err
    assert len(sandbox.sandbox.requests) == 0


def test_a_plan_that_was_touched_is_refused(erp_sync: Run, edit: Edit) -> None:
    erp_sync("plan", "--out", "night.plan")
    edit("night.plan", "Leather belt", "Plastic belt")
    assert erp_sync("apply", "night.plan").code == 4


def test_only_some_records(erp_sync: Run) -> None:
    said = erp_sync("plan", "--entity", "product", "--entity", "variation", "--key", "1001", "--json")
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [(e["kind"], e["action"], e["key"]) for e in lines if e["kind"] in ("step", "waiting")] == [
        ("step", "create", ["1001"]),
        ("waiting", "parked", ["1001", "1001-Black"]),  # its sizetable was not asked for, and is not there yet
    ]


def test_a_key_that_no_record_has(erp_sync: Run) -> None:
    said = erp_sync("plan", "--key", "100")
    assert said.code == 0
    assert "the ERP has no record whose key is 100 or begins with it" in said.out


def test_an_entity_that_is_not_mapped(erp_sync: Run) -> None:
    said = erp_sync("plan", "--entity", "invoice")
    assert said.code == 2
    assert "no mapping makes invoice" in said.err


@pytest.mark.parametrize("form", ["text", "json", "md", "html"])
def test_each_form(erp_sync: Run, form: str) -> None:
    said = erp_sync("plan", "--format", form)
    assert said.code == 0
    assert "Wool scarf" in said.out
    assert erp_sync("sync", "--yes", "--format", form).code == 0


def test_sync_needs_yes_where_nobody_can_be_asked(erp_sync: Run, sandbox: Server) -> None:
    said = erp_sync("sync")
    assert said.code == 2
    assert "--yes" in said.err
    assert len(sandbox.sandbox.requests) == 0


def test_a_refused_record_waits_and_the_exit_code_says_so(erp_sync: Run, sandbox: Server) -> None:
    sandbox.sandbox.knobs.reject_ids = ("1001",)
    said = erp_sync("sync", "--yes")
    assert said.code == 5
    assert "Refused by Centra" in said.out
    assert "in quarantine" in said.out
    assert erp_sync("sync", "--yes").code == 5

    listed = erp_sync("quarantine", "list", "--kind", "rejected")
    assert listed.code == 0
    (line,) = [line for line in listed.out.splitlines() if not line.startswith(" ")]
    identity = line.split()[0]
    assert line.split()[1:4] == ["rejected", "product", "1001"]
    everything = erp_sync("quarantine", "list").out
    assert everything.startswith(listed.out), "what waits only for another record stands below"
    assert everything.count("waits for ") == everything.count("  parked ") == 2
    shown = erp_sync("quarantine", "show", identity)
    assert "record    product 1001" in shown.out
    exported = list(csv.DictReader(StringIO(erp_sync("quarantine", "export").out)))
    assert list(exported[0])[-1] == "reason"
    assert "product" in {row["entity"] for row in exported}

    sandbox.sandbox.knobs.reject_ids = ()
    assert erp_sync("quarantine", "retry", identity).out == "1 to be tried again by the next plan\n"
    healed = erp_sync("sync", "--yes")
    assert healed.code == 0, healed.out
    assert erp_sync("quarantine", "list").out == "Nothing waits.\n"


def test_dropping_by_entity(erp_sync: Run, sandbox: Server) -> None:
    sandbox.sandbox.knobs.reject_ids = ("1001",)
    erp_sync("sync", "--yes")
    assert erp_sync("quarantine", "drop").code == 2
    assert erp_sync("quarantine", "drop", "--entity", "product").out == "1 forgotten\n"
    assert erp_sync("quarantine", "drop", "no-such-id").code == 2


def test_status(erp_sync: Run) -> None:
    assert "No run yet." in erp_sync("status").out
    erp_sync("sync", "--yes")
    said = erp_sync("status")
    assert "done     9 applied" in said.out
    assert json.loads(erp_sync("status", "--json").out)["records"]["product"] == 2


def test_a_guard_refuses_and_an_override_lets_it_pass(erp_sync: Run, edit: Edit) -> None:
    edit("erp-sync.yaml", "# guards:\n", "guards: {creates: {count: 1}, minimum_population: 0}\n# guards:\n")
    said = erp_sync("plan", "--out", "night.plan")
    assert said.code == 4
    overrides = [part for line in said.out.splitlines() if "--override" in line for part in line.split() if "@" in part]
    assert overrides
    given = [argument for override in overrides for argument in ("--override", override)]
    passed = erp_sync("apply", "night.plan", *given)
    assert passed.code == 0
    assert "9 applied" in passed.out


def test_a_guard_stops_the_night(erp_sync: Run, edit: Edit, sandbox: Server) -> None:
    edit("erp-sync.yaml", "# guards:\n", "guards: {entities: {product: {creates: {count: 1}}}}\n# guards:\n")
    said = erp_sync("sync", "--yes")
    assert said.code in (4, 5)
    assert "creates of product" in said.out
    assert sandbox.sandbox.get("product", "1001") is None


def test_the_wrong_project_file(erp_sync: Run) -> None:
    said = erp_sync("plan", "--project", "other.yaml")
    assert said.code == 2
    assert said.err.startswith("erp-sync: there is no project file other.yaml\n")


def test_a_missing_variable(erp_sync: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CENTRA_PASSWORD")
    said = erp_sync("plan")
    assert said.code == 2
    assert "the environment variable CENTRA_PASSWORD is not set" in said.err


def test_the_log_holds_no_secret(erp_sync: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENTRA_PASSWORD", "a-secret-of-ours")
    said = erp_sync("sync", "--yes", "-vv", "--log-file", "erp-sync.log")
    assert said.code == 1
    everything = said.out + said.err
    for path in tmp_path.rglob("*"):
        if path.is_file():
            everything += path.read_bytes().decode("utf-8", "replace")
    assert "a-secret-of-ours" not in everything
