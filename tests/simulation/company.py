"""The ERP of a story: a small company whose tables change from night to night, and what Centra should have of it.

What is expected is worked out here from the rows, in plain Python: no code of the mapping or of the comparison.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from erp_sync.model.key import Key

Row = dict[str, str]
Record = tuple[str, Key]

TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # table -> its key's columns, its other columns
    "sizes": (("table", "size"), ("name",)),
    "products": (("id",), ("name", "status")),
    "variants": (("product", "id"), ("colour", "table")),
    "skus": (("product", "variant", "size"), ("sku",)),
    "stock": (("product", "variant", "size", "warehouse"), ("qty",)),
    "pricelists": (("id",), ("name", "currency")),
    "prices": (("list", "product"), ("price",)),
    "vprices": (("list", "product", "variant"), ("price",)),
    "windows": (("id",), ("name",)),
    "windowlines": (("window", "variant"), ("limit",)),
    "accounts": (("id",), ("name", "status", "pricelist")),
    "buyers": (("account", "id"), ("firstname",)),
}
ENTITIES = {  # table -> entity
    "sizes": "size", "products": "product", "variants": "variation", "skus": "variation_size", "stock": "stock",
    "pricelists": "pricelist", "prices": "price", "vprices": "variation_price", "windows": "deliverywindow",
    "windowlines": "deliverywindow_variation", "accounts": "account", "buyers": "buyer",
}  # fmt: skip
_GOODS = ("sizes", "products", "variants")
KINDS: tuple[tuple[int, tuple[str, ...]], ...] = (  # how often, and the tables of a company: small ones run fast
    (4, _GOODS),
    (3, (*_GOODS, "skus")),
    (4, (*_GOODS, "skus", "stock")),
    (4, ("products", "pricelists", "prices")),
    (2, (*_GOODS, "pricelists", "prices", "vprices")),
    (3, (*_GOODS, "windows", "windowlines")),
    (4, ("pricelists", "accounts", "buyers")),
    (1, tuple(TABLES)),
)
WORDS = ("Coat", "Skjorta", "Bücher & Söhne", "a <b> c", "日本", "x" * 60, "", "0", " padded ", "Crème brûlée")
FOREVER = frozenset({"sizes"})  # tables whose rows stay: Centra cannot change or remove a size


@dataclass
class Company:
    """``rows``: table -> key -> the other columns. ``mapping`` is which version of the mapping is in force."""

    tables: tuple[str, ...]
    rows: dict[str, dict[Key, Row]] = field(default_factory=dict)
    doubled: dict[str, set[Key]] = field(default_factory=dict)  # rows that stand twice, with different contents
    mapping: str = "plain"
    made: Counter[str] = field(default_factory=Counter)

    @classmethod
    def found(cls, rng: random.Random) -> Company:
        company = cls(rng.choices([tables for _, tables in KINDS], [often for often, _ in KINDS])[0])
        company.rows = {t: {} for t in company.tables}
        company.doubled = {t: set() for t in company.tables}
        for table in company.tables:
            for _ in range(rng.randint(1, 5)):
                company.add(rng, table)
        return company

    # What happens in the ERP

    def change(self, rng: random.Random) -> str:
        """One edit by a user of the ERP."""
        table = rng.choice(self.tables)
        keys = sorted(self.rows[table])
        chance = rng.random()
        if not keys or chance < 0.35:
            return self.add(rng, table)
        key = rng.choice(keys)
        if chance < 0.50 and table not in FOREVER:
            del self.rows[table][key]
            self.doubled[table].discard(key)
            return f"{table}: removed {key}"
        if chance < 0.54 and table in ("prices", "products", "stock"):
            self.doubled[table] ^= {key}
            return f"{table}: {key} stands {'twice' if key in self.doubled[table] else 'once'}"
        if chance < 0.57 and table == "variants":
            other = rng.choice(sorted(self.rows["products"]) or [("P0",)])
            moved = self.rows[table].pop(key)
            self.rows[table][other[0], key[1]] = moved
            return f"{table}: moved {key} to {other}"
        column = rng.choice(TABLES[table][1])
        if (table, column) in (("variants", "table"),) or table in FOREVER:
            column = "colour" if table == "variants" else column
        self.rows[table][key] = {**self.rows[table][key], column: self._value(rng, table, column, key)}
        return f"{table}: {key} {column} = {self.rows[table][key][column]!r}"

    def add(self, rng: random.Random, table: str) -> str:
        key = self._new_key(rng, table)
        if key is None or key in self.rows[table]:
            return f"{table}: nothing to add"
        if table == "variants" and any(k[1] == key[1] for k in self.rows[table]):
            return f"{table}: {key[1]} exists"
        self.rows[table][key] = {column: self._value(rng, table, column, key) for column in TABLES[table][1]}
        return f"{table}: added {key}"

    def _new_key(self, rng: random.Random, table: str) -> Key | None:
        def one_of(other: str) -> Key | None:
            return rng.choice(sorted(self.rows[other])) if self.rows.get(other) else None

        self.made[table] += 1
        number = self.made[table]
        if table == "sizes":
            return f"T{rng.randint(1, 2)}", rng.choice(("S", "M", "L"))
        if table in ("products", "pricelists", "windows", "accounts"):
            return (f"{table[0].upper()}{number}",)
        if table == "variants":
            product = one_of("products") if rng.random() < 0.95 else ("P404",)
            return (product[0], f"V{number}") if product else None
        if table == "skus":
            variant = one_of("variants")
            if variant is None:
                return None
            sizes = [k[1] for k in sorted(self.rows["sizes"]) if k[0] == self.rows["variants"][variant]["table"]]
            return (*variant, rng.choice(sizes)) if sizes else None
        if table == "stock":
            sku = one_of("skus")
            return (*sku, rng.choice(("W1", "W2"))) if sku else None
        if table == "prices":
            pricelist, product = one_of("pricelists"), one_of("products")
            return (pricelist[0], product[0]) if pricelist and product else None
        if table == "vprices":
            pricelist, variant = one_of("pricelists"), one_of("variants")
            return (pricelist[0], *variant) if pricelist and variant else None
        if table == "windowlines":
            window, variant = one_of("windows"), one_of("variants")
            return (window[0], variant[1]) if window and variant else None
        account = one_of("accounts")
        return (account[0], f"B{number}") if account else None

    def _value(self, rng: random.Random, table: str, column: str, key: Key) -> str:
        if column == "status":
            return rng.choice(("active", "active", "inactive"))
        if column == "colour":
            return f"{rng.choice(('Red', 'Blå', 'Grön'))} {key[-1]} {rng.randint(0, 99)}"  # unique within a product
        if column == "table":
            return rng.choice(sorted(self.rows["sizes"]) or [("T1", "S")])[0]
        if column in ("qty", "limit"):
            return str(rng.randint(0, 50))
        if column == "price":
            return rng.choice(("9.95", "100", "1135.5", "0")) if rng.random() < 0.95 else "abc"
        if column == "currency":
            return rng.choice(("SEK", "EUR")) if rng.random() < 0.9 else "JPY"  # JPY is not set up in Centra
        if column == "pricelist":
            known = sorted(self.rows["pricelists"])
            return rng.choice(known)[0] if known and rng.random() < 0.9 else rng.choice(("", "L404"))
        if column == "name" and table == "products":
            return f"{rng.choice(WORDS)} {rng.randint(0, 9)}".strip() if rng.random() < 0.97 else ""
        return rng.choice(WORDS)

    # What Centra should have

    def desired(self) -> dict[Record, dict[str, str]]:
        """Every record that can be made of the rows, and its fields: a text, or "" to blank it."""
        return {
            (ENTITIES[table], key): fields
            for table in self.tables
            for key, row in self.rows[table].items()
            if key not in self.doubled[table] and (fields := self._fields(table, key, row)) is not None
        }

    def known(self) -> set[Record]:
        """All records of which the ERP has a row, usable or not."""
        return {(ENTITIES[table], key) for table in self.tables for key in self.rows[table]}

    def _fields(self, table: str, key: Key, row: Row) -> dict[str, str] | None:
        """None where the mapping must reject the row."""
        match table:
            case "sizes":
                return {"description": row["name"]}
            case "products":
                if not row["name"]:
                    return None
                named = f"{row['name']}!" if self.mapping == "shouting" else row["name"]
                return {"description": named, "status": row["status"]} | (
                    {"sku": key[0]} if self.mapping == "with sku" else {}
                )
            case "variants":
                return {"description": row["colour"], "status": "active", "sizetable.id": row["table"]}
            case "skus":
                return {"sku": row["sku"]}
            case "stock":
                return {"qty": row["qty"]}
            case "pricelists":
                return {"description": row["name"], "currency": row["currency"], "type": "retail"}
            case "prices" | "vprices":
                return {"price": row["price"]} if row["price"] != "abc" else None
            case "windows":
                return {"description": row["name"], "status": "active"}
            case "windowlines":
                return {"variationlimit": row["limit"]}
            case "accounts":
                fields = {"description": row["name"], "status": row["status"], "type": "wholesale"}
                return fields | ({"pricelist.id": row["pricelist"]} if row["pricelist"] else {})
        return {"firstname": row["firstname"], "status": "active"}


MAPPINGS = ("plain", "shouting", "with sku")
_PRODUCT = """
entity: product
from: products
key: {{product: id}}
vanish: {{retire_after: 1}}
fields:
  description: {{{name}, required: true}}
  status: status
{sku}
"""
_VARIANTS = """
parts:
  - entity: variation
    from: variants
    key: {product: product, variation: id}
    vanish: {retire_after: 2}
    fields:
      description: colour
      status: {value: active}
      sizetable.id: table
"""
_SKUS = """
  - entity: variation_size
    from: skus
    key: {product: product, variation: variant, size: size}
    fields: {sku: sku}
"""
_STOCK = """
  - entity: stock
    from: stock
    key: {product: product, variation: variant, size: size, warehouse: warehouse}
    fields: {qty: qty}
"""
_OTHERS = {
    "sizes": """
entity: size
from: sizes
key: {sizetable: table, size: size}
fields: {description: name}
""",
    "pricelists": """
entity: pricelist
from: pricelists
key: {pricelist: id}
fields: {description: name, currency: currency, type: {value: retail}}
""",
    "prices": """
parts:
  - entity: price
    from: prices
    key: {pricelist: list, product: product}
    fields: {price: price}
""",
    "vprices": """
  - entity: variation_price
    from: vprices
    key: {pricelist: list, product: product, variation: variant}
    fields: {price: price}
""",
    "windows": """
entity: deliverywindow
from: windows
key: {deliverywindow: id}
fields: {description: name, status: {value: active}}
parts:
  - entity: deliverywindow_variation
    from: windowlines
    key: {deliverywindow: window, variation: variant}
    vanish: {retire_after: 1}
    fields: {variationlimit: limit}
""",
    "accounts": """
entity: account
from: accounts
key: {account: id}
vanish: {retire_after: 1}
fields:
  description: name
  status: status
  type: {value: wholesale}
  pricelist.id: {from: pricelist, blank: unset}
parts:
  - entity: buyer
    from: buyers
    key: {account: account, buyer: id}
    fields: {firstname: firstname, status: {value: active}}
""",
}


def mapping_files(tables: tuple[str, ...], version: str) -> dict[str, str]:
    """File name -> text: the mapping of a company with these tables."""
    name = 'template: "{name}!"' if version == "shouting" else "from: name"
    sku = "  sku: id" if version == "with sku" else ""
    files = {}
    if "products" in tables:
        files["product"] = _PRODUCT.format(name=name, sku=sku)
        for table, text in (("variants", _VARIANTS), ("skus", _SKUS), ("stock", _STOCK)):
            files["product"] += text.lstrip("\n") if table in tables else ""
    if "sizes" in tables:
        files["size"] = _OTHERS["sizes"]
    if "pricelists" in tables:
        files["pricelist"] = _OTHERS["pricelists"]
        for table in ("prices", "vprices"):
            files["pricelist"] += _OTHERS[table].lstrip("\n") if table in tables else ""
    if "windows" in tables:
        files["deliverywindow"] = _OTHERS["windows"]
    if "accounts" in tables:
        files["account"] = _OTHERS["accounts"]
    return {f"{name}.yaml": text.lstrip() for name, text in files.items()}
