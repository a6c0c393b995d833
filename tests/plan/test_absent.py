"""What is gone from the ERP, and what was never read whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from erp_sync.model.change import Action
from erp_sync.model.extract import DatasetReport
from erp_sync.model.plan import Binding, Wait, Waiting
from erp_sync.plan import open_plan
from tests.plan.memory import extract, writer

BINDING = Binding("e", "m", "l", 0, "c")
GONE = Waiting(Wait.ABSENT, "product", ("P9",), Action.RETIRE, (), "not in 1 complete extract(s) in a row")


def test_what_vanished_and_stays_is_listed_counted_and_no_record_of_the_erp(tmp_path: Path) -> None:
    with writer(tmp_path / "p", mapped=frozenset({"product"})) as out:
        out.wait(GONE)
        manifest = out.close(BINDING, extract(items=1), concluded=["product"])
    assert manifest.counts == {"product": {"absent": 1}}
    assert manifest.concluded == ("product",)
    plan = open_plan(tmp_path / "p")
    assert list(plan.waiting()) == [GONE]
    assert plan.manifest == manifest


def test_a_dataset_that_was_not_read_whole_refuses_the_plan_and_says_which(tmp_path: Path) -> None:
    half = DatasetReport("items", 3, "sha256:0", complete=False, problems=("items.csv:4: the last row is cut off",))
    with writer(tmp_path / "p") as out:
        manifest = out.close(BINDING, replace(extract(), datasets=(half,)))
    (verdict,) = [v for v in manifest.verdicts if v.refuses]
    assert manifest.refused_whole
    assert verdict.name == "incomplete:items"
    assert "items.csv:4" in verdict.message
