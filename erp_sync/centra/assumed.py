"""Our own reading of Centra where its pages say nothing. Everything assumed is here, so that it is easy to change.

``SENTENCES`` has one sentence for each constant, and for each assumption that is a way of doing rather than a value.
"""

from __future__ import annotations

import re
from typing import Final

STATUS_WORDS: Final = ("active", "inactive", "canceled")
RETIRED_STATUS: Final = "inactive"
YES_NO: Final = ("yes", "no")
EVENT_PROBE: Final = "market"
CONCERNS_ALL: Final = re.compile(
    r"""log ?in \W? (\w+ \W)? (failed|denied|incorrect|invalid|required|missing|wrong)
      | \b(wrong|invalid|incorrect|unknown|bad|missing) [ ] (user[ ]?name|password|log ?in|credentials|user\b)
      | authentication | \bunauthori[sz]ed | not [ ] authori[sz]ed | access [ ] (is [ ])? denied | permission [ ] denied
      | not [ ] a [ ] valid [ ] method
      | \b(procedure|operation|method|function)\b .{0,80}
        (not [ ] (present|found|supported) | unknown | does [ ] not [ ] exist)
      | SOAPAction | namespace | maintenance""",
    re.IGNORECASE | re.VERBOSE,
)
TRY_AGAIN: Final = re.compile(
    r"""\btry [ ] (it [ ])? again | internal [ ] (server [ ])? error | dead [ ]? lock | lock [ ] wait
      | \btimed? [ ]? out\b""",
    re.IGNORECASE | re.VERBOSE,
)
HTTP_CONCERNS_ALL: Final = frozenset({301, 302, 303, 307, 308, 401, 404, 405, 406, 407, 410, 415, 426, 505})
HTTP_RETRY_LATER: Final = frozenset({429, 503})
HTTP_FAULT: Final = frozenset({200, 400, 500})

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
    "EVENT_PROBE": "Reading events of one type and marking none as done is a cheap request that changes nothing.",
    "CONCERNS_ALL": (
        "Centra's messages are free text: these words mean that the whole endpoint or login is at fault, so that no "
        "smaller batch would fare better. An unknown one is taken to concern a record."
    ),
    "TRY_AGAIN": (
        "A refusal with these words may tell of Centra's own trouble and not of a record: it is believed only after "
        "it came back several times."
    ),
    "HTTP_CONCERNS_ALL": (
        "These statuses without a SOAP answer come from a wrong address, login or proxy. Any other of the 4xx (a "
        "firewall that dislikes a text, a body too large) may concern a single record."
    ),
    "HTTP_RETRY_LATER": "Centra and what stands before it answer 429 and 503 before they apply anything.",
    "HTTP_FAULT": (
        "A SOAP answer is Centra's with these statuses. With any other of the 5xx it is a gateway's, which does not "
        "know whether Centra went on to apply the update."
    ),
    "OK is a success": "The reference's answer says OK; any other text in it leaves the outcome in doubt.",
    "no login by other means": (
        "The older endpoint that takes its login another way is not supported: how it takes it is not printed."
    ),
    "SOAPAction of the older endpoints": "Their SOAPActions begin with their namespace, as the current one's do.",
    "event dates without an offset": "They are in the installation's time zone, which is not told: kept as they are.",
}
