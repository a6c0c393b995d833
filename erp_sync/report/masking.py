"""Keeps what is personal out of whatever is shown, unless somebody asks to see it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from erp_sync.model.catalog import Catalog
from erp_sync.model.extract import Rejection
from erp_sync.model.value import FieldValue

MASK = "•••"
_TELLING = 4  # characters; a shorter text is no name, and may be part of any word
_QUOTED = re.compile(r'"[^"]*"')


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
        if not personal or self.show_personal:
            return value, reason
        return value and MASK, without([value], reason)


def without(texts: Iterable[FieldValue], reason: str) -> str:
    """A reason without these texts, and without any other that it quotes: what a lookup found may be as personal."""
    for text in sorted(filter(None, texts), key=len, reverse=True):
        reason = reason.replace(f'"{text[:80]}"', f'"{MASK}"')
        if len(text) >= _TELLING:
            reason = reason.replace(text, MASK)
    return _QUOTED.sub(f'"{MASK}"', reason)
