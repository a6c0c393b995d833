"""What Centra and the network are like in a night: faults by chance, records that Centra refuses, and its clock."""

from __future__ import annotations

import random
from datetime import timedelta

from erp_sync.sandbox import FaultSchedule
from erp_sync.sandbox.faults import FaultKind
from tests.simulation.company import Company
from tests.simulation.world import World

FIELDS = ("product.description", "variation_size.sku", "price.price", "account.description", "buyer.firstname")


class Weather:
    """``meddlers``: whether there are admins in this story who spoil what the ERP owns."""

    def __init__(self, rng: random.Random, seed: int, world: World, company: Company) -> None:
        self._rng, self._seed, self._world, self._company = rng, seed, world, company
        self.meddlers = rng.random() < 0.2
        self._kinds = [k for k in FaultKind if k is not FaultKind.MEDDLE]

    def turn(self) -> bool:
        """A new night. True when Centra refuses other records than before: somebody has put it right, or wrong."""
        rng, world = self._rng, self._world
        knobs, changed = world.sandbox.knobs, self._refuse()
        knobs.batch = rng.choice(("atomic", "atomic", "partial"))
        knobs.failure = rng.choice(("result", "fault"))
        knobs.shape = rng.choice(("guide", "reference"))
        knobs.skew = rng.choice((0, 0, 0, -3600, 60, 3600))
        world.figures["nights with Centra's clock off"] += knobs.skew != 0
        kinds = rng.sample(self._kinds, rng.randint(0, 6)) + [FaultKind.MEDDLE] * self.meddlers
        rates = {kind: rng.random() * 0.8 / len(kinds) for kind in kinds}
        seconds = rng.choice((2.0, 50.0, 300.0))
        world.sandbox.faults.schedule = FaultSchedule(self._seed, rates, seconds) if rates else None
        if rng.random() < 0.1:
            world.outage_until = world.now + timedelta(seconds=rng.choice((3, 30, 3000)))
        world.tell(f"network: {[str(k) for k in kinds]}, {seconds:.0f} s, {knobs.batch}, clock off by {knobs.skew:.0f}")
        if rng.random() < 0.3:
            world.tell("admin: " + world.admins.act(rng), "deeds of admins")
        return changed

    def clear(self) -> None:
        self._world.sandbox.faults.clear()
        self._world.sandbox.knobs.batch = "atomic"
        self._world.sandbox.knobs.skew = 0
        self._world.outage_until = self._world.now

    def _refuse(self) -> bool:
        rng, knobs = self._rng, self._world.sandbox.knobs
        before = knobs.reject_ids, knobs.reject_fields, knobs.reject_chance
        chance = rng.random()
        ids = sorted({part for rows in self._company.rows.values() for key in rows for part in key})
        knobs.reject_ids = tuple(rng.sample(ids, min(len(ids), rng.randint(1, 3)))) if chance < 0.35 else ()
        knobs.reject_fields = (rng.choice(FIELDS),) if 0.35 < chance < 0.45 else ()
        knobs.reject_chance = 0.2 if 0.45 < chance < 0.55 else 0.0
        now = knobs.reject_ids, knobs.reject_fields, knobs.reject_chance
        if now == before:
            return False
        self._world.tell(f"Centra refuses {knobs.reject_ids or knobs.reject_fields or f'{knobs.reject_chance:.0%}'}")
        return True
