"""The contract suite on every database that a ledger may stand on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from erp_sync.ledger import SqlLedger, SqlReader, open_ledger, open_reader
from erp_sync.testing.ledger import LedgerContract, SteppedClock


class TestSqlLedger(LedgerContract):
    @pytest.fixture(autouse=True)
    def _place(self, ledger_url: str) -> Iterator[None]:
        self.url, self.opened = ledger_url, list[SqlReader]()
        yield
        for each in self.opened:
            each.close()

    def open(self, clock: SteppedClock, **options: Any) -> SqlLedger:
        ledger = open_ledger(self.url, clock=clock, beat_every=None, **options)
        self.opened.append(ledger)
        return ledger

    def read(self, clock: SteppedClock) -> SqlReader:
        reader = open_reader(self.url, clock)
        self.opened.append(reader)
        return reader
