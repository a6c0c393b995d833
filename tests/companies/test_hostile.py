"""A spoilt export: what is wrong stays behind with its line and a reason, the rest goes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from erp_sync.model.extract import Rejection
from erp_sync.model.key import split_key
from erp_sync.plan import PlanFile
from fixtures.company.generate import EXPORT
from fixtures.company.hostile import SPOILT, Spoilt, spoil
from tests.companies import nordlys
from tests.companies.running import Running, running

TEMPLATE = EXPORT.parent / "erp-sync.yaml"


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, PlanFile]]:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(EXPORT, folder / "export")
    spoil(folder / "export")
    with running(TEMPLATE, folder) as company:
        plan = company.plan()
        assert company.apply(plan).status in ("done", "partly")
        yield company, plan


def refused(plan: PlanFile, each: Spoilt) -> list[Rejection]:
    return [r for r in plan.rejections() if r.entity == each.entity and r.key and split_key(r.key) == each.key]


@pytest.mark.parametrize("each", SPOILT, ids=lambda each: each.what.replace(" ", "-"))
def test_a_spoilt_row_stays_behind_with_its_line_and_a_reason(spoilt: tuple[Running, PlanFile], each: Spoilt) -> None:
    company, plan = spoilt
    found = refused(plan, each)
    assert any(each.why in r.reason for r in found), [r.reason for r in plan.rejections() if r.entity == each.entity]
    assert all(str(r.origin).startswith("export/") and int(r.origin.at) > 1 for r in found)
    assert company.sandbox.get(each.entity, *each.key) is None


def test_nothing_else_stays_behind_but_what_hangs_on_it(spoilt: tuple[Running, PlanFile]) -> None:
    company, plan = spoilt
    lost = {(each.entity, each.key) for each in SPOILT}
    rejected = {(r.entity, split_key(r.key)) for r in plan.rejections() if r.key}
    waiting = [(w.entity, w.key) for w in plan.waiting()]
    assert rejected == lost
    arrived = company.counts()
    for entity, count in nordlys.figures().items():
        gone = sum(e == entity for e, _ in lost) + sum(e == entity for e, _ in waiting)
        assert arrived[entity] == count - gone, entity


def test_an_export_that_was_cut_off_lets_nothing_vanish(tmp_path: Path) -> None:
    shutil.copytree(EXPORT, tmp_path / "export")
    with running(TEMPLATE, tmp_path) as company:
        company.load()
        items = tmp_path / "export" / "Item.csv"
        items.write_bytes(items.read_bytes()[:3000])
        plan = company.next_night().plan()
        assert plan.manifest.refused
        assert {s.action.value for s in plan.steps()} <= {"update", "create"}
