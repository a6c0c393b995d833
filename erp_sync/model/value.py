"""The three states of a field.

A field's value is the text that goes on the wire. ``BLANK`` (the empty text) blanks the field in Centra,
``UNSET`` (``None``, a null in a frame) leaves it untouched (soap.md, "Updates").
"""

from __future__ import annotations

from typing import Final

FieldValue = str | None

UNSET: Final = None
BLANK: Final = ""
