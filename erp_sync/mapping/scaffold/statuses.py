"""An ERP's word for "may be sold" -> Centra's."""

from __future__ import annotations

from dataclasses import dataclass

from erp_sync.mapping.scaffold.columns import Column
from erp_sync.mapping.scaffold.names import plain_name
from erp_sync.model.catalog import Field

_MOST = 12  # different texts; a column with more is no status
_YES = frozenset(
    ("1", "true", "t", "yes", "y", "ja", "j", "x", "on", "wahr", "sant", "all", "blocked", "gesperrt", "sparrad")
)
_NO = frozenset(("0", "false", "f", "no", "n", "nein", "nej", "off", "falsch", "falskt", "none", ""))
_SOLD = frozenset(
    ("active", "aktiv", "open", "offen", "oppen", "released", "freigegeben", "live", "published", "enabled")
)
_NOT_SOLD = frozenset(
    (
        "inactive",
        "inaktiv",
        "closed",
        "geschlossen",
        "stangd",
        "discontinued",
        "blocked",
        "gesperrt",
        "archived",
        "disabled",
    )
)
_MEANS_NOT = (
    "block",
    "gesperrt",
    "sperr",
    "inactiv",
    "inaktiv",
    "discontinued",
    "deleted",
    "archived",
    "ausgelaufen",
    "utgangen",
)


@dataclass(frozen=True)
class StatusMap:
    """``table`` holds None for a text that says nothing; ``unknown`` are those that a person has to decide about."""

    table: dict[str, str | None]
    unknown: tuple[str, ...]
    why: str


def status_map(column: Column, field: Field) -> StatusMap | None:
    """None where the column holds too many words, or the field has no words for sold and not sold."""
    if "active" not in field.words or len(column.different) > _MOST:
        return None
    negative = plain_name(column.name).replace(" ", "").startswith(_MEANS_NOT) or any(
        word in plain_name(column.name) for word in _MEANS_NOT
    )
    table: dict[str, str | None] = {}
    unknown = []
    for text in column.different.to_pylist():
        meant = _meant(text.strip().casefold(), negative)
        table[text] = meant
        if meant is None:
            unknown.append(text)
    if negative and column.filled < len(column.texts):
        table[""] = "active"
    yes, no = ("inactive", "active") if negative else ("active", "inactive")
    if not any(text.strip().casefold() in _YES | _NO for text in table):
        return StatusMap(table, tuple(unknown), "words for what may be sold and what may not")
    return StatusMap(table, tuple(unknown), f"yes means {yes} and no means {no}, as the column's name says")


def _meant(word: str, negative: bool) -> str | None:
    if word in _SOLD:
        return "active"
    if word in _NOT_SOLD and not (negative and word in _YES):
        return "inactive"
    if word in _YES:
        return "inactive" if negative else "active"
    if word in _NO:
        return "active" if negative else "inactive"
    return None
