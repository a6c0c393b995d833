"""What Centra insists on, one function per kind of record, called after the record's own fields and parts are in.

Source: soap.md, "Identities, by level", "Order of operations" and "Rules per record".
"""

from __future__ import annotations

from typing import Final

from erp_sync.sandbox.shapes import Chain, Record
from erp_sync.sandbox.work import Refusal, Work

WHOLESALE_ONLY: Final = ("priceb", "alteredprice", "alteredpriceb")
ALTERED: Final = WHOLESALE_ONLY[1:]


def product(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    """Variation names are unique within a product; a name that is blank or was never sent is none."""
    names = [name for variation in record.get("variations", {}).values() if (name := variation.get("description"))]
    if len(set(names)) != len(names):
        raise Refusal("Variation names must be unique within a product")


def variation(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    """The id is unique over all products; a new variation needs its sizetable."""
    product = chain[0][0]
    owner = work.state.variation_owner.get(key)
    if owner is None:
        work.put(work.state.variation_owner, key, product)
    elif owner != product:
        raise Refusal(f"Variation {key!r} is already used by another product")
    if record.get("stockid", key) != key:
        raise Refusal("The stockid must be the same as the id of the variation")
    if not record.get("sizetable", {}).get("id"):
        if fresh and any("warehouseitems" in size for size in record.get("sizes", {}).values()):
            raise Refusal("Stock can be set only for products that exist")
        raise Refusal("A variation needs a sizetable")


def variation_size(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    """A size is one of the variation's sizetable. Stock alone does not bring a size of a variation into being."""
    if not fresh:
        return
    variation_key, variation_record = chain[1]
    table = variation_record.get("sizetable", {}).get("id", "")
    known = work.state.tables["sizetable"].get(table)
    if known is None:
        return
    if key not in known["sizes"]:
        raise Refusal(f"Size {key!r} is not in sizetable {table!r}")
    only_stock = "warehouseitems" in record and record.keys() <= {"id", "warehouseitems"}
    if only_stock and variation_key in work.state.variation_owner:
        raise Refusal("Stock can be set only for sizes that exist")


def stock(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    """A warehouse comes into being by itself (soap.md, "Order of operations")."""
    if fresh and not work.state.has("warehouse", key):
        work.create("warehouse", key, {"id": key})


def market_of_display(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    if fresh and not work.state.has("market", key):
        raise Refusal(f"Market {key!r} does not exist")


def pricelist(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    """A pricelist has a currency, one of those set up by hand in Centra."""
    currency = record.get("currency")
    if not currency:
        raise Refusal("A pricelist needs a currency")
    if currency not in work.knobs.currencies:
        raise Refusal(f"Currency {currency!r} is not set up")


def price(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    if fresh and not work.state.has("product", key):
        raise Refusal(f"Product {key!r} does not exist")
    _wholesale_only(work, chain[0][1], record)


def variation_price(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    if fresh and work.state.variation_owner.get(key) != chain[1][0]:
        raise Refusal(f"Variation {key!r} does not exist in this product")
    _wholesale_only(work, chain[0][1], record)


def _wholesale_only(work: Work, pricelist: Record, record: Record) -> None:
    """Altered prices also need an active price alteration date (read-apis.md, section 5)."""
    for name in WHOLESALE_ONLY:
        if record.get(name) and pricelist.get("type") != "wholesale":
            raise Refusal(f"{name} can be set in wholesale pricelists only")
    if any(record.get(name) for name in ALTERED) and not any(
        date.get("status") == "active" for date in work.state.tables["pricealterationdate"].values()
    ):
        raise Refusal("Altered prices need an active price alteration date")


def variation_of_window(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    if fresh and key not in work.state.variation_owner:
        raise Refusal(f"Variation {key!r} does not exist")


def buyer(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    account = chain[0][0]
    owners = work.state.buyer_owner.get(key)
    if owners is None:
        work.put(work.state.buyer_owner, key, {account: True})
    elif account not in owners:
        work.put(owners, account, True)


def account(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    """An account needs at least one buyer to be active; one with blank name and e-mail does."""
    if (
        record.get("status") == "active"
        and not record.get("buyers")
        and work.knobs.account_without_buyer == "refuse"
    ):  # fmt: skip
        raise Refusal("An active account needs at least one buyer")


def invoice(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    """The buyer is one of the account's, or a retail customer where no account is named."""
    buyer_id = record.get("buyer", {}).get("id")
    if not buyer_id:
        return
    account_id = record.get("account", {}).get("id")
    if account_id:
        found = buyer_id in work.state.tables["account"][account_id].get("buyers", {})
    else:
        found = bool(work.state.buyer_owner.get(buyer_id)) or work.state.has("customer", buyer_id)
    if not found:
        raise Refusal(f"Buyer {buyer_id!r} does not exist")


def refund(work: Work, chain: Chain, key: str, record: Record, fresh: bool) -> None:
    """A refund's id is unique over all orders."""
    owner = work.state.refund_owner.get(key)
    if owner is None:
        work.put(work.state.refund_owner, key, chain[0][0])
    elif owner != chain[0][0]:
        raise Refusal(f"Refund {key!r} belongs to another order")
