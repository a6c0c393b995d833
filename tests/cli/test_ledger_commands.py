"""The ledger looked after at the shell."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_check_backup_restore_export(erp_sync: Run, tmp_path: Path) -> None:
    missing = erp_sync("ledger", "check")
    assert missing.code == 2
    assert erp_sync("sync", "--yes").code == 0

    checked = erp_sync("ledger", "check")
    assert checked.code == 0
    assert "2  product" in checked.out
    assert checked.out.endswith("sound\n")

    assert erp_sync("ledger", "backup", "copy.db").out == "wrote copy.db\n"
    assert erp_sync("ledger", "backup", "copy.db").code == 2
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0

    exported = [json.loads(line) for line in erp_sync("ledger", "export", "--entity", "product").out.splitlines()]
    assert [r["key"] for r in exported] == [["1000"], ["1001"]]
    assert exported[0]["fields"]["description"] == "Wool scarf"

    assert erp_sync("ledger", "restore", "copy.db").code == 2, "nobody was asked"
    restored = erp_sync("ledger", "restore", "copy.db", "--trust", "--yes")
    assert restored.code == 0
    assert "the old ledger is" in restored.out
    assert "No changes" in erp_sync("plan").out


def test_a_backup_that_is_not_trusted_is_sent_again(erp_sync: Run) -> None:
    erp_sync("sync", "--yes")
    erp_sync("ledger", "backup", "copy.db")
    erp_sync("ledger", "restore", "copy.db", "--yes")
    assert "in doubt: Centra may have it already" in erp_sync("plan").out


def test_a_damaged_ledger(erp_sync: Run, tmp_path: Path) -> None:
    erp_sync("sync", "--yes")
    ledger = tmp_path / "ledger.db"
    raw = bytearray(ledger.read_bytes())
    raw[4096 : 4096 * 3] = b"\xff" * 8192
    ledger.write_bytes(raw)
    said = erp_sync("ledger", "check")
    assert said.code == 1
    assert "restore" in said.err
    assert erp_sync("sync", "--yes").code == 1
