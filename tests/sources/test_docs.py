"""What docs/sources.md shows works: its adapter passes the contract, its settings are valid."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from erp_sync.sources.registry import source_class

PAGE = (Path(__file__).parents[2] / "docs/sources.md").read_text("utf-8")
BLOCKS = {kind: re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for kind in ("python", "yaml")}

_shown: dict[str, Any] = {"__name__": "shown"}
for _block in BLOCKS["python"]:
    exec(compile(_block, "docs/sources.md", "exec"), _shown)
TestJsonLines: Any = _shown["TestJsonLines"]


def test_the_adapter_is_short() -> None:
    lines = [line for line in BLOCKS["python"][0].splitlines() if line.strip()]
    assert len(lines) <= 40


def test_what_it_cannot_read_is_rejected(tmp_path: Path) -> None:
    source = TestJsonLines().make(tmp_path)
    with source.open() as extract:
        (chunk,) = extract.chunks("items")
        assert list(chunk.frame.index) == [1, 2]
        assert [(str(r.origin), r.value) for r in extract.rejections()] == [("items.jsonl:3", "broken")]


@pytest.mark.parametrize("shown", BLOCKS["yaml"])
def test_settings_are_valid(shown: str) -> None:
    for name, settings in yaml.safe_load(shown)["sources"].items():
        kind = settings.pop("kind")
        options = source_class(kind).Options.model_validate(settings)
        assert options.model_dump(exclude_unset=True), name
