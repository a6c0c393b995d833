"""One seed, one story: some bad nights, then quiet ones, then everything must be as it should."""

from __future__ import annotations

import random
import traceback
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

from erp_sync.apply import SendOptions
from erp_sync.model.key import split_key
from tests.simulation import lanes, stage
from tests.simulation.company import MAPPINGS, Company
from tests.simulation.ending import Ending, check_baselines
from tests.simulation.nights import Night, Nights
from tests.simulation.weather import Weather
from tests.simulation.witness import Violation
from tests.simulation.world import World

QUIET_NIGHTS = 9


class Story:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.seed = seed
        self.company = Company.found(self.rng)
        self.world = World(seed)
        rng = self.rng
        self.send = SendOptions(
            documents=rng.randint(1, 8),
            bytes=rng.choice((3_000, 1_000_000)),
            records=rng.randint(2, 12),
            attempts=rng.randint(2, 4),
            circuit=rng.randint(3, 8),
            concurrency=rng.choice((1, 1, 1, 1, 2, 3)),
        )
        self.weather = Weather(rng, seed, self.world, self.company)
        self.nights = Nights(rng, self.world, self.company, self.send)

    def run(self) -> None:
        with ExitStack() as stack:
            if self.send.concurrency > 1:
                self.world.tell(f"{self.send.concurrency} requests at once", "stories with several requests at once")
                stack.enter_context(lanes.by_lot(self.rng))
            for _ in range(self.rng.randint(1, 3)):
                self._bad_night()
            self._quiet_nights()
        self._check_end()

    def _bad_night(self) -> None:
        rng, world = self.rng, self.world
        for _ in range(rng.randint(0, 8)):
            world.tell("ERP: " + self.company.change(rng), "ERP edits")
        if rng.random() < 0.15:
            self.company.mapping = rng.choice(MAPPINGS)
            world.tell(f"mapping: {self.company.mapping}", "mapping edits")
        if self.weather.turn():
            self.nights.ask_again()
        self.nights.live(Night.of(rng, self.company))
        self._check_baselines()
        world.now += timedelta(hours=rng.choice((1, 24)))

    def _quiet_nights(self) -> None:
        """Until a night has nothing to send, or two in a row where something may still be on its way out."""
        world = self.world
        self.weather.clear()
        world.now += timedelta(hours=1)
        self.nights.ask_again()
        before = ""
        for _ in range(QUIET_NIGHTS):
            now = self.nights.quiet(first=not before)
            self._check_baselines()
            world.now += timedelta(hours=24)
            if now == "nothing" or now == before == "nothing yet":
                return
            before = now
        raise Violation(f"after {QUIET_NIGHTS} quiet nights there is still something to send")

    def _check_baselines(self) -> None:
        check_baselines(self.world)

    def _check_end(self) -> None:
        with stage.reader() as reader:
            waiting = {(q.entity, split_key(q.key)): q.kind for q in reader.quarantine()}
        Ending(self.company, self.world, waiting).check()


def tell(seed: int) -> World:
    """Live through the story of a seed. Raises Violation, or whatever went wrong, with the story so far."""
    story = Story(seed)
    try:
        with stage.inhabited(story.world):
            story.run()
    except BaseException as error:
        error.add_note("\n".join([f"seed {seed}", *story.world.story]))
        raise
    story.world.figures["stories"] += 1
    return story.world


def attempt(seed: int) -> tuple[int, Counter[str], list[str], str]:
    """Seed, figures, the story, and what went wrong."""
    try:
        world = tell(seed)
    except BaseException as error:  # noqa: BLE001  (a story may break anything; the seed must be told)
        return seed, Counter(), [], "".join(traceback.format_exception(error))
    return seed, world.figures, world.story, ""
