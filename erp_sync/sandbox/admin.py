"""What people do in Centra's own admin: they edit, create, delete, convert ids, and shoppers order."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from erp_sync.sandbox import queue, views
from erp_sync.sandbox.operations import STORED
from erp_sync.sandbox.rendering import wrapped_record
from erp_sync.sandbox.shapes import Leaf, Node, Record
from erp_sync.sandbox.state import ROOTS, Event
from erp_sync.sandbox.work import Refusal, Work

if TYPE_CHECKING:
    from erp_sync.sandbox.sandbox import Sandbox

REFERENCES: Final = {"market": "market", "pricelist": "pricelist", "salesrep": "salesrep", "account": "account",
                     "paymentterms": "paymentterms", "shippingterms": "shippingterms", "customer": "customer",
                     "order": "order"}  # fmt: skip
"""Elements that name another object by its id, wherever they stand, and which kind of object."""

EDITABLE: Final = ("description", "name", "internalinformation", "comment", "email", "city")


class Admin:
    """Every method is one change in Centra, with its event. Raises Refusal where the admin would not allow it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.done: list[str] = []  # what meddling did, in words

    def edit(self, entity: str, key: Sequence[str], fields: Mapping[str, str]) -> None:
        """Set fields (dotted paths) of one record, at any level."""
        with self._sandbox.lock:
            known = entity in views.ENTITIES
            found = views.locate(self._sandbox.state, entity, tuple(key)) if known else None
            if found is None:
                raise Refusal(f"There is no {entity} {' / '.join(key)}")
            view = views.views()[entity]
            if view.root == "order" and self._sandbox.state.tables["order"][key[0]].get("locked") == "yes":
                raise Refusal("The order is locked")
            work = self._work()
            for path, text in fields.items():
                _set(work, view.fields, found, path, text)
            work.touched.append((view.root, key[0], key[1] if view.root == "sizetable" and len(key) > 1 else ""))
            self._sandbox.commit(work, echo=True)

    def create(self, entity: str, fields: Mapping[str, str], *, id: str = "") -> str:
        """A new object; shown by its internal number until converted, or under ``id`` where one is given at once.

        Returns the id under which the API shows it.
        """
        with self._sandbox.lock:
            if entity not in ROOTS:
                raise Refusal(f"An admin creates whole objects: {', '.join(ROOTS)}")
            state = self._sandbox.state
            while not id and state.has(entity, str(state.counters.get(entity, 0) + 1)):
                state.next_number(entity)  # an ERP's own id looks like this number: leave it to the ERP
            key = id or str(state.counters.get(entity, 0) + 1)
            if state.has(entity, key):
                raise Refusal(f"There is a {entity} {key} already")
            record: Record = {"id": key}
            work = self._work()
            for path, text in fields.items():
                _set(work, STORED[entity], record, path, text)
            if entity == "sizetable":
                record["sizes"] = {}
            work.create(entity, key, record)
            self._sandbox.commit(work, echo=True)
            return key

    def delete(self, entity: str, key: str) -> None:
        """A whole object, with what hangs on it: prices and places in delivery windows, for a product."""
        with self._sandbox.lock:
            state, work = self._sandbox.state, self._work()
            record = state.tables.get(entity, {}).get(key)
            if record is None:
                raise Refusal(f"There is no {entity} {key}")
            last = deepcopy(record)
            work.remove(state.tables[entity], key)
            work.remove(state.numbers[entity], key)
            if entity == "product":
                for variation in record.get("variations", {}):
                    work.remove(state.variation_owner, variation)
                    for window, found in state.tables["deliverywindow"].items():
                        if work.remove(found.get("variations", {}), variation):
                            work.touched.append(("deliverywindow", window, ""))
                for pricelist, found in state.tables["pricelist"].items():
                    if work.remove(found.get("items", {}), key):
                        work.touched.append(("pricelist", pricelist, ""))
            if entity == "account":
                for buyer in record.get("buyers", {}):
                    work.remove(state.buyer_owner[buyer], key)
            events = self._deletions(entity, key, last)
            self._sandbox.commit(work, echo=True, gone=((entity, key),), events=events)

    def _deletions(self, entity: str, key: str, last: Record) -> tuple[Event, ...]:
        box = self._sandbox
        entries = list(last["sizes"]) if entity == "sizetable" else [""]
        events = [
            queue.push(box.state, box.knobs, box.now(), entity, key, mission="delete", entry=entry, data=last)
            for entry in entries
        ]
        return tuple(event for event in events if event)

    def convert(self, entity: str, old: str, new: str) -> None:
        """Edit the ID conversion table: the object ``old`` is known as ``new`` from now on, wherever it is named."""
        with self._sandbox.lock:
            state, work = self._sandbox.state, self._work()
            if entity not in ROOTS or not state.has(entity, old):
                raise Refusal(f"There is no {entity} {old}")
            if state.has(entity, new) or not new:
                raise Refusal(f"There is a {entity} {new} already" if new else "The new id is blank")
            record, number = state.tables[entity][old], state.numbers[entity][old]
            work.remove(state.tables[entity], old)
            work.remove(state.numbers[entity], old)
            work.put(record, "id", new)
            work.put(state.tables[entity], new, record)
            work.put(state.numbers[entity], new, number)
            for root in ROOTS:
                for key, found in state.tables[root].items():
                    if _rename(work, found, entity, old, new):
                        work.touched.append((root, key, ""))
            work.touched.append((entity, new, ""))
            self._sandbox.commit(work, echo=False, gone=((entity, old),))
            state.index()

    def order(
        self,
        lines: Sequence[tuple[str, str, str, int]],
        *,
        customer: str = "",
        account: str = "",
        fields: Mapping[str, str] | None = None,
        bundle: str = "",
    ) -> str:
        """A shopper's or a buyer's order of (product, variation, size, quantity) lines; returns its number.

        It takes what it orders from the stock that is free to allocate, the first warehouse first. ``bundle`` names
        a product that the lines are parts of, as a virtual row of its own.
        """
        with self._sandbox.lock:
            state, work = self._sandbox.state, self._work()
            while state.has("order", str(state.counters.get("order", 0) + 1)):
                state.next_number("order")
            number = str(state.counters.get("order", 0) + 1)
            channel = "wholesale" if account else "retail"
            record: Record = {
                "id": number,
                "ordernumber": number,
                "type": channel,
                "store": "2" if account else "1",
                "locked": "no",
                "status": "pending",
                "currency": "SEK",
                "created": self._sandbox.now().isoformat(timespec="seconds"),
                "internal": "false",
                "products": {},
                "shipments": {},
            }
            if account:
                record["account"] = {"id": account}
            if customer:
                record["customer"] = {"id": customer}
            for path, text in (fields or {}).items():
                _set(work, STORED["order"], record, path, text)
            for product, variation, size, quantity in lines:
                self._line(work, record, (product, variation, size), quantity, bundle)
            if bundle:
                record["products"]["bundle"] = {"id": bundle, "qty": "1", "bundleinfo": {"isbundle": "true"}}
            work.create("order", number, record)
            self._sandbox.commit(work, echo=True)
            return number

    def _line(self, work: Work, order: Record, key: tuple[str, str, str], quantity: int, bundle: str) -> None:
        product, variation, size = key
        found = views.locate(work.state, "variation_size", key)
        if found is None:
            raise Refusal(f"There is no size {' / '.join(key)} to order")
        parent = work.state.tables["product"][product]
        item = str(work.state.next_number("orderitem"))
        row: Record = {
            "id": product,
            "sku": parent.get("sku", ""),
            "qty": str(quantity),
            "description": parent.get("description", ""),
            "variation": {"id": variation, "description": parent["variations"][variation].get("description", "")},
            "sizes": {
                f"{size}\x1f{item}": {
                    "id": size,
                    "sku": found.get("sku", ""),
                    "qty": str(quantity),
                    "preorder": "no",
                    "orderitem": {"id": item},
                    "warehouseitems": {},
                }
            },
        }
        if bundle:
            row["bundleinfo"] = {"isbundle": "false", "partof": {"product": {"id": bundle}}}
        order["products"][f"{product}\x1f{variation}\x1f{item}"] = row
        for warehouse, stock in found.get("warehouseitems", {}).items():
            work.put(stock, "qty", f"{float(stock.get('qty') or 0) - quantity:g}")
            row["sizes"][f"{size}\x1f{item}"]["warehouseitems"][warehouse] = {"id": warehouse, "qty": str(quantity)}
            work.touched.append(("product", product, ""))
            break

    def meddle(self, seed: str) -> str:
        """One change of an admin's whim, the same for the same seed and state. Returns what it was, in words."""
        with self._sandbox.lock:
            rng = random.Random(seed)  # noqa: S311  (a whim is no secret)
            state = self._sandbox.state
            filled = [root for root in ROOTS if state.tables[root] and root not in ("order", "sizetable")]
            chance = rng.random()
            if not filled or chance < 0.2:
                entity = rng.choice(("market", "customer", "salesrep", "warehouse"))
                word = f"created {entity} {self.create(entity, {})}"
            else:
                entity = rng.choice(filled)
                key = rng.choice(list(state.tables[entity]))
                if chance < 0.35:
                    self.delete(entity, key)
                    word = f"deleted {entity} {key}"
                else:
                    path = next(name for name in EDITABLE if name in STORED[entity])
                    self.edit(entity, (key,), {path: f"edited by hand {rng.randrange(1000)}"})
                    word = f"edited {entity} {key}: {path}"
            self.done.append(word)
            return word

    def _work(self) -> Work:
        return Work(self._sandbox.state, self._sandbox.knobs)


def _set(work: Work, fields: Mapping[str, Node], record: Record, path: str, text: str) -> None:
    name, _, rest = path.partition(".")
    node = fields.get(name)
    if isinstance(node, Leaf) and not rest:
        work.put(record, name, text)
    elif isinstance(node, Mapping) and rest and wrapped_record(node) is None:
        part = record.get(name)
        if part is None:
            part = {}
            work.put(record, name, part)
        _set(work, node, part, rest, text)
    else:
        raise Refusal(f"There is no field {path}")


def _rename(work: Work, value: dict[str, Any], entity: str, old: str, new: str) -> bool:
    renamed = False
    for name, inner in list(value.items()):
        if not isinstance(inner, dict):
            continue
        if REFERENCES.get(name) == entity and inner.get("id") == old:
            work.put(inner, "id", new)
            renamed = True
        if entity == "warehouse" and name == "warehouseitems" and old in inner:
            _rekey(work, inner, old, new)
            renamed = True
        if entity == "market" and name == "markets" and old in inner:
            _rekey(work, inner, old, new)
            renamed = True
        renamed |= _rename(work, inner, entity, old, new)
    return renamed


def _rekey(work: Work, records: Record, old: str, new: str) -> None:
    record = records[old]
    work.remove(records, old)
    work.put(record, "id", new)
    work.put(records, new, record)
