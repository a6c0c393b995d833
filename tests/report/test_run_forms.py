"""Each form of a run's report, to the letter."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from erp_sync.apply import Summary
from erp_sync.centra.catalog import CATALOG
from erp_sync.model.extract import Origin
from erp_sync.model.outcome import OutcomeKind
from erp_sync.model.quarantine import Quarantined, QuarantineKind
from erp_sync.report.runs import RunReport
from tests.report.test_plan_forms import FORMS, GOLDEN, written

AT = datetime(2026, 11, 24, 3, 46, tzinfo=UTC)
SUMMARY = Summary(
    counts=Counter(
        {OutcomeKind.APPLIED: 1240, OutcomeKind.REJECTED: 2, OutcomeKind.IN_DOUBT: 3, OutcomeKind.SKIPPED: 4}
    ),
    by_entity={
        "stock": Counter({OutcomeKind.APPLIED: 40, OutcomeKind.SKIPPED: 4}),
        "product": Counter({OutcomeKind.APPLIED: 1200, OutcomeKind.REJECTED: 2, OutcomeKind.IN_DOUBT: 3}),
    },
    messages=Counter({"Unknown brand": 2}),
    doubts=Counter({"sent, and no reply within the time-out": 3}),
    skipped=Counter({"expired at 04:16": 4}),
    requests=12,
    ended="Centra does not answer",
)
QUARANTINE = [
    Quarantined("q1", QuarantineKind.REJECTED, "product", "P7", "Unknown <brand>", AT, AT, 3, 7, "s1", "update",
                "req-1", Origin("items", "export/items.csv", 4), "mappings/product.yaml:3"),
    Quarantined("q2", QuarantineKind.REJECTED, "product", "P8", "Unknown brand", AT, AT, 1, 7, again=True),
    Quarantined("q3", QuarantineKind.PARKED, "price", "SEK\x1fP7", "its product is not there", AT, AT, 1, 7,
                waits_for=("product", "P7")),
    Quarantined("q4", QuarantineKind.UNUSABLE, "customer", "C2", '"greta(at)example" is no address', AT, AT, 1, 7,
                origin=Origin("customers", "export/customers.csv", 7), field="email", value="greta(at)example"),
]  # fmt: skip


def report(**changes: object) -> RunReport:
    given: dict[str, object] = {"limit": 10, "show_personal": False, **changes}
    return RunReport(SUMMARY, QUARANTINE, CATALOG, "demo", "https://demo.centra.com/soap/api", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_to_the_letter(form: str) -> None:
    golden = GOLDEN / f"run.{FORMS[form]}"
    got = written(form, report())
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(got, "utf-8")
    assert got == golden.read_text("utf-8")


@pytest.mark.parametrize("form", FORMS)
def test_personal_data_is_masked_unless_asked_for(form: str) -> None:
    assert "greta" not in written(form, report())
    assert "greta(at)example" in written(form, report(show_personal=True))


def test_the_limit_counts_per_entity_and_kind() -> None:
    got = written("text", report(limit=1))
    assert "… and 1 more of product; --all shows them" in got
    assert "price SEK / P7" in got


def test_a_run_with_nothing_to_do_says_so() -> None:
    nothing = RunReport(Summary(), [], CATALOG, "demo", "https://demo")
    assert "Nothing to do" in written("text", nothing)


def test_golden_files_belong_to_a_test() -> None:
    expected = {f"{what}.{suffix}" for what in ("plan", "run") for suffix in FORMS.values()}
    assert {p.name for p in Path(GOLDEN).iterdir()} == expected
