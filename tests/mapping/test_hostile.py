"""Whatever a mapping's file holds, loading it ends in a mapping or in located problems, never in a crash."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from erp_sync.centra.catalog import CATALOG
from erp_sync.errors import FixMapping
from erp_sync.mapping import MappingSet, load_mappings
from erp_sync.mapping.transforms import custom
from tests.mapping.conftest import Result

SHIPPED = sorted((Path(__file__).parents[2] / "mappings").glob("*/*.yaml"))
PAGE = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.M | re.S)
WORDS = [
    "null",
    "true",
    "[]",
    "{}",
    "- x",
    "''",
    "\t",
    ":",
    "{",
    "[",
    "&a",
    "*a",
    "!x",
    "0",
    "from",
    "use",
    "if",
    '"',
    "#",
]


def mutated(text: str, chance: random.Random) -> str:
    """A few words deleted, doubled, swapped or replaced."""
    pieces = re.split(r"(\s+|[{}\[\],:])", text)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(pieces))
        match chance.randrange(4):
            case 0:
                pieces[at] = ""
            case 1:
                pieces[at] *= 2
            case 2:
                other = chance.randrange(len(pieces))
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case _:
                pieces[at] = chance.choice(WORDS)
    return "".join(pieces)


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_mapping_never_crashes_the_loader(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    refused = 0
    for _ in range(40):
        text = chance.choice([p.read_text(encoding="utf-8") for p in SHIPPED] + EXAMPLES * 3)
        if "entity:" not in text:
            text = "entity: product\nfrom: items\nkey: {product: No_}\nfields:\n" + re.sub("^", "  ", text, flags=re.M)
        (tmp_path / "m.yaml").write_text(mutated(text, chance), encoding="utf-8")
        try:
            load_mappings(tmp_path, CATALOG, {})
        except FixMapping as cause:
            refused += 1
            assert all(p.place is not None and p.place.file for p in cause.problems or [cause])
    assert refused > 10


def test_a_custom_transform_by_entry_point(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "shout"

        def load(self) -> object:
            return lambda texts: pa.compute.utf8_upper(texts)

    monkeypatch.setattr(custom, "entry_points", lambda group: [Point()] if group == "erp_sync.transforms" else [])
    mapping = "entity: warehouse\nfrom: w\nkey: {warehouse: C}\n"
    mapping += "fields: {description: {from: D, transform: [{custom: shout}]}}"
    assert run(mapping, {"w": [{"C": "1", "D": "a"}]}).records["warehouse"] == {"1": {"description": "A"}}


def test_a_folder_without_a_mapping_and_a_wrong_ending(load: Callable[..., MappingSet], tmp_path: Path) -> None:
    with pytest.raises(FixMapping, match="there is no folder"):
        load_mappings(tmp_path / "nowhere", CATALOG, {})
    with pytest.raises(FixMapping, match="holds no mapping"):
        load_mappings(tmp_path, CATALOG, {})
    with pytest.raises(FixMapping, match="rename it to"):
        load({"product.yml": "entity: product"})


HEAD = "entity: product\nfrom: items\nkey: {product: No}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"where: '{'(' * 3000}A = 1{')' * 3000}'\n", "brackets more than 40 deep"),
        (f"where: '{'not ' * 5000}A = 1'\n", "more than 200 steps in one"),
        (f"fields: {{sku: {{calculate: {'+'.join('A' * 5000)}}}}}\n", "more than 200 steps in one"),
        (f"fields: {{sku: {'{first_of: [' * 300}A{']}' * 300}}}\n", "nested more than 80 deep"),
        (f"fields: {{sku: {'{first_of: [' * 45}A{']}' * 45}}}\n", "nested more than 80 deep"),
    ],
    ids=["brackets", "nots", "steps", "yaml", "yaml a little"],
)
def test_what_is_too_deep_to_follow_is_refused(problems: Callable[..., list[str]], text: str, said: str) -> None:
    (message,) = problems(HEAD + text)
    assert said in message


@pytest.mark.parametrize(
    "text",
    [
        f"where: '{'(' * 40}A = 1{')' * 40}'\n",
        f"where: '{'not ' * 200}A = 1'\n",
        f"fields: {{sku: {{calculate: {'+'.join('A' * 200)}}}}}\n",
        f"fields: {{sku: {'{first_of: [' * 38}A{']}' * 38}}}\n",
    ],
    ids=["brackets", "nots", "steps", "yaml"],
)
def test_what_is_just_allowed_can_be_followed(run: Callable[..., Result], text: str) -> None:
    result = run(HEAD + text, {"items": [{"No": "1", "A": "1"}]})
    assert list(result.records["product"]) == ["1"]
