"""A plan that has one of everything, hostile texts and personal data included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from erp_sync.centra.catalog import CATALOG
from erp_sync.model.change import Action, FieldChange
from erp_sync.model.extract import DatasetReport, Origin, Rejection
from erp_sync.model.plan import Binding, Manifest, Step, Verdict, Wait, Waiting
from erp_sync.plan import PlanFile
from erp_sync.report.plans import PlanReport

ITEMS = "items"


def step(
    entity: str, key: tuple[str, ...], action: Action, *fields: FieldChange, line: int = 2, reason: str = ""
) -> Step:
    return Step(
        id=f"{entity}-{'-'.join(key)}",
        level=20,
        operation="products_Update",
        entity=entity,
        key=key,
        action=action,
        fields=fields,
        fingerprint=1,
        document=key[:1],
        origin=Origin(ITEMS, "export/items.csv", line),
        mapping_at="mappings/product.yaml:3",
        reason=reason,
    )


STEPS = [
    step("product", ("P1",), Action.CREATE,
         FieldChange("description", None, "Shirt"), FieldChange("status", None, "active")),
    step("variation", ("P1", "V1"), Action.CREATE, FieldChange("description", None, "Blå | `röd` *x*")),
    step(
        "product",
        ("P2",),
        Action.UPDATE,
        FieldChange("description", "Old\x1b[31m\u202e", "<script>alert(1)</script>", doubtful=True),
        FieldChange("folder.description", "Sweaters / Turtleneck", ""),
        FieldChange("comment", None, "long " * 60),
        line=3,
    ),
    step(
        "product",
        ("P9",),
        Action.RETIRE,
        FieldChange("status", "active", "inactive"),
        line=9,
        reason="not in the last 3 complete extracts",
    ),
    step(
        "customer",
        ("C1",),
        Action.UPDATE,
        FieldChange("firstname", "Astrid", "Greta"),
        FieldChange("email", None, "greta@example.com"),
        FieldChange("country", "SE", "NO"),
    ),
]  # fmt: skip
WAITING = [
    Waiting(Wait.PARKED, "variation", ("P5", "V1"), Action.CREATE, (), "its product is not there", ("product", "P5"),
            Origin(ITEMS, "export/items.csv", 12), "mappings/product.yaml:14"),
    Waiting(Wait.HELD, "product", ("P7",), Action.UPDATE, (FieldChange("description", "a", "b"),),
            "Centra refused it on 2026-11-20: Unknown brand"),
]  # fmt: skip
REJECTIONS = [
    Rejection(Origin(ITEMS, "export/items.csv", 20), 'a price of "abc" is no decimal', "price", "SEK\x1fP3", "price",
              "Unit Price", "abc", "mappings/price.yaml:9:12"),
    Rejection(Origin("customers", "export/customers.csv", 7), '"greta(at)example" is no address', "customer", "C2",
              "email", "E-Mail", "greta(at)example", "mappings/customer.yaml:8:9", personal=True),
    Rejection(Origin(ITEMS, "export/items.csv", 21), "5 cells, the header has 7"),
]  # fmt: skip
VERDICTS = (
    Verdict("retirements", True, "product", "retirements of product: 12 of 40 (30.0%), allowed 0.05 of all, above 10",
            "0.05", "12 of 40", ("P9", "P10 <b>"), advice="check that the export is whole, and the mapping's `where`"),
    Verdict("price_zero", True, "price", "price_zero in price: 1 of 40 (2.5%), allowed 0", "0", "1 of 40",
            ("SEK / P3: price 100.00 -> 0",), overridden=True, advice="correct it in the ERP"),
    Verdict("creates", False, "product", "creates of product: 1 of 40 (2.5%), allowed 0.5 of all"),
)  # fmt: skip
MANIFEST = Manifest(
    version=1,
    digest="sha256:" + "5f0c1d2e" * 8,
    content="sha256:" + "ab12cd34" * 8,
    created_at=datetime(2026, 11, 24, 3, 46, tzinfo=UTC),
    expires_at=datetime(2026, 11, 24, 15, 46, tzinfo=UTC),
    perishables_expire_at=datetime(2026, 11, 24, 4, 16, tzinfo=UTC),
    binding=Binding("sha256:e", "sha256:m", "ledger-1", 4, "https://demo.centra.com/soap/api api"),
    steps=len(STEPS),
    counts={
        "product": {"create": 1, "update": 1, "retire": 1, "unchanged": 1200, "held": 1},
        "variation": {"create": 1, "parked": 1},
        "customer": {"update": 1, "rejected": 1, "unchanged": 30},
        "price": {"rejected": 1},
        "market": {"unchanged": 0},
        "dataset items": {"rejected": 1},
    },
    verdicts=VERDICTS,
    datasets=(
        DatasetReport(
            ITEMS,
            1203,
            "sha256:i",
            complete=False,
            problems=("line 1204 is cut off",),
            notes=("export/items.csv: encoding windows-1252, told by its bytes",),
        ),
    ),
    notes=("product: 2 rows gave the same record",),
)


@dataclass(frozen=True)
class GivenPlan(PlanFile):
    """A plan that was never written to a file."""

    all_steps: Sequence[Step] = ()
    all_waiting: Sequence[Waiting] = ()
    all_rejections: Sequence[Rejection] = ()

    def steps(self) -> Iterator[Step]:
        return iter(self.all_steps)

    def waiting(self) -> Iterator[Waiting]:
        return iter(self.all_waiting)

    def rejections(self) -> Iterator[Rejection]:
        return iter(self.all_rejections)


FULL = GivenPlan(Path("plan.jsonl"), MANIFEST, STEPS, WAITING, REJECTIONS)


def report(plan: PlanFile = FULL, limit: int | None = 10, show_personal: bool = False) -> PlanReport:
    return PlanReport(plan, CATALOG, "demo", limit, show_personal, next_step="To apply it: erp-sync apply plan.jsonl")
