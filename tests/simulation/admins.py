"""People who work in Centra's own admin while the ERP is kept in step with it.

What the ERP does not own is theirs, and must stay as they made it. What the ERP owns they may spoil: nobody can see
that by SOAP (soap.md: a product cannot be read back), so it stays spoilt until the ERP's value changes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

from erp_sync.model.key import Key
from erp_sync.sandbox import Sandbox

THEIRS = {"product": "comment", "account": "internalinformation", "pricelist": "store", "deliverywindow": "startdate"}
"""A field of each kind of object that no mapping of a story sets."""
VALUES = {"store": ("1", "2"), "startdate": ("2026-01-01", "2026-02-01")}


class Admins:
    """``spoilt``: record and path -> what an admin wrote over the ERP's value. ``deleted``: objects of the ERP's."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._seen = sandbox, 0
        self.made: set[tuple[str, str]] = set()
        self.theirs: dict[tuple[str, str], tuple[str, str]] = {}
        self.spoilt: dict[tuple[str, Key, str], str] = {}
        self.deleted: set[tuple[str, str]] = set()

    def act(self, rng: random.Random) -> str:
        """One harmless deed: an object of their own, or a field that the ERP does not own."""
        found = [(e, key[0]) for e in THEIRS for key in sorted(self._sandbox.objects(e))]
        if not found or rng.random() < 0.3:
            entity = rng.choice(("customer", "market", "salesrep"))
            self.made.add((entity, self._sandbox.admin.create(entity, {})))
            return f"created {entity}"
        entity, key = rng.choice(found)
        path = THEIRS[entity]
        value = rng.choice(VALUES.get(path, (f"by hand {rng.randint(0, 9)}",)))
        self._sandbox.admin.edit(entity, (key,), {path: value})
        self.theirs[entity, key] = path, value
        return f"edited {entity} {key}: {path}"

    def look(self) -> Counter[str]:
        """Take note of what the sandbox's own meddling did, and count it."""
        figures: Counter[str] = Counter()
        for word in self._sandbox.admin.done[self._seen :]:
            did, entity, key = word.partition(":")[0].split()
            figures[f"objects {did} by admins in between"] += 1
            if did == "edited":
                path = word.partition(": ")[2]
                self.spoilt[entity, (key,), path] = (self._sandbox.get(entity, key) or {}).get(path, "")
            elif did == "deleted":
                self.deleted.add((entity, key))
                self.theirs.pop((entity, key), None)
                self.made.discard((entity, key))
        self._seen = len(self._sandbox.admin.done)
        return figures

    def overruled(self, sent: Iterable[tuple[str, Key, str]]) -> None:
        """The ERP has sent its own value again."""
        for name in sent:
            self.spoilt.pop(name, None)

    def spoiled(self, entity: str, key: Key, path: str, have: str) -> bool:
        return self.spoilt.get((entity, key, path)) == have

    def check(self) -> str:
        """What of theirs is not as they left it; empty when all of it is."""
        for entity, key in sorted(self.made):
            if self._sandbox.get(entity, key) is None:
                return f"the admin's {entity} {key} is gone"
        for (entity, key), (path, value) in sorted(self.theirs.items()):
            if (have := self._sandbox.get(entity, key) or {}).get(path) != value:
                return f"the admin's {path} of {entity} {key} was {value!r}, and is {have.get(path)!r}"
        return ""
