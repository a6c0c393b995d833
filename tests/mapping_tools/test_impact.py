"""impact says of an edit what plan says once the old mapping was really applied: counts, fields, records, rows."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from erp_sync.cli.mapping.edited import AS_BEFORE, LEFT_OUT, NEWLY, NO_LONGER, Impact, impact
from erp_sync.mapping import load_mappings
from erp_sync.model.change import Action
from erp_sync.model.plan import Step, Wait
from erp_sync.plan import PlanFile
from erp_sync.report.masking import Mask
from tests.companies.running import MAPPINGS, Running, Silent, running
from tests.mapping_tools.conftest import COMPANY, Edit, Run, golden
from tests.mapping_tools.edits import EDITS, make

pytestmark = pytest.mark.slow

EVERYTHING = 1_000_000  # samples: so many that none is left out


@dataclass(frozen=True)
class Applied:
    """A company whose Centra took all that the mapping in its folder ``mapping`` makes, by the plan ``first``."""

    company: Running
    first: PlanFile


@contextmanager
def applied(folder: Path, edits: Iterable[str]) -> Iterator[Applied]:
    shutil.copytree(COMPANY / "export", folder / "export")
    make(shutil.copytree(MAPPINGS / "navision-csv", folder / "mapping"), edits)
    with running(COMPANY / "erp-sync.yaml", folder, {"shipped:navision-csv": "mapping"}) as company:
        first = company.plan("first.plan")
        summary = company.apply(first)
        assert summary.counts["rejected"] == summary.counts["in_doubt"] == 0, summary
        yield Applied(company, first)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with applied(tmp_path_factory.mktemp("original"), ()) as company:
        yield company


def agreed(shop: Applied, folder: Path, edits: Iterable[str]) -> Impact:
    """What impact says of the edits; the plan that is then made with them says the same."""
    night = shop.company.next_night()
    project = night.project
    changed = make(shutil.copytree(MAPPINGS / "navision-csv", folder / "edited"), edits)
    new = load_mappings(changed, project.catalog, project.settings.parameters)
    found = impact(project, project.mappings, new, folder, Silent(), Mask(project.catalog, True), EVERYTHING)
    project.mappings = new
    plan = night.plan()
    assert list(map(bare, PlanFile(folder / "new.plan", plan.manifest).steps())) == list(map(bare, plan.steps()))
    assert_counts_agree(found, plan)
    assert_fields_agree(found, plan)
    assert_records_agree(found, plan)
    assert_rows_agree(found, shop.first, plan)
    return found


def bare(step: Step) -> Step:
    return replace(step, mapping_at="")


def assert_counts_agree(found: Impact, plan: PlanFile) -> None:
    counted = {}
    for name, entity in found.entities.items():
        counts = Counter(entity.counts)
        for own in (LEFT_OUT, NEWLY, NO_LONGER):
            del counts[own]
        counts["parked"] += counts.pop(AS_BEFORE, 0)
        counted[name] = dict(+counts)
    planned = {entity: dict(+Counter(counts)) for entity, counts in plan.manifest.counts.items()}
    assert {e: c for e, c in counted.items() if c} == {e: c for e, c in planned.items() if c}


def assert_fields_agree(found: Impact, plan: PlanFile) -> None:
    pairs, created, along = Counter[tuple[object, ...]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for step in plan.steps():
        for f in step.fields:
            if step.action is Action.CREATE:
                created[step.entity, f.path] += 1
            elif f.old == f.new:
                along[step.entity, f.path] += 1
            else:
                pairs[step.entity, f.path, f.old, f.new] += 1
    fields = [(name, path, f) for name, entity in found.entities.items() for path, f in entity.fields.items()]
    assert {(e, p, *pair): n for e, p, f in fields for pair, n in f.pairs.items()} == pairs
    assert all(f.changed == sum(f.pairs.values()) for *_, f in fields)
    assert {(e, p): f.created for e, p, f in fields if f.created} == created
    assert {(e, p): f.along for e, p, f in fields if f.along} == along


def assert_records_agree(found: Impact, plan: PlanFile) -> None:
    """Updates are told by field; all other records one by one."""
    listed = Counter((s.entity, s.action.value, s.key) for s in plan.steps() if s.action is not Action.UPDATE)
    listed.update((w.entity, w.wait.value, w.key) for w in plan.waiting())
    told = Counter[tuple[str, str, tuple[str, ...]]]()
    for name, entity in found.entities.items():
        for word, entries in entity.samples.items():
            if word not in (LEFT_OUT, NEWLY, NO_LONGER):
                word = Wait.PARKED.value if word == AS_BEFORE else word
                told.update((name, word, tuple(e.key.split(" / "))) for e in entries)
    assert told == listed


def assert_rows_agree(found: Impact, first: PlanFile, plan: PlanFile) -> None:
    then, now = ({(r.entity, r.origin, r.key) for r in p.rejections()} for p in (first, plan))
    for word, rows in ((NEWLY, now - then), (NO_LONGER, then - now)):
        counts = Counter(str(entity) for entity, *_ in rows)
        assert {e: n for e, of in found.entities.items() if (n := of.counts[word])} == counts
        places = {(e, str(s.origin)) for e, of in found.entities.items() for s in of.samples[word]}
        assert places == {(str(entity), str(origin)) for entity, origin, _ in rows}


@pytest.mark.parametrize("edit", EDITS)
def test_each_edit_does_what_the_plan_then_says(original: Applied, tmp_path: Path, edit: str) -> None:
    found = agreed(original, tmp_path, [edit])
    assert any(entity.touched for entity in found.entities.values()) == (edit != "a field is set at creation")


@pytest.mark.parametrize("seed", range(4))
def test_any_edits_together_do_what_the_plan_then_says(original: Applied, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    agreed(original, tmp_path, rng.sample(list(EDITS), rng.randint(2, 6)))


def test_from_a_mapping_that_rejects_parks_and_leaves_out(tmp_path: Path) -> None:
    """Back to the mapping as it was: records appear, rows are rejected no longer, what was parked goes."""
    broken = ["a value map lacks an entry", "parents are missing", "two rows have one key", "rows vanish and are kept",
              "a transform rejects", "keys of a part are others"]  # fmt: skip
    (tmp_path / "broken").mkdir()
    with applied(tmp_path / "broken", broken) as shop:
        for name, edits in {"back": (), "same": broken, "on": (*broken, "a unit is another")}.items():
            (tmp_path / name).mkdir()
            found = agreed(shop, tmp_path / name, edits)
            if name == "same":
                assert not any(entity.touched for entity in found.entities.values())


def test_nothing_changes_where_nothing_was_edited(original: Applied, tmp_path: Path) -> None:
    found = agreed(original, tmp_path, [])
    assert not found.gone
    assert not any(entity.touched for entity in found.entities.values())


def test_records_that_centra_keeps_are_told(original: Applied, tmp_path: Path) -> None:
    found = agreed(original, tmp_path, ["rows vanish and are kept"])
    assert [e.key for e in found.entities["account"].samples[LEFT_OUT]] == [f"B0000{n}" for n in range(1, 6)]
    assert found.entities["account"].counts[LEFT_OUT] == 5


@pytest.fixture
def edited(company: Run, tmp_path: Path) -> Run:
    """The project's mapping with edits that do something of every kind; folder `old` has it as it was."""
    shutil.copytree(tmp_path / "mapping", tmp_path / "old")
    kinds = ["a field is made in another way", "a field is removed", "rows vanish and are retired",
             "a transform rejects", "rows vanish and are kept", "what is personal changes", "two rows have one key",
             "sizes change, which never may", "an entity is added"]  # fmt: skip
    make(tmp_path / "mapping", kinds)
    (tmp_path / "mapping" / "market.yaml").unlink()
    return company


def test_impact_is_told_by_entity_and_field(edited: Run) -> None:
    said = edited("mapping", "impact", "old", "-q")
    assert said.code == 0
    golden("impact.txt", said.out)


def test_personal_data_is_shown_to_who_asks(edited: Run) -> None:
    assert '"JOANNE FERGUSON"' not in edited("mapping", "impact", "old", "-q").out
    shown = edited("mapping", "impact", "old", "-q", "--show-personal", "--samples", "50").out
    assert "firstname" in shown
    assert "•••" not in shown


def test_impact_as_json(edited: Run) -> None:
    plain = [json.loads(line) for line in edited("mapping", "impact", "old", "-q", "--json").out.splitlines()]
    entities = {p["entity"]: p for p in plain if p["kind"] == "entity"}
    assert entities["product"]["counts"] == {"absent": 1, "retire": 38, "update": 39}
    assert entities["product"]["not_sent"] == ["harmcode.id"]
    assert entities["product"]["fields"]["collection.id"]["changes"][0] | {"first": "", "origin": ""} == {
        "old": "AW24", "new": "aw24", "records": 20, "first": "", "origin": ""
    }  # fmt: skip
    assert [p for p in plain if p["kind"] == "gone"] == [{"kind": "gone", "entity": "market", "records": 6}]


def test_the_other_way_round_and_from_what_is_shipped(edited: Run) -> None:
    assert edited("mapping", "impact", "mapping", "old", "-q", "--exit-code").code == 3
    same = edited("mapping", "impact", "shipped:navision-csv", "old", "-q", "--exit-code")
    assert (same.code, same.out.splitlines()[-1]) == (
        0,
        "Nothing changes in the shop: of these rows both mappings make the same.",
    )


def test_neither_a_login_nor_a_ledger_is_needed(edited: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CENTRA_USERNAME")
    monkeypatch.delenv("CENTRA_PASSWORD")
    assert edited("mapping", "impact", "old", "-q").code == 0
    assert not (tmp_path / "ledger.db").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), 'there are no mappings "nowhere"'),
        (("shipped:navision-cvs",), 'did you mean "navision-csv"?'),
        (("old", "export"), "holds no mapping"),
    ],
)
def test_a_folder_that_is_none_is_said(edited: Run, arguments: tuple[str, ...], message: str) -> None:
    said = edited("mapping", "impact", "-q", *arguments)
    assert said.code == 2
    assert message in said.err


def test_a_mapping_that_is_wrong_is_told_with_its_place(edited: Run, edit: Edit) -> None:
    edit("old/warehouse.yaml", "description:", "descripton:")
    edit("mapping/stock.yaml", "Location Code", "Locaton Code")
    said = edited("mapping", "impact", "old", "-q")
    assert (said.code, "old/warehouse.yaml:" in said.err) == (2, True)
    edit("old/warehouse.yaml", "descripton:", "description:")
    said = edited("mapping", "impact", "old", "-q")
    assert said.code == 2
    assert 'mapping/stock.yaml:13:71: no column "Locaton Code"' in said.err
