"""Groups of fields that several entities share."""

from __future__ import annotations

from erp_sync.model.catalog import Field, FieldKind

_ADDRESS: tuple[tuple[str, FieldKind, bool, str], ...] = (
    ("id", FieldKind.TEXT, False, "the address's id"),
    ("description", FieldKind.TEXT, False, "name of the address"),
    ("company", FieldKind.TEXT, True, ""),
    ("attn", FieldKind.TEXT, True, "for the attention of"),
    ("firstname", FieldKind.TEXT, True, ""),
    ("lastname", FieldKind.TEXT, True, ""),
    ("address1", FieldKind.TEXT, True, ""),
    ("address2", FieldKind.TEXT, True, ""),
    ("city", FieldKind.TEXT, True, ""),
    ("state", FieldKind.TEXT, False, ""),
    ("zipcode", FieldKind.TEXT, True, ""),
    ("country", FieldKind.COUNTRY, False, ""),
    ("email", FieldKind.TEXT, True, ""),
    ("telephone", FieldKind.TEXT, True, ""),
    ("fax", FieldKind.TEXT, True, ""),
    ("vat", FieldKind.TEXT, True, "VAT number"),
    ("url", FieldKind.TEXT, False, ""),
    ("companyregistrationid", FieldKind.TEXT, True, ""),
)


def address(element: str = "", *, doc: str = "", without: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """The fields of an address in ``element``, or of a record that is one, less those ``without``."""
    stem = f"{element}." if element else ""
    return tuple(
        Field(f"{stem}{name}", kind, (doc if name == "id" and doc else about), personal=personal)
        for name, kind, personal, about in _ADDRESS
        if name not in without
    )


def person(*names: str) -> tuple[Field, ...]:
    """Those fields of an address that stand directly in a buyer or a customer, in this order."""
    known = {f.path: f for f in address()}
    return tuple(known[name] for name in names)


def named(element: str, refers_to: str | None = None, *, doc: str = "", personal: bool = False) -> tuple[Field, ...]:
    """``element.id`` and ``element.description``: a nested object by its id, and its name.

    ``refers_to`` makes the id a reference; without it the object is none of the catalog's entities.
    """
    kind = FieldKind.REFERENCE if refers_to else FieldKind.TEXT
    return (
        Field(f"{element}.id", kind, doc, refers_to=refers_to),
        Field(f"{element}.description", doc="its name", sent_with=f"{element}.id", personal=personal),
    )
