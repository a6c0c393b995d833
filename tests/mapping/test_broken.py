"""Broken mappings, kept in broken/, and the messages that they must give. Write golden messages anew with

python -m tests.mapping.test_broken
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from erp_sync.centra.catalog import CATALOG
from erp_sync.errors import FixMapping
from erp_sync.mapping import load_mappings

FOLDER = Path(__file__).parent / "broken"
BROKEN = sorted(FOLDER.glob("*.yaml"))


def messages(path: Path) -> str:
    """Everything that is said of one file that lies alone in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / "broken"
        alone.mkdir()
        shutil.copy(path, alone / path.name)
        try:
            load_mappings(alone, CATALOG, {})
        except FixMapping as cause:
            return "".join(f"{p}\n" for p in cause.problems or [cause])
    return "nothing is wrong\n"


def test_there_are_more_than_forty_of_them() -> None:
    assert len(BROKEN) >= 60


@pytest.mark.parametrize("path", BROKEN, ids=lambda p: p.stem)
def test_a_broken_mapping_gives_precise_messages(path: Path) -> None:
    said = messages(path)
    assert said == path.with_suffix(".txt").read_text(encoding="utf-8")
    places = [line for line in said.splitlines() if not line.startswith(" ")]
    assert all(line.startswith(f"broken/{path.name}:") for line in places)


if __name__ == "__main__":
    for broken in BROKEN:
        broken.with_suffix(".txt").write_text(messages(broken), encoding="utf-8")
