"""python -m tests.simulation --seeds 300: stories of bad nights, each of which must end well."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from tempfile import TemporaryDirectory

from tests.simulation import stage
from tests.simulation.story import attempt


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=300, help="how many stories")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first story that ends badly")
    parser.add_argument("--tell", action="store_true", help="tell each story in full")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.seeds)
    figures: Counter[str] = Counter()
    failed: list[int] = []
    started = time.monotonic()
    with (
        TemporaryDirectory(prefix="erp_sync_", dir=stage.memory()) as place,
        ProcessPoolExecutor(options.jobs, initializer=_begin, initargs=(place,)) as pool,
    ):
        for done, (seed, of_story, story, wrong) in enumerate(pool.map(attempt, seeds, chunksize=5), start=1):
            figures += of_story
            if options.tell and not wrong:
                print("\n".join([f"seed {seed}", *story]))
            if wrong:
                failed.append(seed)
                print(f"\n{wrong}\nsee it again: python -m tests.simulation --first {seed} --seeds 1")
                if not options.keep_going:
                    pool.shutdown(cancel_futures=True)
                    return 1
            if done % 100 == 0 or done == len(seeds):
                print(f"{done} stories, {len(failed)} ended badly, {time.monotonic() - started:.0f} s", flush=True)
    print(", ".join(f"{count} {what}" for what, count in sorted(figures.items())))
    if failed:
        print(f"ended badly: {failed}")
    return 1 if failed else 0


def _begin(place: str) -> None:
    """In each process: a place, and less looking for garbage, of which a story makes little."""
    stage.live_in(place)
    gc.set_threshold(100_000, 50, 100)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
