"""Our own reading of Centra where its pages say nothing. Everything assumed is here, so that it is easy to change.

``SENTENCES`` has one sentence for each constant, and for each assumption that is a way of doing rather than a value.
"""

from __future__ import annotations

from typing import Final

STATUS_WORDS: Final = ("active", "inactive", "canceled")
RETIRED_STATUS: Final = "inactive"
YES_NO: Final = ("yes", "no")

SENTENCES: Final[dict[str, str]] = {
    "STATUS_WORDS": (
        "Buyers, customers, delivery windows and price alteration dates take the three status words that are "
        "documented for products and accounts."
    ),
    "RETIRED_STATUS": (
        "A record that leaves becomes `inactive`, not `canceled`: both are documented, and inactive is the one that "
        "reads as one that can come back."
    ),
    "YES_NO": "`preorder` of a size takes `yes` and `no`, as `capture` of a shipment does.",
    "booleans": "Elements of the reference's type boolean take XML Schema's words `true` and `false`.",
    "blank by an empty element": (
        "An empty element blanks its field: documented is only that a field left out is not changed; the samples send "
        "`<description/>` for a size without a name."
    ),
    "whole pieces": "Stock, quantities, order minimums and limits are whole numbers.",
    "points and no thousands separator": "Amounts are written as in the samples, `1135.00`.",
    "dates as YYYY-MM-DD": "Every date that is sent has the form that is documented for a price alteration date.",
    "sizes as a whole immutable": (
        "A size once made is not changed at all: documented is that its sizetable is not renamed, reordered or "
        "reduced; that `sku`, `ean` and `comment` are frozen too is the careful reading."
    ),
    "a nested object is named by its id": (
        "In pairs of `id` and `description` (brand, collection, market ...) the id names the object; when only the "
        "description changes the id goes along, or Centra might take it for another object. A weight goes with its "
        "unit for the same reason."
    ),
    "numbers of stores": "A store is named by its number in Centra, which Centra's staff tells.",
    "invoice words": (
        "The words of an invoice's status, type, documenttype and locked are not printed: any text is let through."
    ),
    "variation ids in remove lists": "An entry of a remove list needs its id and nothing else.",
    "sizes of a variation": (
        "A variation's sizes are sent with the ids that they have within its sizetable, and none can be removed."
    ),
}
