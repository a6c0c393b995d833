"""Each form of a plan's report, to the letter. UPDATE_GOLDEN=1 writes the expectations anew: then read the diff."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import click
import pytest

from erp_sync.report import write_report
from erp_sync.report.plans import PlanReport
from tests.report.plan import FULL, MANIFEST, STEPS, GivenPlan, report

GOLDEN = Path(__file__).parent / "golden"


FORMS = {"text": "txt", "json": "jsonl", "md": "md", "html": "html"}


def written(form: str, of: PlanReport) -> str:
    out = StringIO()
    write_report(of, form, out)
    return out.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_each_form_to_the_letter(form: str) -> None:
    golden = GOLDEN / f"plan.{FORMS[form]}"
    got = written(form, report())
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(got, "utf-8")
    assert got == golden.read_text("utf-8")


@pytest.mark.parametrize("form", FORMS)
def test_personal_data_is_masked_unless_asked_for(form: str) -> None:
    masked = written(form, report())
    assert not [word for word in ("Astrid", "Greta", "greta") if word in masked]
    assert "C1" in masked
    asked = written(form, report(show_personal=True))
    assert "Astrid" in asked
    assert "Greta" in asked


@pytest.mark.parametrize("form", FORMS)
def test_no_control_character_gets_through(form: str) -> None:
    got = written(form, report())
    assert "\x1b" not in got
    if form != "json":
        assert "\u202e" not in got


def test_the_limit_counts_per_entity() -> None:
    many = GivenPlan(
        Path("plan.jsonl"),
        replace(MANIFEST, counts={"product": {"create": 30}, "customer": {"update": 1}}, verdicts=(), datasets=()),
        [*(replace(STEPS[0], key=(f"P{n}",)) for n in range(30)), STEPS[-1]],
    )
    got = written("text", report(many, limit=2))
    assert [line for line in got.splitlines() if line.startswith("  + product")] == [
        "  + product P0  export/items.csv:2, mappings/product.yaml:3",
        "  + product P1  export/items.csv:2, mappings/product.yaml:3",
    ]
    assert "~ customer C1" in got
    assert "  … and 28 more of product; --all shows them\n" in got
    everything = written("text", report(many, limit=None))
    assert everything.count("+ product") == 30
    assert "more" not in everything


def test_reading_stops_once_everything_shown_was_seen() -> None:
    read = []

    class Watched(GivenPlan):
        def steps(self):  # type: ignore[no-untyped-def]
            for step in self.all_steps:
                read.append(step.key)
                yield step

    many = Watched(
        Path("plan.jsonl"), replace(MANIFEST, counts={"product": {"create": 1000}}),
        [replace(STEPS[0], key=(f"P{n}",)) for n in range(1000)],
    )  # fmt: skip
    written("text", report(many, limit=3))
    assert read == [("P0",), ("P1",), ("P2",)]


def test_an_empty_plan_says_so() -> None:
    empty = GivenPlan(
        Path("p"), replace(MANIFEST, counts={"product": {"unchanged": 5}}, verdicts=(), datasets=(), notes=())
    )
    got = written("text", report(empty))
    assert "No changes: Centra has what the ERP says." in got
    assert "Changes\n" not in got


def test_colours_only_when_asked_for() -> None:
    out = StringIO()
    write_report(report(), "text", out, colour=True)
    assert click.unstyle(out.getvalue()) == written("text", report())
    assert "\x1b[32m" in out.getvalue()


def test_every_line_of_json_lines_is_json() -> None:
    kinds = [json.loads(line)["kind"] for line in written("json", report()).splitlines()]
    assert kinds[0] == "plan"
    assert kinds[-1] == "rejection"
    assert kinds.count("step") == len(STEPS)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.loads += [str(v) for n, v in attrs if n in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_loads_nothing() -> None:
    page = _Page()
    page.feed(written("html", report()))
    assert page.open == []
    assert page.loads == []
    assert "script" not in page.seen


def test_full_plan_is_what_the_manifest_counts() -> None:
    assert FULL.manifest.steps == len(list(FULL.steps()))
