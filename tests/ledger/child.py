"""A writer in a process of its own: it says on stdout what it did, and lives until it is told or killed.

Told the number of its first batch on stdin, it begins a run.

python -m tests.ledger.child URL MODE [EXPIRES_SECONDS]
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

from erp_sync.errors import ErpSyncError
from erp_sync.ledger import open_ledger
from erp_sync.testing.ledger import APPLIED, outcomes, step


def main(url: str, mode: str, expires: float = 60.0) -> None:
    ledger = open_ledger(
        url,
        clock=lambda: datetime.now(UTC),
        beat_every=timedelta(seconds=expires / 6),
        expires_after=timedelta(seconds=expires),
    )
    print("opened", flush=True)
    number = int(sys.stdin.readline())
    try:
        run = ledger.begin(f"plan of {mode}")
    except ErpSyncError as error:
        print(f"refused {type(error).__name__} {error.message}", flush=True)
        return
    print(f"began {run}", flush=True)
    if mode == "hold":
        ledger.intend(run, [step("product", ("P1",), description="sent")])
        print("intended", flush=True)
        time.sleep(600)
    elif mode == "work":
        while True:
            some = [step("product", (f"P{number % 7}", f"V{k}"), description=str(number)) for k in range(5)]
            batch = ledger.intend(run, some)
            print(f"sent {number}", flush=True)
            ledger.settle(run, batch, outcomes(APPLIED, *some))
            print(f"settled {number}", flush=True)
            number += 1
    else:
        sys.stdin.readline()
        ledger.finish(run, "done", {})
        print("finished", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(float, sys.argv[3:]))
