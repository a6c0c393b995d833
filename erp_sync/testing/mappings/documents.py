"""The XML of a first load: what Centra would be sent to create the records."""

from __future__ import annotations

from collections.abc import Sequence

from erp_sync.apply.documents import groups, pieces
from erp_sync.centra import CentraOptions, CentraTarget
from erp_sync.errors import CannotSend
from erp_sync.mapping import Owner, Unit
from erp_sync.model.catalog import Catalog
from erp_sync.model.change import Action, Change, FieldChange
from erp_sync.plan.steps import Order
from erp_sync.report.xml import indented
from erp_sync.testing.mappings.gathering import Outcome

_TOGETHER = 10_000  # a document is not cut: how it is cut depends on the project's settings
_NOWHERE = CentraOptions("https://centra.invalid/soap", "", "")


def documents(outcome: Outcome, units: Sequence[Unit], catalog: Catalog) -> str:
    """One after the other, in the order in which they are sent."""
    order = Order(catalog)
    changes = [
        Change(entity, key, Action.CREATE, tuple(_sent(made.fields, made.unit)), made.origin, 0)
        for entity, by_key in outcome.records.items()
        for key, made in by_key.items()
    ]
    changes.sort(key=lambda change: order.key(change.entity, change.key))
    target = CentraTarget(_NOWHERE)
    texts = []
    for _, of_group in groups((order.step(change) for change in changes), catalog):
        for steps in pieces(of_group, _TOGETHER):
            try:
                texts.append(indented(target.encode(steps)))
            except CannotSend as cause:
                texts.append(f"cannot be sent: {cause.message}\n")
    return "".join(texts)


def _sent(fields: dict[str, str | None], unit: Unit) -> list[FieldChange]:
    return [
        FieldChange(path, None, text)
        for path, text in fields.items()
        if text is not None and unit.owners[path] is not Owner.CENTRA
    ]
