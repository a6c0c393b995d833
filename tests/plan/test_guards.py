"""Guards in numbers: what is let through, what is refused, and how one breach is let pass."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from erp_sync.errors import FixSettings
from erp_sync.model.change import Action, Baseline, Change
from erp_sync.model.extract import Origin, Rejection
from erp_sync.model.plan import Manifest, Verdict
from erp_sync.plan import GuardOptions, Limit, how_to_override, open_plan, override
from tests.plan.memory import BINDING, MemoryReader, change, extract, update, writer


def made(
    path: Path, changes: list[Change], reader: MemoryReader | None = None, rows: int = 1000, **options: Any
) -> Manifest:
    unchanged = options.pop("unchanged", {})
    rejected = options.pop("rejected", [])
    if isinstance(options.get("guards"), dict):
        options["guards"] = GuardOptions.model_validate(options["guards"])
    with writer(path / "a.plan", reader, **options) as w:
        for c in changes:
            w.add(c)
        for r in rejected:
            w.reject(r)
        for entity, n in unchanged.items():
            w.count(entity, unchanged=n)
        return w.close(BINDING, extract(items=rows))


def breaches(manifest: Manifest) -> dict[str, Verdict]:
    return {v.name: v for v in manifest.verdicts if v.refuses}


def shop(products: int = 1000) -> MemoryReader:
    return MemoryReader(sizes={"product": products, "price": products, "pricelist": 5, "variation": products})


def retire(n: int) -> Change:
    return change("product", f"P{n}", action=Action.RETIRE, old="active", status="inactive")


def price(n: int, old: str, new: str) -> Change:
    return update("price", "EUR", f"P{n}", old=old, price=new)


FIRST_LOAD = [change("product", f"P{n}", description="x", status="active") for n in range(500)] + [
    change("price", "EUR", f"P{n}", price="0") for n in range(500)
]


def test_a_first_load_passes_without_ceremony(tmp_path: Path) -> None:
    rejected = [Rejection(Origin("items", "items.csv", n), "no id", entity="product") for n in range(300)]
    manifest = made(tmp_path, FIRST_LOAD, MemoryReader(), rejected=rejected)
    assert breaches(manifest) == {}
    assert not manifest.refused


CASES: dict[str, tuple[list[Change], list[Change]]] = {  # guard -> what passes, what does not, among 1000 records
    "creates:product": (FIRST_LOAD[:500], [*FIRST_LOAD[:500], change("product", "P500")]),
    "updates:product": (
        [update("product", f"P{n}", old="a", description="b") for n in range(800)],
        [update("product", f"P{n}", old="a", description="b") for n in range(801)],
    ),
    "retirements:product": ([retire(n) for n in range(50)], [retire(n) for n in range(51)]),
    "price_zero:price": ([price(1, "0.00", "0"), price(2, "5", "4")], [price(1, "5", "0.00")]),
    "price_moved:price": (
        [price(n, "100", "200") for n in range(100)],
        [price(n, "100", "200") for n in range(101)],
    ),
    "price_leaps:price": ([price(1, "9.90", "98.99")], [price(1, "9.90", "99.00")]),
    "currency_changed:pricelist": (
        [change("pricelist", "EUR", currency="EUR"), update("pricelist", "SE", old="SEK", currency="SEK")],
        [update("pricelist", "EUR", old="EUR", currency="USD")],
    ),
    "names_blanked:product": (
        [update("product", f"P{n}", old="a", description="") for n in range(20)],
        [update("product", f"P{n}", old="a", description="") for n in range(21)],
    ),
    "names_blank:product": (
        [change("product", f"P{n}", description="" if n < 21 else "x") for n in range(42)],
        [change("product", f"P{n}", description="" if n < 22 else "x") for n in range(42)],
    ),
    "status_flips:variation": (
        [update("variation", "P", f"V{n}", old="active", status="inactive") for n in range(100)],
        [update("variation", "P", f"V{n}", old="active", status="inactive") for n in range(101)],
    ),
}


@pytest.mark.parametrize("guard", CASES)
def test_a_guard_refuses_its_entity_one_above_its_limit(guard: str, tmp_path: Path) -> None:
    passes, breaks = CASES[guard]
    assert guard not in breaches(made(tmp_path, passes, shop()))
    manifest = made(tmp_path, breaks, shop())
    verdict = breaches(manifest)[guard]
    entity = guard.partition(":")[2]
    assert manifest.refused_entities == {entity}
    assert not manifest.refused_whole
    assert verdict.limit and verdict.measured and verdict.advice and 1 <= len(verdict.examples) <= 5
    assert verdict.message.endswith(f"allowed {verdict.limit}")


def test_numbers_and_examples_stand_in_the_message(tmp_path: Path) -> None:
    verdict = breaches(made(tmp_path, [price(1, "9.90", "990.00")], shop()))["price_leaps:price"]
    assert verdict.message == "price_leaps in price: 1 of 1000 (0.1%), allowed none"
    assert verdict.examples == ("EUR / P1: price 9.90 -> 990.00",)
    assert verdict.advice == "check the price column and its decimal separator"


def test_a_source_that_shrank_refuses_the_whole_plan(tmp_path: Path) -> None:
    reader = MemoryReader(rows={"items": 1000})
    assert breaches(made(tmp_path, [], reader, rows=800)) == {}
    manifest = made(tmp_path, [], reader, rows=799)
    assert manifest.refused_whole
    verdict = breaches(manifest)["source_shrink:items"]
    assert verdict.message == (
        "dataset items: 799 rows, 1000 in its last complete extract; fewer by 201 of 1000 (20.1%), "
        "allowed 20% of all, or 10"
    )


def test_rejected_rows_count_against_all_rows_seen(tmp_path: Path) -> None:
    rejected = [Rejection(Origin("items", "items.csv", n), "no id", entity="product") for n in range(100)]
    assert breaches(made(tmp_path, [], shop(), rejected=rejected, unchanged={"product": 900})) == {}
    verdict = breaches(made(tmp_path, [], shop(), rejected=rejected, unchanged={"product": 899}))["rejected:product"]
    assert verdict.measured == "100 of 999"
    assert verdict.examples[0] == "items.csv:0: no id"


def test_personal_data_of_a_rejected_row_is_no_example(tmp_path: Path) -> None:
    rejected = [
        Rejection(Origin("c", "c.csv", n), "not an e-mail address: ann@", entity="customer", personal=True)
        for n in range(30)
    ]
    reader = MemoryReader(sizes={"customer": 50})
    verdict = breaches(made(tmp_path, [], reader, rejected=rejected))["rejected:customer"]
    assert verdict.examples[0] == "c.csv:0: (personal data)"


def test_a_minimum_population(tmp_path: Path) -> None:
    guards = {"entities": {"product": {"minimum_population": 100}}}
    assert breaches(made(tmp_path, [], guards=guards, unchanged={"product": 100})) == {}
    manifest = made(tmp_path, [retire(n) for n in range(5)], guards=guards, unchanged={"product": 99})
    assert manifest.refused_whole
    assert "the ERP has 99 records of product" in breaches(manifest)["minimum_population:product"].message


def test_stock_may_change_at_will_unless_the_project_says_otherwise(tmp_path: Path) -> None:
    changes = [update("stock", "P", "V", "S", f"W{n}", old="1", qty="2") for n in range(1000)]
    reader = MemoryReader(sizes={"stock": 1000})
    assert breaches(made(tmp_path, changes, reader)) == {}
    own = {"entities": {"stock": {"updates": {"count": 999}}}}
    assert set(breaches(made(tmp_path, changes, reader, guards=own))) == {"updates:stock"}


def test_an_entity_can_have_limits_of_its_own_or_none(tmp_path: Path) -> None:
    _, leap = CASES["price_leaps:price"]
    assert breaches(made(tmp_path, leap, shop(), guards={"entities": {"price": {"price_leaps": {}}}})) == {}
    assert breaches(made(tmp_path, leap, shop(), guards={"price_leaps": {"count": 1}})) == {}


def test_shares_say_nothing_of_a_plan_for_a_few_records(tmp_path: Path) -> None:
    reader = MemoryReader(rows={"items": 1000}, sizes={"product": 1000})
    guards = {"entities": {"product": {"minimum_population": 100}}}
    assert breaches(made(tmp_path, [retire(n) for n in range(51)], reader, rows=3, guards=guards, partial=True)) == {}


def test_nearly_all_of_a_few_is_a_breach_whatever_may_be_otherwise(tmp_path: Path) -> None:
    reader = MemoryReader(rows={"items": 5}, sizes={"product": 8})
    assert breaches(made(tmp_path, [retire(n) for n in range(6)], reader, rows=5)) == {}
    verdict = breaches(made(tmp_path, [retire(n) for n in range(7)], reader, rows=5))["retirements:product"]
    assert verdict.message == (
        "retirements of product: 7 of 8 (87.5%), allowed 5% of all, or 10, but not nearly all of them"
    )
    emptied = breaches(made(tmp_path, [], reader, rows=0))
    assert emptied["source_shrink:items"].message == (
        "dataset items: 0 rows, 5 in its last complete extract; fewer by 5 of 5 (100.0%), "
        "allowed 20% of all, or 10, but not nearly all of them"
    )
    renamed = [update("product", f"P{n}", old="a", description="b") for n in range(8)]
    assert breaches(made(tmp_path, renamed, reader, rows=5)) == {}, "all of a few may get another name"
    assert breaches(made(tmp_path, [retire(1), retire(2)], MemoryReader(sizes={"product": 2}))) == {}
    lenient = {"retirements": {}, "source_shrink": {}}
    assert breaches(made(tmp_path, [retire(n) for n in range(8)], reader, rows=0, guards=lenient)) == {}


def test_names_of_people_count_and_are_not_shown(tmp_path: Path) -> None:
    gone = [update("customer", f"C{n}", old="Zoë", firstname="", lastname="") for n in range(4)]
    reader = MemoryReader(sizes={"customer": 40})
    verdict = breaches(made(tmp_path, gone, reader))["names_blanked:customer"]
    assert verdict.message == "names_blanked in customer: 4 of 40 (10.0%), allowed 2% of all, or 3"
    assert verdict.examples[0] == "C0: firstname (personal data)"


def test_a_record_counts_once_however_many_of_its_fields_are_hit(tmp_path: Path) -> None:
    both = [update("price", "EUR", f"P{n}", old="100", price="200", priceb="300") for n in range(60)]
    assert breaches(made(tmp_path, both, shop(600))) == {}


def test_what_is_only_sent_again_is_no_update(tmp_path: Path) -> None:
    """After a restore every field of every record is in doubt, and none is to change."""
    again = [update("product", f"P{n}", old="a", description="a") for n in range(900)]
    again = [replace(c, fields=tuple(replace(f, doubtful=True) for f in c.fields)) for c in again]
    renamed = [update("product", f"Q{n}", old="a", description="b") for n in range(801)]
    assert breaches(made(tmp_path, [*again, *renamed[:800]], shop())) == {}
    verdict = breaches(made(tmp_path, [*again, *renamed], shop()))["updates:product"]
    assert verdict.message.startswith("updates of product: 801 of 1000 (80.1%)")
    assert verdict.examples[0] == "Q0"


def test_what_is_in_doubt_since_it_was_to_be_made_is_not_new(tmp_path: Path) -> None:
    unsure = {"product": {f"P{n}": Baseline(f"P{n}", {}, frozenset(), None, exists=False) for n in range(900)}}
    again = [change("product", f"P{n}", description="x") for n in range(900)]
    reader = MemoryReader(sizes={"product": 100}, known=unsure)
    assert breaches(made(tmp_path, again, reader)) == {}
    new = [change("product", f"N{n}", description="x") for n in range(1800)]
    assert "creates:product" in breaches(made(tmp_path, [*again, *new], reader))


def test_how_limits_are_said() -> None:
    said = [Limit(), Limit(count=0), Limit(count=5), Limit(share=0.125), Limit(share=0.05, above=10, count=400)]
    assert [str(limit) for limit in said] == [
        "any number", "none", "5", "12.5% of all", "400 and 5% of all, or 10"
    ]  # fmt: skip


def test_an_override_can_be_typed_as_it_is_said(tmp_path: Path) -> None:
    manifest = made(tmp_path, [], MemoryReader(rows={"items": 1000}), rows=1)
    verdict = replace(breaches(manifest)["source_shrink:items"], guard="source_shrink:Sales Price")
    _, typed = shlex.split(how_to_override(verdict, manifest.content))
    assert typed == f"source_shrink:Sales Price@{manifest.content[7:19]}"


def test_an_override_names_the_guard_and_the_content(tmp_path: Path) -> None:
    _, leap = CASES["price_leaps:price"]
    manifest = made(tmp_path, leap, shop())
    (verdict,) = breaches(manifest).values()
    typed = how_to_override(verdict, manifest.content).removeprefix("--override ")
    assert typed == f"price_leaps:price@{manifest.content[7:19]}"
    assert not override(manifest, [typed]).refused
    assert override(manifest, [typed]).digest == manifest.digest
    again = made(tmp_path, leap, shop(), overrides=(typed,))
    assert not again.refused, "the same changes found again are the same content"
    assert [v.overridden for v in again.verdicts if v.breached] == [True]
    assert open_plan(tmp_path / "a.plan").manifest == again
    assert made(tmp_path, [*leap, price(2, "1", "1000")], shop(), overrides=(typed,)).refused


def test_an_override_for_another_guard_or_of_another_form_does_nothing(tmp_path: Path) -> None:
    manifest = made(tmp_path, CASES["price_leaps:price"][1], shop())
    digest = manifest.content[7:]
    assert override(manifest, [f"price_leaps@{digest}", f"retirements:price@{digest}"]).refused
    for wrong in ("price_leaps:price", f"@{digest}", "price_leaps:price@", "price_leaps:price@abc"):
        with pytest.raises(FixSettings, match="not of the form guard:entity@digest"):
            override(manifest, [wrong])
