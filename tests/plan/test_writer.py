"""From changes in any order to a file in the right one."""

from __future__ import annotations

import json
import random
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from erp_sync.errors import FixMapping
from erp_sync.model.change import Action, Change
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.plan import Manifest, Step, Wait, Waiting
from erp_sync.plan import PlanFile, open_plan
from tests.plan.memory import BINDING, NOW, MemoryReader, change, extract, update, writer

COMPANY = [
    change("size", "S-XL", "S", description="Small"),
    change("market", "SE", description="Sweden"),
    change("warehouse", "W1", description="Shop"),
    change("product", "P1", description="Jumper", status="active"),
    change("variation", "P1", "V1", description="Red", sizetable__id="S-XL"),
    change("variation_size", "P1", "V1", "S", ean="1"),
    change("display", "P1", "V1", "1"),
    change("display_market", "P1", "V1", "1", "SE"),
    change("stock", "P1", "V1", "S", "W1", qty="4"),
    change("pricelist", "EUR", description="Euro", currency="EUR"),
    change("price", "EUR", "P1", price="9.90"),
    change("variation_price", "EUR", "P1", "V1", price="9.90"),
    change("account", "A1", description="Shop", pricelist__id="EUR"),
    change("buyer", "A1", "B1", firstname="Ann"),
]


def plan(path: Path, changes: list[Change], reader: MemoryReader | None = None, **options: object) -> PlanFile:
    with writer(path, reader, **options) as w:
        for c in changes:
            w.add(c)
        w.close(BINDING, extract(items=1))
    return open_plan(path)


def test_parents_and_levels_come_first_whatever_the_order_of_the_changes(tmp_path: Path) -> None:
    shuffled = random.Random(7).sample(COMPANY, len(COMPANY))
    steps = list(plan(tmp_path / "a.plan", shuffled).steps())
    assert [s.level for s in steps] == sorted(s.level for s in steps)
    ids: set[str] = set()
    for step in steps:
        assert set(step.needs) <= ids, f"{step.entity} before what it needs"
        ids.add(step.id)
    assert len(steps) == len(COMPANY)


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    plan(tmp_path / "a.plan", COMPANY)
    plan(tmp_path / "b.plan", COMPANY[::-1])
    assert (tmp_path / "a.plan").read_bytes() == (tmp_path / "b.plan").read_bytes()


def test_the_sizes_of_a_sizetable_stay_in_the_order_of_the_erp(tmp_path: Path) -> None:
    sizes = [change("size", table, size, description=size) for size in ("XS", "S", "M", "L") for table in ("B", "A")]
    steps = plan(tmp_path / "a.plan", sizes).steps()
    assert [" ".join(s.key) for s in steps] == ["A XS", "A S", "A M", "A L", "B XS", "B S", "B M", "B L"]


def test_the_order_does_not_depend_on_how_many_changes_fit_in_memory(tmp_path: Path) -> None:
    changes = [change("product", f"P{n}", description="x") for n in range(100)]
    plan(tmp_path / "a.plan", changes)
    with writer(tmp_path / "b.plan") as w:
        w._changes._run_length = 7
        for c in changes:
            w.add(c)
        w.close(BINDING, extract(items=1))
    assert (tmp_path / "a.plan").read_bytes() == (tmp_path / "b.plan").read_bytes()


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    rejection = Rejection(Origin("items", "items.csv", 9), "no price", entity="price", column="Price", value="x")
    doubled = change("product", "P2", description="a")
    with writer(tmp_path / "a.plan", mapped=frozenset({"product", "variation"})) as w:
        for c in (COMPANY[3], doubled, change("variation", "P2", "V2")):
            w.add(c)
        w.reject(rejection)
        w.count("product", unchanged=3)
        conflict = Rejection(Origin("items", "items.csv", 4), "two rows say different things")
        manifest = w.close(
            BINDING, extract(items=9), drop=lambda c: conflict if c is not None and c.key == ("P2",) else None
        )
    file = open_plan(tmp_path / "a.plan")
    assert file.manifest == manifest
    (step,) = file.steps()
    assert (step.entity, step.key, step.fields) == ("product", ("P1",), COMPANY[3].fields)
    dropped = Rejection(Origin("items", "items.csv", 4), "two rows say different things", entity="product", key="P2")
    assert list(file.rejections()) == [rejection, dropped]
    (waiting,) = file.waiting()
    assert (waiting.wait, waiting.key, waiting.waits_for) == (Wait.PARKED, ("P2", "V2"), ("product", "P2"))
    assert manifest.counts == {
        "price": {"rejected": 1},
        "product": {"create": 1, "rejected": 1, "unchanged": 3},
        "variation": {"parked": 1},
    }  # fmt: skip


def test_only_its_owner_can_read_a_plan(tmp_path: Path) -> None:
    plan(tmp_path / "a.plan", COMPANY)
    assert stat.S_IMODE((tmp_path / "a.plan").stat().st_mode) == 0o600


def test_a_secret_never_gets_into_a_plan(tmp_path: Path) -> None:
    with writer(tmp_path / "a.plan") as w, pytest.raises(FixMapping, match=r"buyer\.password cannot be mapped"):
        w.add(change("buyer", "A1", "B1", password="x"))


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path) -> None:
    def fail(_: Change) -> None:
        raise OSError("disk full")

    with writer(tmp_path / "a.plan") as w:
        w.add(COMPANY[0])
        with pytest.raises(OSError, match="disk full"):
            w.close(BINDING, extract(), drop=fail)
    assert list(tmp_path.iterdir()) == []


def waits(file: PlanFile) -> list[tuple[str, Wait]]:
    return [(w.entity, w.wait) for w in file.waiting()]


def test_a_record_whose_parent_is_nowhere_is_parked_and_so_is_what_hangs_on_it(tmp_path: Path) -> None:
    below = [change("variation", "P1", "V1"), change("variation_size", "P1", "V1", "S")]
    file = plan(tmp_path / "a.plan", below)
    assert waits(file) == [("variation", Wait.PARKED), ("variation_size", Wait.PARKED)]
    first, _ = file.waiting()
    assert first.reason == "waits for product P1, which is not in Centra and not in this plan"
    file = plan(tmp_path / "a.plan", below, MemoryReader().knows("product", "P1"))
    assert waits(file) == []
    file = plan(tmp_path / "a.plan", below, MemoryReader().knows("product", "P1", exists=False))
    assert len(waits(file)) == 2


def test_references_park_only_where_the_project_keeps_what_they_name(tmp_path: Path) -> None:
    account = change("account", "A1", description="Shop", pricelist__id="EUR")
    assert waits(plan(tmp_path / "a.plan", [account])) == [("account", Wait.PARKED)]
    assert waits(plan(tmp_path / "a.plan", [account], mapped=frozenset({"account"}))) == []
    assert waits(plan(tmp_path / "a.plan", [account], MemoryReader().knows("pricelist", "EUR"))) == []
    together = [account, change("pricelist", "EUR", currency="EUR")]
    made, waiting = list(plan(tmp_path / "a.plan", together).steps())
    assert waiting.needs == (made.id,)


def test_a_sizetable_is_there_with_its_first_size(tmp_path: Path) -> None:
    variation = change("variation", "P1", "V1", sizetable__id="S-XL")
    reader = MemoryReader().knows("product", "P1")
    assert waits(plan(tmp_path / "a.plan", [variation], reader)) == [("variation", Wait.PARKED)]
    assert waits(plan(tmp_path / "a.plan", [variation, COMPANY[0]], reader)) == []
    assert waits(plan(tmp_path / "a.plan", [variation], reader.knows("size", "S-XL", "M"))) == []


def test_a_variation_needs_the_size_that_brings_its_sizetable(tmp_path: Path) -> None:
    """Should that size be refused, the variation waits for it instead of being refused too."""
    variation, second = change("variation", "P1", "V1", sizetable__id="S-XL"), change("size", "S-XL", "M")
    reader = MemoryReader().knows("product", "P1")
    sizes_and_variation = [COMPANY[0], second, variation]
    first, _, step = plan(tmp_path / "a.plan", sizes_and_variation, reader).steps()
    assert step.needs == (first.id,)
    *_, step = plan(tmp_path / "a.plan", sizes_and_variation, reader.knows("size", "S-XL", "L")).steps()
    assert step.needs == ()


def test_what_was_sent_without_a_reply_counts_as_missing(tmp_path: Path) -> None:
    reader = MemoryReader().knows("product", "P1").knows("pricelist", "EUR")
    reader.knows("size", "S-XL", "S", exists=False).knows("variation", "P1", "V1", exists=False)
    variation = change("variation", "P1", "V2", sizetable__id="S-XL")
    price = change("variation_price", "EUR", "P1", "V1", price="1")
    assert waits(plan(tmp_path / "a.plan", [variation], reader)) == [("variation", Wait.PARKED)]
    assert waits(plan(tmp_path / "a.plan", [price], reader)) == [("variation_price", Wait.PARKED)]
    leaves = change("variation", "P1", "V1", action=Action.RETIRE, status="inactive")
    assert waits(plan(tmp_path / "a.plan", [leaves, price], reader)) == [("variation_price", Wait.PARKED)]


def test_a_size_that_was_refused_for_want_of_a_size_goes_again_with_it(tmp_path: Path) -> None:
    wanting = change("variation_size", "P1", "V1", "XXL", ean="1")
    reader = MemoryReader().knows("product", "P1").knows("variation", "P1", "V1").knows("size", "S-XL", "S")
    (step,) = plan(tmp_path / "a.plan", [wanting], reader).steps()
    reader.held = {("variation_size", "P1\x1fV1\x1fXXL"): step.id}
    assert waits(plan(tmp_path / "a.plan", [wanting, change("size", "S-XL", "L")], reader)) == [
        ("variation_size", Wait.HELD)
    ]
    new, again = plan(tmp_path / "a.plan", [wanting, change("size", "S-XL", "XXL")], reader).steps()
    assert (new.entity, again.entity, again.needs) == ("size", "variation_size", ())


def test_a_price_finds_its_variation_by_its_own_id(tmp_path: Path) -> None:
    price = change("variation_price", "EUR", "P1", "V1", price="1")
    reader = MemoryReader().knows("pricelist", "EUR")
    assert waits(plan(tmp_path / "a.plan", [price], reader)) == [("variation_price", Wait.PARKED)]
    assert waits(plan(tmp_path / "a.plan", [price], reader.knows("variation", "P1", "V1"))) == []


def test_existence_is_asked_for_in_bulk(tmp_path: Path) -> None:
    reader = MemoryReader().knows("product", "P1")
    plan(tmp_path / "a.plan", [change("variation", "P1", f"V{n}") for n in range(1000)], reader)
    assert reader.lookups <= 4


def test_a_blocked_change_is_listed_with_its_reason(tmp_path: Path) -> None:
    blocked = Change("product", ("P1",), Action.BLOCKED, (), None, 0, "cannot be changed once Centra has it")
    file = plan(tmp_path / "a.plan", [blocked])
    (waiting,) = file.waiting()
    assert (waiting.wait, waiting.reason) == (Wait.BLOCKED, "cannot be changed once Centra has it")
    assert file.manifest.steps == 0


def test_what_centra_refused_is_held_until_something_changes(tmp_path: Path) -> None:
    refused = update("variation", "P1", "V1", old="Red", description="Blue")
    reader = MemoryReader().knows("product", "P1").knows("variation", "P1", "V1")
    (step,) = plan(tmp_path / "a.plan", [refused], reader).steps()
    reader.held = {("variation", "P1\x1fV1"): step.id}
    held = plan(tmp_path / "a.plan", [refused], reader)
    assert waits(held) == [("variation", Wait.HELD)]
    assert held.manifest.counts["variation"] == {"held": 1}
    assert waits(plan(tmp_path / "a.plan", [update("variation", "P1", "V1", description="Green")], reader)) == []
    assert waits(plan(tmp_path / "a.plan", [refused, update("product", "P1", description="x")], reader)) == []
    assert waits(plan(tmp_path / "a.plan", [refused], reader, retry=None)) == []
    asked = frozenset({("variation", "P1\x1fV1")})
    assert waits(plan(tmp_path / "a.plan", [refused], reader, retry=asked)) == []


def test_an_account_that_was_refused_goes_again_with_a_new_buyer(tmp_path: Path) -> None:
    account, buyer = change("account", "A1", status="active"), change("buyer", "A1", "B1", email="x")
    first, second = plan(tmp_path / "a.plan", [account, buyer]).steps()
    reader = MemoryReader(held={("account", "A1"): first.id, ("buyer", "A1\x1fB1"): second.id})
    assert waits(plan(tmp_path / "a.plan", [account, buyer], reader)) == [("account", Wait.HELD), ("buyer", Wait.HELD)]
    mended = change("buyer", "A1", "B1", email="ann@example.com")
    assert waits(plan(tmp_path / "a.plan", [account, mended], reader)) == []
    other = change("buyer", "A1", "B2", email="bo@example.com")
    assert waits(plan(tmp_path / "a.plan", [account, buyer, other], reader)) == []


def test_a_plan_expires_and_stock_earlier(tmp_path: Path) -> None:
    options = {"expires_after": timedelta(hours=2), "perishables_expire_after": timedelta(minutes=5)}
    manifest: Manifest = plan(tmp_path / "a.plan", COMPANY, **options).manifest
    assert manifest.expires_at == NOW + timedelta(hours=2)
    assert manifest.perishables_expire_at == NOW + timedelta(minutes=5)


def test_every_line_is_json_of_one_kind(tmp_path: Path) -> None:
    plan(tmp_path / "a.plan", [*COMPANY, change("variation", "P9", "V9")])
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "a.plan").read_text().splitlines()]
    assert kinds == ["step"] * 14 + ["waiting"] + ["manifest"]


def test_steps_and_waiting_are_values(tmp_path: Path) -> None:
    file = plan(tmp_path / "a.plan", [*COMPANY, change("variation", "P9", "V9")])
    assert all(isinstance(s, Step) for s in file.steps())
    assert all(isinstance(w, Waiting) for w in file.waiting())
