"""Keeps what is personal out of whatever is shown, unless somebody asks to see it."""

from __future__ import annotations

from dataclasses import dataclass

from erp_sync.model.catalog import Catalog
from erp_sync.model.extract import Rejection
from erp_sync.model.value import FieldValue

MASK = "•••"


@dataclass(frozen=True, slots=True)
class Mask:
    """Which fields are personal is the catalog's to say. Ids are shown: without them no report is of any use."""

    catalog: Catalog
    show_personal: bool = False

    def hides(self, entity: str, path: str) -> bool:
        known = self.catalog[entity].by_path.get(path) if entity in self.catalog else None
        return not self.show_personal and (known is None or known.personal)

    def value(self, entity: str, path: str, text: FieldValue) -> FieldValue:
        """Not set and blank say nothing about anybody, and stay."""
        return MASK if text and self.hides(entity, path) else text

    def rejection(self, rejection: Rejection) -> tuple[str | None, str]:
        """The offending value and the reason, which may quote it."""
        value, reason = rejection.value, rejection.reason
        personal = rejection.personal or bool(
            rejection.entity and rejection.field and self.hides(rejection.entity, rejection.field)
        )
        if not value or not personal or self.show_personal:
            return value, reason
        return MASK, reason.replace(value, MASK)
